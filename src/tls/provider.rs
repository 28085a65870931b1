//! The provider decorator: aws-lc-rs's suites with taps for what rustls does not show (Finished values, TLS 1.2's
//! master secret, handshake messages), and the choice of suites and groups a configuration may use.

use super::aead::{Tap12, Tap13};
use super::certificate_request;
use super::config::hex;
use super::exchange::Exchange;
use super::forge;
use super::gate::Side;
use super::handshake_type::NEW_SESSION_TICKET;
use super::hello::acknowledges_name;
use super::key_share::TapGroup;
use super::p521::P521;
use super::replay;
use rustls::crypto::cipher::{Tls12AeadAlgorithm, Tls13AeadAlgorithm};
use rustls::crypto::hash::{Context, Hash, Output};
use rustls::crypto::hmac::Tag;
use rustls::crypto::kx::{ActiveKeyExchange, NamedGroup, SupportedKxGroup};
use rustls::crypto::tls12::{Prf, PrfSecret};
use rustls::crypto::tls13::{Hkdf, HkdfExpander, OkmBlock, OutputLengthError};
use rustls::crypto::{
    CipherSuite, CipherSuiteCommon, CryptoProvider, GetRandomFailed, HashAlgorithm, SecureRandom, SignatureScheme,
};
use rustls::{Tls12CipherSuite, Tls13CipherSuite};
use rustls_aws_lc_rs as backend;
use std::borrow::Cow;
use std::sync::{Arc, LazyLock};
use zeroize::Zeroizing;

/// The provider for these suites and groups, each in order of preference; unknown ones are left out.
pub fn provider(suites: &[u16], groups: &[u16]) -> CryptoProvider {
    CryptoProvider {
        tls12_cipher_suites: Cow::Owned(pick(suites, tls12_suites(), |suite| suite.common.suite)),
        tls13_cipher_suites: Cow::Owned(pick(suites, tls13_suites(), |suite| suite.common.suite)),
        kx_groups: Cow::Owned(groups.iter().filter_map(|&id| group(id)).collect()),
        secure_random: &IdOrRandom,
        ..backend::DEFAULT_PROVIDER
    }
}

/// The key exchange group with this number of IANA's registry, if it can be used.
pub fn group(id: u16) -> Option<&'static dyn SupportedKxGroup> {
    static GROUPS: LazyLock<Vec<TapGroup>> =
        LazyLock::new(|| backend::ALL_KX_GROUPS.iter().copied().chain([&P521 as _]).map(TapGroup).collect());
    let groups: &'static [TapGroup] = &GROUPS;
    groups.iter().find(|group| group.name() == NamedGroup(id)).map(|group| group as &dyn SupportedKxGroup)
}

fn pick<T>(wanted: &[u16], all: &'static [T], id: impl Fn(&T) -> CipherSuite) -> Vec<&'static T> {
    wanted.iter().filter_map(|&w| all.iter().find(|suite| id(suite) == CipherSuite(w))).collect()
}

fn tls12_suites() -> &'static [Tls12CipherSuite] {
    static SUITES: LazyLock<Vec<Tls12CipherSuite>> = LazyLock::new(|| {
        let fallback = backend::ALL_TLS12_CIPHER_SUITES.first().map(|plain| Tls12CipherSuite {
            common: CipherSuiteCommon { suite: CipherSuite(FALLBACK_SCSV), ..tapped_common(&plain.common) },
            protocol_version: plain.protocol_version,
            prf_provider: plain.prf_provider,
            kx: plain.kx,
            sign: &[],
            aead_alg: plain.aead_alg,
        });
        backend::ALL_TLS12_CIPHER_SUITES
            .iter()
            .map(|plain| Tls12CipherSuite {
                common: tapped_common(&plain.common),
                protocol_version: plain.protocol_version,
                prf_provider: Box::leak(Box::new(TapPrf(plain.prf_provider))),
                kx: plain.kx,
                sign: with_ed448(plain.sign),
                aead_alg: aead12(plain.aead_alg),
            })
            .chain(fallback)
            .collect()
    });
    &SUITES
}

