//! Drives rustls's handshake states, one step at a time, so that between steps a face can run its callbacks with
//! nothing borrowed.

use super::alert;
use super::error::Error;
use super::exchange::{CredentialAnswer, Exchange, HelloAnswer, Pause, VerifyAnswer};
use super::gate::{Admission, Gate, TLS1_2_MINOR};
use super::hello::Hello;
use super::new_ticket;
use super::record::{Inbound, content};
use super::replay::Stage;
use super::rewritten_hello::{self, Patched};
use super::session::{TLS1_2, TLS1_3};
use super::tap::{self, Tap};
use super::traffic::Established;
use super::transport::{Io, Outbound, Transport};
use rustls::client::ClientHandshake;
use rustls::crypto::{Identity, SelectedCredential, VerifiedIdentity};
use rustls::enums::ApplicationProtocol;
use rustls::error::AlertDescription;
use rustls::pki_types::{CertificateDer, IpAddr, Ipv4Addr, ServerName};
use rustls::server::{Accepted, ServerHandshake};
use rustls::{ClientConfig, ClientSide, SliceInput, Tcp, TlsInputBuffer, VerifyPeerIdentity};
use std::sync::Arc;

/// The first byte of TLS 1.3's suites.
const TLS13_SUITES: u16 = 0x13;

/// How far a step came.
#[derive(Debug)]
pub enum Progress {
    /// Something happened; there is more to do.
    Stepped,
    /// The transport must become readable.
    WantRead,
    /// The transport must become writable.
    WantWrite,
    /// The transport could not be read; it knows why, and may get over it.
    ReceiveFailed,
    /// The transport could not be written to; it knows why, and may get over it.
    SendFailed,
    /// The peer will send nothing more.
    Eof,
    /// An alert has come in clear: its level and description. What it means is the application's to say.
    Alert(u8, u8),
    /// A record has come that nobody listens to ([`Handshake::deaf`]).
    Unheard,
    /// The application must be ready to decide.
    Paused(Pause),
    /// The handshake is complete and its last flight sent.
    Done(Box<Established>),
}

enum Machine {
    Client(ClientHandshake),
    Server(ServerHandshake),
    /// Complete, with the last flight still to be sent.
    Sending(Box<Established>),
    Failed(Error),
}

/// A handshake in progress.
pub struct Handshake {
    machine: Machine,
    inbound: Inbound,
    outbound: Outbound,
    exchange: Arc<Exchange>,
    /// rustls may go on with what has been received already.
    buffered: bool,
    /// Server: the ClientHello's records until it is whole, then the ClientHello.
    hello_records: Vec<u8>,
    hello: Option<Hello>,
    gate: Gate,
    /// The peer has said goodbye, by the application's word: what comes is thrown away.
    pub deaf: bool,
    /// Client: how it began, where it may have to be run again.
    beginning: Option<Beginning>,
    /// Client: the server has been verified, and only the client's own credential is open.
    verified: bool,
}

/// What a client's handshake is begun with.
struct Beginning {
    config: Arc<ClientConfig>,
    server_name: ServerName<'static>,
    alpn: Vec<Vec<u8>>,
}

impl Beginning {
    fn start(&self, exchange: &Arc<Exchange>, sink: &mut Vec<u8>) -> Result<ClientHandshake, Error> {
        let protocols = self.alpn.iter().map(|name| ApplicationProtocol::from(name.as_slice()).to_owned()).collect();
        let builder = self.config.connect(self.server_name.clone()).with_alpn(protocols);
        Ok(ClientHandshake::NeedsInput(exchange.scope(|| builder.start_handshake(sink))?))
    }
}

impl std::fmt::Debug for Handshake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handshake").finish_non_exhaustive()
    }
}

/// The name rustls is given when no server name shall be sent: it never sends one for an address.
fn no_name() -> ServerName<'static> {
    ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([0, 0, 0, 0])))
}

