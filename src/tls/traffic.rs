//! An open connection: a receiving and a sending half that two threads may use at the same time.

use super::alert;
use super::error::{Error, Misstep};
use super::exchange::Exchange;
use super::gate::{Side, TLS1_2_MINOR};
use super::new_ticket::{self, Ticket};
use super::record::{Inbound, Rules, content};
use super::session::{TLS1_2, TLS1_3};
use super::tap;
use super::transport::{Io, Outbound, Transport};
use rustls::crypto::Identity;
use rustls::crypto::cipher::OutboundPlain;
use rustls::error::AlertDescription;
use rustls::split::{ReceiveTraffic, ReceiveTrafficState, SendTraffic, SplitConnection};
use rustls::{ClientSide, ConnectionOutputs, HandshakeKind, KeyingMaterialExporter, ServerSide, SideData};
use std::sync::Arc;

/// What a completed handshake leaves.
pub struct Established {
    /// The receiving half.
    pub receiver: Receiver,
    /// The sending half.
    pub sender: Sender,
    /// What was agreed.
    pub facts: Facts,
    /// Derives keying material (RFC 5705), if it can.
    pub exporter: Option<KeyingMaterialExporter>,
}

impl std::fmt::Debug for Established {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Established").field("facts", &self.facts).finish_non_exhaustive()
    }
}

/// What was agreed in a handshake, by the numbers of IANA's registries.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// 0x0303 or 0x0304.
    pub version: u16,
    /// The cipher suite.
    pub suite: u16,
    /// The key exchange group; none in a resumed TLS 1.2 handshake.
    pub group: Option<u16>,
    /// The application protocol.
    pub alpn: Option<Vec<u8>>,
    /// The peer's chain as it sent it, leaf first; from the session when it was resumed.
    pub peer_chain: Vec<Vec<u8>>,
    /// The session was resumed.
    pub resumed: bool,
    /// A HelloRetryRequest was needed.
    pub retried: bool,
    /// TLS 1.2: the extended master secret was used.
    pub extended_master_secret: Option<bool>,
}

impl Facts {
    fn new(outputs: &ConnectionOutputs) -> Self {
        let kind = outputs.handshake_kind();
        Self {
            version: outputs.protocol_version().map_or(0, u16::from),
            suite: outputs.negotiated_cipher_suite().map_or(0, |suite| suite.suite().0),
            group: outputs.negotiated_key_exchange_group().map(|group| group.name().0),
            alpn: outputs.alpn_protocol().map(|name| name.as_ref().to_vec()),
            peer_chain: match outputs.peer_identity().map(|verified| verified.identity()) {
                Some(Identity::X509(chain)) => std::iter::once(&chain.end_entity)
                    .chain(&chain.intermediates)
                    .map(|certificate| certificate.to_vec())
                    .collect(),
                _ => Vec::new(),
            },
            resumed: matches!(kind, Some(HandshakeKind::Resumed | HandshakeKind::ResumedWithHelloRetryRequest)),
            retried: matches!(
                kind,
                Some(HandshakeKind::FullWithHelloRetryRequest | HandshakeKind::ResumedWithHelloRetryRequest)
            ),
            extended_master_secret: outputs.extended_main_secret(),
        }
    }
}

impl Established {
    pub(super) fn client(split: SplitConnection<ClientSide>, inbound: Inbound, exchange: Arc<Exchange>) -> Box<Self> {
        exchange.set_open(Side::Client);
        Self::new(split, inbound, exchange, Traffic::Client)
    }

    pub(super) fn server(split: SplitConnection<ServerSide>, inbound: Inbound, exchange: Arc<Exchange>) -> Box<Self> {
        exchange.set_open(Side::Server);
        Self::new(split, inbound, exchange, Traffic::Server)
    }

    fn new<Side: SideData>(
        split: SplitConnection<Side>,
        mut inbound: Inbound,
        exchange: Arc<Exchange>,
        wrap: impl FnOnce(ReceiveTraffic<Side>) -> Traffic,
    ) -> Box<Self> {
        let mut outputs = split.outputs;
        let facts = Facts::new(&outputs);
        inbound.rules = Rules { version: facts.version, sealed: facts.version == TLS1_3, ..Rules::default() };
        let sender = Sender {
            traffic: Some(split.send),
            exchange: exchange.clone(),
            outbound: Outbound::default(),
            sealed: 0,
            retry: None,
        };
        Box::new(Self {
            facts,
            exporter: outputs.exporter().ok(),
            receiver: Receiver { traffic: wrap(split.receive), inbound, exchange, flush: false },
            sender,
        })
    }
}

