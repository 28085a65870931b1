//! Which certificate is shown, and with which scheme it signs: by what the peer accepts, in OpenSSL's order.

use super::ca_list::PeerIssuers;
use super::certificate_callback;
use super::certificate_check;
use super::certificate_slot::{Certificates, Owner, Rest, SLOT_KINDS, Slot, slot_of};
use super::config::{Config, op};
use super::connection::Connection;
use super::context::Context;
use super::error::{Error, INTERNAL_ERROR};
use super::own_certificate::OwnCertificate;
use super::own_key::OwnKey;
use super::private_key::EVP_LIB;
use super::security_check;
use super::sigalg;
use super::strings::State;
use crate::seam::Failure;
use crate::tls::certificate_request::CertificateRequest;
use crate::tls::cipher::{self, Auth, Suite};
use crate::tls::config::Settings;
use crate::tls::credentials;
use crate::tls::exchange::CredentialAnswer;
use crate::tls::group;
use crate::tls::hello::{Hello, ServerHello};
use crate::tls::sigalg::{Hash, KeyKind, NID_DSA, NID_RSA, NID_RSA_PSS, SigAlg, by_scheme, default_sigalgs};
use rustls::crypto::{SelectedCredential, SignatureScheme};
use rustls::error::{AlertDescription, Error as Rustls, PeerIncompatible};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The signature_algorithms extension (RFC 8446, section 4.2.3).
const SIGNATURE_ALGORITHMS: u16 = 13;
/// The signature_algorithms_cert extension.
const SIGNATURE_ALGORITHMS_CERT: u16 = 50;
/// The supported_groups extension.
const SUPPORTED_GROUPS: u16 = 10;

/// `SSL_MODE_NO_AUTO_CHAIN`.
const NO_AUTO_CHAIN: u32 = 8;

/// A slot and the scheme that its key signs with.
#[derive(Debug, Clone, Copy)]
struct Choice {
    slot: usize,
    scheme: u16,
}

/// Server: the credential to show, among what the client can verify.
pub(crate) fn for_server(ssl: &Arc<Connection>, schemes: &[SignatureScheme]) -> Result<SelectedCredential, Rustls> {
    let unsuitable = || Rustls::PeerIncompatible(PeerIncompatible::NoSignatureSchemesInCommon);
    let hello = ssl.facts.read().hello.clone().ok_or_else(unsuitable)?;
    let config = ssl.config();
    let choice = choose_as_server(ssl, &config, &hello).map_err(Rustls::PeerIncompatible)?;
    // rustls does not know RSA-PSS keys in TLS 1.2 and leaves their schemes out.
    if !schemes.contains(&SignatureScheme(choice.scheme)) && !is_pss_key(choice.scheme) {
        return Err(unsuitable());
    }
    credential(ssl, &config, choice).map_err(|error| {
        error.report();
        refuse(ssl, AlertDescription::InternalError)
    })
}

/// Ends a server's handshake with `alert`; what went wrong has been queued. rustls sends an alert for the error, which is
/// then replaced by this one.
pub(crate) fn refuse(ssl: &Connection, alert: AlertDescription) -> Rustls {
    if let Some(exchange) = &*ssl.exchange.read() {
        exchange.record.lock().refused = Some(alert);
    }
    Rustls::PeerIncompatible(PeerIncompatible::NoSignatureSchemesInCommon)
}

/// Makes what rustls is given, and the chosen slot the current one.
fn credential(ssl: &Arc<Connection>, config: &Config, choice: Choice) -> Result<SelectedCredential, Error> {
    let unusable = Error::Ssl(INTERNAL_ERROR);
    let certificates = &config.certificates;
    let scheme = SignatureScheme(choice.scheme);
    let Some(key) = &certificates.slot(choice.slot).key else { return Err(unusable) };
    let owner = Owner::Connection(ssl.clone());
    let identity = certificates.identity(choice.slot, rest(ssl, config, choice.slot), &owner)?;
    ssl.own.choose(choice.slot);
    // In TLS 1.2 a server signs its key exchange, where OpenSSL says it in another way.
    let old_server = ssl.is_server() && ssl.facts.read().version() != super::config::TLS1_3;
    let Some(signer) = key.signer(scheme, if old_server { INTERNAL_ERROR } else { EVP_LIB }) else {
        return Err(unusable);
    };
    credentials::select(identity, signer, scheme, ssl.is_server()).ok_or(unusable)
}

/// Whether a scheme is for keys that do nothing but RSA-PSS.
fn is_pss_key(scheme: u16) -> bool {
    by_scheme(scheme).is_some_and(|sigalg| sigalg.key == KeyKind::RsaPss)
}

