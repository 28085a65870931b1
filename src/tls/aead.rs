//! AEADs that show the alerts in protected records and seal the alerts that end a connection.
//!
//! rustls chooses fatal alerts by its own rules and sends none where the transport ends early. Here they are the
//! application's: rustls's own never leaves ([`Record::held_alert`](super::exchange::Record)), and the last one is
//! sealed with the keys that rustls would have used ([`Sealer::seal_alert`]).

use super::error::Misstep;
use super::exchange::Exchange;
use super::gate::{Messages, Side};
use super::handshake_type::KEY_UPDATE;
use super::record::{HEADER, content};
use super::tap::{Follower, Replacement, framed};
use parking_lot::Mutex;
use rustls::crypto::cipher::{
    AeadKey, EncodableVersion, InboundOpaque, Iv, KeyBlockShape, OutboundPlain, Record, RecordDecrypter,
    RecordEncrypter, Tls12AeadAlgorithm, Tls13AeadAlgorithm, UnsupportedOperationError,
};
use rustls::enums::{ContentType, ProtocolVersion};
use rustls::error::AlertDescription;
use rustls::pki_types::FipsStatus;
use rustls::{ConnectionTrafficSecrets, Error};
use std::sync::Arc;

/// The level of alerts that end a connection (RFC 5246, section 7.2).
pub(super) const FATAL: u8 = 2;

/// Seals the records of one key.
pub struct Sealer(Mutex<Sealing>);

struct Sealing {
    encrypter: Box<dyn RecordEncrypter>,
    /// The sequence number of the next record.
    next: u64,
    /// How many records were sealed that rustls does not know of: its numbers are behind by as much.
    own: u64,
    /// The last record is sealed.
    retired: bool,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

impl Sealer {
    fn new(encrypter: Box<dyn RecordEncrypter>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Sealing { encrypter, next: 0, own: 0, retired: false })))
    }

    /// Appends an alert of a connection to `out`. A fatal one is the last record of this key; false when there has been a last one.
    pub(super) fn seal_alert(
        &self,
        exchange: &Exchange,
        level: u8,
        alert: AlertDescription,
        out: &mut Vec<u8>,
    ) -> bool {
        let sealed = self.seal(exchange, content::ALERT, &[level, alert.0], out);
        self.0.lock().retired |= level == FATAL;
        sealed
    }

    /// Appends a record that rustls does not know of to `out`; false when there has been a last one.
    pub(super) fn seal(&self, exchange: &Exchange, content_type: u8, text: &[u8], out: &mut Vec<u8>) -> bool {
        let mut sealing = self.0.lock();
        if sealing.retired {
            return false;
        }
        let number = sealing.next;
        sealing.next += 1;
        sealing.own += 1;
        let version = EncodableVersion::Legacy(ProtocolVersion::TLSv1_2);
        let plain = Record::new(ContentType::from(content_type), version, OutboundPlain::Single(text));
        let mut sealed = vec![0; sealing.encrypter.encrypted_payload_len(text.len())];
        match sealing.encrypter.encrypt(plain, number, &mut sealed) {
            Ok(record) => {
                let kind = u8::from(record.typ);
                let is_message = content_type == content::HANDSHAKE;
                if is_message || exchange.is_watched() {
                    let inner = (kind == content::APPLICATION_DATA).then_some(content_type);
                    let message = if is_message { text } else { &[] };
                    exchange.tap(|tap| tap.sealed(record.payload, inner, message, Vec::new()));
                }
                out.extend(framed(kind, VERSION, record.payload));
                true
            }
            Err(_) => false,
        }
    }
}

impl Sealing {
    /// Seals each of these messages in a record of its own, from the number that rustls gave to one record for all.
    fn seal_apart(&mut self, messages: &[&[u8]], seq: u64) -> Result<Vec<Replacement>, Error> {
        let mut records = Vec::with_capacity(messages.len());
        for (more, message) in (0..).zip(messages) {
            let version = EncodableVersion::Legacy(ProtocolVersion::TLSv1_2);
            let plain = Record::new(ContentType::Handshake, version, OutboundPlain::Single(message));
            let mut room = vec![0; self.encrypter.encrypted_payload_len(message.len())];
            self.own += u64::from(more > 0);
            let number = seq + self.own;
            self.next = number + 1;
            let sealed = self.encrypter.encrypt(plain, number, &mut room)?;
            records.push((framed(u8::from(sealed.typ), VERSION, sealed.payload), message.to_vec()));
        }
        Ok(records)
    }
}

/// The version field of protected records.
const VERSION: [u8; 2] = [3, 3];