/// The schemes a suite of TLS 1.2 is used with: Ed448 beside Ed25519 (RFC 8422, section 5.10). Its signatures are made
/// and verified outside of the provider.
fn with_ed448(schemes: &'static [SignatureScheme]) -> &'static [SignatureScheme] {
    if schemes.contains(&SignatureScheme::ED25519) {
        [schemes, &[SignatureScheme::ED448]].concat().leak()
    } else {
        schemes
    }
}

/// TLS_FALLBACK_SCSV (RFC 7507): no suite, but sent in the list of suites. One that can sign nothing cannot be used.
pub const FALLBACK_SCSV: u16 = 0x5600;

fn tls13_suites() -> &'static [Tls13CipherSuite] {
    static SUITES: LazyLock<Vec<Tls13CipherSuite>> = LazyLock::new(|| {
        backend::ALL_TLS13_CIPHER_SUITES
            .iter()
            .map(|plain| Tls13CipherSuite {
                common: tapped_common(&plain.common),
                protocol_version: plain.protocol_version,
                hkdf_provider: Box::leak(Box::new(TapHkdf(plain.hkdf_provider))),
                aead_alg: aead13(plain.aead_alg),
                quic: None,
            })
            .collect()
    });
    &SUITES
}

/// The seam for another AEAD implementation where it is faster.
fn aead12(plain: &'static dyn Tls12AeadAlgorithm) -> &'static dyn Tls12AeadAlgorithm {
    Box::leak(Box::new(Tap12(plain)))
}

/// As [`aead12`].
fn aead13(plain: &'static dyn Tls13AeadAlgorithm) -> &'static dyn Tls13AeadAlgorithm {
    Box::leak(Box::new(Tap13(plain)))
}

fn tapped_common(plain: &CipherSuiteCommon) -> CipherSuiteCommon {
    CipherSuiteCommon {
        suite: plain.suite,
        hash_provider: Box::leak(Box::new(TapHash(plain.hash_provider))),
        confidentiality_limit: plain.confidentiality_limit,
    }
}

/// Random bytes, but for session ids that were made elsewhere: rustls asks for one with 32 random bytes right after it
/// has asked the session store whether it takes sessions ([`Record::next_id`]).
#[derive(Debug)]
struct IdOrRandom;

impl SecureRandom for IdOrRandom {
    fn fill(&self, buf: &mut [u8]) -> Result<(), GetRandomFailed> {
        let id = Exchange::current().and_then(|exchange| exchange.record.lock().next_id.take());
        match id {
            Some(id) if id.len() == buf.len() => buf.copy_from_slice(&id),
            _ => replay::fill(buf, |buf| backend::DEFAULT_PROVIDER.secure_random.fill(buf))?,
        }
        Ok(())
    }
}

/// A transcript hash that is fed what the client has sent, and looks for what rustls does not tell.
struct TapHash(&'static dyn Hash);

impl Hash for TapHash {
    fn start(&self) -> Box<dyn Context> {
        let inner = self.0.start();
        match Exchange::current() {
            Some(exchange) => Box::new(TapContext { inner, exchange }),
            None => inner,
        }
    }

    fn hash(&self, data: &[u8]) -> Output {
        self.0.hash(data)
    }

    fn output_len(&self) -> usize {
        self.0.output_len()
    }

    fn algorithm(&self) -> HashAlgorithm {
        self.0.algorithm()
    }
}

struct TapContext {
    inner: Box<dyn Context>,
    exchange: Arc<Exchange>,
}

impl Context for TapContext {
    fn fork_finish(&self) -> Output {
        self.inner.fork_finish()
    }

    fn fork(&self) -> Box<dyn Context> {
        // A fork looks ahead (binders) or back; the transcript itself goes on in `self`.
        let inner = self.inner.fork();
        match self.exchange.record.lock().rewritten_hello {
            Some(_) => Box::new(SentContext { inner, exchange: self.exchange.clone() }),
            None => inner,
        }
    }

    fn finish(self: Box<Self>) -> Output {
        self.inner.finish()
    }

    fn update(&mut self, data: &[u8]) {
        let sent = sent(&self.exchange, data);
        let data = sent.as_deref().unwrap_or(data);
        let mut record = self.exchange.record.lock();
        if let Some(request) = certificate_request(data) {
            record.certificate_request = request.to_vec();
        }
        if let [NEW_SESSION_TICKET, _, _, _, lifetime @ ..] = data {
            record.ticket_lifetime = lifetime.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
        }
        record.name_acknowledged |= acknowledges_name(data);
        drop(record);
        self.inner.update(data);
    }
}

/// What the client has sent, where rustls has seen another ClientHello.
fn sent(exchange: &Exchange, data: &[u8]) -> Option<Vec<u8>> {
    exchange.record.lock().rewritten_hello.as_ref()?.sent_of(data)
}

/// A transcript hash that goes on with what the client has sent, and shows nothing.
struct SentContext {
    inner: Box<dyn Context>,
    exchange: Arc<Exchange>,
}

impl Context for SentContext {
    fn fork_finish(&self) -> Output {
        self.inner.fork_finish()
    }

    fn fork(&self) -> Box<dyn Context> {
        Box::new(Self { inner: self.inner.fork(), exchange: self.exchange.clone() })
    }

    fn finish(self: Box<Self>) -> Output {
        self.inner.finish()
    }

    fn update(&mut self, data: &[u8]) {
        let sent = sent(&self.exchange, data);
        self.inner.update(sent.as_deref().unwrap_or(data));
    }
}

/// The CertificateRequest among the handshake messages in `data`; none when the last one is cut short, as for a PSK
/// binder.
fn certificate_request(mut data: &[u8]) -> Option<&[u8]> {
    let mut request = None;
    while let [kind, a, b, c, ..] = *data {
        let len = 4 + (usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c));
        let (message, rest) = data.split_at_checked(len)?;
        request = (kind == certificate_request::MESSAGE).then_some(message).or(request);
        data = rest;
    }
    request
}

/// TLS 1.2's PRF, which computes the master secret and the Finished values.
struct TapPrf(&'static dyn Prf);

impl Prf for TapPrf {
    fn for_key_exchange(
        &self,
        output: &mut [u8; 48],
        kx: Box<dyn ActiveKeyExchange>,
        peer_pub_key: &[u8],
        label: &[u8],
        seed: &[u8],
    ) -> Result<(), rustls::Error> {
        self.0.for_key_exchange(output, kx, peer_pub_key, label, seed)
    }

    fn new_secret(&self, master_secret: &[u8; 48]) -> Box<dyn PrfSecret> {
        Exchange::note(|record| record.master_secret = Some(master_secret.to_vec().into()));
        Box::new(TapSecret(self.0.new_secret(master_secret)))
    }
}

struct TapSecret(Box<dyn PrfSecret>);

impl PrfSecret for TapSecret {
    fn prf(&self, output: &mut [u8], label: &[u8], seed: &[u8]) {
        self.0.prf(output, label, seed);
        if label.ends_with(b" finished") {
            Exchange::note(|record| record.finished.push(output.to_vec()));
        }
    }
}

/// Expands to a given secret, whatever is asked.
struct Forged(Zeroizing<Vec<u8>>);

impl HkdfExpander for Forged {
    fn expand_slice(&self, _: &[&[u8]], _: &mut [u8]) -> Result<(), OutputLengthError> {
        Err(OutputLengthError)
    }

    fn expand_block(&self, _: &[&[u8]]) -> OkmBlock {
        OkmBlock::new(&self.0)
    }

    fn hash_len(&self) -> usize {
        self.0.len()
    }
}

/// Expands on an open connection, and logs the secrets that key updates lead to, which rustls does not.
struct TapExpander {
    plain: Box<dyn HkdfExpander>,
    exchange: Arc<Exchange>,
}

impl HkdfExpander for TapExpander {
    fn expand_slice(&self, info: &[&[u8]], output: &mut [u8]) -> Result<(), OutputLengthError> {
        self.plain.expand_slice(info, output)
    }

    fn expand_block(&self, info: &[&[u8]]) -> OkmBlock {
        let block = self.plain.expand_block(info);
        if info.contains(&b"traffic upd".as_slice()) {
            let is_server = self.exchange.open_side() == Some(Side::Server);
            let mut record = self.exchange.record.lock();
            let of_server = std::mem::take(&mut record.own_update) == is_server;
            let label = if of_server { "SERVER_TRAFFIC_SECRET_N" } else { "CLIENT_TRAFFIC_SECRET_N" };
            let random = record.client_random.unwrap_or_default();
            record.key_log.push(format!("{label} {} {}", hex(&random), hex(block.as_ref())));
        }
        block
    }

    fn hash_len(&self) -> usize {
        self.plain.hash_len()
    }
}

/// Expands the master secret of TLS 1.3, and notes the secret for resumption.
struct MasterExpander {
    plain: Box<dyn HkdfExpander>,
    exchange: Arc<Exchange>,
}

impl HkdfExpander for MasterExpander {
    fn expand_slice(&self, info: &[&[u8]], output: &mut [u8]) -> Result<(), OutputLengthError> {
        self.plain.expand_slice(info, output)
    }

    fn expand_block(&self, info: &[&[u8]]) -> OkmBlock {
        let block = self.plain.expand_block(info);
        if info.contains(&b"res master".as_slice()) {
            self.exchange.record.lock().resumption_secret = Some(block.as_ref().to_vec().into());
        }
        block
    }

    fn hash_len(&self) -> usize {
        self.plain.hash_len()
    }
}

/// TLS 1.3: the key of a session, from the secret for resumption and the nonce of its ticket (RFC 8446, section 4.6.1).
pub fn resumption_key(suite: u16, secret: &[u8], nonce: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let suite = backend::ALL_TLS13_CIPHER_SUITES.iter().find(|known| known.common.suite == CipherSuite(suite))?;
    let expander = suite.hkdf_provider.expander_for_okm(&OkmBlock::new(secret));
    let label = b"tls13 resumption";
    let len = u16::try_from(expander.hash_len()).ok()?.to_be_bytes();
    let (label_len, nonce_len) = ([label.len() as u8], [u8::try_from(nonce.len()).ok()?]);
    let key = expander.expand_block(&[&len, &label_len, label, &nonce_len, nonce]);
    Some(key.as_ref().to_vec().into())
}

/// TLS 1.3's HKDF, whose HMAC makes the Finished values (and PSK binders before them).
struct TapHkdf(&'static dyn Hkdf);

impl Hkdf for TapHkdf {
    fn extract_from_zero_ikm(&self, salt: Option<&[u8]>) -> Box<dyn HkdfExpander> {
        let plain = self.0.extract_from_zero_ikm(salt);
        match Exchange::current().filter(|_| salt.is_some()) {
            Some(exchange) => Box::new(MasterExpander { plain, exchange }),
            None => plain,
        }
    }

    fn extract_from_secret(&self, salt: Option<&[u8]>, secret: &[u8]) -> Box<dyn HkdfExpander> {
        self.0.extract_from_secret(salt, secret)
    }

    fn extract_from_kx_shared_secret(
        &self,
        salt: Option<&[u8]>,
        kx: Box<dyn ActiveKeyExchange>,
        peer_pub_key: &[u8],
    ) -> Result<Box<dyn HkdfExpander>, rustls::Error> {
        self.0.extract_from_kx_shared_secret(salt, kx, peer_pub_key)
    }

    fn expander_for_okm(&self, okm: &OkmBlock) -> Box<dyn HkdfExpander> {
        match forge::secret() {
            Some(secret) => Box::new(Forged(secret)),
            None => {
                let plain = self.0.expander_for_okm(okm);
                let is_logged =
                    |exchange: &Arc<Exchange>| exchange.open_side().is_some() && exchange.policy.lock().log_keys;
                match Exchange::current().filter(is_logged) {
                    Some(exchange) => Box::new(TapExpander { plain, exchange }),
                    None => plain,
                }
            }
        }
    }

    fn hmac_sign(&self, key: &OkmBlock, message: &[u8]) -> Tag {
        let tag = self.0.hmac_sign(key, message);
        Exchange::note(|record| record.finished.push(tag.as_ref().to_vec()));
        tag
    }
}
