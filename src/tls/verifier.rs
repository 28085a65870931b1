//! Checks the peer's handshake signature with the key of its certificate, without webpki's rules for certificates
//! (which refuse some that OpenSSL takes). The chain's verdict is asked from the application between two states of
//! the handshake; the `verify_identity` calls here are therefore never reached.

use super::exchange::{Application, Exchange, Policy};
use super::x509::{KeyKind, PublicKey, raw_public_key, subject_public_key};
use rustls::client::danger::{HandshakeSignatureValid, ServerIdentity, ServerVerifier, SignatureVerificationInput};
use rustls::crypto::{SignatureScheme, VerifiedIdentity};
use rustls::error::{CertificateError, Error, PeerMisbehaved};
use rustls::pki_types::SignatureVerificationAlgorithm;
use rustls::server::danger::{ClientIdentity, ClientVerifier};
use rustls::{DistinguishedName, SignerPublicKey};
use rustls_aws_lc_rs as backend;
use std::hash::Hasher;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The verifier of all configurations: what differs between connections comes from the exchange.
#[derive(Debug)]
pub struct PeerVerifier;

fn policy<T: Default>(read: impl FnOnce(&Policy) -> T) -> T {
    Exchange::current().map(|exchange| read(&exchange.policy.lock())).unwrap_or_default()
}

impl ServerVerifier for PeerVerifier {
    fn verify_identity<'a>(&self, _: &ServerIdentity<'a, '_>) -> Result<VerifiedIdentity<'a>, Error> {
        Err(Error::Unreachable("identities are verified between states"))
    }

    fn verify_tls12_signature(&self, input: &SignatureVerificationInput<'_>) -> Result<HandshakeSignatureValid, Error> {
        if signed_group(input.message).is_some_and(|group| !allows(|application| application.allows_group(group))) {
            return Err(WRONG_CURVE.into());
        }
        verify(input, false)
    }

    fn verify_tls13_signature(&self, input: &SignatureVerificationInput<'_>) -> Result<HandshakeSignatureValid, Error> {
        verify(input, true)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        policy(|policy| policy.verify_schemes.to_vec())
    }

    fn root_hint_subjects(&self) -> Option<Arc<[DistinguishedName]>> {
        Some(policy(|policy| policy.client_auth.issuers.clone())).filter(|issuers| !issuers.is_empty())
    }

    fn request_ocsp_response(&self) -> bool {
        policy(|policy| policy.request_ocsp)
    }

    fn hash_config(&self, _: &mut dyn Hasher) {}
}

impl ClientVerifier for PeerVerifier {
    fn verify_identity<'a>(&self, _: &ClientIdentity<'a, '_>) -> Result<VerifiedIdentity<'a>, Error> {
        Err(Error::Unreachable("identities are verified between states"))
    }

    fn verify_tls12_signature(&self, input: &SignatureVerificationInput<'_>) -> Result<HandshakeSignatureValid, Error> {
        verify(input, false)
    }

    fn verify_tls13_signature(&self, input: &SignatureVerificationInput<'_>) -> Result<HandshakeSignatureValid, Error> {
        verify(input, true)
    }

    fn root_hint_subjects(&self) -> Arc<[DistinguishedName]> {
        policy(|policy| policy.client_auth.issuers.clone())
    }

    fn client_auth_mandatory(&self) -> bool {
        policy(|policy| policy.client_auth.require)
    }

    fn offer_client_auth(&self) -> bool {
        policy(|policy| policy.client_auth.request)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        policy(|policy| policy.verify_schemes.to_vec())
    }
}

/// The sizes of RSA keys that the provider takes.
const RSA_BITS: RangeInclusive<usize> = 2048..=8192;

fn verify(input: &SignatureVerificationInput<'_>, tls13: bool) -> Result<HandshakeSignatureValid, Error> {
    let scheme = input.signature.scheme;
    if !policy(|policy| policy.verify_schemes.contains(&scheme)) {
        return Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
    }
    let key = match input.signer {
        SignerPublicKey::X509(certificate) => subject_public_key(certificate),
        SignerPublicKey::RawPublicKey(spki) => raw_public_key(spki),
        _ => None,
    }
    .ok_or(CertificateError::BadEncoding)?;
    // TLS 1.3 has the curve in the scheme.
    let takes = |curve| {
        policy(|policy| policy.curves.contains(&curve)) && allows(|application| application.allows_group(curve))
    };
    if !tls13 && is_ecdsa(scheme) && key.curve().is_some_and(|curve| !takes(curve)) {
        return Err(WRONG_CURVE.into());
    }
    if !allows(|application| application.allows_scheme(scheme)) {
        return Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
    }
    // TLS 1.2: the client signs all messages, as it has sent them.
    let sent = Exchange::current()
        .and_then(|exchange| exchange.record.lock().rewritten_hello.as_ref()?.sent_of(input.message));
    let (message, signature) = (sent.as_deref().unwrap_or(input.message), input.signature.signature());
    // The provider has no Ed448, and not all sizes of RSA keys.
    let elsewhere = || {
        Exchange::current()
            .and_then(|exchange| exchange.application.verify_signature(key.spki, scheme, message, signature))
            .ok_or(PeerMisbehaved::SignedKxWithWrongAlgorithm)
    };
    let good = match algorithm(scheme, &key, tls13) {
        None if (scheme, key.kind) == (SignatureScheme::ED448, KeyKind::Ed448) => elsewhere()?,
        None => return Err(mismatch(scheme, &key).into()),
        Some(_) if matches!(key.kind, KeyKind::Rsa | KeyKind::RsaPss) && !RSA_BITS.contains(&key.rsa_bits()) => {
            elsewhere()?
        }
        Some(algorithm) => algorithm.verify_signature(key.bits, message, signature).is_ok(),
    };
    if !good {
        return Err(CertificateError::BadSignature.into());
    }
    Exchange::note(|record| record.peer_scheme = Some(scheme));
    Ok(HandshakeSignatureValid::assertion())
}

