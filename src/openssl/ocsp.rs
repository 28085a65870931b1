//! Stapled OCSP responses (RFC 6066, section 8): `SSL_CTX_set_tlsext_status_cb(3)`.

use super::config::TLS1_3;
use super::connection::Connection;
use super::context::Context;
use super::error::Error;
use super::reason;
use super::types::SSL;
use super::verify::refuse;
use crate::libcrypto::ocsp::{GivenBytes, OwnedStack};
use crate::seam::{Failure, arg};
use crate::tls::exchange::{HelloAnswer, VerifyAnswer};
use crate::tls::hello::Hello;
use parking_lot::{Mutex, RwLock};
use rustls::crypto::SelectedCredential;
use rustls::error::AlertDescription;
use std::ffi::{c_int, c_long, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

/// `TLSEXT_STATUSTYPE_ocsp`.
const OCSP: c_int = 1;
/// `TLSEXT_STATUSTYPE_nothing`.
const NOTHING: c_int = -1;
/// The status_request extension.
const STATUS_REQUEST: u16 = 5;
/// `SSL_TLSEXT_ERR_OK`.
const ERR_OK: c_int = 0;
/// `SSL_TLSEXT_ERR_NOACK`.
const ERR_NOACK: c_int = 3;

/// Supplies the response of a server; judges it on a client.
pub(crate) type StatusCallback = Option<unsafe extern "C" fn(ssl: *mut SSL, arg: *mut c_void) -> c_int>;

/// What a context has been given.
#[derive(Debug)]
pub(crate) struct ContextStatus(RwLock<(StatusCallback, *mut c_void)>);

// SAFETY: the argument is the program's; it is only passed back.
unsafe impl Send for ContextStatus {}
// SAFETY: as above.
unsafe impl Sync for ContextStatus {}

impl Default for ContextStatus {
    fn default() -> Self {
        Self(RwLock::new((None, std::ptr::null_mut())))
    }
}

/// What a connection has been given and what came.
#[derive(Debug)]
pub(crate) struct ConnectionStatus {
    /// `TLSEXT_STATUSTYPE_*` of this connection, where it is not the inherited one.
    kind: AtomicI32,
    /// The response as the program set it.
    response: Mutex<Option<GivenBytes>>,
    /// Responders that the client trusts.
    responders: Mutex<Option<OwnedStack>>,
    /// Extensions for the request.
    extensions: Mutex<Option<OwnedStack>>,
}

/// No type of its own.
const INHERITED: c_int = c_int::MIN;

impl Default for ConnectionStatus {
    fn default() -> Self {
        Self {
            kind: AtomicI32::new(INHERITED),
            response: Mutex::default(),
            responders: Mutex::default(),
            extensions: Mutex::default(),
        }
    }
}

impl ConnectionStatus {
    /// Forgets the response.
    pub(crate) fn clear(&self) {
        let _old = self.response.lock().take();
    }
}

/// The type of status asked for: by this client, or on a server by its client.
pub(crate) fn kind(ssl: &Connection) -> c_int {
    match ssl.trust.status.kind.load(Ordering::Relaxed) {
        INHERITED => ssl.config().status_type,
        kind => kind,
    }
}

/// Client: whether a response is asked for.
pub(crate) fn requested(ssl: &Connection) -> bool {
    !ssl.is_server() && kind(ssl) == OCSP
}

/// The context's callback and its argument.
fn callback(context: &Context) -> (StatusCallback, *mut c_void) {
    *context.trust.status.0.read()
}

/// Client: the server's chain has been accepted, and its stapled response, if any, is known.
pub(crate) fn ask_client(ssl: &Arc<Connection>) -> VerifyAnswer {
    let (Some(callback), argument) = callback(&ssl.context()) else { return VerifyAnswer::Accept };
    if kind(ssl) == NOTHING {
        return VerifyAnswer::Accept;
    }
    // SAFETY: the program's callback with its argument; the connection is kept alive by our count.
    match unsafe { callback(ssl.as_ptr(), argument) } {
        1.. => VerifyAnswer::Accept,
        0 => refuse(reason::INVALID_STATUS_RESPONSE, AlertDescription::BadCertificateStatusResponse),
        _ => refuse(reason::OCSP_CALLBACK_FAILURE, AlertDescription::InternalError),
    }
}

/// Server: notes what the client asks for; certificate callbacks look at it.
pub(crate) fn note_request(ssl: &Arc<Connection>, hello: &Hello) -> Result<(), HelloAnswer> {
    let request = hello.extension(STATUS_REQUEST).and_then(Request::parse);
    let status = &ssl.trust.status;
    status.kind.store(if request.is_some() { OCSP } else { NOTHING }, Ordering::Relaxed);
    let (responders, extensions) = match request {
        Some(request) => (
            OwnedStack::parse_responders(request.responders.into_iter()),
            (!request.extensions.is_empty()).then(|| OwnedStack::parse_extensions(request.extensions)).flatten(),
        ),
        None => (None, None),
    };
    let _old = (
        std::mem::replace(&mut *status.responders.lock(), responders),
        std::mem::replace(&mut *status.extensions.lock(), extensions),
    );
    Ok(())
}

/// Server: runs the status callback for the credential that was chosen and staples the response it has set. `Err`: the
/// handshake ends with this alert; why is queued.
pub(crate) fn staple(
    ssl: &Arc<Connection>,
    mut credential: SelectedCredential,
) -> Result<SelectedCredential, AlertDescription> {
    let (Some(callback), argument) = callback(&ssl.context()) else { return Ok(credential) };
    // No certificate is sent when a session is resumed.
    if kind(ssl) == NOTHING || ssl.session.hit() {
        return Ok(credential);
    }
    // SAFETY: the program's callback with its argument; the connection is kept alive by our count.
    match unsafe { callback(ssl.as_ptr(), argument) } {
        ERR_OK => {
            credential.ocsp = ssl.trust.status.response.lock().as_ref().map(|response| Arc::from(response.bytes()));
            Ok(credential)
        }
        ERR_NOACK => Ok(credential),
        _ => {
            Error::Ssl(reason::CLIENTHELLO_TLSEXT).report();
            Err(AlertDescription::InternalError)
        }
    }
}

/// A client's request (RFC 6066, section 8), as its bytes.
struct Request<'a> {
    responders: Vec<&'a [u8]>,
    extensions: &'a [u8],
}

