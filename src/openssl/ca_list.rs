//! Names of accepted issuers: what is sent to the peer, and what it sent.

/// The lists a context or a connection has been given.
#[derive(Debug, Clone, Default)]
pub(crate) struct CaLists {}
