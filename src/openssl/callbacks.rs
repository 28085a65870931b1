//! The program's callbacks that observe: info, message, key log.

use super::connection::Connection;
use std::ffi::c_int;
use std::sync::Arc;

/// Callbacks that connections inherit from their context.
#[derive(Debug, Clone, Default)]
pub(crate) struct Callbacks {}

/// Callbacks that are looked up in the context when they are needed.
#[derive(Debug, Default)]
pub(crate) struct ContextCallbacks {}

/// A handshake begins.
pub(crate) fn handshake_started(ssl: &Arc<Connection>) {
    let _ = ssl;
}

/// rustls has done a step: there may be new key log lines, messages, states.
pub(crate) fn after_step(ssl: &Arc<Connection>) {
    let _ = ssl;
}

/// A call of the handshake ends without completing it.
pub(crate) fn handshake_stopped(ssl: &Arc<Connection>, value: c_int) {
    let _ = (ssl, value);
}

/// The handshake is complete.
pub(crate) fn handshake_complete(ssl: &Arc<Connection>) {
    let _ = ssl;
}

/// An alert has been sent: its level (1 warning, 2 fatal) and number.
pub(crate) fn alert_sent(ssl: &Connection, level: u8, alert: u8) {
    let _ = (ssl, level, alert);
}

/// An alert has been received.
pub(crate) fn alert_received(ssl: &Connection, level: u8, alert: u8) {
    let _ = (ssl, level, alert);
}

/// Whether key log lines are wanted.
pub(crate) fn wants_keys(ssl: &Connection) -> bool {
    let _ = ssl;
    false
}

/// Whether handshake messages are wanted, or their order.
pub(crate) fn wants_messages(ssl: &Connection) -> bool {
    let _ = ssl;
    false
}

/// The `void *` that a program gets back with its callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arg(pub(crate) *mut std::ffi::c_void);

// SAFETY: the library only hands it back; the program shares it between threads as it likes.
unsafe impl Send for Arg {}
// SAFETY: as above.
unsafe impl Sync for Arg {}

impl Default for Arg {
    fn default() -> Self {
        Self(std::ptr::null_mut())
    }
}