/// Splits off what stands behind a two-byte length.
fn vector<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (len, rest) = bytes.split_first_chunk::<2>()?;
    let (vector, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
    *bytes = rest;
    Some(vector)
}

impl<'a> Request<'a> {
    fn parse(extension: &'a [u8]) -> Option<Self> {
        let (kind, mut rest) = extension.split_first()?;
        if c_int::from(*kind) != OCSP {
            return None;
        }
        let mut list = vector(&mut rest)?;
        let extensions = vector(&mut rest)?;
        let mut responders = Vec::new();
        while !list.is_empty() {
            responders.push(vector(&mut list)?);
        }
        Some(Self { responders, extensions })
    }
}

/// The commands of `SSL_ctrl` for stapled responses; none: another's command.
///
/// # Safety
/// `parg` is what the command's macro passes.
pub(crate) unsafe fn connection_command(
    ssl: &Connection,
    command: c_int,
    larg: c_long,
    parg: *mut c_void,
) -> Result<Option<c_long>, Error> {
    let status = &ssl.trust.status;
    let stack = |stack: &Mutex<Option<OwnedStack>>| {
        stack.lock().as_ref().map_or(std::ptr::null_mut(), |stack| stack.as_ptr().cast::<c_void>())
    };
    Ok(Some(match command {
        65 => {
            status.kind.store(c_int::try_from(larg).unwrap_or(NOTHING), Ordering::Relaxed);
            1
        }
        127 => kind(ssl).into(),
        66 => {
            // SAFETY: null or valid for a write of a pointer, by the caller.
            unsafe { arg::set(parg.cast(), stack(&status.extensions)) };
            1
        }
        // SAFETY: null or a stack of extensions that the caller gives up.
        67 => set_for_request(ssl, &status.extensions, parg, |given| unsafe { OwnedStack::extensions(given) })?,
        68 => {
            // SAFETY: null or valid for a write of a pointer, by the caller.
            unsafe { arg::set(parg.cast(), stack(&status.responders)) };
            1
        }
        // SAFETY: null or a stack of responder ids that the caller gives up.
        69 => set_for_request(ssl, &status.responders, parg, |given| unsafe { OwnedStack::responders(given) })?,
        70 => {
            let (start, len) = response(ssl);
            // SAFETY: null or valid for a write of a pointer, by the caller.
            unsafe { arg::set(parg.cast(), start) };
            c_long::try_from(len).ok().filter(|&len| len > 0).unwrap_or(-1)
        }
        71 => {
            // SAFETY: null or memory of libcrypto's allocator with `larg` bytes, which the caller gives up.
            let given = unsafe { GivenBytes::take(parg.cast(), usize::try_from(larg).unwrap_or(0)) };
            let _old = std::mem::replace(&mut *status.response.lock(), given);
            1
        }
        _ => return Ok(None),
    }))
}

