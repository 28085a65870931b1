//! Remembers the temporary keys of a key exchange, which rustls shows only to the provider.

use super::exchange::Exchange;
use rustls::Error;
use rustls::crypto::kx::ffdhe::FfdheGroup;
use rustls::crypto::kx::{ActiveKeyExchange, CompletedKeyExchange, NamedGroup, StartedKeyExchange, SupportedKxGroup};
use rustls::pki_types::FipsStatus;

/// The temporary public keys of both sides, as they were sent.
#[derive(Debug, Clone)]
pub struct KeyShares {
    /// The group, by its number of IANA's registry.
    pub group: u16,
    /// Our key.
    pub own: Vec<u8>,
    /// The peer's.
    pub peer: Vec<u8>,
}

/// Notes the keys of an exchange that is about to be completed.
pub(super) fn note(kx: &dyn ActiveKeyExchange, peer: &[u8]) {
    note_keys(kx.group(), kx.pub_key(), peer);
}

fn note_keys(group: NamedGroup, own: &[u8], peer: &[u8]) {
    Exchange::note(|record| {
        record.key_shares = Some(KeyShares { group: group.0, own: own.to_vec(), peer: peer.to_vec() });
    });
}

/// A group that notes the keys where rustls starts and completes an exchange in one call, as a TLS 1.3 server does.
#[derive(Debug)]
pub(super) struct TapGroup(pub(super) &'static dyn SupportedKxGroup);

impl SupportedKxGroup for TapGroup {
    fn start(&self) -> Result<StartedKeyExchange, Error> {
        self.0.start()
    }

    fn start_and_complete(&self, peer_pub_key: &[u8]) -> Result<CompletedKeyExchange, Error> {
        let completed = self.0.start_and_complete(peer_pub_key)?;
        note_keys(completed.group, &completed.pub_key, peer_pub_key);
        Ok(completed)
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        self.0.ffdhe_group()
    }

    fn name(&self) -> NamedGroup {
        self.0.name()
    }

    fn fips(&self) -> FipsStatus {
        self.0.fips()
    }
}
