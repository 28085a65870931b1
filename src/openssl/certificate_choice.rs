//! Which certificate is shown, and with which scheme it signs: by what the peer accepts, in OpenSSL's order.

use super::certificate_slot::{Certificates, OwnCertificate, Slot, slot_of};
use super::config::{Config, op};
use super::connection::Connection;
use crate::tls::cipher::{self, Auth, Suite};
use crate::tls::credentials;
use crate::tls::exchange::HelloAnswer;
use crate::tls::hello::Hello;
use crate::tls::sigalg::{self, Hash, KeyKind, SigAlg};
use rustls::DistinguishedName;
use rustls::crypto::{SelectedCredential, SignatureScheme};
use rustls::error::{Error as Rustls, PeerIncompatible};
use std::sync::Arc;

/// The signature_algorithms extension (RFC 8446, section 4.2.3).
const SIGNATURE_ALGORITHMS: u16 = 13;
/// The signature_algorithms_cert extension.
const SIGNATURE_ALGORITHMS_CERT: u16 = 50;
/// The supported_groups extension.
const SUPPORTED_GROUPS: u16 = 10;

/// A slot and the scheme that its key signs with.
#[derive(Debug, Clone, Copy)]
struct Choice {
    slot: usize,
    scheme: u16,
}

/// Server: runs the certificate callback for a ClientHello.
pub(crate) fn ask_server(ssl: &Arc<Connection>, hello: &Hello) -> Result<(), HelloAnswer> {
    let _ = (ssl, hello);
    Ok(())
}

/// Server: the credential to show, among what the client can verify.
pub(crate) fn for_server(ssl: &Arc<Connection>, schemes: &[SignatureScheme]) -> Result<SelectedCredential, Rustls> {
    let unsuitable = || Rustls::PeerIncompatible(PeerIncompatible::NoSignatureSchemesInCommon);
    let hello = ssl.facts.read().hello.clone().ok_or_else(unsuitable)?;
    let config = ssl.config();
    let choice = choose_as_server(&config, &hello).map_err(Rustls::PeerIncompatible)?;
    if !schemes.contains(&SignatureScheme(choice.scheme)) {
        return Err(unsuitable());
    }
    credential(ssl, &config.certificates, choice).ok_or_else(unsuitable)
}

/// Makes what rustls is given, and the chosen slot the current one.
fn credential(ssl: &Connection, certificates: &Certificates, choice: Choice) -> Option<SelectedCredential> {
    let key = certificates.slot(choice.slot).key.as_ref()?;
    let scheme = SignatureScheme(choice.scheme);
    let extra = ssl.context().certificates.extra.read().clone();
    let identity = certificates.identity(choice.slot, extra)?;
    ssl.own.choose(choice.slot);
    credentials::select(identity, key.signer(scheme), scheme)
}

/// The schemes that own keys may sign with, best first.
fn own_schemes(config: &Config, server: bool) -> Vec<&'static SigAlg> {
    let for_clients = config.client_sigalgs.as_ref().filter(|_| !server);
    match for_clients.or(config.sigalgs.as_ref()) {
        Some(set) => set.iter().filter_map(|&scheme| sigalg::by_scheme(scheme)).collect(),
        None => sigalg::default_sigalgs().collect(),
    }
}

/// The schemes that both sides take: in the peer's order, or in ours by `SSL_OP_CIPHER_SERVER_PREFERENCE`.
pub(crate) fn shared_schemes(config: &Config, server: bool, peer: &[u16]) -> Vec<&'static SigAlg> {
    let own = own_schemes(config, server);
    let allowed = |sigalg: &&SigAlg| sigalg.allowed_at(config.security_level);
    if config.options & op::CIPHER_SERVER_PREFERENCE != 0 {
        own.into_iter().filter(allowed).filter(|sigalg| peer.contains(&sigalg.scheme)).collect()
    } else {
        let known = peer.iter().filter_map(|&scheme| sigalg::by_scheme(scheme));
        known.filter(allowed).filter(|sigalg| own.contains(sigalg)).collect()
    }
}

/// Whether a server with these settings answers this ClientHello with TLS 1.3.
fn answers_tls13(config: &Config, hello: &Hello) -> bool {
    hello.supported_versions().is_some_and(|versions| versions.contains(&super::config::TLS1_3))
        && config.settings().suites.iter().any(|&suite| is_tls13(suite))
}