/// Where the response is: the one the program has set, else the one that came.
fn response(ssl: &Connection) -> (*const u8, usize) {
    if let Some(given) = &*ssl.trust.status.response.lock() {
        return (given.bytes().as_ptr(), given.bytes().len());
    }
    let facts = ssl.facts.read();
    // In TLS 1.2 it comes in a message after the certificates, which are verified at once.
    let verified = facts.version() == TLS1_3 || ssl.trust.accepted.load(Ordering::Relaxed);
    match &facts.ocsp_response {
        Some(came) if verified => (came.as_ptr(), came.len()),
        _ => (std::ptr::null(), 0),
    }
}

/// Responders and extensions cannot be put into a request; on a server they change nothing.
fn set_for_request(
    ssl: &Connection,
    place: &Mutex<Option<OwnedStack>>,
    given: *mut c_void,
    take: impl FnOnce(*mut c_void) -> Option<OwnedStack>,
) -> Result<c_long, Error> {
    let is_server = ssl.has_role() && ssl.is_server();
    if !given.is_null() && !is_server {
        return Err(Error::Refused("responders and extensions in a status request"));
    }
    let _old = std::mem::replace(&mut *place.lock(), take(given));
    Ok(1)
}

/// The commands of `SSL_CTX_ctrl` for stapled responses; none: another's command.
///
/// # Safety
/// `parg` is what the command's macro passes.
pub(crate) unsafe fn context_command(
    context: &Context,
    command: c_int,
    larg: c_long,
    parg: *mut c_void,
) -> Option<c_long> {
    Some(match command {
        64 => {
            context.trust.status.0.write().1 = parg;
            1
        }
        65 => {
            context.edit(|config| config.status_type = c_int::try_from(larg).unwrap_or(NOTHING));
            1
        }
        127 => context.config().status_type.into(),
        128 => {
            // SAFETY: null or valid for a write of a function pointer, by the caller.
            unsafe { arg::set(parg.cast(), callback(context).0) };
            1
        }
        129 => {
            // SAFETY: null or valid for a write of a pointer, by the caller.
            unsafe { arg::set(parg.cast(), callback(context).1) };
            1
        }
        _ => return None,
    })
}

/// `SSL_CTX_set_tlsext_status_cb(3)`.
pub(crate) fn set_callback(context: &Context, callback: StatusCallback) {
    context.trust.status.0.write().0 = callback;
}