/// Stands between rustls and an encrypter.
struct Encrypter {
    sealer: Arc<Sealer>,
    exchange: Arc<Exchange>,
    /// The exchange knows that this is the key in use.
    registered: bool,
    tls13: bool,
    /// Where the messages of this key end.
    cutter: Follower,
}

/// Wraps an encrypter for the connection that is being worked on. In TLS 1.3 it is the one in use from now on, in TLS
/// 1.2, where rustls makes both keys when the first of the two is needed, only from its first record on.
fn encrypter(plain: Box<dyn RecordEncrypter>, tls13: bool) -> Box<dyn RecordEncrypter> {
    let Some(exchange) = Exchange::current() else { return plain };
    let (sealer, cutter) = (Sealer::new(plain), Follower::default());
    let mut wrapped = Encrypter { sealer, exchange, registered: false, tls13, cutter };
    if tls13 {
        wrapped.register();
    }
    Box::new(wrapped)
}

impl Encrypter {
    fn register(&mut self) {
        if !std::mem::replace(&mut self.registered, true) {
            self.exchange.record.lock().sealer = Some(self.sealer.clone());
        }
    }
}

impl RecordEncrypter for Encrypter {
    fn encrypt<'a>(
        &mut self,
        record: Record<OutboundPlain<'_>>,
        seq: u64,
        out: &'a mut [u8],
    ) -> Result<Record<&'a [u8]>, Error> {
        self.register();
        let mut sealing = self.sealer.0.lock();
        if sealing.retired {
            return Err(Error::EncryptError);
        }
        if record.typ == ContentType::Alert && record.payload.to_vec().first() == Some(&FATAL) {
            // Its place is taken by zeros, which are never sent.
            let len = sealing.encrypter.encrypted_payload_len(record.payload.len());
            let place = out.get_mut(..len).ok_or(Error::EncryptError)?;
            place.fill(0);
            self.exchange.record.lock().held_alert = Some(HEADER + len);
            return Ok(Record::new(record.typ, record.version, place));
        }
        let kind = record.typ;
        let number = seq + sealing.own;
        if kind != ContentType::Handshake {
            sealing.next = number + 1;
            let sealed = sealing.encrypter.encrypt(record, number, out)?;
            if self.exchange.is_watched() {
                let inner = self.tls13.then_some(u8::from(kind));
                self.exchange.tap(|tap| tap.sealed(sealed.payload, inner, &[], Vec::new()));
            }
            return Ok(sealed);
        }
        let content = record.payload.to_vec();
        if let [KEY_UPDATE, ..] = *content {
            self.exchange.record.lock().own_update = true;
        }
        let inner = self.tls13.then_some(content::HANDSHAKE);
        let messages = if self.exchange.is_watched() { self.cutter.cut(&content) } else { Vec::new() };
        if messages.len() < 2 {
            sealing.next = number + 1;
            let sealed = sealing.encrypter.encrypt(record, number, out)?;
            self.exchange.tap(|tap| tap.sealed(sealed.payload, inner, &content, Vec::new()));
            return Ok(sealed);
        }
        // The place of all is taken by zeros, which are never sent.
        let instead = sealing.seal_apart(&messages, seq)?;
        let typ = if self.tls13 { ContentType::ApplicationData } else { kind };
        let len = sealing.encrypter.encrypted_payload_len(content.len());
        let place = out.get_mut(..len).ok_or(Error::EncryptError)?;
        place.fill(0);
        self.exchange.tap(|tap| tap.sealed(place, inner, &[], instead));
        Ok(Record::new(typ, EncodableVersion::Legacy(ProtocolVersion::TLSv1_2), place))
    }

    fn encrypted_payload_len(&self, payload_len: usize) -> usize {
        // rustls asks for the protection of no bytes to take it off its fragments, so that whole records keep within
        // its limit. The limit of TLS is on the plaintext (RFC 8446, section 5.1), and so is the application's.
        match payload_len {
            0 => 0,
            len => self.sealer.0.lock().encrypter.encrypted_payload_len(len),
        }
    }
}

/// Shows the alerts of protected records and, on an open connection, judges what is not application data.
struct Decrypter {
    plain: Box<dyn RecordDecrypter>,
    exchange: Arc<Exchange>,
    tls13: bool,
    messages: Messages,
}

fn decrypter(plain: Box<dyn RecordDecrypter>, tls13: bool) -> Box<dyn RecordDecrypter> {
    match Exchange::current() {
        Some(exchange) => Box::new(Decrypter { plain, exchange, tls13, messages: Messages::default() }),
        None => plain,
    }
}

