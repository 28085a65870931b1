//! The program's callbacks that observe: info, message, key log.

use super::callback_types::*;
use super::connection::{self, Connection};
use super::context;
use super::error::{Error, guard};
use super::holder::Holder;
use super::progress::{self, Progress};
use super::server_name::ServerNameCallback;
use super::types::{SSL, SSL_CTX};
use crate::seam::Handle;
use rustls::error::AlertDescription;
use std::ffi::{CString, c_int, c_void};
use std::sync::Arc;

/// The `void *` that a program gets back with its callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arg(pub(crate) *mut c_void);

// SAFETY: the library only hands it back; the program shares it between threads as it likes.
unsafe impl Send for Arg {}
// SAFETY: as above.
unsafe impl Sync for Arg {}

impl Default for Arg {
    fn default() -> Self {
        Self(std::ptr::null_mut())
    }
}

/// Callbacks that connections inherit from their context.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Callbacks {
    /// Told of states and alerts, in place of the context's.
    pub(crate) info: InfoCallback,
    /// Told of protocol messages.
    pub(crate) message: MessageCallback,
    /// What comes with it.
    pub(crate) message_arg: Arg,
    /// Shown the peer's extensions.
    pub(crate) extension: ExtensionDebugCallback,
    /// What comes with it.
    pub(crate) extension_arg: Arg,
}

/// Callbacks that are looked up in the context when they are needed.
#[derive(Debug, Default)]
pub(crate) struct ContextCallbacks {
    /// Told of states and alerts.
    pub(crate) info: InfoCallback,
    /// Chooses a protocol among those offered.
    pub(crate) alpn_select: (SSL_CTX_alpn_select_cb_func, Arg),
    /// Told of the server name.
    pub(crate) server_name: (ServerNameCallback, Arg),
    /// Sees a ClientHello first.
    pub(crate) client_hello: (SSL_client_hello_cb_fn, Arg),
    /// Gets the lines of the key log.
    pub(crate) key_log: SSL_CTX_keylog_cb_func,
}

/// `SSL_CB_*` of `SSL_CTX_set_info_callback(3)`.
pub(crate) mod event {
    use std::ffi::c_int;
    pub(super) const LOOP: c_int = 0x01;
    pub(super) const EXIT: c_int = 0x02;
    pub(super) const READ_ALERT: c_int = 0x4004;
    pub(super) const WRITE_ALERT: c_int = 0x4008;
    pub(super) const HANDSHAKE_START: c_int = 0x10;
    pub(crate) const HANDSHAKE_DONE: c_int = 0x20;
    pub(super) const CONNECT: c_int = 0x1000;
    pub(super) const ACCEPT: c_int = 0x2000;
}

/// A C alert number as it goes on the wire.
pub(crate) fn alert(number: c_int) -> AlertDescription {
    AlertDescription(u8::try_from(number).unwrap_or(AlertDescription::InternalError.0))
}

/// Tells of a transition, with the state it leaves.
pub(super) fn loop_event(ssl: &Connection) {
    info(ssl, side(ssl) | event::LOOP, 1);
}

/// Calls the info callback.
pub(super) fn info(ssl: &Connection, what: c_int, value: c_int) {
    let callback = ssl.config().callbacks.info.or_else(|| ssl.context().callbacks.read().info);
    if let Some(callback) = callback {
        // SAFETY: the connection is live during its own calls; nothing of it is locked.
        unsafe { callback(ssl.as_ptr(), what, value) };
    }
}

/// The bit that says whose handshake it is.
fn side(ssl: &Connection) -> c_int {
    if ssl.is_server() { event::ACCEPT } else { event::CONNECT }
}

/// A handshake begins.
pub(crate) fn handshake_started(ssl: &Arc<Connection>) {
    *ssl.progress.lock() = Progress::default();
    info(ssl, event::HANDSHAKE_START, 1);
}

/// Whether every record is to be shown.
pub(crate) fn is_watched(ssl: &Connection) -> bool {
    ssl.exchange.read().as_ref().is_some_and(|exchange| exchange.is_watched())
}

/// rustls has done a step: there may be new key log lines, messages, states.
pub(crate) fn after_step(ssl: &Arc<Connection>) {
    tell(ssl, false);
}

/// A client is to choose its credential: what comes before that is told.
pub(crate) fn before_choice(ssl: &Arc<Connection>) {
    tell(ssl, true);
}

fn tell(ssl: &Arc<Connection>, choosing: bool) {
    let Some(exchange) = ssl.exchange.read().clone() else { return };
    let (lines, events, peer_scheme) = {
        let mut record = exchange.record.lock();
        let taken = (std::mem::take(&mut record.key_log), std::mem::take(&mut record.tap.events));
        (taken.0, taken.1, record.peer_scheme)
    };
    if peer_scheme.is_some() {
        ssl.facts.write().peer_scheme = peer_scheme.map(|scheme| scheme.0);
    }
    if !lines.is_empty() {
        progress::keys_made(ssl, lines);
    }
    progress::tell(ssl, events, choosing);
}

/// The ServerHello has been told of: what it says is known.
pub(super) fn hello_over(ssl: &Connection) {
    let hello = ssl.exchange.read().as_ref().and_then(|exchange| exchange.record.lock().server_hello);
    if let Some(hello) = hello {
        ssl.facts.write().chosen = Some((hello.version, hello.suite));
    }
}

/// The connection has failed: what goes out at its end is still shown.
pub(crate) fn at_end(ssl: &Connection) {
    let Some(exchange) = ssl.exchange.read().clone() else { return };
    let events = std::mem::take(&mut exchange.record.lock().tap.events);
    progress::cut(ssl, events);
}

