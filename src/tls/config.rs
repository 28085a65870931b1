//! Builds rustls's configurations. They hold what many connections share; what differs from one connection to the
//! next is answered by the exchange in scope, so that one configuration serves a whole context.

use super::exchange::{CredentialAnswer, Exchange, Offer};
use super::verifier::PeerVerifier;
use super::{provider, replay};
use rustls::client::{
    ClientCredentialResolver, ClientSessionKey, ClientSessionStore, CredentialRequest, Resumption, Tls12Resumption,
    Tls12Session, Tls13Session,
};
use rustls::crypto::kx::{NamedGroup, SupportedKxGroup};
use rustls::crypto::{CipherSuite, SelectedCredential, SignatureScheme, Signer, TicketProducer};
use rustls::enums::{ApplicationProtocol, CertificateType};
use rustls::error::{AlertDescription, Error, PeerIncompatible};
use rustls::server::{
    CipherSuiteSelector, ClientHello, InvalidSniPolicy, KeyExchangeSelector, OfferedKxGroup, ServerCredentialResolver,
    ServerSessionKey, StoresServerSessions, Tls13Tickets,
};
use rustls::{ClientConfig, KeyLog, ServerConfig, Tls12CipherSuite, Tls13CipherSuite};
use std::hash::Hasher;
use std::sync::Arc;
use std::time::Duration;

/// What a configuration is built from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Cipher suites of all enabled versions, by number, in order of preference.
    pub suites: Vec<u16>,
    /// Key exchange groups, by number, in order of preference.
    pub groups: Vec<u16>,
    /// Most plaintext bytes in a record; none: 16384.
    pub max_fragment: Option<usize>,
    /// Tickets are used (server: TLS 1.2 and 1.3; client: TLS 1.2).
    pub tickets: bool,
    /// Server: how many TLS 1.3 tickets follow a full handshake.
    pub num_tickets: usize,
    /// Fail where the peer does not know the extended master secret (RFC 7627).
    pub require_ems: bool,
}

/// rustls's limit for a record of at most `max` bytes of plaintext: it counts the header in.
fn fragment(max: Option<usize>) -> Option<usize> {
    max.filter(|&max| max < 16384).map(|max| max.max(32) + 5)
}

/// A client configuration.
///
/// # Errors
/// No cipher suite or no group is left.
pub fn client(settings: &Settings) -> Result<Arc<ClientConfig>, Error> {
    let provider = Arc::new(provider::provider(&settings.suites, &settings.groups));
    let mut config = ClientConfig::builder_with_details(provider, Arc::new(replay::Clock))
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(PeerVerifier))
        .with_client_credential_resolver(Arc::new(FromExchange))?;
    config.resumption = Resumption::store(Arc::new(FromExchange)).tls12_resumption(match settings.tickets {
        true => Tls12Resumption::SessionIdOrTickets,
        false => Tls12Resumption::SessionIdOnly,
    });
    config.max_fragment_size = fragment(settings.max_fragment);
    config.key_log = Arc::new(FromExchange);
    config.require_ems = settings.require_ems;
    Ok(Arc::new(config))
}

/// A server configuration that answers ALPN with `alpn` (empty: does not answer it).
///
/// # Errors
/// No cipher suite or no group is left.
pub fn server(settings: &Settings, alpn: &[u8]) -> Result<Arc<ServerConfig>, Error> {
    let provider = Arc::new(provider::provider(&settings.suites, &settings.groups));
    let mut config = ServerConfig::builder(provider)
        .with_client_cert_verifier(Arc::new(PeerVerifier))
        .with_server_credential_resolver(Arc::new(FromExchange))?;
    config.cipher_suite_selector = &FromExchange;
    config.kx_selector = &FromExchange;
    config.session_storage = Arc::new(FromExchange);
    config.ticketer = settings.tickets.then(|| Arc::new(FromExchange) as Arc<dyn TicketProducer>);
    // Those of TLS 1.3 are made in `new_ticket`.
    config.send_tls13_tickets = Tls13Tickets { default: 0, max: 0 };
    config.max_fragment_size = fragment(settings.max_fragment);
    config.key_log = Arc::new(FromExchange);
    config.require_ems = settings.require_ems;
    config.invalid_sni_policy = InvalidSniPolicy::IgnoreAll;
    if !alpn.is_empty() {
        config.alpn_protocols = vec![ApplicationProtocol::from(alpn).to_owned()];
    }
    Ok(Arc::new(config))
}