impl Handshake {
    /// Starts a client's handshake: its ClientHello is ready to be sent.
    ///
    /// # Errors
    /// The configuration cannot be used.
    pub fn client(
        exchange: Arc<Exchange>,
        config: &Arc<ClientConfig>,
        server_name: Option<ServerName<'static>>,
        alpn: &[Vec<u8>],
        read_ahead: bool,
    ) -> Result<Self, Error> {
        let mut outbound = Outbound::default();
        let server_name = server_name.unwrap_or_else(no_name);
        let beginning = Beginning { config: config.clone(), server_name, alpn: alpn.to_vec() };
        let late = exchange.policy.lock().late_credential;
        if late {
            let stage = Stage::record(exchange.offer.lock().as_ref());
            *exchange.stage.lock() = stage;
        }
        let start = beginning.start(&exchange, outbound.sink())?;
        note_random(&exchange, outbound.pending());
        tap::settle(&exchange, &mut outbound);
        let mut handshake = Self::new(Machine::Client(start), outbound, exchange, read_ahead);
        handshake.beginning = late.then_some(beginning);
        Ok(handshake)
    }

    /// Starts a server's handshake: it waits for a ClientHello.
    pub fn server(exchange: Arc<Exchange>, read_ahead: bool) -> Self {
        let machine = Machine::Server(ServerHandshake::NeedsInput(ServerHandshake::start()));
        Self::new(machine, Outbound::default(), exchange, read_ahead)
    }

    fn new(machine: Machine, outbound: Outbound, exchange: Arc<Exchange>, read_ahead: bool) -> Self {
        let mut inbound = Inbound::default();
        inbound.read_ahead = read_ahead;
        Self {
            gate: Gate::new(matches!(machine, Machine::Server(_))),
            machine,
            inbound,
            outbound,
            exchange,
            buffered: false,
            hello_records: Vec::new(),
            hello: None,
            deaf: false,
            beginning: None,
            verified: false,
        }
    }

    /// Whether bytes have been received that are not a whole record yet, or not processed.
    pub fn has_ciphertext(&self) -> bool {
        self.inbound.has_ciphertext()
    }

    /// Whether a whole record has come, in this handshake or before it ([`Handshake::continue_stream`]).
    pub fn has_seen_record(&self) -> bool {
        self.inbound.seen_record
    }

    /// Records have come from this transport before: what is none now is not taken for another protocol's greeting.
    pub fn continue_stream(&mut self) {
        self.inbound.seen_record = true;
    }

    /// The records that wait to be sent.
    pub fn pending(&self) -> &[u8] {
        self.outbound.pending()
    }

    /// The ClientHello a server has received.
    pub fn hello(&self) -> Option<&Hello> {
        self.hello.as_ref()
    }

    /// Does the next thing: sends what is pending, receives a record, or asks the application.
    ///
    /// # Errors
    /// The handshake has failed; every later call fails likewise. [`Handshake::abort`] tells the peer.
    pub fn step(&mut self, transport: &mut dyn Transport) -> Result<Progress, Error> {
        // In TLS 1.3 a client's change_cipher_spec means nothing, and goes with its next flight as OpenSSL's does. Sent
        // alone, it would make Nagle's algorithm hold back an alert that follows, which then is lost when the program closes.
        if !self.outbound.is_empty() && !self.outbound.is_lone_change_cipher_spec() {
            match self.outbound.flush(transport) {
                // Said before anything is received, so that the end of a flight can be told of.
                Io::Done(_) => return Ok(Progress::Stepped),
                Io::WouldBlock => return Ok(Progress::WantWrite),
                Io::Eof | Io::Failed if self.sends_tickets_alone() && transport.peer_is_gone() => {
                    self.outbound = Outbound::default();
                }
                Io::Eof | Io::Failed => return Ok(Progress::SendFailed),
            }
        }
        let machine = std::mem::replace(&mut self.machine, Machine::Failed(Error::State));
        let next = match machine {
            Machine::Failed(error) => Err(error),
            Machine::Sending(established) => return Ok(Progress::Done(established)),
            Machine::Client(state) => self.client_step(state, transport),
            Machine::Server(state) => self.server_step(state, transport),
        };
        match next {
            Ok((machine, progress)) => {
                tap::settle(&self.exchange, &mut self.outbound);
                self.machine = machine;
                Ok(progress)
            }
            Err(error) => {
                let error = match self.exchange.record.lock().refused.take() {
                    Some(alert) => Error::Application(Some(alert)),
                    None => error,
                };
                self.machine = Machine::Failed(error.clone());
                Err(error)
            }
        }
    }

