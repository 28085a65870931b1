//! The server name a client asks for (RFC 6066, section 3).

use super::callbacks::{self, Arg};
use super::config::TLS1_2;
use super::connection::Connection;
use super::context::Context;
use super::error::{Error, guard};
use super::handshake::abort;
use super::reason;
use super::types::SSL;
use crate::seam::Handle;
use crate::tls::exchange::HelloAnswer;
use crate::tls::hello::Hello;
use parking_lot::Mutex;
use rustls::error::AlertDescription;
use rustls::pki_types::ServerName;
use std::ffi::{CStr, CString, c_char, c_int, c_long, c_void};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Told of the name in a ClientHello: may change certificates or context, or refuse.
pub(crate) type ServerNameCallback =
    Option<unsafe extern "C" fn(ssl: *mut SSL, alert: *mut c_int, arg: *mut c_void) -> c_int>;

/// `TLSEXT_NAMETYPE_host_name`, the only type of name there is.
const HOST_NAME: c_long = 0;
/// `TLSEXT_MAXLEN_host_name`.
const MAX_LEN: usize = 255;
/// `SSL_TLSEXT_ERR_ALERT_WARNING`.
const WARN: c_int = 1;
/// `SSL_TLSEXT_ERR_OK`.
const OK: c_int = 0;
/// `SSL_TLSEXT_ERR_ALERT_FATAL`.
const FATAL: c_int = 2;

/// The names of a connection.
#[derive(Debug, Default)]
pub(crate) struct ServerNames {
    /// Client: the name to be sent.
    to_send: Mutex<Option<CString>>,
    /// Server: the name received.
    received: Mutex<Option<CString>>,
    /// Client: the program has been told of the server's answer.
    answered: AtomicBool,
}

impl ServerNames {
    /// Forgets what belongs to one handshake.
    pub(crate) fn clear(&self) {
        *self.received.lock() = None;
        self.answered.store(false, Ordering::Relaxed);
    }

    /// The name that is sent.
    pub(crate) fn sent(&self) -> Option<CString> {
        self.to_send.lock().clone()
    }

    /// The name that was received.
    pub(crate) fn received(&self) -> Option<CString> {
        self.received.lock().clone()
    }

    /// Where the name in force lies; it stays there until it is changed.
    fn as_ptr(&self) -> *const c_char {
        let received = self.received.lock().as_deref().map(CStr::as_ptr);
        received.or_else(|| self.to_send.lock().as_deref().map(CStr::as_ptr)).unwrap_or(ptr::null())
    }
}

/// Client: the name for rustls, if one was set. An address is not sent: the extension has no room for one.
pub(crate) fn to_send(ssl: &Connection) -> Result<Option<ServerName<'static>>, Error> {
    const REFUSED: Error = Error::Refused("a server name that is not a host name");
    let Some(name) = ssl.names.to_send.lock().clone() else { return Ok(None) };
    let name = name.into_string().map_err(|_| REFUSED)?;
    ServerName::try_from(name).map(Some).map_err(|_| REFUSED)
}

/// `SSL_CTRL_SET_TLSEXT_HOSTNAME`: sets the name to be sent; null sends none. 1 on success.
pub(crate) fn set_host_name(ssl: &Connection, kind: c_long, name: Option<&CStr>) -> Result<c_long, Error> {
    if kind != HOST_NAME {
        return Err(Error::Ssl(reason::SSL3_EXT_INVALID_SERVERNAME_TYPE));
    }
    *ssl.names.to_send.lock() = None;
    let Some(name) = name else { return Ok(1) };
    if name.is_empty() || name.count_bytes() > MAX_LEN {
        return Err(Error::Ssl(reason::SSL3_EXT_INVALID_SERVERNAME));
    }
    *ssl.names.to_send.lock() = Some(name.to_owned());
    Ok(1)
}

