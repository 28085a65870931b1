//! `SSL_check_chain(3)`, and the strict checks of `SSL_CERT_FLAG_TLS_STRICT`: whether a certificate, its key and its
//! chain suit what the peer has said.

use super::certificate_choice::{Peer, supported_groups};
use super::certificate_slot::{Owner, Slot, kind_of};
use super::connection::{Connection, share};
use super::error::guard;
use super::own_key::{OwnKey, curve_of};
use super::types::SSL;
use crate::libcrypto::names::Name;
use crate::libcrypto::pkey::Pkey;
use crate::libcrypto::sys;
use crate::libcrypto::x509::{X509, X509Stack};
use crate::tls::group;
use crate::tls::sigalg::{KeyKind, NID_RSA, SigAlg, by_scheme};
use std::ffi::c_int;
use std::sync::Arc;

/// `CERT_PKEY_*`.
mod flag {
    use std::ffi::c_int;
    pub(super) const VALID: c_int = 0x1;
    pub(super) const SIGN: c_int = 0x2;
    pub(super) const EE_SIGNATURE: c_int = 0x10;
    pub(super) const CA_SIGNATURE: c_int = 0x20;
    pub(super) const EE_PARAM: c_int = 0x40;
    pub(super) const CA_PARAM: c_int = 0x80;
    pub(super) const EXPLICIT_SIGN: c_int = 0x100;
    pub(super) const ISSUER_NAME: c_int = 0x200;
    pub(super) const CERT_TYPE: c_int = 0x400;
    /// What a chain needs.
    pub(super) const NEEDED: c_int = EE_SIGNATURE | EE_PARAM;
    /// What a chain needs in strict mode.
    pub(super) const NEEDED_STRICTLY: c_int = NEEDED | CA_SIGNATURE | CA_PARAM | ISSUER_NAME | CERT_TYPE;
}

/// `SSL_CERT_FLAG_TLS_STRICT`.
const STRICT: u32 = 1;

/// Whether a connection is strict about its own certificates.
pub(super) fn is_strict(ssl: &Connection) -> bool {
    ssl.config().cert_flags & STRICT != 0
}

/// A certificate with its key and chain, to be judged.
struct Candidate<'a> {
    certificate: &'a X509,
    key: Arc<OwnKey>,
    chain: &'a [X509],
}

/// What the peer of a connection takes.
struct Wishes {
    tls13: bool,
    server: bool,
    peer: Peer,
    /// TLS 1.2 servers: the client's groups. Clients: our own.
    groups: Vec<u16>,
}

impl Wishes {
    fn of(ssl: &Connection) -> Self {
        let config = ssl.config();
        let server = ssl.is_server();
        let tls13 = ssl.facts.read().version() == super::config::TLS1_3;
        let groups = if server { supported_groups(ssl) } else { config.enabled_groups() };
        Self { tls13, server, peer: Peer::of(ssl), groups }
    }

    /// Whether a scheme can sign a handshake of this version.
    fn signs(&self, sigalg: &SigAlg) -> bool {
        !self.tls13 || sigalg.sign_nid != NID_RSA
    }

    /// `kind` is that of the leaf's key.
    fn takes_signature_on(&self, certificate: &X509, kind: KeyKind) -> bool {
        let nid = certificate.signature_nid();
        if !self.peer.has_spoken() {
            // What was the rule before there were lists: SHA-1 with the leaf's type of key.
            let sha1 = [(KeyKind::Rsa, 0x0201), (KeyKind::Ec, 0x0203), (KeyKind::Dsa, 0x0202)];
            let scheme = sha1.iter().find(|(of, _)| *of == kind).and_then(|&(_, scheme)| by_scheme(scheme));
            return scheme.is_none_or(|sigalg| sigalg.both_nid == nid);
        }
        let is_it = |sigalg: &&SigAlg| sigalg.both_nid == nid;
        match self.peer.schemes_on_certificates().filter(|_| self.tls13) {
            Some(schemes) => schemes.iter().filter_map(|&scheme| by_scheme(scheme)).any(|found| is_it(&found)),
            None => self.peer.shared().iter().any(is_it),
        }
    }

    fn takes_parameters_of(&self, certificate: &X509, level: u8) -> bool {
        let Some(key) = certificate.public_key() else { return false };
        if kind_of(&key) != Some(KeyKind::Ec) {
            return true;
        }
        let known = curve_of(&key).and_then(group::by_id);
        known.is_some_and(|group| {
            group.allowed_at(level) && (self.server && self.groups.is_empty() || self.groups.contains(&group.id))
        })
    }
}