/// What becomes of an opened record.
enum Opened {
    /// rustls gets it.
    Shown,
    /// rustls gets no data in its place.
    Hidden,
}

impl Decrypter {
    fn judge(&mut self, side: Side, kind: ContentType, content: &[u8]) -> Result<Opened, Misstep> {
        match kind {
            ContentType::Alert | ContentType::Handshake if self.tls13 && content.is_empty() => {
                Err(Misstep::EmptyRecord)
            }
            _ if self.tls13 && kind != ContentType::Handshake && self.messages.is_cut() => Err(Misstep::MixedMessages),
            ContentType::Alert => {
                self.exchange.record.lock().alerts.push_back(content.to_vec());
                Ok(Opened::Hidden)
            }
            // In TLS 1.2 nothing can be answered any more after a goodbye.
            ContentType::Handshake if content.is_empty() || (!self.tls13 && self.exchange.is_closed()) => {
                self.exchange.record.lock().hidden = true;
                Ok(Opened::Hidden)
            }
            ContentType::Handshake => {
                self.messages.admit(side, self.tls13, content)?;
                let mut record = self.exchange.record.lock();
                record.protected_handshake = true;
                record.tap.received(content);
                Ok(Opened::Shown)
            }
            ContentType::ApplicationData => Ok(Opened::Shown),
            _ if self.tls13 => Err(Misstep::UnknownInnerType),
            _ => Err(Misstep::UnexpectedRecord),
        }
    }
}

impl RecordDecrypter for Decrypter {
    fn decrypt<'a>(&mut self, record: Record<InboundOpaque<'a>>, seq: u64) -> Result<Record<&'a [u8]>, Error> {
        let mut opened = self.plain.decrypt(record, seq)?;
        if self.tls13 && self.exchange.is_watched() {
            self.exchange.tap(|tap| tap.inner_received(u8::from(opened.typ)));
        }
        if opened.typ == ContentType::ApplicationData && !self.messages.is_cut() {
            return Ok(opened);
        }
        let Some(side) = self.exchange.open_side() else {
            match opened.typ {
                ContentType::Alert => self.exchange.record.lock().alerts.push_back(opened.payload.to_vec()),
                ContentType::Handshake => self.exchange.tap(|tap| tap.received(opened.payload)),
                _ => {}
            }
            return Ok(opened);
        };
        match self.judge(side, opened.typ, opened.payload) {
            Ok(Opened::Shown) => {}
            Ok(Opened::Hidden) => {
                opened.typ = ContentType::ApplicationData;
                opened.payload = opened.payload.get(..0).unwrap_or_default();
            }
            Err(misstep) => {
                self.exchange.record.lock().misstep = Some(misstep);
                return Err(Error::General(format!("{misstep:?}")));
            }
        }
        Ok(opened)
    }
}

/// A TLS 1.2 AEAD with these taps.
pub(super) struct Tap12(pub(super) &'static dyn Tls12AeadAlgorithm);

impl Tls12AeadAlgorithm for Tap12 {
    fn encrypter(&self, key: AeadKey, iv: &[u8], extra: &[u8]) -> Box<dyn RecordEncrypter> {
        encrypter(self.0.encrypter(key, iv, extra), false)
    }

    fn decrypter(&self, key: AeadKey, iv: &[u8]) -> Box<dyn RecordDecrypter> {
        decrypter(self.0.decrypter(key, iv), false)
    }

    fn key_block_shape(&self) -> KeyBlockShape {
        self.0.key_block_shape()
    }

    fn extract_keys(
        &self,
        key: AeadKey,
        iv: &[u8],
        explicit: &[u8],
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        self.0.extract_keys(key, iv, explicit)
    }

    fn fips(&self) -> FipsStatus {
        self.0.fips()
    }
}

/// A TLS 1.3 AEAD with these taps.
pub(super) struct Tap13(pub(super) &'static dyn Tls13AeadAlgorithm);

impl Tls13AeadAlgorithm for Tap13 {
    fn encrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn RecordEncrypter> {
        encrypter(self.0.encrypter(key, iv), true)
    }

    fn decrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn RecordDecrypter> {
        decrypter(self.0.decrypter(key, iv), true)
    }

    fn key_len(&self) -> usize {
        self.0.key_len()
    }

    fn iv_len(&self) -> usize {
        self.0.iv_len()
    }

    fn extract_keys(&self, key: AeadKey, iv: Iv) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        self.0.extract_keys(key, iv)
    }

    fn fips(&self) -> FipsStatus {
        self.0.fips()
    }
}