/// Gives a line of the key log to the program.
pub(super) fn log_key(ssl: &Connection, line: String) {
    let callback = ssl.context().callbacks.read().key_log;
    if let (Some(callback), Ok(line)) = (callback, CString::new(line)) {
        // SAFETY: the connection is live during its own calls; the line lives as long as the call.
        unsafe { callback(ssl.as_ptr(), line.as_ptr()) };
    }
}

/// Shows something to the message callback: whether we sent it, its version, its content type, its bytes.
pub(super) fn show(ssl: &Connection, written: bool, version: u16, content_type: u16, bytes: &[u8]) {
    let callbacks = ssl.config().callbacks;
    let Some(callback) = callbacks.message else { return };
    let (data, arg) = (bytes.as_ptr().cast(), callbacks.message_arg.0);
    // SAFETY: the connection is live during its own calls; the bytes live as long as the call.
    unsafe { callback(written.into(), version.into(), content_type.into(), data, bytes.len(), ssl.as_ptr(), arg) };
}

/// The content type of alerts (RFC 8446, section 5.1).
const ALERT: u16 = 21;

/// A call of the handshake ends without completing it.
pub(crate) fn handshake_stopped(ssl: &Arc<Connection>, value: c_int) {
    info(ssl, side(ssl) | event::EXIT, value);
}

/// The handshake is complete.
pub(crate) fn handshake_complete(ssl: &Arc<Connection>) {
    progress::complete(ssl);
    info(ssl, side(ssl) | event::EXIT, 1);
}

/// An alert has been sent: its level (1 warning, 2 fatal) and number.
pub(crate) fn alert_sent(ssl: &Connection, level: u8, alert: u8) {
    show(ssl, true, super::status::version(ssl), ALERT, &[level, alert]);
    info(ssl, event::WRITE_ALERT, c_int::from(level) << 8 | c_int::from(alert));
}

/// An alert has been received.
pub(crate) fn alert_received(ssl: &Connection, level: u8, alert: u8) {
    show(ssl, false, super::status::version(ssl), ALERT, &[level, alert]);
    info(ssl, event::READ_ALERT, c_int::from(level) << 8 | c_int::from(alert));
}

/// Whether key log lines are wanted.
pub(crate) fn wants_keys(ssl: &Connection) -> bool {
    ssl.context().callbacks.read().key_log.is_some()
}

/// Whether records and messages are wanted, not only the row of messages.
fn wants_messages(ssl: &Connection) -> bool {
    let callbacks = ssl.config().callbacks;
    callbacks.message.is_some() || callbacks.extension.is_some()
}

/// Has records and messages gathered from now on, if anybody wants them.
pub(crate) fn watch(ssl: &Connection) {
    if let Some(exchange) = &*ssl.exchange.read() {
        exchange.watch(wants_messages(ssl));
    }
}

/// `SSL_CTX_set_info_callback(3)`: sets the callback that is told of states and alerts.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; the callback fits its type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_info_callback(ctx: *mut SSL_CTX, cb: InfoCallback) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { context::share(ctx) }?;
        holder.callbacks.write().info = cb;
        Ok(())
    });
}

/// `SSL_CTX_set_info_callback(3)`: the callback that is told of states and alerts.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_info_callback(ctx: *mut SSL_CTX) -> InfoCallback {
    guard(None, || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Silent)?;
        Ok(holder.callbacks.read().info)
    })
}

/// `SSL_CTX_set_msg_callback(3)`: sets the callback that is told of protocol messages.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; the callback fits its type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_msg_callback(ctx: *mut SSL_CTX, cb: MessageCallback) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { context::share(ctx) }?;
        holder.change(|config| config.callbacks.message = cb);
        Ok(())
    });
}

/// `SSL_CTX_set_info_callback(3)`: sets the callback that is told of states and alerts.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; the callback fits its type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_info_callback(ssl: *mut SSL, cb: InfoCallback) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { connection::share(ssl) }?;
        holder.change(|config| config.callbacks.info = cb);
        Ok(())
    });
}

/// `SSL_CTX_set_info_callback(3)`: the callback that is told of states and alerts.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_info_callback(ssl: *const SSL) -> InfoCallback {
    guard(None, || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(holder.settings().callbacks.info)
    })
}

/// `SSL_CTX_set_msg_callback(3)`: sets the callback that is told of protocol messages.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; the callback fits its type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_msg_callback(ssl: *mut SSL, cb: MessageCallback) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { connection::share(ssl) }?;
        holder.change(|config| config.callbacks.message = cb);
        watch(&holder);
        Ok(())
    });
}

/// `SSL_CTX_set_keylog_callback(3)`: sets the callback that gets the lines of the key log.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; the callback fits its type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_keylog_callback(ctx: *mut SSL_CTX, cb: SSL_CTX_keylog_cb_func) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { context::share(ctx) }?;
        holder.callbacks.write().key_log = cb;
        Ok(())
    });
}

/// `SSL_CTX_set_keylog_callback(3)`: the callback that gets the lines of the key log.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_keylog_callback(ctx: *const SSL_CTX) -> SSL_CTX_keylog_cb_func {
    guard(None, || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Silent)?;
        Ok(holder.callbacks.read().key_log)
    })
}

/// `SSL_CTRL_SET_MSG_CALLBACK_ARG`.
pub(crate) fn set_message_arg(holder: &impl Holder, arg: *mut c_void) {
    holder.change(|config| config.callbacks.message_arg = Arg(arg));
}
