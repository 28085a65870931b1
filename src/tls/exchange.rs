//! What is exchanged with the application while rustls works on a connection: questions it alone can answer, and
//! what it may want to observe.
//!
//! rustls calls its configuration's objects (credential resolver, session store, key log, ...) without telling for
//! which connection. [`Exchange::scope`] says so for the length of a call; nested calls restore the outer one.

use super::aead::Sealer;
use super::error::Misstep;
use super::gate::Side;
use super::hello::{Hello, ServerHello};
use super::key_share::KeyShares;
use super::new_ticket::Ticket;
use super::replay::Stage;
use super::rewritten_hello::Rewritten;
use super::tap::Tap;
use super::traffic::Facts;
use parking_lot::Mutex;
use rustls::DistinguishedName;
use rustls::client::{Tls12Session, Tls13Session};
use rustls::crypto::{SelectedCredential, SignatureScheme};
use rustls::error::AlertDescription;
use rustls::pki_types::CertificateDer;
use smallvec::SmallVec;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// Why a handshake waits for the application and not for the transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// The callback that sees the ClientHello first asked to be called again.
    ClientHello,
    /// The callback that chooses a certificate asked to be called again.
    Certificate,
    /// Verification of the peer's chain asked to be called again.
    Verify,
}

/// How a server answers a ClientHello.
#[derive(Debug)]
pub enum HelloAnswer {
    /// Goes on with this configuration.
    Proceed(Arc<rustls::ServerConfig>),
    /// Stops until the application is ready.
    Wait(Pause),
    /// Ends the handshake with this alert (none: says nothing).
    Abort(Option<AlertDescription>),
}

/// The verdict on a peer's chain.
#[derive(Debug)]
pub enum VerifyAnswer {
    /// Accepted (or found wanting, and accepted by policy).
    Accept,
    /// Stops until the application is ready.
    Wait(Pause),
    /// Refused, with this alert; the application has said why.
    Refuse(AlertDescription),
}

/// What a client shows a server that asks for a certificate.
#[derive(Debug)]
pub enum CredentialAnswer {
    /// This.
    Show(Box<SelectedCredential>),
    /// Nothing.
    Nothing,
    /// Stops until the application is ready. Only where [`Policy::late_credential`] is set.
    Wait(Pause),
    /// Ends the handshake with this alert; the application has said why.
    Refuse(AlertDescription),
}

/// Decisions of the application, made for one connection. Methods without a body in a face keep their default.
pub trait Application: Send + Sync {
    /// Server: a ClientHello has arrived. Called again after [`HelloAnswer::Wait`].
    fn client_hello(&self, hello: &Hello) -> HelloAnswer;

