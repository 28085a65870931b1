//! Own certificates and keys as TLS uses them: a chain in DER, a key that signs, and which scheme it signs with.

use super::cipher::{self, Enc};
use super::sigalg::KeyKind;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaEncoding, RsaKeyPair,
};
use rustls::crypto::{Credentials, Identity, SelectedCredential, SignatureScheme, Signer, SigningKey};
use rustls::error::Error;
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A private key, wherever it is.
pub trait PrivateKey: std::fmt::Debug + Send + Sync {
    /// Signs `message`, which is not hashed yet.
    ///
    /// # Errors
    /// The key cannot make a signature of this scheme, or its owner refused.
    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, Error>;
}

/// The TLS number of the curve of an EC key (`supported_groups`), for the curves that signature schemes are bound to.
pub const P256: u16 = 23;
/// P-384.
pub const P384: u16 = 24;
/// P-521.
pub const P521: u16 = 25;

/// A private key in this process's memory, used through aws-lc-rs.
#[derive(Debug)]
pub enum NativeKey {
    /// RSA of 2048 to 8192 bits.
    Rsa(RsaKeyPair),
    /// ECDSA with the one scheme that TLS 1.3 allows for the curve.
    Ecdsa(EcdsaKeyPair, SignatureScheme),
    /// Ed25519.
    Ed25519(Ed25519KeyPair),
}

impl NativeKey {
    /// Reads a PKCS#8 key; none when aws-lc-rs does not take keys like this one.
    pub fn from_pkcs8(kind: KeyKind, curve: Option<u16>, der: &[u8]) -> Option<Self> {
        match (kind, curve) {
            (KeyKind::Rsa, _) => RsaKeyPair::from_pkcs8(der).ok().map(Self::Rsa),
            (KeyKind::Ed25519, _) => Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok().map(Self::Ed25519),
            (KeyKind::Ec, Some(curve)) => {
                let (algorithm, scheme) = Self::ecdsa(curve)?;
                EcdsaKeyPair::from_pkcs8(algorithm, der).ok().map(|pair| Self::Ecdsa(pair, scheme))
            }
            _ => None,
        }
    }

    /// How keys on a curve sign, and with which scheme.
    pub(super) fn ecdsa(curve: u16) -> Option<(&'static EcdsaSigningAlgorithm, SignatureScheme)> {
        Some(match curve {
            P256 => (&signature::ECDSA_P256_SHA256_ASN1_SIGNING, SignatureScheme::ECDSA_NISTP256_SHA256),
            P384 => (&signature::ECDSA_P384_SHA384_ASN1_SIGNING, SignatureScheme::ECDSA_NISTP384_SHA384),
            P521 => (&signature::ECDSA_P521_SHA512_ASN1_SIGNING, SignatureScheme::ECDSA_NISTP521_SHA512),
            _ => return None,
        })
    }

    /// The public key, as the bits of a SubjectPublicKeyInfo hold it.
    pub fn public_key(&self) -> &[u8] {
        match self {
            Self::Rsa(pair) => pair.public_key().as_ref(),
            Self::Ecdsa(pair, _) => pair.public_key().as_ref(),
            Self::Ed25519(pair) => pair.public_key().as_ref(),
        }
    }

    /// Whether it can make signatures of this scheme.
    pub fn signs(&self, scheme: SignatureScheme) -> bool {
        match self {
            Self::Rsa(_) => rsa_encoding(scheme).is_some(),
            Self::Ecdsa(_, own) => *own == scheme,
            Self::Ed25519(_) => scheme == SignatureScheme::ED25519,
        }
    }
}

fn rsa_encoding(scheme: SignatureScheme) -> Option<&'static dyn RsaEncoding> {
    Some(match scheme {
        SignatureScheme::RSA_PKCS1_SHA256 => &signature::RSA_PKCS1_SHA256,
        SignatureScheme::RSA_PKCS1_SHA384 => &signature::RSA_PKCS1_SHA384,
        SignatureScheme::RSA_PKCS1_SHA512 => &signature::RSA_PKCS1_SHA512,
        SignatureScheme::RSA_PSS_SHA256 => &signature::RSA_PSS_SHA256,
        SignatureScheme::RSA_PSS_SHA384 => &signature::RSA_PSS_SHA384,
        SignatureScheme::RSA_PSS_SHA512 => &signature::RSA_PSS_SHA512,
        _ => return None,
    })
}

impl PrivateKey for NativeKey {
    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, Error> {
        let failed = || Error::General("signing failed".into());
        match self {
            Self::Rsa(pair) => {
                let encoding = rsa_encoding(scheme).ok_or_else(failed)?;
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &SystemRandom::new(), message, &mut signature).map_err(|_| failed())?;
                Ok(signature)
            }
            Self::Ecdsa(pair, own) if *own == scheme => {
                Ok(pair.sign(&SystemRandom::new(), message).map_err(|_| failed())?.as_ref().to_vec())
            }
            Self::Ed25519(pair) if scheme == SignatureScheme::ED25519 => Ok(pair.sign(message).as_ref().to_vec()),
            _ => Err(failed()),
        }
    }
}

/// Whether a suite's cipher is ChaCha20.
pub fn is_chacha(suite: u16) -> bool {
    cipher::by_id(suite).is_some_and(|suite| suite.enc == Enc::ChaCha20Poly1305)
}

/// A chain as it is sent, leaf first. None for an empty one.
pub fn identity(chain: Vec<Vec<u8>>) -> Option<Arc<Identity<'static>>> {
    Identity::from_cert_chain(chain.into_iter().map(CertificateDer::from).collect()).ok().map(Arc::new)
}

/// What rustls is given to show this chain and sign with this scheme. On servers (`for_suites`) it chooses a suite by
/// the scheme.
pub fn select(
    identity: Arc<Identity<'static>>,
    key: Arc<dyn PrivateKey>,
    scheme: SignatureScheme,
    for_suites: bool,
) -> Option<SelectedCredential> {
    let chosen = Chosen { key, scheme, for_suites, told: Arc::default() };
    Credentials::new_unchecked(identity, Box::new(chosen)).signer(&[scheme])
}

/// A key with the scheme it has been chosen for.
#[derive(Debug, Clone)]
struct Chosen {
    key: Arc<dyn PrivateKey>,
    scheme: SignatureScheme,
    /// Server: the scheme is asked for to choose a suite first.
    for_suites: bool,
    /// rustls has been told a scheme to choose a suite by.
    told: Arc<AtomicBool>,
}

impl SigningKey for Chosen {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered.contains(&self.scheme).then(|| Box::new(self.clone()) as Box<dyn Signer>)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        None
    }
}

impl Signer for Chosen {
    fn sign(self: Box<Self>, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.key.sign(self.scheme, message)
    }

    /// rustls asks a server twice: first to choose a suite, where it does not know the schemes of RSA-PSS keys; then to
    /// name the scheme of the signature. The first answer has to be one that goes with the same suites.
    fn scheme(&self) -> SignatureScheme {
        let first = !self.told.swap(true, Ordering::Relaxed);
        match self.scheme.0 {
            0x0809..=0x080b if first && self.for_suites => SignatureScheme::RSA_PSS_SHA256,
            _ => self.scheme,
        }
    }
}