fn is_tls13(suite: u16) -> bool {
    cipher::by_id(suite).is_some_and(Suite::is_tls13)
}

fn choose_as_server(config: &Config, hello: &Hello) -> Result<Choice, PeerIncompatible> {
    let shared = shared_schemes(config, true, &hello.numbers(SIGNATURE_ALGORITHMS));
    let on_certificates = hello.extension(SIGNATURE_ALGORITHMS_CERT).map(|_| hello.numbers(SIGNATURE_ALGORITHMS_CERT));
    let peer = Peer { shared, on_certificates };
    if answers_tls13(config, hello) {
        return peer.for_tls13(&config.certificates).ok_or(PeerIncompatible::NoSignatureSchemesInCommon);
    }
    let groups = hello.numbers(SUPPORTED_GROUPS);
    let auth = authentications(&config.certificates, &peer.shared, &groups);
    let suite = choose_suite(config, hello, auth).ok_or(PeerIncompatible::NoCipherSuitesInCommon)?;
    peer.find(&config.certificates, |slot, sigalg| {
        signs_for(sigalg.key) == Some(suite.auth) && takes_curve(slot, &groups)
    })
    .ok_or(PeerIncompatible::NoSignatureSchemesInCommon)
}

/// What a peer takes of signatures.
struct Peer {
    /// Schemes for the handshake's signature, best first.
    shared: Vec<&'static SigAlg>,
    /// Schemes for signatures on certificates, if it told them apart.
    on_certificates: Option<Vec<u16>>,
}

impl Peer {
    /// The first shared scheme that a complete slot can sign with and that `also` takes.
    fn find(&self, certificates: &Certificates, also: impl Fn(&Slot, &SigAlg) -> bool) -> Option<Choice> {
        self.shared.iter().find_map(|sigalg| {
            let at = slot_of(sigalg.key);
            let slot = certificates.slot(at);
            (self.can_use(slot, sigalg) && also(slot, sigalg)).then_some(Choice { slot: at, scheme: sigalg.scheme })
        })
    }

    /// TLS 1.3: no PKCS#1, no weak digests, and ECDSA schemes only with their curve.
    fn for_tls13(&self, certificates: &Certificates) -> Option<Choice> {
        self.find(certificates, |slot, sigalg| {
            let dated = matches!(sigalg.hash, Some(Hash::Sha1 | Hash::Sha224))
                || matches!(sigalg.sign_nid, sigalg::NID_RSA | sigalg::NID_DSA);
            !dated && curve_of_scheme(sigalg.scheme).is_none_or(|curve| curve_of_slot(slot) == Some(curve))
        })
    }

    fn can_use(&self, slot: &Slot, sigalg: &SigAlg) -> bool {
        let (Some(certificate), Some(key)) = (&slot.certificate, &slot.key) else { return false };
        let large_enough = sigalg.sign_nid != sigalg::NID_RSA_PSS
            || sigalg.hash.is_none_or(|hash| key.object.size() >= 2 * digest_len(hash) + 2);
        large_enough
            && self.on_certificates.as_ref().is_none_or(|schemes| signed_with_one_of(certificate, schemes))
            && key.supports(sigalg)
    }
}

fn digest_len(hash: Hash) -> usize {
    match hash {
        Hash::Sha1 => 20,
        Hash::Sha224 => 28,
        Hash::Sha256 => 32,
        Hash::Sha384 => 48,
        Hash::Sha512 => 64,
    }
}

/// Whether the signature on a certificate is one of these schemes.
fn signed_with_one_of(certificate: &OwnCertificate, schemes: &[u16]) -> bool {
    certificate.object.signature_info().is_none_or(|info| {
        let known = schemes.iter().filter_map(|&scheme| sigalg::by_scheme(scheme));
        known.into_iter().any(|sigalg| sigalg.hash_nid() == info.digest_nid && sigalg.sign_nid == info.key_nid)
    })
}

fn curve_of_scheme(scheme: u16) -> Option<u16> {
    match scheme {
        0x0403 => Some(credentials::P256),
        0x0503 => Some(credentials::P384),
        0x0603 => Some(credentials::P521),
        _ => None,
    }
}