    /// A peer has shown its chain, leaf first; `ocsp` is its stapled response or empty.
    fn verify_peer(&self, chain: &[CertificateDer<'_>], ocsp: &[u8]) -> VerifyAnswer;

    /// Client: the server has resumed a session of `version`. Waiting is not possible here.
    fn server_resumed(&self, version: u16) -> VerifyAnswer {
        let _ = version;
        VerifyAnswer::Accept
    }

    /// Verifies a handshake signature with a key (SubjectPublicKeyInfo) that the TLS code's own cryptography does not
    /// take, such as RSA of unusual size. None: the application does not take it either.
    fn verify_signature(&self, key: &[u8], scheme: SignatureScheme, message: &[u8], signature: &[u8]) -> Option<bool> {
        let _ = (key, scheme, message, signature);
        None
    }

    /// Whether the peer may use a group, or have a key on its curve, in TLS 1.2.
    fn allows_group(&self, group: u16) -> bool {
        let _ = group;
        true
    }

    /// Whether the peer may sign with a scheme that was offered to it.
    fn allows_scheme(&self, scheme: SignatureScheme) -> bool {
        let _ = scheme;
        true
    }

    /// Server: the credential for this connection, among what the client accepts.
    ///
    /// # Errors
    /// There is none; the error decides the alert.
    fn server_credential(&self, schemes: &[SignatureScheme]) -> Result<SelectedCredential, rustls::Error>;

    /// Client: the credential for a server that asks for one; [`Record::certificate_request`] says what it takes. Called
    /// again after [`CredentialAnswer::Wait`].
    fn client_credential(&self) -> CredentialAnswer;

    /// Server, TLS 1.3: the handshake is complete; the tickets to be sent at once.
    fn tickets(&self, facts: &Facts) -> Vec<Ticket> {
        let _ = facts;
        Vec::new()
    }

    /// Server, TLS 1.2: seals a session into a ticket. None: an empty ticket is sent.
    fn seal_ticket(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let _ = plain;
        None
    }

    /// Server: opens a ticket that a client presents. None: full handshake.
    fn open_ticket(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let _ = ticket;
        None
    }

    /// Server: how long tickets are good for, seconds.
    fn ticket_lifetime(&self) -> u32 {
        7200
    }

    /// Server: keeps a session under its id. False: it is not kept.
    fn store_session(&self, id: &[u8], value: Vec<u8>) -> bool {
        let _ = (id, value);
        false
    }

    /// Server: the session kept under an id; `remove` forgets it at the same time.
    fn find_session(&self, id: &[u8], remove: bool) -> Option<Vec<u8>> {
        let _ = (id, remove);
        None
    }
}

/// Whether and how a server asks for the client's certificate.
#[derive(Debug, Clone, Default)]
pub struct ClientAuth {
    /// Send a CertificateRequest.
    pub request: bool,
    /// Fail without a certificate.
    pub require: bool,
    /// The issuers named in the request; a client's are named in its hello.
    pub issuers: Arc<[DistinguishedName]>,
}

/// What one connection may do: decided before it starts or at its ClientHello.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Signature schemes accepted from the peer and offered to it, in order of preference.
    pub verify_schemes: Arc<[SignatureScheme]>,
    /// The curves of EC keys that the peer may sign with in TLS 1.2 (RFC 8422, section 5.1.1).
    pub curves: Vec<u16>,
    /// Server: what it asks of the client.
    pub client_auth: ClientAuth,
    /// Server: its own order of suites decides.
    pub prefer_server_suites: bool,
    /// Server, with its own order: ChaCha20 first where the client puts it first.
    pub prioritize_chacha: bool,
    /// Server: its own order of groups decides.
    pub prefer_server_groups: bool,
    /// Client: the credential is asked for when the server has been verified, not before (see [`super::replay`]).
    pub late_credential: bool,
    /// Client: asks for a stapled OCSP response.
    pub request_ocsp: bool,
    /// Record key log lines.
    pub log_keys: bool,
    /// Server: the id of a new session of TLS 1.2, where it gets one.
    pub new_session_id: Option<[u8; 32]>,
    /// Server: the extensions of the ClientHello that rustls shall not see.
    pub hidden: SmallVec<[u16; 2]>,
    /// Server: the TLS 1.2 suite of the session being resumed, which is chosen before all others.
    pub resumed_suite: Option<u16>,
}

/// A client session to be offered.
#[derive(Debug)]
pub enum Offer {
    /// TLS 1.2: session id or ticket.
    Tls12(Tls12Session),
    /// TLS 1.3: ticket, used once.
    Tls13(Tls13Session),
}

/// What has been observed on a connection. The face takes what it needs between calls into rustls.
#[derive(Debug, Default)]
pub struct Record {
    /// We have sealed a KeyUpdate, and the next secret is ours.
    pub own_update: bool,
    /// Key log lines, `LABEL random secret` in hexadecimal.
    pub key_log: Vec<String>,
    /// What goes over the wire.
    pub tap: Tap,
    /// Finished values in the order they were computed; the last two are the server's and the client's.
    pub finished: Vec<Vec<u8>>,
    /// TLS 1.3: the secret that the keys of sessions come from.
    pub resumption_secret: Option<zeroize::Zeroizing<Vec<u8>>>,
    /// TLS 1.2: the master secret.
    pub master_secret: Option<zeroize::Zeroizing<Vec<u8>>>,
    /// Server: the ClientHello, where rustls sees another one than was sent.
    pub rewritten_hello: Option<Rewritten>,
    /// Server: the suite that was selected.
    pub selected_suite: Option<u16>,
    /// Server: the group that was selected.
    pub selected_group: Option<u16>,
    /// Server: the session id that rustls is about to ask for as random bytes.
    pub next_id: Option<[u8; 32]>,
    /// Client: the server has used the name it was sent.
    pub name_acknowledged: bool,
    /// Client, TLS 1.2: how long the ticket is good for as the server says, seconds. (rustls knows of a week at most.)
    pub ticket_lifetime: Option<u32>,
    /// Client sessions that have become resumable.
    pub new_sessions: Vec<Offer>,
    /// Client: the session kept for this server is of no use any more.
    pub forget_session: bool,
    /// The scheme the peer signed with.
    pub peer_scheme: Option<SignatureScheme>,
    /// The scheme we signed with.
    pub own_scheme: Option<SignatureScheme>,
    /// The temporary keys of the key exchange.
    pub key_shares: Option<KeyShares>,
    /// The random of the ClientHello.
    pub client_random: Option<[u8; 32]>,
    /// The ServerHello.
    pub server_hello: Option<ServerHello>,
    /// The last CertificateRequest that was sent or received, with its header.
    pub certificate_request: Vec<u8>,
    /// Server: a warning to be sent before the ServerHello.
    pub warning: Option<AlertDescription>,
    /// Client: a CertificateRequest came.
    pub certificate_requested: bool,
    /// Client: the application has no credential and wants the handshake to end with this alert; it has said why.
    pub credential_refused: Option<AlertDescription>,
    /// Alerts that came in protected records, as they are in them: level and description.
    pub alerts: VecDeque<Vec<u8>>,
    /// Handshake messages came in a protected record of the open connection.
    pub protected_handshake: bool,
    /// A protected record of the open connection came that does nothing.
    pub hidden: bool,
    /// Why a protected record of the open connection was refused.
    pub misstep: Option<Misstep>,
    /// What seals records now; none while they are in clear.
    pub sealer: Option<Arc<Sealer>>,
    /// How many bytes stand in place of rustls's own alert, at the end of what it wants to send.
    pub held_alert: Option<usize>,
    /// The application has ended the handshake inside one of rustls's questions, with this alert; it has said why.
    pub refused: Option<AlertDescription>,
}

/// One connection's side of the exchange.
pub struct Exchange {
    /// Answers the questions.
    pub application: Box<dyn Application>,
    /// What the connection may do.
    pub policy: Mutex<Policy>,
    /// The session a client offers; taken by rustls when it writes the ClientHello.
    pub offer: Mutex<Option<Offer>>,
    /// What has been seen.
    pub record: Mutex<Record>,
    /// Data can flow: how the side that we are judges what comes.
    open: OnceLock<Side>,
    /// We have said goodbye.
    closed: AtomicBool,
    /// Every record is told of, not only messages.
    watched: AtomicBool,
    /// Whether a client's handshake may have to be run again.
    pub stage: Mutex<Stage>,
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange").finish_non_exhaustive()
    }
}

