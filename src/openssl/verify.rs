//! Verification of the peer's certificates.

use super::connection::Connection;
use super::context::Context;
use super::error::Error;
use crate::libcrypto::lib_ctx::LibCtx;
use crate::tls::exchange::{ClientAuth, VerifyAnswer};
use std::ffi::c_int;
use std::sync::Arc;

/// How the peer is verified.
#[derive(Debug, Clone, Default)]
pub(crate) struct VerifyPolicy {
    /// `SSL_VERIFY_*` bits.
    pub(crate) mode: c_int,
}

/// Trust anchors and verification parameters of a context.
#[derive(Debug)]
pub(crate) struct ContextTrust {}

impl ContextTrust {
    /// An empty store and default parameters.
    pub(crate) fn new(lib_ctx: &LibCtx) -> Result<Self, Error> {
        let _ = lib_ctx;
        Ok(Self {})
    }
}

/// Verification parameters of a connection, and what verification left.
#[derive(Debug)]
pub(crate) struct ConnectionTrust {}

impl ConnectionTrust {
    /// Takes over the context's parameters.
    pub(crate) fn new(context: &Context) -> Self {
        let _ = context;
        Self {}
    }

    /// Forgets what belongs to one handshake.
    pub(crate) fn clear(&self) {}

    /// Takes over another connection's parameters (`SSL_dup`).
    pub(crate) fn copy_from(&self, other: &Self) {
        let _ = other;
    }
}

/// Server: what is asked of the client.
pub(crate) fn client_auth(ssl: &Connection) -> ClientAuth {
    let _ = ssl;
    ClientAuth::default()
}

/// Verifies the chain in the connection's facts and records the result.
pub(crate) fn verify_peer(ssl: &Arc<Connection>) -> VerifyAnswer {
    let _ = ssl;
    VerifyAnswer::Refuse(rustls::error::CertificateError::UnknownIssuer.into())
}