/// Answers rustls's questions from the exchange in scope.
#[derive(Debug)]
struct FromExchange;

impl ClientCredentialResolver for FromExchange {
    fn resolve(&self, _: &CredentialRequest<'_>) -> Option<SelectedCredential> {
        let exchange = Exchange::current()?;
        exchange.record.lock().certificate_requested = true;
        if exchange.policy.lock().late_credential {
            return exchange.stage.lock().credential().map(observe);
        }
        match exchange.application.client_credential() {
            CredentialAnswer::Show(credential) => return Some(observe(*credential)),
            CredentialAnswer::Nothing => {}
            CredentialAnswer::Refuse(alert) => exchange.record.lock().credential_refused = Some(alert),
            CredentialAnswer::Wait(_) => {
                exchange.record.lock().credential_refused = Some(AlertDescription::InternalError);
            }
        }
        None
    }

    fn supported_certificate_types(&self) -> &'static [CertificateType] {
        &[CertificateType::X509]
    }

    fn hash_config(&self, _: &mut dyn Hasher) {}
}

impl ServerCredentialResolver for FromExchange {
    fn resolve(&self, hello: &ClientHello<'_>) -> Result<SelectedCredential, Error> {
        let exchange =
            Exchange::current().ok_or(Error::PeerIncompatible(PeerIncompatible::NoSignatureSchemesInCommon))?;
        exchange.application.server_credential(hello.signature_schemes()).map(observe)
    }
}

/// Notes the scheme a credential will sign with.
fn observe(mut credential: SelectedCredential) -> SelectedCredential {
    credential.signer = Box::new(NotedSigner(credential.signer));
    credential
}

#[derive(Debug)]
struct NotedSigner(Box<dyn Signer>);

impl Signer for NotedSigner {
    fn sign(self: Box<Self>, message: &[u8]) -> Result<Vec<u8>, Error> {
        let scheme = self.0.scheme();
        Exchange::note(|record| record.own_scheme = Some(scheme));
        self.0.sign(message)
    }

    fn scheme(&self) -> SignatureScheme {
        self.0.scheme()
    }
}

impl ClientSessionStore for FromExchange {
    fn set_kx_hint(&self, _: ClientSessionKey<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ClientSessionKey<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, _: ClientSessionKey<'static>, value: Tls12Session) {
        Exchange::note(|record| record.new_sessions.push(Offer::Tls12(value)));
    }

    fn tls12_session(&self, _: &ClientSessionKey<'_>) -> Option<Tls12Session> {
        match &*Exchange::current()?.offer.lock() {
            Some(Offer::Tls12(session)) => Some(session.clone()),
            _ => None,
        }
    }

    fn remove_tls12_session(&self, _: &ClientSessionKey<'static>) {
        Exchange::note(|record| record.forget_session = true);
    }

    fn insert_tls13_ticket(&self, _: ClientSessionKey<'static>, value: Tls13Session) {
        Exchange::note(|record| record.new_sessions.push(Offer::Tls13(value)));
    }

    fn take_tls13_ticket(&self, _: &ClientSessionKey<'static>) -> Option<Tls13Session> {
        let exchange = Exchange::current()?;
        let mut offer = exchange.offer.lock();
        match offer.take() {
            Some(Offer::Tls13(session)) => Some(session),
            other => {
                *offer = other;
                None
            }
        }
    }
}

impl StoresServerSessions for FromExchange {
    fn put(&self, key: ServerSessionKey<'_>, value: Vec<u8>) -> bool {
        Exchange::current().is_some_and(|exchange| exchange.application.store_session(key.as_ref(), value))
    }

    fn get(&self, key: ServerSessionKey<'_>) -> Option<Vec<u8>> {
        Exchange::current()?.application.find_session(key.as_ref(), false)
    }

    fn take(&self, key: ServerSessionKey<'_>) -> Option<Vec<u8>> {
        Exchange::current()?.application.find_session(key.as_ref(), true)
    }

    fn can_cache(&self) -> bool {
        let Some(exchange) = Exchange::current() else { return false };
        let id = exchange.policy.lock().new_session_id;
        exchange.record.lock().next_id = id;
        id.is_some()
    }
}

