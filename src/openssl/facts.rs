//! What is known about a connection, for the getters: updated as it becomes known.

use crate::tls::hello::Hello;
use std::sync::Arc;

/// A connection's facts. Before the handshake has found them they are empty.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// What the handshake agreed on, once it is complete.
    pub(crate) agreed: Option<Arc<crate::tls::traffic::Facts>>,
    /// Version and suite while the handshake goes on; a suite of 0 is not known yet.
    pub(crate) chosen: Option<(u16, u16)>,
    /// Server: the ClientHello, from the time callbacks see it.
    pub(crate) hello: Option<Arc<Hello>>,
    /// The peer's chain as sent, leaf first, DER.
    pub(crate) peer_chain: Option<Arc<Vec<Vec<u8>>>>,
    /// The client's and the server's random.
    pub(crate) client_random: Option<[u8; 32]>,
    /// The server's random.
    pub(crate) server_random: Option<[u8; 32]>,
    /// The Finished values of client and server.
    pub(crate) finished: Option<(Vec<u8>, Vec<u8>)>,
    /// The scheme the peer signed with, and the one we signed with.
    pub(crate) peer_scheme: Option<u16>,
    /// The scheme we signed with.
    pub(crate) own_scheme: Option<u16>,
    /// Client: the schemes the server accepts for the client's certificate.
    pub(crate) peer_schemes: Vec<u16>,
    /// Client: the server asked for a certificate.
    pub(crate) certificate_requested: bool,
    /// TLS 1.2's master secret.
    pub(crate) master_secret: Option<Arc<zeroize::Zeroizing<Vec<u8>>>>,
    /// The response the server stapled.
    pub(crate) ocsp_response: Option<Arc<Vec<u8>>>,
    /// The protocol agreed on.
    pub(crate) alpn: Option<Arc<[u8]>>,
    /// Handshakes completed on this connection.
    pub(crate) handshakes: u32,
}

impl Facts {
    /// The version agreed on, 0 before.
    pub(crate) fn version(&self) -> u16 {
        match (&self.agreed, self.chosen) {
            (Some(agreed), _) => agreed.version,
            (None, Some((version, _))) => version,
            (None, None) => 0,
        }
    }

    /// The cipher suite agreed on, 0 before.
    pub(crate) fn suite(&self) -> u16 {
        match (&self.agreed, self.chosen) {
            (Some(agreed), _) => agreed.suite,
            (None, Some((_, suite))) => suite,
            (None, None) => 0,
        }
    }
}
