//! Own certificates and keys.

use super::connection::Connection;
use crate::tls::exchange::HelloAnswer;
use crate::tls::hello::Hello;
use rustls::DistinguishedName;
use rustls::crypto::{SelectedCredential, SignatureScheme};
use std::sync::Arc;

/// The certificates and keys of a context or a connection.
#[derive(Debug, Default)]
pub(crate) struct Certificates {}

/// Server: runs the certificate callback for a ClientHello.
pub(crate) fn ask_server(ssl: &Arc<Connection>, hello: &Hello) -> Result<(), HelloAnswer> {
    let _ = (ssl, hello);
    Ok(())
}

/// Server: the credential to show, among what the client can verify.
pub(crate) fn for_server(ssl: &Arc<Connection>, schemes: &[SignatureScheme]) -> Option<SelectedCredential> {
    let _ = (ssl, schemes);
    None
}

/// Client: the credential to show when the server asks for one.
pub(crate) fn for_client(
    ssl: &Arc<Connection>,
    issuers: &[DistinguishedName],
    schemes: &[SignatureScheme],
) -> Option<SelectedCredential> {
    let _ = (ssl, issuers, schemes);
    None
}
