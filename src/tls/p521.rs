//! Key exchange on P-521, which rustls's provider leaves out. OpenSSL has it on by default, and in TLS 1.2 a certificate
//! with a key on P-521 can only be shown to clients that list the group.

use aws_lc_rs::agreement::{self, ECDH_P521, EphemeralPrivateKey, UnparsedPublicKey};
use aws_lc_rs::rand::SystemRandom;
use rustls::crypto::GetRandomFailed;
use rustls::crypto::kx::{ActiveKeyExchange, NamedGroup, SharedSecret, StartedKeyExchange, SupportedKxGroup};
use rustls::error::{Error, PeerMisbehaved};

/// Length of an uncompressed point and its first byte; TLS knows no other form.
const POINT_LEN: usize = 133;
const UNCOMPRESSED: u8 = 4;

/// Ephemeral ECDH on P-521.
#[derive(Debug)]
pub struct P521;

impl SupportedKxGroup for P521 {
    fn start(&self) -> Result<StartedKeyExchange, Error> {
        let private = EphemeralPrivateKey::generate(&ECDH_P521, &SystemRandom::new()).map_err(|_| GetRandomFailed)?;
        let public = private.compute_public_key().map_err(|_| GetRandomFailed)?;
        Ok(StartedKeyExchange::Single(Box::new(Active { private, public })))
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

struct Active {
    private: EphemeralPrivateKey,
    public: agreement::PublicKey,
}

impl ActiveKeyExchange for Active {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        if peer.len() != POINT_LEN || peer.first() != Some(&UNCOMPRESSED) {
            return Err(PeerMisbehaved::InvalidKeyShare.into());
        }
        let peer = UnparsedPublicKey::new(&ECDH_P521, peer);
        let invalid = Error::from(PeerMisbehaved::InvalidKeyShare);
        agreement::agree_ephemeral(self.private, peer, invalid, |secret| Ok(SharedSecret::from(secret)))
    }

    fn pub_key(&self) -> &[u8] {
        self.public.as_ref()
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    fn begin() -> Box<dyn ActiveKeyExchange> {
        P521.start().unwrap().into_single()
    }

    #[test]
    fn both_sides_agree() {
        let (a, b) = (begin(), begin());
        let (public_a, public_b) = (a.pub_key().to_vec(), b.pub_key().to_vec());
        let (secret_a, secret_b) = (a.complete(&public_b).unwrap(), b.complete(&public_a).unwrap());
        assert_eq!(secret_a.secret_bytes(), secret_b.secret_bytes());
        assert_eq!(secret_a.secret_bytes().len(), 66);
    }

    #[test]
    fn other_points_are_refused() {
        let public = begin().pub_key().to_vec();
        let mut compressed = public.get(..67).unwrap().to_vec();
        compressed.splice(..1, [2]);
        let mut elsewhere = public.clone();
        *elsewhere.last_mut().unwrap() ^= 1;
        for wrong in [&[][..], &compressed, &elsewhere, public.get(1..).unwrap()] {
            assert!(begin().complete(wrong).is_err());
        }
    }
}