/// What goes after the leaf: its chain, or the context's extra certificates, or what the store knows.
fn rest(ssl: &Connection, config: &Config, slot: usize) -> Rest {
    let context = ssl.context();
    let given = config.certificates.slot(slot).chain.clone().or_else(|| context.certificates.extra.read().clone());
    if given.is_some() || config.mode & NO_AUTO_CHAIN != 0 {
        return Rest::Given(given);
    }
    match config.verify.chain_store.clone().or_else(|| context.trust.store()) {
        Some(store) => Rest::Known(store.clone(), store.size()),
        None => Rest::Given(None),
    }
}

fn is_tls13_suite(suite: u16) -> bool {
    cipher::by_id(suite).is_some_and(Suite::is_tls13)
}

/// Server: finds out whether there is, or may yet be, a certificate for TLS 1.3.
pub(crate) fn check_tls13(ssl: &Connection) -> bool {
    let config = ssl.config();
    let certificates = &config.certificates;
    let asks = |context: &Context| context.callbacks.read().server_name.0.is_some();
    // The security level does not count yet.
    let has_scheme = |curve: u16| match &config.sigalgs {
        Some(set) => set.iter().any(|&scheme| curve_of_scheme(scheme) == Some(curve)),
        None => default_sigalgs().any(|sigalg| curve_of_scheme(sigalg.scheme) == Some(curve)),
    };
    let possible = asks(&ssl.context())
        || asks(&ssl.session_context)
        || certificates.callback.is_some()
        || SLOT_KINDS.into_iter().filter(|&kind| kind != KeyKind::Dsa).any(|kind| {
            let slot = certificates.slot(slot_of(kind));
            slot.is_complete() && (kind != KeyKind::Ec || curve_of_slot(slot).is_some_and(has_scheme))
        });
    ssl.own.allow_tls13(possible);
    possible
}

/// Server: what the configuration is built from, without TLS 1.3 where no certificate can be shown in it.
pub(crate) fn server_settings(ssl: &Connection) -> Arc<Settings> {
    let settings = ssl.config().settings();
    if ssl.own.allows_tls13() {
        return settings;
    }
    let mut settings = (*settings).clone();
    settings.suites.retain(|&suite| !is_tls13_suite(suite));
    Arc::new(settings)
}

/// Server: whether this ClientHello is answered with TLS 1.3.
pub(super) fn answers_tls13(ssl: &Connection, hello: &Hello) -> bool {
    hello.supported_versions().is_some_and(|versions| versions.contains(&super::config::TLS1_3))
        && server_settings(ssl).suites.iter().any(|&suite| is_tls13_suite(suite))
}

fn choose_as_server(ssl: &Connection, config: &Config, hello: &Hello) -> Result<Choice, PeerIncompatible> {
    let peer = Peer::client(config, hello);
    if answers_tls13(ssl, hello) {
        return peer.for_tls13(&config.certificates).ok_or(PeerIncompatible::NoSignatureSchemesInCommon);
    }
    let groups = hello.numbers(SUPPORTED_GROUPS);
    let strict = certificate_check::is_strict(ssl);
    let valid = |slot: &Slot| {
        slot.is_complete()
            && takes_curve(ssl, slot, &groups)
            && (!strict || certificate_check::suits_strictly(ssl, slot))
    };
    let auth = authentications(&config.certificates, &peer.shared, &valid);
    let suite =
        choose_suite(&server_settings(ssl), config, hello, auth).ok_or(PeerIncompatible::NoCipherSuitesInCommon)?;
    peer.find(&config.certificates, |slot, sigalg| signs_for(sigalg.key) == Some(suite.auth) && valid(slot))
        .ok_or(PeerIncompatible::NoSignatureSchemesInCommon)
}

/// Server: the groups that the client listed.
pub(super) fn supported_groups(ssl: &Connection) -> Vec<u16> {
    ssl.facts.read().hello.as_ref().map(|hello| hello.numbers(SUPPORTED_GROUPS)).unwrap_or_default()
}

/// What a peer takes of signatures.
#[derive(Default)]
pub(super) struct Peer {
    /// It has said which schemes it takes.
    has_spoken: bool,
    /// Schemes for the handshake's signature, best first.
    shared: Vec<&'static SigAlg>,
    /// Schemes for signatures on certificates, if it told them apart.
    on_certificates: Option<Vec<u16>>,
}

impl Peer {
    /// What a client takes, by its hello.
    fn client(config: &Config, hello: &Hello) -> Self {
        let listed = |extension| hello.extension(extension).map(|_| hello.numbers(extension));
        let schemes = listed(SIGNATURE_ALGORITHMS);
        Self {
            has_spoken: schemes.is_some(),
            shared: sigalg::shared_with(config, true, &schemes.unwrap_or_default()),
            on_certificates: listed(SIGNATURE_ALGORITHMS_CERT),
        }
    }

