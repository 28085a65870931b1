//! One own certificate: bytes first. The object is made when a program asks for it, or when there is more to it than
//! Rust reads; from then on the object counts.

use super::certificate_slot::kind_of;
use super::error::Error;
use super::own_key::OwnKey;
use super::reason;
use crate::libcrypto::lib_ctx::LibCtx;
use crate::libcrypto::x509::X509;
use crate::tls::cipher::security_bits;
use crate::tls::plain_certificate::PlainCertificate;
use crate::tls::sigalg::{Hash, KeyKind, NID_EC, NID_ED25519, NID_RSA};
use std::borrow::Cow;
use std::ffi::c_int;
use std::sync::OnceLock;

/// An own certificate, or one that goes with it.
#[derive(Debug)]
pub(crate) enum OwnCertificate {
    /// Set as an object, or read by libcrypto.
    Object(X509),
    /// Read here.
    Bytes {
        /// The certificate.
        der: Vec<u8>,
        /// What it says.
        plain: PlainCertificate,
        /// Where its object is made.
        lib_ctx: LibCtx,
        /// The object, once somebody wanted it.
        object: OnceLock<Option<X509>>,
    },
}

impl From<X509> for OwnCertificate {
    fn from(object: X509) -> Self {
        Self::Object(object)
    }
}

impl OwnCertificate {
    /// A certificate of the usual form; none for others, which libcrypto has to read.
    pub(crate) fn from_der(der: &[u8], lib_ctx: &LibCtx) -> Option<Self> {
        let plain = PlainCertificate::parse(der)?;
        Some(Self::Bytes { der: der.to_vec(), plain, lib_ctx: lib_ctx.clone(), object: OnceLock::new() })
    }

    /// The object that the program sees; none when libcrypto cannot make one.
    pub(crate) fn object(&self) -> Option<&X509> {
        match self {
            Self::Object(object) => Some(object),
            Self::Bytes { der, lib_ctx, object, .. } => object.get_or_init(|| X509::from_der(der, lib_ctx)).as_ref(),
        }
    }

    /// The object, unless nobody has seen one.
    fn object_if_seen(&self) -> Option<&X509> {
        match self {
            Self::Object(object) => Some(object),
            Self::Bytes { object, .. } => object.get().and_then(Option::as_ref),
        }
    }

    /// The certificate as it is sent.
    pub(crate) fn der(&self) -> Option<Cow<'_, [u8]>> {
        match (self.object_if_seen(), self) {
            (Some(object), _) => object.to_der().map(Cow::Owned),
            (None, Self::Bytes { der, .. }) => Some(Cow::Borrowed(der)),
            (None, Self::Object(_)) => None,
        }
    }

    /// Whether it still is what was sent before: a program may change an object, and sign it anew.
    pub(crate) fn is_still(&self, sent: &[u8]) -> bool {
        self.object_if_seen().is_none_or(|object| object.has_signature_of(sent))
    }

    /// The type of its key as a leaf: there must be a slot for it, and it must be one that signs.
    pub(crate) fn leaf_kind(&self) -> Result<KeyKind, Error> {
        let object = match self {
            Self::Bytes { plain, .. } => return Ok(plain.kind),
            Self::Object(object) => object,
        };
        let key = object.public_key().ok_or(Error::Ssl(reason::X509_LIB))?;
        let kind = kind_of(&key).ok_or(Error::Ssl(reason::UNKNOWN_CERTIFICATE_TYPE))?;
        if kind == KeyKind::Ec && !key.can_sign() {
            return Err(Error::Ssl(reason::ECC_CERT_NOT_FOR_SIGNING));
        }
        Ok(kind)
    }

    /// Whether a security level allows it, as a leaf or else as one of a chain: the strength of its key, and of its
    /// signature unless it signed itself.
    pub(crate) fn check_strength(&self, level: u8, leaf: bool) -> Result<(), Error> {
        let wanted = c_int::try_from(security_bits(level)).unwrap_or(c_int::MAX);
        let bits = |strength: u32| c_int::try_from(strength).unwrap_or(c_int::MAX);
        if level == 0 {
            return Ok(());
        }
        let (key, signature, self_issued) = match self {
            Self::Bytes { plain, .. } => {
                (bits(plain.key_strength), bits(plain.signature_strength()), plain.is_self_issued)
            }
            Self::Object(object) => {
                (object.key_security_bits(), object.signature_security_bits(), object.is_self_signed())
            }
        };
        if key < wanted {
            return Err(Error::Ssl(if leaf { reason::EE_KEY_TOO_SMALL } else { reason::CA_KEY_TOO_SMALL }));
        }
        if !self_issued && signature < wanted {
            return Err(Error::Ssl(reason::CA_MD_TOO_WEAK));
        }
        Ok(())
    }

    /// Whether its key usage, if it has one, lets the key make signatures.
    pub(crate) fn may_sign(&self) -> bool {
        match self {
            Self::Bytes { plain, .. } => plain.may_sign,
            Self::Object(object) => object.may_sign(),
        }
    }

    /// What it was signed with: libcrypto's numbers of the digest and of the type of key.
    pub(crate) fn signed_with(&self) -> Option<(c_int, c_int)> {
        match self {
            Self::Bytes { plain, .. } => {
                let key = match plain.signed_by {
                    KeyKind::Rsa => NID_RSA,
                    KeyKind::Ed25519 => NID_ED25519,
                    _ => NID_EC,
                };
                Some((plain.signed_hash.map_or(0, Hash::nid), key))
            }
            Self::Object(object) => object.signature_info().map(|info| (info.digest_nid, info.key_nid)),
        }
    }

    /// Whether `key` is the private key to it. If not, libcrypto has queued why.
    pub(crate) fn matches(&self, key: &OwnKey) -> bool {
        if let (Self::Bytes { der, plain, .. }, Some(native)) = (self, key.native_if_known())
            && der.get(plain.key.clone()) == Some(native.public_key())
        {
            return true;
        }
        match (self.object(), key.object()) {
            (Some(object), Some(key)) => object.check_private_key(key),
            _ => false,
        }
    }

    /// Completes the public key's parameters from the private key, where they are missing.
    pub(crate) fn complete_from(&self, key: &OwnKey) {
        if let (Self::Object(object), Some(key)) = (self, key.object_if_seen())
            && let Some(public) = object.public_key()
        {
            public.copy_parameters(key);
        }
    }
}