impl TicketProducer for FromExchange {
    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        Exchange::current()?.application.seal_ticket(plain)
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        Exchange::current()?.application.open_ticket(cipher)
    }

    fn lifetime(&self) -> Duration {
        let seconds = Exchange::current().map_or(0, |exchange| exchange.application.ticket_lifetime());
        Duration::from_secs(seconds.into())
    }
}

impl KeyLog for FromExchange {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        Exchange::note(|record| record.key_log.push(format!("{label} {} {}", hex(client_random), hex(secret))));
    }

    fn will_log(&self, label: &str) -> bool {
        // rustls has such a secret also where there is no early data.
        label != "CLIENT_EARLY_TRAFFIC_SECRET"
            && Exchange::current()
                .is_some_and(|exchange| exchange.policy.lock().log_keys && !exchange.stage.lock().is_playing())
    }
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const CHACHA: [CipherSuite; 3] = [
    CipherSuite::TLS13_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
];

/// The suite both sides have, by the client's order or the server's own (`SSL_OP_CIPHER_SERVER_PREFERENCE`).
fn choose<T: Copy>(client: &mut dyn Iterator<Item = T>, server: &[T], id: impl Fn(T) -> CipherSuite) -> Option<T> {
    let chosen = choose_unnoted(client, server, &id)?;
    Exchange::note(|record| record.selected_suite = Some(id(chosen).0));
    Some(chosen)
}

fn choose_unnoted<T: Copy>(
    client: &mut dyn Iterator<Item = T>,
    server: &[T],
    id: &impl Fn(T) -> CipherSuite,
) -> Option<T> {
    let (own_order, chacha_first, resumed) = Exchange::current().map_or((false, false, None), |exchange| {
        let policy = exchange.policy.lock();
        (policy.prefer_server_suites, policy.prioritize_chacha, policy.resumed_suite)
    });
    if !own_order && resumed.is_none() {
        return client.next();
    }
    let offered: Vec<T> = client.collect();
    let resumed = offered.iter().find(|&&suite| Some(id(suite).0) == resumed);
    if resumed.is_some() || !own_order {
        return resumed.or(offered.first()).copied();
    }
    let chacha_first = chacha_first && offered.first().is_some_and(|&first| CHACHA.contains(&id(first)));
    let rank = |suite: T| {
        let place = server.iter().position(|&own| id(own) == id(suite)).unwrap_or(usize::MAX);
        (chacha_first && !CHACHA.contains(&id(suite)), place)
    };
    offered.into_iter().min_by_key(|&suite| rank(suite))
}

impl CipherSuiteSelector for FromExchange {
    fn select_tls12_cipher_suite(
        &self,
        client: &mut dyn Iterator<Item = &'static Tls12CipherSuite>,
        server: &[&'static Tls12CipherSuite],
    ) -> Option<&'static Tls12CipherSuite> {
        choose(client, server, |suite| suite.common.suite)
    }

    fn select_tls13_cipher_suite(
        &self,
        client: &mut dyn Iterator<Item = &'static Tls13CipherSuite>,
        server: &[&'static Tls13CipherSuite],
    ) -> Option<&'static Tls13CipherSuite> {
        choose(client, server, |suite| suite.common.suite)
    }
}

impl KeyExchangeSelector for FromExchange {
    /// As OpenSSL: the first group of the deciding list that both have; in TLS 1.3 one with a key share goes before
    /// one that would cost a round trip.
    fn select_key_exchange(
        &self,
        client: &mut dyn Iterator<Item = OfferedKxGroup>,
        server: &[&'static dyn SupportedKxGroup],
    ) -> Option<&'static dyn SupportedKxGroup> {
        let own_order = Exchange::current().is_some_and(|exchange| exchange.policy.lock().prefer_server_groups);
        let mut offered: Vec<OfferedKxGroup> = client.collect();
        if own_order {
            offered.sort_by_key(|offer| server.iter().position(|own| own.name() == offer.group.name()));
        }
        let chosen = offered.iter().find(|offer| offer.has_key_share).or(offered.first()).map(|offer| offer.group);
        Exchange::note(|record| record.selected_group = chosen.map(|group| group.name().0));
        chosen
    }
}