    /// Whether what waits to be sent is a TLS 1.3 server's tickets. A client that has gone already does not miss them, and
    /// what it has sent before can still be read.
    fn sends_tickets_alone(&self) -> bool {
        matches!(&self.machine, Machine::Sending(established) if self.gate.is_server() && established.facts.version == TLS1_3)
    }

    /// TLS 1.2: drops what has not been sent, with the keys that have just come into use: an alert then goes in clear, and
    /// the peer does not take the handshake for complete. TLS 1.3 has had its keys before.
    pub fn forget_plain_flight(&mut self) {
        let mut record = self.exchange.record.lock();
        if record.selected_suite.is_some_and(|suite| suite >> 8 != TLS13_SUITES) {
            self.outbound.sink().clear();
            record.sealer = None;
            record.held_alert = None;
        }
    }

    /// Ends the handshake with a fatal alert, or without one. Whether the transport has taken the alert (if it does not
    /// do so now it never will), or none where there is none to be sent.
    pub fn abort(&mut self, transport: &mut dyn Transport, alert: Option<AlertDescription>) -> Option<bool> {
        self.machine = Machine::Failed(Error::State);
        // It goes with the flight that does not come any more.
        self.outbound.drop_first_change_cipher_spec();
        let has_alert = alert::replace(&self.exchange, self.outbound.sink(), alert, self.gate.alert_minor());
        // As the hello's, the version of an alert is TLS 1.0's until there is an answer.
        if has_alert
            && self.gate.is_unanswered()
            && let Some([21, 3, minor, ..]) = self.outbound.sink().last_chunk_mut::<7>()
        {
            *minor = 1;
        }
        tap::settle(&self.exchange, &mut self.outbound);
        let was_sent = matches!(self.outbound.flush(transport), Io::Done(_));
        has_alert.then_some(was_sent)
    }

    fn client_step(
        &mut self,
        state: ClientHandshake,
        transport: &mut dyn Transport,
    ) -> Result<(Machine, Progress), Error> {
        let next = match state {
            ClientHandshake::NeedsInput(needs) => {
                if let Some(progress) = self.receive(transport)? {
                    return Ok((Machine::Client(ClientHandshake::NeedsInput(needs)), progress));
                }
                if let Some(hello) = self.gate.take_server_hello() {
                    self.exchange.record.lock().server_hello = Some(hello);
                }
                let (inbound, sink) = (&mut self.inbound, self.outbound.sink());
                self.exchange.scope(|| needs.process(inbound, sink))?
            }
            ClientHandshake::VerifyServerIdentity(verify) => {
                let answer = {
                    let presented = verify.presented_identity()?;
                    let chain = chain(presented.identity);
                    let verdict = match self.verified {
                        true => VerifyAnswer::Accept,
                        false => self.exchange.application.verify_peer(&chain, presented.ocsp_response),
                    };
                    (verdict, owned(presented.identity))
                };
                let (verify, answer) = match answer {
                    (VerifyAnswer::Accept, identity) => self.choose_credential(verify, identity)?,
                    other => (verify, other),
                };
                match self.verdict(verify, answer)? {
                    Ok(next) => next,
                    Err((verify, pause)) => {
                        return Ok((
                            Machine::Client(ClientHandshake::VerifyServerIdentity(verify)),
                            Progress::Paused(pause),
                        ));
                    }
                }
            }
            other => return self.unexpected(&other),
        };
        Ok(match next {
            ClientHandshake::Complete(split) => {
                let inbound = std::mem::take(&mut self.inbound);
                let established = Established::client(split, inbound, self.exchange.clone());
                (Machine::Sending(self.confirm_resumption(established)?), Progress::Stepped)
            }
            next => (Machine::Client(next), Progress::Stepped),
        })
    }