    /// What a server takes, by its request for a certificate.
    fn server(config: &Config, request: &CertificateRequest) -> Self {
        Self {
            has_spoken: true,
            shared: sigalg::shared_with(config, false, &request.schemes),
            on_certificates: request.schemes_on_certificates.clone(),
        }
    }

    /// What a connection's peer has said so far.
    pub(super) fn of(ssl: &Connection) -> Self {
        let config = ssl.config();
        if ssl.is_server() {
            let hello = ssl.facts.read().hello.clone();
            hello.map(|hello| Self::client(&config, &hello)).unwrap_or_default()
        } else {
            let request = ssl.own.request.lock().clone();
            request.map(|request| Self::server(&config, &request)).unwrap_or_default()
        }
    }

    /// Whether it has said anything.
    pub(super) fn has_spoken(&self) -> bool {
        self.has_spoken
    }

    /// Schemes for the handshake's signature, best first.
    pub(super) fn shared(&self) -> &[&'static SigAlg] {
        &self.shared
    }

    /// Schemes for signatures on certificates, if it told them apart.
    pub(super) fn schemes_on_certificates(&self) -> Option<&[u16]> {
        self.on_certificates.as_deref()
    }

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
        self.find(certificates, |slot, sigalg| slot.key.as_ref().is_some_and(|key| signs_in_tls13(key, sigalg)))
    }

    /// TLS 1.3: whether there is a scheme for this certificate and key.
    pub(super) fn finds_for_tls13(&self, certificate: &OwnCertificate, key: &OwnKey) -> bool {
        let mut shared = self.shared.iter();
        shared.any(|sigalg| {
            sigalg.key == key.kind && signs_in_tls13(key, sigalg) && self.can_sign(certificate, key, sigalg)
        })
    }

    fn can_use(&self, slot: &Slot, sigalg: &SigAlg) -> bool {
        let (Some(certificate), Some(key)) = (&slot.certificate, &slot.key) else { return false };
        self.can_sign(certificate, key, sigalg)
    }

    fn can_sign(&self, certificate: &OwnCertificate, key: &OwnKey, sigalg: &SigAlg) -> bool {
        let large_enough =
            sigalg.sign_nid != NID_RSA_PSS || sigalg.hash.is_none_or(|hash| key.size() >= 2 * digest_len(hash) + 2);
        large_enough
            && self.on_certificates.as_ref().is_none_or(|schemes| signed_with_one_of(certificate, schemes))
            && key.supports(sigalg)
    }
}

