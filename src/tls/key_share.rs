//! Remembers the temporary keys of a key exchange, which rustls shows only to the provider.

use super::exchange::Exchange;
use super::replay;
use rustls::Error;
use rustls::crypto::kx::ffdhe::FfdheGroup;
use rustls::crypto::kx::{
    ActiveKeyExchange, CompletedKeyExchange, HybridKeyExchange, NamedGroup, SharedSecret, StartedKeyExchange,
    SupportedKxGroup,
};
use rustls::enums::ProtocolVersion;
use rustls::pki_types::FipsStatus;

/// The longest key that is kept, bytes: a point of P-521. Those of post-quantum groups are ten times longer, which each
/// idle connection would pay for, and are not keys of one kind.
const LONGEST_KEPT: usize = 133;

/// The temporary public keys of both sides, as they were sent; empty where they are longer than [`LONGEST_KEPT`].
#[derive(Debug, Clone)]
pub struct KeyShares {
    /// The group, by its number of IANA's registry.
    pub group: u16,
    /// Our key.
    pub own: Vec<u8>,
    /// The peer's, once it is there.
    pub peer: Option<Vec<u8>>,
}

fn kept(key: &[u8]) -> Vec<u8> {
    if key.len() > LONGEST_KEPT { Vec::new() } else { key.to_vec() }
}

fn note(group: NamedGroup, own: &[u8], peer: &[u8]) {
    Exchange::note(|record| {
        record.key_shares = Some(KeyShares { group: group.0, own: kept(own), peer: Some(kept(peer)) });
    });
}

/// Notes the key that a client offers first.
fn note_own(kx: &dyn ActiveKeyExchange) {
    Exchange::note(|record| {
        record.key_shares = Some(KeyShares { group: kx.group().0, own: kept(kx.pub_key()), peer: None });
    });
}

/// A group that notes the keys of its exchanges.
#[derive(Debug)]
pub(super) struct TapGroup(pub(super) &'static dyn SupportedKxGroup);

impl SupportedKxGroup for TapGroup {
    fn start(&self) -> Result<StartedKeyExchange, Error> {
        Ok(match replay::start(self.name(), || self.0.start())? {
            StartedKeyExchange::Single(single) => {
                note_own(&*single);
                StartedKeyExchange::Single(Box::new(Single(single)))
            }
            StartedKeyExchange::Hybrid(hybrid) => StartedKeyExchange::Hybrid(Box::new(Hybrid(hybrid))),
            other => other,
        })
    }

    fn start_and_complete(&self, peer_pub_key: &[u8]) -> Result<CompletedKeyExchange, Error> {
        let completed = self.0.start_and_complete(peer_pub_key)?;
        note(completed.group, &completed.pub_key, peer_pub_key);
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

struct Single(Box<dyn ActiveKeyExchange>);

impl ActiveKeyExchange for Single {
    fn complete(self: Box<Self>, peer_pub_key: &[u8]) -> Result<SharedSecret, Error> {
        note(self.0.group(), self.0.pub_key(), peer_pub_key);
        self.0.complete(peer_pub_key)
    }

    fn complete_for_tls_version(
        self: Box<Self>,
        peer_pub_key: &[u8],
        tls_version: ProtocolVersion,
    ) -> Result<SharedSecret, Error> {
        note(self.0.group(), self.0.pub_key(), peer_pub_key);
        self.0.complete_for_tls_version(peer_pub_key, tls_version)
    }

    fn pub_key(&self) -> &[u8] {
        self.0.pub_key()
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        self.0.ffdhe_group()
    }

    fn group(&self) -> NamedGroup {
        self.0.group()
    }
}

/// A hybrid exchange, of which the classical part may be completed alone.
struct Hybrid(Box<dyn HybridKeyExchange>);

impl ActiveKeyExchange for Hybrid {
    fn complete(self: Box<Self>, peer_pub_key: &[u8]) -> Result<SharedSecret, Error> {
        self.0.complete(peer_pub_key)
    }

    fn complete_for_tls_version(
        self: Box<Self>,
        peer_pub_key: &[u8],
        tls_version: ProtocolVersion,
    ) -> Result<SharedSecret, Error> {
        self.0.complete_for_tls_version(peer_pub_key, tls_version)
    }

    fn pub_key(&self) -> &[u8] {
        self.0.pub_key()
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        self.0.ffdhe_group()
    }

    fn group(&self) -> NamedGroup {
        self.0.group()
    }
}

impl HybridKeyExchange for Hybrid {
    fn component(&self) -> (NamedGroup, &[u8]) {
        self.0.component()
    }

    fn complete_component(self: Box<Self>, peer_pub_key: &[u8]) -> Result<SharedSecret, Error> {
        let (group, own) = self.0.component();
        note(group, own, peer_pub_key);
        self.0.complete_component(peer_pub_key)
    }

    fn as_key_exchange(&self) -> &(dyn ActiveKeyExchange + 'static) {
        self
    }

    fn into_key_exchange(self: Box<Self>) -> Box<dyn ActiveKeyExchange> {
        Box::new(Single(self.0.into_key_exchange()))
    }
}