    /// The server is verified. If it asked for a credential which is only decided on now, that is done, and the handshake
    /// run again with it.
    #[expect(clippy::type_complexity, reason = "as for `verdict`, which takes the result")]
    fn choose_credential(
        &mut self,
        verify: VerifyPeerIdentity<ClientSide, Tcp>,
        identity: Identity<'static>,
    ) -> Result<(VerifyPeerIdentity<ClientSide, Tcp>, (VerifyAnswer, Identity<'static>)), Error> {
        self.verified = true;
        let (requested, refused) = {
            let mut record = self.exchange.record.lock();
            (record.certificate_requested, record.credential_refused.take())
        };
        let accept = (VerifyAnswer::Accept, identity.clone());
        if let Some(alert) = refused {
            return Ok((verify, (VerifyAnswer::Refuse(alert), identity)));
        }
        if !requested || self.beginning.is_none() {
            return Ok((verify, accept));
        }
        Ok(match self.exchange.application.client_credential() {
            CredentialAnswer::Nothing => (verify, accept),
            CredentialAnswer::Refuse(alert) => (verify, (VerifyAnswer::Refuse(alert), identity)),
            CredentialAnswer::Wait(pause) => (verify, (VerifyAnswer::Wait(pause), identity)),
            CredentialAnswer::Show(credential) => (self.run_again(*credential)?, accept),
        })
    }

    /// Runs the handshake again from its beginning to where the server is verified. What it sends on the way has been sent.
    fn run_again(&mut self, credential: SelectedCredential) -> Result<VerifyPeerIdentity<ClientSide, Tcp>, Error> {
        let beginning = self.beginning.take().ok_or(Error::State)?;
        let played = self.exchange.stage.lock().play(credential);
        let (offer, records) = played.ok_or(Error::State)?;
        *self.exchange.offer.lock() = offer;
        self.inbound = self.inbound.rewound(&records);
        let verify = self.play(&beginning);
        *self.exchange.stage.lock() = Stage::Off;
        verify
    }

    fn play(&mut self, beginning: &Beginning) -> Result<VerifyPeerIdentity<ClientSide, Tcp>, Error> {
        let mut sent = Vec::new();
        let mut state = beginning.start(&self.exchange, &mut sent)?;
        loop {
            let left = self.inbound.ciphertext().len();
            state = match state {
                ClientHandshake::NeedsInput(needs) => {
                    self.exchange.scope(|| needs.process(&mut self.inbound, &mut sent))?
                }
                ClientHandshake::VerifyServerIdentity(verify) => return Ok(verify),
                _ => return Err(Error::State),
            };
            let stuck = matches!(state, ClientHandshake::NeedsInput(_)) && self.inbound.ciphertext().len() == left;
            if stuck {
                return Err(Error::State);
            }
        }
    }

    /// A client that resumes may still find fault with the server. Its Finished is on its way then; the alert follows it.
    fn confirm_resumption(&self, established: Box<Established>) -> Result<Box<Established>, Error> {
        if !established.facts.resumed {
            return Ok(established);
        }
        match self.exchange.application.server_resumed(established.facts.version) {
            VerifyAnswer::Refuse(alert) => Err(Error::Application(Some(alert))),
            VerifyAnswer::Accept | VerifyAnswer::Wait(_) => Ok(established),
        }
    }

    /// Clients of TLS 1.1 and older name no signature schemes; that is not what is wrong with them.
    fn see_old_version(&self, error: rustls::Error) -> rustls::Error {
        use rustls::error::PeerIncompatible::{SignatureAlgorithmsExtensionRequired, Tls12NotOffered};
        let is_old = |hello: Hello| hello.version < TLS1_2 && hello.supported_versions().is_none();
        match error {
            rustls::Error::PeerIncompatible(SignatureAlgorithmsExtensionRequired)
                if Hello::from_records(&self.hello_records).is_some_and(is_old) =>
            {
                Tls12NotOffered.into()
            }
            other => other,
        }
    }

    fn server_step(
        &mut self,
        state: ServerHandshake,
        transport: &mut dyn Transport,
    ) -> Result<(Machine, Progress), Error> {
        let next = match state {
            ServerHandshake::NeedsInput(needs) => {
                if let Some(progress) = self.receive(transport)? {
                    return Ok((Machine::Server(ServerHandshake::NeedsInput(needs)), progress));
                }
                if !self.hide_again() {
                    return Ok((Machine::Server(ServerHandshake::NeedsInput(needs)), Progress::Stepped));
                }
                if self.hello.is_none() {
                    self.hello_records.extend_from_slice(self.inbound.last_record());
                }
                let (inbound, sink) = (&mut self.inbound, self.outbound.sink());
                let processed = self.exchange.scope(|| needs.process(inbound, sink));
                processed.map_err(|error| self.see_old_version(error))?
            }
            ServerHandshake::Accepted(accepted) => {
                let hello = match self.hello.take() {
                    Some(hello) => hello,
                    None => Hello::from_records(&self.hello_records).ok_or(Error::State)?,
                };
                if let Ok(random) = hello.random.as_slice().try_into() {
                    self.exchange.record.lock().client_random = Some(random);
                }
                let answer = self.exchange.application.client_hello(&hello);
                self.hello = Some(hello);
                if let Some(warning) = self.exchange.record.lock().warning.take() {
                    self.outbound.sink().extend(alert::plain_warning(warning));
                }
                match answer {
                    HelloAnswer::Proceed(config) => {
                        self.buffered = true;
                        let accepted = self.hide_extensions(accepted);
                        let sink = self.outbound.sink();
                        self.exchange.scope(|| accepted.choose_config(config, sink))?
                    }
                    HelloAnswer::Wait(pause) => {
                        return Ok((Machine::Server(ServerHandshake::Accepted(accepted)), Progress::Paused(pause)));
                    }
                    HelloAnswer::Abort(alert) => return Err(Error::Application(alert)),
                }
            }
            ServerHandshake::VerifyClientIdentity(verify) => {
                let answer = {
                    let presented = verify.presented_identity()?;
                    let chain = chain(presented.identity);
                    (self.exchange.application.verify_peer(&chain, &[]), owned(presented.identity))
                };
                match self.verdict(verify, answer)? {
                    Ok(next) => next,
                    Err((verify, pause)) => {
                        return Ok((
                            Machine::Server(ServerHandshake::VerifyClientIdentity(verify)),
                            Progress::Paused(pause),
                        ));
                    }
                }
            }
            other => return self.unexpected(&other),
        };
        if let Some(hello) = self.gate.note_answer(self.outbound.pending()) {
            self.exchange.record.lock().server_hello = Some(hello);
        }
        Ok(match next {
            ServerHandshake::Complete(split) => {
                self.exchange.record.lock().rewritten_hello = None;
                let inbound = std::mem::take(&mut self.inbound);
                let established = Established::server(split, inbound, self.exchange.clone());
                if established.facts.version == TLS1_3 {
                    let tickets = self.exchange.application.tickets(&established.facts);
                    new_ticket::send(&self.exchange, &tickets, self.outbound.sink())
                        .then_some(())
                        .ok_or(Error::State)?;
                }
                (Machine::Sending(established), Progress::Stepped)
            }
            next => (Machine::Server(next), Progress::Stepped),
        })
    }

    /// Has rustls read the ClientHello again, if it shall not see all that is in it.
    fn hide_extensions(&mut self, accepted: Accepted<Tcp>) -> Accepted<Tcp> {
        let records = std::mem::take(&mut self.hello_records);
        let kinds = self.exchange.policy.lock().hidden.clone();
        if kinds.is_empty() {
            return accepted;
        }
        let message = rewritten_hello::message(&records);
        let Some(rewritten) = rewritten_hello::hide(message, &kinds) else { return accepted };
        let mut records = rewritten_hello::records(&rewritten.seen);
        let (mut input, mut sent) = (SliceInput::new(&mut records), Vec::new());
        match self.exchange.scope(|| ServerHandshake::start().process(&mut input, &mut sent)) {
            Ok(ServerHandshake::Accepted(again)) => {
                self.exchange.record.lock().rewritten_hello = Some(rewritten);
                again
            }
            _ => accepted,
        }
    }

    /// After a HelloRetryRequest, hides what rustls shall not see in the second ClientHello too. False: it is not whole.
    fn hide_again(&mut self) -> bool {
        if !self.gate.awaits_second_hello() {
            return true;
        }
        let kinds = self.exchange.policy.lock().hidden.clone();
        match rewritten_hello::hide_in_records(self.inbound.slice_mut(), &kinds) {
            Patched::Cut => return false,
            Patched::Nothing => {}
            Patched::Done(rewritten) => self.exchange.record.lock().rewritten_hello = Some(rewritten),
        }
        self.gate.second_hello_came();
        true
    }

    /// Makes sure rustls has something to process; otherwise says what to wait for.
    fn receive(&mut self, transport: &mut dyn Transport) -> Result<Option<Progress>, Error> {
        if std::mem::take(&mut self.buffered) && self.inbound.has_record() {
            return Ok(None);
        }
        self.inbound.rules = self.gate.rules();
        let received = self.inbound.read_record(transport);
        if let Some(header) = self.inbound.take_header() {
            self.exchange.tap(|tap| tap.header_received(header));
        }
        let is_opening = self.gate.is_opening();
        Ok(match received? {
            Io::Done(_) if self.deaf => {
                self.inbound.drop_last_record();
                Some(Progress::Unheard)
            }
            Io::Done(_) => match self.gate.admit(self.inbound.last_record())? {
                Admission::Pass => {
                    self.note_received(is_opening);
                    None
                }
                Admission::Drop => {
                    if let [content::HANDSHAKE, _, _, _, _, request @ ..] = self.inbound.last_record() {
                        self.exchange.tap(|tap| tap.ignored(request));
                    }
                    self.inbound.drop_last_record();
                    Some(Progress::Stepped)
                }
                Admission::Alert(level, description) => {
                    self.inbound.drop_last_record();
                    Some(Progress::Alert(level, description))
                }
            },
            Io::WouldBlock => Some(Progress::WantRead),
            Io::Eof => Some(Progress::Eof),
            Io::Failed => Some(Progress::ReceiveFailed),
        })
    }

    /// Tells of the record that rustls is about to get. What is in a protected one is told of when it is opened.
    fn note_received(&self, is_protected: bool) {
        let record = self.inbound.last_record();
        self.exchange.stage.lock().received(record);
        match record {
            [content::CHANGE_CIPHER_SPEC, ..] => self.exchange.tap(Tap::cipher_change_received),
            [content::HANDSHAKE, _, _, _, _, body @ ..] if !is_protected => {
                self.exchange.tap(|tap| tap.received(body));
            }
            _ => {}
        }
    }

    /// Goes on after the application's verdict; `Err` in the result: it wants to be asked again.
    #[expect(clippy::type_complexity, reason = "the two outcomes are named where it is called")]
    fn verdict<Side: rustls::SideData>(
        &mut self,
        verify: VerifyPeerIdentity<Side, Tcp>,
        (answer, identity): (VerifyAnswer, Identity<'static>),
    ) -> Result<Result<Side::Handshake, (VerifyPeerIdentity<Side, Tcp>, Pause)>, Error> {
        let result = match answer {
            VerifyAnswer::Accept => Ok(VerifiedIdentity::assertion(identity)),
            VerifyAnswer::Refuse(alert) => {
                self.exchange.record.lock().refused = Some(alert);
                Err(alert::refusal())
            }
            VerifyAnswer::Wait(pause) => return Ok(Err((verify, pause))),
        };
        self.buffered = true;
        let sink = self.outbound.sink();
        Ok(Ok(self.exchange.scope(|| verify.continue_with(result, sink))?))
    }

    /// rustls's state enums may grow.
    fn unexpected(&mut self, state: &dyn std::fmt::Debug) -> Result<(Machine, Progress), Error> {
        Err(Error::Rustls(rustls::Error::General(format!("unknown handshake state {state:?}"))))
    }
}

/// Sends a fatal alert where a handshake fails before it has begun; whether the transport has taken it.
pub fn send_plain(transport: &mut dyn Transport, alert: AlertDescription) -> bool {
    let mut outbound = Outbound::default();
    outbound.sink().extend(alert::plain(alert, TLS1_2_MINOR));
    matches!(outbound.flush(transport), Io::Done(_))
}

fn chain<'a>(identity: &'a Identity<'_>) -> Vec<CertificateDer<'a>> {
    match identity {
        Identity::X509(chain) => std::iter::once(&chain.end_entity)
            .chain(&chain.intermediates)
            .map(|certificate| CertificateDer::from(certificate.as_ref()))
            .collect(),
        _ => Vec::new(),
    }
}

fn owned(identity: &Identity<'_>) -> Identity<'static> {
    identity.clone().into_owned()
}

/// Notes the random of the ClientHello that begins `record`.
fn note_random(exchange: &Exchange, record: &[u8]) {
    if let [22, _, _, _, _, 1, _, _, _, _, _, rest @ ..] = record {
        exchange.record.lock().client_random = rest.first_chunk::<32>().copied();
    }
}