fn curve_of_slot(slot: &Slot) -> Option<u16> {
    slot.key.as_ref().and_then(|key| key.curve)
}

/// TLS 1.2: whether a client that lists these groups takes certificates with this curve.
fn takes_curve(slot: &Slot, groups: &[u16]) -> bool {
    let is_ec = slot.key.as_ref().is_some_and(|key| key.kind == KeyKind::Ec);
    !is_ec || curve_of_slot(slot).is_some_and(|curve| groups.is_empty() || groups.contains(&curve))
}

/// TLS 1.2: the kind of suite that a key of this kind signs for.
fn signs_for(kind: KeyKind) -> Option<Auth> {
    match kind {
        KeyKind::Rsa | KeyKind::RsaPss => Some(Auth::Rsa),
        KeyKind::Ec | KeyKind::Ed25519 | KeyKind::Ed448 => Some(Auth::Ecdsa),
        KeyKind::Dsa => None,
    }
}

/// TLS 1.2: the kinds of suites that can be authenticated, as bits.
fn authentications(certificates: &Certificates, shared: &[&SigAlg], groups: &[u16]) -> u32 {
    let slot = |kind| certificates.slot(slot_of(kind));
    let explicit = |kind| slot(kind).is_complete() && shared.iter().any(|sigalg| sigalg.key == kind);
    let rsa = slot(KeyKind::Rsa).is_complete() || explicit(KeyKind::RsaPss);
    let ec = slot(KeyKind::Ec);
    let may_sign = ec.certificate.as_ref().is_some_and(|certificate| certificate.object.may_sign());
    let ecdsa = (explicit(KeyKind::Ec) && takes_curve(ec, groups) && may_sign)
        || explicit(KeyKind::Ed25519)
        || explicit(KeyKind::Ed448);
    u32::from(rsa) * Auth::Rsa.bit() | u32::from(ecdsa) * Auth::Ecdsa.bit()
}

/// TLS 1.2: the suite that both sides have, among those that can be authenticated. rustls will come to the same one.
fn choose_suite(config: &Config, hello: &Hello, auth: u32) -> Option<&'static Suite> {
    let settings = config.settings();
    let usable = |&id: &u16| cipher::by_id(id).filter(|suite| !suite.is_tls13() && auth & suite.auth.bit() != 0);
    let own_order = config.options & op::CIPHER_SERVER_PREFERENCE != 0;
    let chacha_first =
        config.options & op::PRIORITIZE_CHACHA != 0 && hello.suites().next().is_some_and(credentials::is_chacha);
    if !own_order {
        return hello.suites().filter(|id| settings.suites.contains(id)).find_map(|id| usable(&id));
    }
    let offered: Vec<u16> = hello.suites().collect();
    let both = settings.suites.iter().filter(|id| offered.contains(id)).filter_map(usable);
    let mut both: Vec<&'static Suite> = both.collect();
    both.sort_by_key(|suite| chacha_first && !credentials::is_chacha(suite.id));
    both.first().copied()
}

/// Client: the credential to show when the server asks for one.
pub(crate) fn for_client(
    ssl: &Arc<Connection>,
    issuers: &[DistinguishedName],
    schemes: &[SignatureScheme],
) -> Option<SelectedCredential> {
    let _ = issuers;
    let config = ssl.config();
    let version = ssl.exchange.read().as_ref().and_then(|exchange| exchange.record.lock().version);
    let tls13 = version == Some(super::config::TLS1_3);
    let choice = choose_as_client(&config, tls13, ssl.current_slot(), schemes)?;
    credential(ssl, &config.certificates, choice)
}

fn choose_as_client(config: &Config, tls13: bool, current: usize, schemes: &[SignatureScheme]) -> Option<Choice> {
    let schemes: Vec<u16> = schemes.iter().map(|scheme| scheme.0).collect();
    let peer = Peer { shared: shared_schemes(config, false, &schemes), on_certificates: None };
    if tls13 {
        return peer.for_tls13(&config.certificates);
    }
    // TLS 1.2: only the current certificate counts.
    peer.find(&config.certificates, |_, sigalg| slot_of(sigalg.key) == current)
}
