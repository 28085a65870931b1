//! The program's early look at a ClientHello.

use super::connection::Connection;
use crate::tls::exchange::HelloAnswer;
use crate::tls::hello::Hello;
use std::sync::Arc;

/// Server: runs the ClientHello callback.
pub(crate) fn ask(ssl: &Arc<Connection>, hello: &Hello) -> Result<(), HelloAnswer> {
    let _ = (ssl, hello);
    Ok(())
}