enum Traffic {
    Client(ReceiveTraffic<ClientSide>),
    Server(ReceiveTraffic<ServerSide>),
    /// A fatal error was found, and is found again.
    Failed(Error),
}

/// The receiving half.
pub struct Receiver {
    traffic: Traffic,
    inbound: Inbound,
    exchange: Arc<Exchange>,
    flush: bool,
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

/// What became of a call that wants plaintext.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// Plaintext is there ([`Receiver::plaintext`]).
    Data,
    /// Handshake messages were processed: tickets, key updates.
    Control,
    /// An alert has come: its level and description. What it means is the application's to say.
    Alert(u8, u8),
    /// A record of application data without any data was processed.
    Empty,
    /// A record that does nothing was processed.
    Nothing,
    /// The transport must become readable.
    WouldBlock,
    /// The transport has ended without a goodbye.
    Eof,
    /// The transport failed; it knows why, and may get over it.
    Failed,
}

impl Receiver {
    /// Decrypted application data that has not been read.
    pub fn plaintext(&self) -> &[u8] {
        self.inbound.plaintext()
    }

    /// Takes `n` bytes of [`Receiver::plaintext`].
    pub fn consume(&mut self, n: usize) {
        self.inbound.consume(n);
    }

    /// Whether bytes were received that have not been processed (`SSL_has_pending`).
    pub fn has_ciphertext(&self) -> bool {
        self.inbound.has_ciphertext()
    }

    /// Changes how far the transport is read.
    pub fn set_read_ahead(&mut self, read_ahead: bool) {
        self.inbound.read_ahead = read_ahead;
    }

    /// Whether the sending half has something to say because of what was received. Asking resets it.
    pub fn take_flush(&mut self) -> bool {
        std::mem::take(&mut self.flush)
    }

    /// Gets at most one record's plaintext, if none is left.
    ///
    /// # Errors
    /// Fatal for the connection; [`Sender::abort`] tells the peer.
    pub fn fill(&mut self, transport: &mut dyn Transport) -> Result<Received, Error> {
        if !self.inbound.plaintext().is_empty() {
            return Ok(Received::Data);
        }
        if let Traffic::Failed(error) = &self.traffic {
            return Err(error.clone());
        }
        // What came with an earlier record is looked at first. It may be the beginning of a message only.
        if self.inbound.has_unprocessed() {
            match self.process()? {
                Received::Nothing | Received::Empty => {}
                received => return Ok(received),
            }
        }
        let received = self.inbound.read_record(transport);
        if let Some(header) = self.inbound.take_header().filter(|_| self.exchange.is_watched()) {
            self.exchange.tap(|tap| tap.header_received(header));
        }
        match received {
            Ok(Io::Done(_)) => {}
            Ok(Io::WouldBlock) => {
                self.inbound.trim();
                return Ok(Received::WouldBlock);
            }
            Ok(Io::Eof) => return Ok(Received::Eof),
            Ok(Io::Failed) => return Ok(Received::Failed),
            Err(error) => return Err(self.fail(error.into())),
        }
        // rustls takes a change_cipher_spec for one in clear. Nothing comes in clear any more.
        if self.inbound.rules.version == TLS1_2
            && self.inbound.last_record().first() == Some(&content::CHANGE_CIPHER_SPEC)
        {
            return Err(self.fail(Error::Rustls(rustls::Error::DecryptError)));
        }
        self.process()
    }

    fn fail(&mut self, error: Error) -> Error {
        self.inbound.clear();
        self.traffic = Traffic::Failed(error.clone());
        error
    }

    /// Lets rustls process what was received.
    fn process(&mut self) -> Result<Received, Error> {
        let traffic = std::mem::replace(&mut self.traffic, Traffic::Failed(Error::State));
        let (inbound, exchange) = (&mut self.inbound, &self.exchange);
        let outcome = match traffic {
            Traffic::Client(half) => {
                exchange.scope(|| process(half, inbound)).map(|(half, what)| (half.map(Traffic::Client), what))
            }
            Traffic::Server(half) => {
                exchange.scope(|| process(half, inbound)).map(|(half, what)| (half.map(Traffic::Server), what))
            }
            Traffic::Failed(error) => return Err(self.fail(error)),
        };
        let (half, what) = match outcome {
            Ok(processed) => processed,
            Err(error) => {
                let misstep = self.exchange.record.lock().misstep.take();
                return Err(self.fail(misstep.map_or(Error::Rustls(error), Error::Misstep)));
            }
        };
        self.traffic = half.unwrap_or(Traffic::Failed(Error::State));
        self.flush |= what.flush;
        if what.data {
            return Ok(Received::Data);
        }
        self.inbound.trim();
        self.what_came()
    }