/// The connections that a thread works on, innermost last; none where an inner call works on no connection.
type Scopes = SmallVec<[Option<Arc<Exchange>>; 4]>;

thread_local! {
    // Never dropped, so that it can be used to a thread's very end: programs say goodbye in their exit handlers. The
    // stack is empty between calls, and lies in place unless calls nest deeply.
    static SCOPES: RefCell<ManuallyDrop<Scopes>> = RefCell::default();
}

/// Ends a scope also when the body panics.
struct Leave;

impl Drop for Leave {
    fn drop(&mut self) {
        // A thread that is ending has no stack any more, and no scope on it.
        let _ = SCOPES.try_with(|scopes| scopes.borrow_mut().pop());
    }
}

impl Exchange {
    /// An exchange with nothing decided and nothing seen.
    pub fn new(application: Box<dyn Application>) -> Arc<Self> {
        Arc::new(Self {
            application,
            policy: Mutex::default(),
            offer: Mutex::default(),
            record: Mutex::default(),
            stage: Mutex::default(),
            open: OnceLock::new(),
            closed: AtomicBool::new(false),
            watched: AtomicBool::new(false),
        })
    }

    /// Data can flow from now on.
    pub(super) fn set_open(&self, side: Side) {
        let _ = self.open.set(side);
    }

    /// Which side of an open connection we are; none while it is not open.
    pub(super) fn open_side(&self) -> Option<Side> {
        self.open.get().copied()
    }

    /// Every record and every message is to be told of, or no longer.
    pub fn watch(&self, whole: bool) {
        self.watched.store(whole, Ordering::Relaxed);
        self.record.lock().tap.whole = whole;
    }

    /// Whether every record is told of.
    pub fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Relaxed)
    }

    /// Notes what goes over the wire, unless it has been seen before.
    pub(super) fn tap(&self, note: impl FnOnce(&mut Tap)) {
        if !self.stage.lock().is_playing() {
            note(&mut self.record.lock().tap);
        }
    }

    /// We say goodbye.
    pub(super) fn set_closed(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Whether we have said goodbye.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Runs `body` (a call into rustls) with `self` as the connection that is being worked on.
    pub fn scope<T>(self: &Arc<Self>, body: impl FnOnce() -> T) -> T {
        SCOPES.with(|scopes| scopes.borrow_mut().push(Some(self.clone())));
        let _leave = Leave;
        body()
    }

    /// Runs `body` with no connection being worked on.
    pub fn outside<T>(body: impl FnOnce() -> T) -> T {
        SCOPES.with(|scopes| scopes.borrow_mut().push(None));
        let _leave = Leave;
        body()
    }

    /// The connection that is being worked on.
    pub fn current() -> Option<Arc<Self>> {
        SCOPES.try_with(|scopes| scopes.borrow().last().cloned().flatten()).ok().flatten()
    }

    /// Notes something about the connection that is being worked on.
    pub fn note(note: impl FnOnce(&mut Record)) {
        if let Some(current) = Self::current() {
            note(&mut current.record.lock());
        }
    }
}