/// The group in what a server signs in TLS 1.2: after both randoms (RFC 8422, section 5.4).
fn signed_group(message: &[u8]) -> Option<u16> {
    const RANDOMS: usize = 64;
    const NAMED_CURVE: u8 = 3;
    match message.get(RANDOMS..)? {
        &[NAMED_CURVE, high, low, ..] => Some(u16::from_be_bytes([high, low])),
        _ => None,
    }
}

/// The peer's key is on a curve that was not agreed on.
const WRONG_CURVE: PeerMisbehaved = PeerMisbehaved::SelectedUnofferedKxGroup;

fn is_ecdsa(scheme: SignatureScheme) -> bool {
    matches!(
        scheme,
        SignatureScheme::ECDSA_NISTP256_SHA256
            | SignatureScheme::ECDSA_NISTP384_SHA384
            | SignatureScheme::ECDSA_NISTP521_SHA512
    )
}

/// What the application says to something that it allows unless it says otherwise.
fn allows(ask: impl FnOnce(&dyn Application) -> bool) -> bool {
    Exchange::current().is_none_or(|exchange| ask(&*exchange.application))
}

/// What is wrong where no algorithm goes with a scheme and a key.
fn mismatch(scheme: SignatureScheme, key: &PublicKey<'_>) -> PeerMisbehaved {
    if is_ecdsa(scheme) && key.curve().is_some() { WRONG_CURVE } else { PeerMisbehaved::SignedKxWithWrongAlgorithm }
}

/// The algorithm for a scheme and a key. TLS 1.3 binds an ECDSA scheme to its curve, TLS 1.2 only to its hash.
fn algorithm(
    scheme: SignatureScheme,
    key: &PublicKey<'_>,
    tls13: bool,
) -> Option<&'static dyn SignatureVerificationAlgorithm> {
    use KeyKind::{Ed25519, P256, P384, P521, Rsa, RsaPss};
    Some(match (scheme, key.kind) {
        (SignatureScheme::ECDSA_NISTP256_SHA256, P256) => backend::ECDSA_P256_SHA256,
        (SignatureScheme::ECDSA_NISTP384_SHA384, P384) => backend::ECDSA_P384_SHA384,
        (SignatureScheme::ECDSA_NISTP521_SHA512, P521) => backend::ECDSA_P521_SHA512,
        (SignatureScheme::ECDSA_NISTP256_SHA256, P384) if !tls13 => backend::ECDSA_P384_SHA256,
        (SignatureScheme::ECDSA_NISTP256_SHA256, P521) if !tls13 => backend::ECDSA_P521_SHA256,
        (SignatureScheme::ECDSA_NISTP384_SHA384, P256) if !tls13 => backend::ECDSA_P256_SHA384,
        (SignatureScheme::ECDSA_NISTP384_SHA384, P521) if !tls13 => backend::ECDSA_P521_SHA384,
        (SignatureScheme::ECDSA_NISTP521_SHA512, P256) if !tls13 => backend::ECDSA_P256_SHA512,
        (SignatureScheme::ECDSA_NISTP521_SHA512, P384) if !tls13 => backend::ECDSA_P384_SHA512,
        (SignatureScheme::ED25519, Ed25519) => backend::ED25519,
        (SignatureScheme::RSA_PSS_SHA256, Rsa) | (SignatureScheme(0x0809), RsaPss) => {
            backend::RSA_PSS_2048_8192_SHA256_LEGACY_KEY
        }
        (SignatureScheme::RSA_PSS_SHA384, Rsa) | (SignatureScheme(0x080a), RsaPss) => {
            backend::RSA_PSS_2048_8192_SHA384_LEGACY_KEY
        }
        (SignatureScheme::RSA_PSS_SHA512, Rsa) | (SignatureScheme(0x080b), RsaPss) => {
            backend::RSA_PSS_2048_8192_SHA512_LEGACY_KEY
        }
        (SignatureScheme::RSA_PKCS1_SHA256, Rsa) if !tls13 => backend::RSA_PKCS1_2048_8192_SHA256,
        (SignatureScheme::RSA_PKCS1_SHA384, Rsa) if !tls13 => backend::RSA_PKCS1_2048_8192_SHA384,
        (SignatureScheme::RSA_PKCS1_SHA512, Rsa) if !tls13 => backend::RSA_PKCS1_2048_8192_SHA512,
        _ => return None,
    })
}