    /// What was processed that was no data.
    fn what_came(&mut self) -> Result<Received, Error> {
        let (alert, messages, hidden) = {
            let mut record = self.exchange.record.lock();
            let messages = std::mem::take(&mut record.protected_handshake);
            let hidden = std::mem::take(&mut record.hidden);
            (record.alerts.pop_front(), messages, hidden)
        };
        match alert.as_deref() {
            Some(&[level, description]) => Ok(Received::Alert(level, description)),
            Some(_) => Err(self.fail(Misstep::InvalidAlert.into())),
            None if messages => Ok(Received::Control),
            None if hidden => Ok(Received::Nothing),
            None => Ok(Received::Empty),
        }
    }
}

#[derive(Default)]
struct Processed {
    data: bool,
    flush: bool,
}

/// One call of rustls's receiving half; no half comes back once the peer has closed, which rustls does not get to see.
fn process<Side: SideData>(
    half: ReceiveTraffic<Side>,
    inbound: &mut Inbound,
) -> Result<(Option<ReceiveTraffic<Side>>, Processed), rustls::Error> {
    let base = inbound.base();
    let mut what = Processed::default();
    let mut place = None;
    let mut state = match half.read(inbound)? {
        ReceiveTrafficState::Available(mut available) => {
            let data = available.data();
            place = Some((data.as_ptr() as usize, data.len()));
            available.into_next()
        }
        ReceiveTrafficState::ReadMore(half) => ReceiveTrafficState::ReadMore(half),
        ReceiveTrafficState::FlushSender(flush) => ReceiveTrafficState::FlushSender(flush),
        ReceiveTrafficState::CloseNotify => ReceiveTrafficState::CloseNotify,
    };
    if let Some((address, len)) = place {
        what.data = len > 0;
        inbound.set_plaintext(base, address, len);
    }
    loop {
        state = match state {
            ReceiveTrafficState::FlushSender(flush) => {
                what.flush = true;
                flush.into_next()
            }
            ReceiveTrafficState::ReadMore(half) => return Ok((Some(half), what)),
            ReceiveTrafficState::CloseNotify => return Ok((None, what)),
            ReceiveTrafficState::Available(_) => return Err(rustls::Error::Unreachable("two payloads of one read")),
        }
    }
}

/// The sending half.
pub struct Sender {
    traffic: Option<SendTraffic>,
    exchange: Arc<Exchange>,
    outbound: Outbound,
    /// Bytes of the write in progress that are sealed.
    sealed: usize,
    /// Where the data of the write lies that was cut short.
    retry: Option<usize>,
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

/// How a write treats its data (`SSL_MODE_*`).
#[derive(Debug, Clone, Copy)]
pub struct WriteMode {
    /// Return as soon as a record has been sent.
    pub partial: bool,
    /// The repeated write may have its data elsewhere.
    pub moving_buffer: bool,
    /// Most plaintext bytes in a record.
    pub fragment: usize,
}

impl Default for WriteMode {
    fn default() -> Self {
        Self { partial: false, moving_buffer: false, fragment: 16384 }
    }
}

/// Plaintext sealed at a time, bytes: enough for few system calls, little enough to be kept while a socket is full.
const BATCH: usize = 65536;

/// Bytes of an alert.
const ALERT_LEN: usize = 2;

impl Sender {
    /// Whether everything sealed has been taken by the transport.
    pub fn is_idle(&self) -> bool {
        self.outbound.is_sent()
    }

    /// Whether the connection has been ended ([`Sender::abort`]).
    pub fn is_ended(&self) -> bool {
        self.traffic.is_none()
    }

    /// Whether a write is waiting to be repeated that has sealed more than `len` bytes.
    pub fn is_short(&self, len: usize) -> bool {
        self.retry.is_some() && len < self.sealed
    }

