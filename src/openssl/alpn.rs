//! Application protocol negotiation (RFC 7301).

use super::connection::Connection;
use crate::tls::exchange::HelloAnswer;
use crate::tls::hello::Hello;
use std::sync::Arc;

/// The protocols a client offers.
#[derive(Debug, Clone, Default)]
pub(crate) struct AlpnNames(Vec<Vec<u8>>);

impl AlpnNames {
    /// One name after the other.
    pub(crate) fn names(&self) -> &[Vec<u8>] {
        &self.0
    }
}

/// Server: chooses among the protocols offered; empty for none.
pub(crate) fn ask(ssl: &Arc<Connection>, hello: &Hello) -> Result<Vec<u8>, HelloAnswer> {
    let _ = (ssl, hello);
    Ok(Vec::new())
}