/// `SSL_CTRL_SET_TLSEXT_SERVERNAME_CB`.
pub(crate) fn set_callback(context: &Context, callback: ServerNameCallback) {
    context.callbacks.write().server_name.0 = callback;
}

/// `SSL_CTRL_SET_TLSEXT_SERVERNAME_ARG`.
pub(crate) fn set_callback_arg(context: &Context, arg: *mut c_void) {
    context.callbacks.write().server_name.1 = Arg(arg);
}

/// Calls the program's callback, if there is one: its answer, and the alert that it may have chosen.
fn call(ssl: &Arc<Connection>) -> Option<(c_int, c_int)> {
    let (mut callback, mut user) = ssl.context().callbacks.read().server_name;
    if callback.is_none() {
        (callback, user) = ssl.session_context.callbacks.read().server_name;
    }
    let callback = callback?;
    let mut alert = c_int::from(AlertDescription::UnrecognizedName.0);
    // SAFETY: the connection is live while its handshake runs; `alert` is valid for the call.
    let answer = unsafe { callback(ssl.as_ptr(), &mut alert, user.0) };
    Some((answer, alert))
}

/// Client: tells the program, once, that the server has answered the hello, whether or not there was a name in it.
/// Returns the alert with which it ends the handshake. A warning, which would change nothing, is not sent.
pub(crate) fn answered(ssl: &Arc<Connection>) -> Option<AlertDescription> {
    if ssl.is_server() || ssl.names.answered.swap(true, Ordering::Relaxed) {
        return None;
    }
    match call(ssl)? {
        (FATAL, alert) => Some(callbacks::alert(alert)),
        _ => None,
    }
}

/// Server: keeps the name received and asks the program about it.
pub(crate) fn ask(ssl: &Arc<Connection>, hello: &Hello) -> Result<(), HelloAnswer> {
    *ssl.names.received.lock() = hello.server_name().and_then(|name| CString::new(name).ok());
    let Some((answer, alert)) = call(ssl) else { return Ok(()) };
    match answer {
        FATAL => Err(abort(reason::CALLBACK_FAILED, callbacks::alert(alert))),
        WARN => {
            warn(ssl, alert);
            Ok(())
        }
        OK => {
            super::session::name_accepted(ssl);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Sends a warning, which TLS 1.3 has none of.
fn warn(ssl: &Arc<Connection>, alert: c_int) {
    if ssl.facts.read().version() != TLS1_2 {
        return;
    }
    if let Some(exchange) = &*ssl.exchange.read() {
        exchange.record.lock().warning = Some(callbacks::alert(alert));
    }
    callbacks::alert_sent(ssl, 1, callbacks::alert(alert).0);
}

/// The name in force; it stays where it is until it is changed. A TLS 1.2 session has the name it was made for.
fn in_force(ssl: &Connection) -> *const c_char {
    let before = ssl.is_before();
    let session = ssl.session.current().filter(|session| match before {
        true => !ssl.is_server() && !session.fields.read().is_tls13(),
        false => ssl.session.hit() && ssl.facts.read().version() == TLS1_2,
    });
    let of_session = session.map(|session| session.fields.read().hostname.as_deref().map_or(ptr::null(), CStr::as_ptr));
    match (of_session, ssl.names.as_ptr()) {
        (_, own) if before && !own.is_null() => own,
        (Some(name), _) if ssl.is_server() || !name.is_null() => name,
        (_, own) => own,
    }
}

/// `SSL_get_servername(3)`: the name a client sends, or a server was sent; null when there is none.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_servername(ssl: *const SSL, kind: c_int) -> *const c_char {
    guard(ptr::null(), || {
        if c_long::from(kind) != HOST_NAME {
            return Ok(ptr::null());
        }
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(in_force(&ssl))
    })
}

/// `SSL_get_servername(3)`: the type of the name, -1 when there is none.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_servername_type(ssl: *const SSL) -> c_int {
    guard(-1, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(if in_force(&ssl).is_null() { -1 } else { 0 })
    })
}