fn signs_in_tls13(key: &OwnKey, sigalg: &SigAlg) -> bool {
    let dated = matches!(sigalg.hash, Some(Hash::Sha1 | Hash::Sha224)) || matches!(sigalg.sign_nid, NID_RSA | NID_DSA);
    !dated && curve_of_scheme(sigalg.scheme).is_none_or(|curve| key.curve == Some(curve))
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
    certificate.signed_with().is_none_or(|(hash, key)| {
        let mut known = schemes.iter().filter_map(|&scheme| by_scheme(scheme));
        known.any(|sigalg| sigalg.hash_nid() == hash && sigalg.sign_nid == key)
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

/// TLS 1.2: whether a client that lists these groups takes certificates with this curve, and the security level allows
/// it.
fn takes_curve(ssl: &Connection, slot: &Slot, groups: &[u16]) -> bool {
    let is_ec = slot.key.as_ref().is_some_and(|key| key.kind == KeyKind::Ec);
    let listed = |curve: u16| groups.is_empty() || groups.contains(&curve);
    let strong = |curve| match ssl.config().security_callback {
        Some(_) => security_check::group_is_allowed(ssl, curve),
        None => group::by_id(curve).is_some_and(|group| group.allowed_at(ssl.config().level())),
    };
    !is_ec || curve_of_slot(slot).is_some_and(|curve| listed(curve) && strong(curve))
}

/// TLS 1.2: the kind of suite that a key of this kind signs for.
pub(super) fn signs_for(kind: KeyKind) -> Option<Auth> {
    match kind {
        KeyKind::Rsa | KeyKind::RsaPss => Some(Auth::Rsa),
        KeyKind::Ec | KeyKind::Ed25519 | KeyKind::Ed448 => Some(Auth::Ecdsa),
        KeyKind::Dsa => None,
    }
}

/// TLS 1.2: the kinds of suites that can be authenticated, as bits.
fn authentications(certificates: &Certificates, shared: &[&SigAlg], valid: &dyn Fn(&Slot) -> bool) -> u32 {
    let slot = |kind| certificates.slot(slot_of(kind));
    let explicit = |kind| slot(kind).is_complete() && shared.iter().any(|sigalg| sigalg.key == kind);
    let rsa = valid(slot(KeyKind::Rsa)) || explicit(KeyKind::RsaPss);
    let ec = slot(KeyKind::Ec);
    let may_sign = ec.certificate.as_ref().is_some_and(|certificate| certificate.may_sign());
    let ecdsa =
        (explicit(KeyKind::Ec) && valid(ec) && may_sign) || explicit(KeyKind::Ed25519) || explicit(KeyKind::Ed448);
    let bit = |usable: bool, auth: Auth| if usable { auth.bit() } else { 0 };
    bit(rsa, Auth::Rsa) | bit(ecdsa, Auth::Ecdsa)
}

/// TLS 1.2: the suite that both sides have, among those that can be authenticated. rustls will come to the same one.
fn choose_suite(settings: &Settings, config: &Config, hello: &Hello, auth: u32) -> Option<&'static Suite> {
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

/// Client: whether the program decides by callback what it shows, and so when the server has been verified.
pub(crate) fn decides_late(ssl: &Connection) -> bool {
    let by_callback =
        || ssl.config().certificates.callback.is_some() || ssl.context().certificates.client_callback.read().is_some();
    !ssl.is_server() && by_callback()
}

/// Client: the credential to show when the server asks for one. Runs the program's callbacks.
pub(crate) fn for_client(ssl: &Arc<Connection>) -> CredentialAnswer {
    let Some(request) = take_request(ssl) else { return CredentialAnswer::Nothing };
    ssl.facts.write().peer_schemes.clone_from(&request.schemes);
    *ssl.own.request.lock() = Some(Arc::new(request.clone()));
    let known = ssl.own.issuers.lock().is_known();
    if !known {
        *ssl.own.issuers.lock() = PeerIssuers::new(request.authorities.clone());
    }
    // In TLS 1.2 OpenSSL asks in the state of the request; the messages that follow it have been read here.
    let state = ssl.state();
    if !request.types.is_empty() {
        ssl.set_state(State::ClientReadsCertificateRequest);
    }
    let answer = ask_client(ssl, &request);
    ssl.set_state(state);
    match answer {
        Ok(Some(credential)) => CredentialAnswer::Show(Box::new(credential)),
        Ok(None) => CredentialAnswer::Nothing,
        Err(answer) => answer,
    }
}

/// The server's request, from the transcript.
fn take_request(ssl: &Connection) -> Option<CertificateRequest> {
    let exchange = ssl.exchange.read().clone()?;
    let record = exchange.record.lock();
    CertificateRequest::from_message(&record.certificate_request, is_tls13(record.server_hello.as_ref()))
}

fn is_tls13(hello: Option<&ServerHello>) -> bool {
    hello.is_some_and(|hello| hello.version == super::config::TLS1_3)
}

fn ask_client(
    ssl: &Arc<Connection>,
    request: &CertificateRequest,
) -> Result<Option<SelectedCredential>, CredentialAnswer> {
    if !ssl.own.callback_done.load(Ordering::Relaxed) {
        certificate_callback::ask_client(ssl)?;
        ssl.own.callback_done.store(true, Ordering::Relaxed);
    }
    if let Some(credential) = suitable_for_server(ssl, request)? {
        return Ok(Some(credential));
    }
    match certificate_callback::ask_for_client_certificate(ssl)? {
        true => suitable_for_server(ssl, request),
        false => Ok(None),
    }
}

fn suitable_for_server(
    ssl: &Arc<Connection>,
    request: &CertificateRequest,
) -> Result<Option<SelectedCredential>, CredentialAnswer> {
    let config = ssl.config();
    let tls13 = match &*ssl.exchange.read() {
        Some(exchange) => is_tls13(exchange.record.lock().server_hello.as_ref()),
        None => false,
    };
    let Some(choice) = choose_as_client(&config, tls13, ssl.current_slot(), request) else { return Ok(None) };
    if certificate_check::is_strict(ssl)
        && !certificate_check::suits_strictly(ssl, config.certificates.slot(choice.slot))
    {
        return Ok(None);
    }
    credential(ssl, &config, choice).map(Some).map_err(|error| {
        error.report();
        CredentialAnswer::Refuse(AlertDescription::InternalError)
    })
}

fn choose_as_client(config: &Config, tls13: bool, current: usize, request: &CertificateRequest) -> Option<Choice> {
    let peer = Peer::server(config, request);
    if tls13 {
        return peer.for_tls13(&config.certificates);
    }
    // TLS 1.2: only the current certificate counts.
    peer.find(&config.certificates, |_, sigalg| slot_of(sigalg.key) == current)
}