    /// Sends `data`. `WouldBlock` and `Failed`: the same call must be repeated. `Done(n)`: n bytes were sent.
    ///
    /// # Errors
    /// The repetition is not one, or rustls seals no more.
    pub fn write(&mut self, transport: &mut dyn Transport, data: &[u8], mode: WriteMode) -> Result<Io, Error> {
        let address = data.as_ptr() as usize;
        if let Some(before) = self.retry {
            if self.is_short(data.len()) {
                return Err(Error::BadWriteLength);
            }
            if !mode.moving_buffer && before != address {
                return Err(Error::BadWriteRetry);
            }
        }
        loop {
            match self.outbound.send_all(transport) {
                Io::Done(_) => {}
                stopped => {
                    self.retry = Some(address);
                    return Ok(stopped);
                }
            }
            if self.sealed >= data.len() || (mode.partial && self.sealed > 0) {
                self.retry = None;
                return Ok(Io::Done(std::mem::take(&mut self.sealed)));
            }
            let fragment = mode.fragment.max(1);
            let records = if mode.partial { 1 } else { BATCH / fragment };
            self.seal(data, records.max(1), fragment)?;
        }
    }

    /// Seals what is not sealed of `data` in so many records.
    fn seal(&mut self, data: &[u8], records: usize, fragment: usize) -> Result<(), Error> {
        let (outbound, sealed) = (&mut self.outbound, &mut self.sealed);
        let traffic = self.traffic.as_mut().ok_or(Error::State)?;
        self.exchange.scope(|| {
            for record in data.get(*sealed..).unwrap_or_default().chunks(fragment).take(records) {
                traffic.write(OutboundPlain::Single(record), outbound.sink())?;
                *sealed += record.len();
            }
            tap::settle_open(&self.exchange, outbound);
            Ok(())
        })
    }

    /// Queues tickets of TLS 1.3; [`Sender::flush`] sends them.
    ///
    /// # Errors
    /// One could not be sealed.
    pub fn send_tickets(&mut self, tickets: &[Ticket]) -> Result<(), Error> {
        let sealed = new_ticket::send(&self.exchange, tickets, self.outbound.sink());
        tap::settle_open(&self.exchange, &mut self.outbound);
        sealed.then_some(()).ok_or(Error::State)
    }

    /// Sends what rustls or an earlier call left to be sent, and pushes it out.
    pub fn flush(&mut self, transport: &mut dyn Transport) -> Io {
        self.pump();
        self.outbound.flush(transport)
    }

    /// Brings out what the receiving half has queued.
    fn pump(&mut self) {
        if let Some(traffic) = self.traffic.as_mut() {
            // An empty write does so; it fails when that closed the connection.
            let _ = self.exchange.scope(|| traffic.write(OutboundPlain::Single(&[]), self.outbound.sink()));
            tap::settle_open(&self.exchange, &mut self.outbound);
        }
    }

    /// Sends what is left to be sent. It is pushed out too, but whether that works does not matter: it will not be
    /// asked again.
    pub fn send_goodbye(&mut self, transport: &mut dyn Transport) -> Io {
        let sent = self.outbound.send_all(transport);
        if matches!(sent, Io::Done(_)) {
            let _ = self.outbound.flush(transport);
        }
        sent
    }

    /// Queues close_notify; [`Sender::send_goodbye`] sends it. What the application writes after it goes out still: it is
    /// the application that knows whether it has meant the goodbye.
    pub fn close(&mut self) {
        self.exchange.set_closed();
        self.pump();
        alert::goodbye(&self.exchange, self.outbound.sink());
        tap::settle_open(&self.exchange, &mut self.outbound);
    }

    /// Ends the connection with a fatal alert, or without one. Whether the transport has taken the alert (if it does not
    /// do so now it never will), or none where there is none to be sent, as behind data that could not be sent.
    pub fn abort(&mut self, transport: &mut dyn Transport, alert: Option<AlertDescription>) -> Option<bool> {
        if !self.is_idle() {
            self.traffic = None;
            return None;
        }
        self.pump();
        self.traffic = None;
        let has_alert = alert::replace(&self.exchange, self.outbound.sink(), alert, TLS1_2_MINOR);
        tap::settle_open(&self.exchange, &mut self.outbound);
        let was_sent = matches!(self.outbound.flush(transport), Io::Done(_));
        if has_alert && !was_sent {
            // It counts as a write that was cut short.
            (self.sealed, self.retry) = (ALERT_LEN, Some(0));
        }
        has_alert.then_some(was_sent)
    }

    /// Queues a TLS 1.3 KeyUpdate that asks the peer for one too; [`Sender::flush`] sends it.
    ///
    /// # Errors
    /// Not TLS 1.3, or closed.
    pub fn update_keys(&mut self) -> Result<(), Error> {
        let traffic = self.traffic.as_mut().ok_or(Error::State)?;
        self.exchange.scope(|| traffic.refresh_traffic_keys(self.outbound.sink()))?;
        tap::settle_open(&self.exchange, &mut self.outbound);
        Ok(())
    }
}
