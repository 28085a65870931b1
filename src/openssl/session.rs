//! `SSL_SESSION`: resumable sessions.

use super::connection::Connection;
use crate::tls::exchange::Offer;
use std::sync::Arc;

/// The sessions of a connection.
#[derive(Debug, Default)]
pub(crate) struct ConnectionSession {}

/// Client: what is offered for resumption.
pub(crate) fn offer(ssl: &Arc<Connection>) -> Option<Offer> {
    let _ = ssl;
    None
}

/// rustls has done a step: there may be new sessions (client).
pub(crate) fn after_step(ssl: &Arc<Connection>) {
    let _ = ssl;
}

/// The handshake is complete: the session in use is known.
pub(crate) fn handshake_complete(ssl: &Arc<Connection>) {
    let _ = ssl;
}

/// The handshake has failed: its session must not be resumed.
pub(crate) fn handshake_failed(ssl: &Arc<Connection>) {
    let _ = ssl;
}

/// A fatal error on an open connection: its session must not be resumed.
pub(crate) fn connection_failed(ssl: &Arc<Connection>) {
    let _ = ssl;
}

/// `SSL_clear`: the session goes unless the connection was shut down well.
pub(crate) fn connection_cleared(ssl: &Connection) {
    let _ = ssl;
}

/// The last count of the connection is gone.
pub(crate) fn connection_dropped(ssl: &Connection) {
    let _ = ssl;
}

/// Server: how long tickets are good for, seconds.
pub(crate) fn lifetime(ssl: &Connection) -> u32 {
    let _ = ssl;
    7200
}

/// Server: whether the internal or an external cache may be used.
pub(crate) fn server_caches(ssl: &Connection) -> bool {
    let _ = ssl;
    false
}

/// Server: keeps a session under an id.
pub(crate) fn server_store(ssl: &Arc<Connection>, id: &[u8], value: Vec<u8>) -> bool {
    let _ = (ssl, id, value);
    false
}

/// Server: the session kept under an id.
pub(crate) fn server_find(ssl: &Arc<Connection>, id: &[u8], remove: bool) -> Option<Vec<u8>> {
    let _ = (ssl, id, remove);
    None
}

/// Gives `to` the session of `from` (`SSL_dup`, `SSL_copy_session_id`).
pub(crate) fn copy(from: &Arc<Connection>, to: &Arc<Connection>) {
    let _ = (from, to);
}