/// The `CERT_PKEY_*` bits that hold, without `VALID`.
fn judge(ssl: &Connection, wishes: &Wishes, candidate: &Candidate<'_>) -> c_int {
    let (level, kind) = (ssl.config().level(), candidate.key.kind);
    let mut held = 0;
    let mut hold = |flag: c_int, holds: bool| held |= if holds { flag } else { 0 };
    let signature = if wishes.tls13 {
        wishes.peer.finds_for_tls13(&candidate.certificate.clone().into(), &candidate.key)
    } else {
        wishes.takes_signature_on(candidate.certificate, kind)
    };
    hold(flag::EE_SIGNATURE, signature);
    hold(flag::CA_SIGNATURE, candidate.chain.iter().all(|ca| wishes.takes_signature_on(ca, kind)));
    hold(flag::EE_PARAM, wishes.takes_parameters_of(candidate.certificate, level));
    let chain_parameters = || candidate.chain.iter().all(|ca| wishes.takes_parameters_of(ca, level));
    hold(flag::CA_PARAM, !wishes.server || chain_parameters());
    hold(flag::CERT_TYPE, wishes.server || takes_type(ssl, kind));
    hold(flag::ISSUER_NAME, wishes.server || takes_issuer(ssl, candidate));
    let mut shared = wishes.peer.shared().iter();
    hold(flag::SIGN | flag::EXPLICIT_SIGN, shared.any(|s| s.key == kind && wishes.signs(s)));
    held
}

/// Client: whether the server's types of certificates have this one. As in OpenSSL RSA and ECDSA have none in TLS 1.3,
/// where no types are sent.
fn takes_type(ssl: &Connection, kind: KeyKind) -> bool {
    const RSA_SIGN: u8 = 1;
    const DSS_SIGN: u8 = 2;
    const ECDSA_SIGN: u8 = 64;
    let wanted = match kind {
        KeyKind::Rsa => RSA_SIGN,
        KeyKind::Dsa => DSS_SIGN,
        KeyKind::Ec => ECDSA_SIGN,
        KeyKind::RsaPss | KeyKind::Ed25519 | KeyKind::Ed448 => return true,
    };
    ssl.own.request.lock().as_ref().is_some_and(|request| request.types.contains(&wanted))
}

/// Client: whether the server names nobody, or one of the issuers of the chain.
fn takes_issuer(ssl: &Connection, candidate: &Candidate<'_>) -> bool {
    let names = ssl.own.issuers.lock().names();
    let mut shown = std::iter::once(candidate.certificate).chain(candidate.chain);
    names.is_empty() || shown.any(|certificate| Name::of_issuer(certificate).is_some_and(|name| names.contains(&name)))
}

/// Whether an own slot is shown in strict mode: all of its chain must suit the peer.
pub(super) fn suits_strictly(ssl: &Connection, slot: &Slot) -> bool {
    let (Some(certificate), Some(key)) = (&slot.certificate, &slot.key) else { return false };
    let wishes = Wishes::of(ssl);
    let Some(object) = certificate.object() else { return false };
    let chain = slot.chain.iter().flat_map(|chain| chain.certificates());
    let chain: Vec<X509> = chain.filter_map(|certificate| certificate.object().cloned()).collect();
    let candidate = Candidate { certificate: object, key: key.clone(), chain: &chain };
    let held = judge(ssl, &wishes, &candidate);
    // As in OpenSSL the key's own scheme has been found already in TLS 1.3.
    let needed = if wishes.tls13 { flag::NEEDED_STRICTLY & !flag::EE_SIGNATURE } else { flag::NEEDED_STRICTLY };
    held & needed == needed
}

/// `SSL_check_chain(3)`: how a certificate, key and chain suit the peer, as `CERT_PKEY_*` bits; 0 without certificate or
/// key.
///
/// Status: partial: Suite B is not checked.
///
/// # Safety
/// `s` is null or a live handle; the others are null or live, and so is what is in the stack.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_check_chain(
    s: *mut SSL,
    x: *mut sys::X509,
    pk: *mut sys::EVP_PKEY,
    chain: *mut sys::stack_st_X509,
) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(s) }?;
        // SAFETY: null or live, by the manual.
        let (certificate, key) = unsafe { (X509::from_borrowed(x), Pkey::from_borrowed(pk)) };
        let (Some(certificate), Some(key)) = (certificate, key) else { return Ok(0) };
        let Ok(key) = OwnKey::new(key, Owner::Connection(ssl.clone()).lib_ctx()) else { return Ok(0) };
        // SAFETY: null or live, by the manual.
        let chain = unsafe { X509Stack::certificates_of(chain) };
        let candidate = Candidate { certificate: &certificate, key: Arc::new(key), chain: &chain };
        let held = judge(&ssl, &Wishes::of(&ssl), &candidate);
        let needed = if is_strict(&ssl) { flag::NEEDED_STRICTLY } else { flag::NEEDED };
        Ok(held | if held & needed == needed { flag::VALID } else { 0 })
    })
}
