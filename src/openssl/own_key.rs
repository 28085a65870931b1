//! One own private key: bytes first. The object is made when a program asks for it, or when there is more to it than Rust
//! reads.

use super::certificate_slot::kind_of;
use super::error::Error;
use super::reason;
use crate::libcrypto::lib_ctx::LibCtx;
use crate::libcrypto::pkey::{Pkey, SigningMethod};
use crate::seam::Failure;
use crate::tls::credentials::{NativeKey, PrivateKey};
use crate::tls::exchange::Exchange;
use crate::tls::group;
use crate::tls::plain_key::{Form, PlainKey};
use crate::tls::sigalg::{self, Hash, KeyKind, SigAlg};
use rustls::crypto::SignatureScheme;
use rustls::error::AlertDescription;
use std::ffi::{CStr, c_int};
use std::sync::{Arc, OnceLock};
use zeroize::Zeroizing;

/// An own private key.
#[derive(Debug)]
pub(crate) struct OwnKey {
    /// Its type.
    pub(crate) kind: KeyKind,
    /// The curve of an EC key as TLS numbers it; none for curves that TLS does not know.
    pub(crate) curve: Option<u16>,
    lib_ctx: LibCtx,
    /// The bytes it was read from, unless it was set as an object.
    der: Option<Zeroizing<Vec<u8>>>,
    object: OnceLock<Option<Pkey>>,
    native: OnceLock<Option<Arc<NativeKey>>>,
}

impl OwnKey {
    /// Takes an object, whose type must have a slot.
    pub(crate) fn new(object: Pkey, lib_ctx: LibCtx) -> Result<Self, Error> {
        let kind = kind_of(&object).ok_or(Error::Ssl(reason::UNKNOWN_CERTIFICATE_TYPE))?;
        let curve = (kind == KeyKind::Ec).then(|| curve_of(&object)).flatten();
        Ok(Self { kind, curve, lib_ctx, der: None, object: OnceLock::from(Some(object)), native: OnceLock::new() })
    }

    /// Reads a key of a usual form; none for others, which libcrypto has to read.
    pub(crate) fn from_der(form: Form, der: Zeroizing<Vec<u8>>, lib_ctx: LibCtx) -> Option<Self> {
        let PlainKey { kind, curve, key } = PlainKey::parse(form, &der)?;
        let native = OnceLock::from(Some(Arc::new(key)));
        Some(Self { kind, curve, lib_ctx, der: Some(der), object: OnceLock::new(), native })
    }

    /// The object that the program sees; none when libcrypto cannot make one.
    pub(crate) fn object(&self) -> Option<&Pkey> {
        let make = || Pkey::from_any_der(self.der.as_ref()?, &self.lib_ctx);
        self.object.get_or_init(make).as_ref()
    }

    /// The object, unless nobody has seen one.
    pub(crate) fn object_if_seen(&self) -> Option<&Pkey> {
        self.object.get().and_then(Option::as_ref)
    }

    /// The key in aws-lc-rs, if it can be there.
    fn native(&self) -> Option<&Arc<NativeKey>> {
        self.native.get_or_init(|| self.export()).as_ref()
    }

    /// The key in aws-lc-rs, if it is there already.
    pub(crate) fn native_if_known(&self) -> Option<&NativeKey> {
        self.native.get().and_then(Option::as_deref)
    }

    /// The key for signatures of `scheme`: in aws-lc-rs where it can be, else where it is. `failing` is the reason that a
    /// failure is reported with.
    pub(crate) fn signer(&self, scheme: SignatureScheme, failing: c_int) -> Option<Arc<dyn PrivateKey>> {
        match self.native() {
            Some(native) if native.signs(scheme) => Some(native.clone()),
            _ => {
                let object = self.object()?.clone();
                Some(Arc::new(KeptKey { object, lib_ctx: self.lib_ctx.clone(), failing }))
            }
        }
    }

    /// Takes the private key out of libcrypto. What comes out must be the same key.
    fn export(&self) -> Option<Arc<NativeKey>> {
        let object = self.object()?;
        if !matches!(self.kind, KeyKind::Rsa | KeyKind::Ec | KeyKind::Ed25519) || !object.is_plain() {
            return None;
        }
        let native = NativeKey::from_pkcs8(self.kind, self.curve, &object.to_pkcs8()?)?;
        let spki = object.to_spki()?;
        spki.ends_with(native.public_key()).then(|| Arc::new(native))
    }

    /// Most bytes a signature can have.
    pub(crate) fn size(&self) -> usize {
        match self.native().map(|native| &**native) {
            Some(NativeKey::Rsa(pair)) => pair.public_modulus_len(),
            _ => self.object().map_or(0, Pkey::size),
        }
    }

    /// Whether it signs with the digest of a scheme, as its provider says.
    pub(crate) fn supports(&self, sigalg: &SigAlg) -> bool {
        match self.native() {
            Some(native) if native.signs(SignatureScheme(sigalg.scheme)) => true,
            _ => {
                let digest = sigalg.hash.map(digest_name);
                self.object().is_some_and(|object| object.supports_digest(digest, &self.lib_ctx))
            }
        }
    }
}

/// The curve of an EC key as TLS numbers it.
pub(super) fn curve_of(key: &Pkey) -> Option<u16> {
    group::by_name(&key.group_name()?).map(|group| group.id)
}

fn digest_name(hash: Hash) -> &'static CStr {
    match hash {
        Hash::Sha1 => c"SHA1",
        Hash::Sha224 => c"SHA224",
        Hash::Sha256 => c"SHA256",
        Hash::Sha384 => c"SHA384",
        Hash::Sha512 => c"SHA512",
    }
}

/// How libcrypto makes and verifies the signatures of a scheme.
pub(super) fn signing_method(sigalg: &SigAlg) -> SigningMethod {
    SigningMethod { digest: sigalg.hash.map(digest_name), pss: sigalg.sign_nid == sigalg::NID_RSA_PSS }
}

/// A key that stays in libcrypto: its provider, engine or token signs.
#[derive(Debug)]
struct KeptKey {
    object: Pkey,
    lib_ctx: LibCtx,
    failing: c_int,
}

impl PrivateKey for KeptKey {
    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let failed = || {
            Error::Ssl(self.failing).report();
            Exchange::note(|record| record.refused = Some(AlertDescription::InternalError));
            rustls::Error::General("EVP_DigestSign failed".into())
        };
        let sigalg = sigalg::by_scheme(scheme.0).ok_or_else(failed)?;
        self.object.sign(message, signing_method(sigalg), &self.lib_ctx).ok_or_else(failed)
    }
}
