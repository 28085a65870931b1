//! `SSL`: a connection.

use super::ca_list::CaLists;
use super::certificate::ConnectionCertificates;
use super::cipher_list::ClientCiphers;
use super::config::{Config, mode};
use super::context::{self, Context};
use super::error::{Error, PASSED_NULL_PARAMETER, guard};
use super::facts::Facts;
use super::method::{Method, Side};
use super::progress::Progress;
use super::server_name::ServerNames;
use super::session::ConnectionSession;
use super::strings::State;
use super::types::{SSL, SSL_CTX};
use super::verify::ConnectionTrust;
use crate::libcrypto::bio::Bio;
use crate::libcrypto::ex_data::ExData;
use crate::libcrypto::sys;
use crate::seam::slot::Slot;
use crate::seam::thread::LastOfEach;
use crate::seam::{Handle, Owned, Owning};
use crate::tls::exchange::Exchange;
use crate::tls::handshake::Handshake;
use crate::tls::traffic::{Receiver, Sender};
use parking_lot::{Mutex, RwLock};
use rustls::KeyingMaterialExporter;
use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

impl Handle for SSL {
    type Inner = Connection;
}

/// `SSL_want(3)`: what the last call waits for.
pub(crate) mod want {
    pub(crate) const NOTHING: u8 = 1;
    pub(crate) const WRITING: u8 = 2;
    pub(crate) const READING: u8 = 3;
    pub(crate) const X509_LOOKUP: u8 = 4;
    pub(crate) const CLIENT_HELLO_CB: u8 = 7;
    pub(crate) const RETRY_VERIFY: u8 = 8;
    /// Beside `READING` and `WRITING`: the transport has said that it would block.
    pub(crate) const BLOCKED: u8 = 0x80;
}

/// `SSL_set_shutdown(3)`.
pub(crate) mod shut {
    use std::ffi::c_int;
    pub(crate) const SENT: c_int = 1;
    pub(crate) const RECEIVED: c_int = 2;
}

/// What a connection is doing. The parts that a call works on are taken out of their slots for the call, so that
/// callbacks run with nothing locked.
#[derive(Debug, Default)]
pub(crate) enum Phase {
    /// No handshake has begun.
    #[default]
    Idle,
    /// A handshake is under way; its slot is empty while a call works on it.
    Handshaking(Option<Box<Handshake>>),
    /// Data can flow.
    Open,
    /// A fatal error was met: every call fails.
    Failed,
}

/// The BIOs as the program set them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bios {
    pub(crate) read: Option<Arc<Bio>>,
    pub(crate) write: Option<Arc<Bio>>,
}

/// The object behind an `SSL *`.
pub struct Connection {
    owners: AtomicUsize,
    this: Weak<Connection>,
    /// The context now (`SSL_set_SSL_CTX` changes it).
    context: RwLock<Owning<Context>>,
    /// The context it was made from: owns the session cache and the server-name callback.
    pub(crate) session_context: Owning<Context>,
    config: RwLock<Arc<Config>>,
    /// The method, if `SSL_set_ssl_method` changed it.
    pub(crate) method: RwLock<&'static Method>,
    /// A copy of the configuration's options, for hot paths.
    pub(crate) options: AtomicU64,
    /// A copy of the configuration's mode, for hot paths.
    pub(crate) mode: AtomicU32,
    /// A copy of the configuration's read-ahead, which a call under way need not have seen.
    pub(crate) read_ahead: AtomicBool,
    server: AtomicBool,
    task: AtomicU8,
    pub(crate) bios: RwLock<Bios>,
    pub(crate) phase: Mutex<Phase>,
    /// Whoever works on it may wait for the sending half; never the other way round.
    pub(crate) receiver: Slot<Receiver>,
    pub(crate) sender: Slot<Sender>,
    /// What receiving wants to be sent while another thread sends (`owed`).
    pub(crate) owed: AtomicI32,
    pub(crate) exporter: Mutex<Option<KeyingMaterialExporter>>,
    /// The exchange of the current handshake, or of the last one.
    pub(crate) exchange: RwLock<Option<Arc<Exchange>>>,
    /// What getters answer from.
    pub(crate) facts: RwLock<Facts>,
    /// `SSL_want`, and what `SSL_get_error` makes of it for each of two threads.
    pub(crate) want: LastOfEach,
    /// `SSL_get_shutdown`.
    pub(crate) shutdown: AtomicI32,
    /// The last warning received; 0 is close_notify, and stands for none too.
    pub(crate) warning: AtomicU32,
    /// How many warnings have come in a row.
    pub(crate) warnings: AtomicU32,
    /// How far our close_notify has come (`goodbye`).
    pub(crate) goodbye: AtomicU8,
    /// The key update that waits to be sent (`key_update`).
    pub(crate) key_update: AtomicI32,
    /// `SSL_get_state`.
    state: Mutex<State>,
    /// A record has come, also before `SSL_clear`.
    pub(crate) seen_record: AtomicBool,
    /// What has been seen of the handshake.
    pub(crate) progress: Mutex<Progress>,
    /// How far the callbacks of a ClientHello have come.
    pub(crate) hello_stage: AtomicU32,
    /// `SSL_get_verify_result`.
    pub(crate) verify_result: AtomicI32,
    /// Names sent and received.
    pub(crate) names: ServerNames,
    /// The suites a client offered, as C knows them.
    pub(crate) client_ciphers: ClientCiphers,
    /// Verification parameters and what verification left.
    pub(crate) trust: ConnectionTrust,
    /// Which of its certificates the handshake has chosen.
    pub(crate) own: ConnectionCertificates,
    /// Names of accepted issuers, where they differ from the context's.
    pub(crate) ca_lists: CaLists,
    /// The session in use and the one to offer.
    pub(crate) session: ConnectionSession,
    /// Application data.
    pub(crate) ex_data: ExData,
}

/// What a connection's handshake is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Task {
    /// Nobody has said.
    Unset,
    /// A client's.
    Connect,
    /// A server's.
    Accept,
    /// One that the method does not have.
    Undefined,
}

/// How far a close_notify has come.
pub(crate) mod goodbye {
    /// None is to be sent, or it has been.
    pub(crate) const NONE: u8 = 0;
    /// One is to be sent.
    pub(crate) const WAITS: u8 = 1;
    /// It is sealed, and the transport has not taken it yet.
    pub(crate) const SEALED: u8 = 2;
}

/// What receiving wants to be sent: a fatal alert's number, or one of these.
pub(crate) mod owed {
    pub(crate) const NOTHING: i32 = -1;
    /// What rustls has queued.
    pub(crate) const ANSWER: i32 = -2;
}

/// The states of a key update beside its type (`SSL_KEY_UPDATE_NOT_REQUESTED`, `SSL_KEY_UPDATE_REQUESTED`).
pub(crate) mod key_update {
    pub(crate) const NONE: i32 = -1;
    /// It is sealed, and not sent yet.
    pub(crate) const SEALED: i32 = 2;
    /// The peer has asked for one: it goes before the next data.
    pub(crate) const OWED: i32 = 3;
}

impl Connection {
    /// A new connection of a context.
    pub(crate) fn new(context: Arc<Context>) -> Result<Arc<Self>, Error> {
        let config = context.config();
        let method = *context.method.read();
        let trust = ConnectionTrust::new(&context)?;
        let connection = Arc::new_cyclic(|this| Self {
            owners: AtomicUsize::new(0),
            this: this.clone(),
            options: AtomicU64::new(config.options),
            mode: AtomicU32::new(config.mode),
            read_ahead: AtomicBool::new(config.read_ahead),
            trust,
            session: ConnectionSession::default(),
            method: RwLock::new(method),
            session_context: Owning::new(context.clone()),
            context: RwLock::new(Owning::new(context)),
            config: RwLock::new(config),
            server: AtomicBool::new(method.side != Side::Client),
            task: AtomicU8::new(Task::Unset as u8),
            bios: RwLock::default(),
            phase: Mutex::default(),
            receiver: Slot::default(),
            sender: Slot::default(),
            owed: AtomicI32::new(owed::NOTHING),
            exporter: Mutex::default(),
            exchange: RwLock::default(),
            facts: RwLock::default(),
            want: LastOfEach::new(want::NOTHING),
            shutdown: AtomicI32::new(0),
            warning: AtomicU32::new(0),
            warnings: AtomicU32::new(0),
            goodbye: AtomicU8::new(goodbye::NONE),
            key_update: AtomicI32::new(key_update::NONE),
            state: Mutex::new(State::Before),
            seen_record: AtomicBool::new(false),
            progress: Mutex::default(),
            hello_stage: AtomicU32::new(0),
            verify_result: AtomicI32::new(0),
            names: ServerNames::default(),
            client_ciphers: ClientCiphers::default(),
            own: ConnectionCertificates::default(),
            ca_lists: CaLists::default(),
            ex_data: ExData::new(sys::CRYPTO_EX_INDEX_SSL),
        });
        if !connection.ex_data.attach(SSL::peek(&connection).cast()) {
            return Err(Error::Ssl(super::error::MALLOC_FAILURE));
        }
        Ok(connection)
    }

    /// The pointer that C knows, for callbacks.
    pub(crate) fn as_ptr(&self) -> *mut SSL {
        self.this.as_ptr().cast_mut().cast()
    }

    /// A reference that does not keep the connection alive.
    pub(crate) fn weak(&self) -> Weak<Self> {
        self.this.clone()
    }

    /// The context now.
    pub(crate) fn context(&self) -> Arc<Context> {
        Arc::clone(&self.context.read())
    }

    /// Replaces the context (`SSL_set_SSL_CTX`); gives the old one.
    pub(crate) fn replace_context(&self, context: Arc<Context>) -> Owning<Context> {
        std::mem::replace(&mut self.context.write(), Owning::new(context))
    }

    /// The settings of this connection.
    pub(crate) fn config(&self) -> Arc<Config> {
        self.config.read().clone()
    }

    /// Changes this connection's settings.
    pub(crate) fn edit<T>(&self, change: impl FnOnce(&mut Config) -> T) -> T {
        let mut shared = self.config.write();
        let (value, old) = Config::edit(&mut shared, change);
        self.options.store(shared.options, Ordering::Relaxed);
        self.mode.store(shared.mode, Ordering::Relaxed);
        self.read_ahead.store(shared.read_ahead, Ordering::Relaxed);
        drop(shared);
        drop(old);
        value
    }

    /// Whether an `SSL_MODE_*` bit is set.
    pub(crate) fn has_mode(&self, bit: u32) -> bool {
        self.mode.load(Ordering::Relaxed) & bit != 0
    }

    /// Whether an `SSL_OP_*` bit is set.
    pub(crate) fn has_option(&self, bit: u64) -> bool {
        self.options.load(Ordering::Relaxed) & bit != 0
    }

    /// Whether read and write go on after a record without application data.
    pub(crate) fn auto_retry(&self) -> bool {
        self.has_mode(mode::AUTO_RETRY)
    }

    /// What the handshake is to be.
    pub(crate) fn task(&self) -> Task {
        match self.task.load(Ordering::Relaxed) {
            1 => Task::Connect,
            2 => Task::Accept,
            3 => Task::Undefined,
            _ => Task::Unset,
        }
    }

    /// Whether a side has been chosen.
    pub(crate) fn has_role(&self) -> bool {
        self.task() != Task::Unset
    }

    /// Whether this is the server's side. Before one was chosen it is the method's, or the server's.
    pub(crate) fn is_server(&self) -> bool {
        self.server.load(Ordering::Relaxed)
    }

    /// Chooses the side.
    pub(crate) fn set_server(&self, server: bool) {
        let task = match (server, self.method.read().side) {
            (true, Side::Client) | (false, Side::Server) => Task::Undefined,
            (true, _) => Task::Accept,
            (false, _) => Task::Connect,
        };
        self.server.store(server, Ordering::Relaxed);
        self.task.store(task as u8, Ordering::Relaxed);
    }

    /// Takes over the side of another connection, also when none was chosen.
    pub(crate) fn copy_side(&self, from: &Self) {
        self.server.store(from.is_server(), Ordering::Relaxed);
        self.task.store(from.task() as u8, Ordering::Relaxed);
    }

    /// `SSL_get_state`.
    pub(crate) fn state(&self) -> State {
        *self.state.lock()
    }

    /// Sets what `SSL_get_state` answers.
    pub(crate) fn set_state(&self, state: State) {
        *self.state.lock() = state;
    }

    /// Adds bits to `SSL_get_shutdown`.
    pub(crate) fn add_shutdown(&self, bits: c_int) {
        self.shutdown.fetch_or(bits, Ordering::Relaxed);
    }

    /// Whether a bit of `SSL_get_shutdown` is set.
    pub(crate) fn has_shutdown(&self, bit: c_int) -> bool {
        self.shutdown.load(Ordering::Relaxed) & bit != 0
    }

    /// Sets what `SSL_want` answers.
    pub(crate) fn set_want(&self, want: u8) {
        self.want.set(want);
    }

    /// The BIOs as a transport for one call.
    pub(crate) fn transport(&self) -> crate::libcrypto::bio::BioTransport {
        let bios = self.bios.read();
        crate::libcrypto::bio::BioTransport {
            read: bios.read.clone(),
            write: bios.write.clone(),
            failure: None,
            broken: false,
        }
    }

    /// Whether data can flow.
    pub(crate) fn is_open(&self) -> bool {
        matches!(*self.phase.lock(), Phase::Open)
    }

    /// Whether a fatal error was met.
    pub(crate) fn has_failed(&self) -> bool {
        matches!(*self.phase.lock(), Phase::Failed)
    }

    /// `SSL_in_init`: whether something is to be done before data can flow.
    pub(crate) fn in_init(&self) -> bool {
        let waits = !matches!(self.key_update.load(Ordering::Relaxed), key_update::NONE | key_update::OWED);
        !self.is_open() || waits || self.session.owes_ticket()
    }

    /// `SSL_in_before`: whether no handshake has begun.
    pub(crate) fn is_before(&self) -> bool {
        !self.has_begun() && self.state() == State::Before
    }

    /// Whether a handshake has begun, whatever became of it.
    pub(crate) fn has_begun(&self) -> bool {
        !matches!(*self.phase.lock(), Phase::Idle)
    }

    /// Ends the connection: every later call fails without saying why again.
    pub(crate) fn fail(&self) {
        *self.phase.lock() = Phase::Failed;
    }

    /// Goes back to the time before any handshake (`SSL_set_connect_state`): records are in clear again.
    pub(crate) fn rewind(&self) {
        let phase = std::mem::take(&mut *self.phase.lock());
        let (receiver, sender) = (self.receiver.replace(None), self.sender.replace(None));
        self.owed.store(owed::NOTHING, Ordering::Relaxed);
        *self.exporter.lock() = None;
        self.hello_stage.store(0, Ordering::Relaxed);
        self.goodbye.store(goodbye::NONE, Ordering::Relaxed);
        self.key_update.store(key_update::NONE, Ordering::Relaxed);
        self.set_state(State::Before);
        // With nothing locked: what they hold may be the last of it.
        drop((phase, receiver, sender));
    }

    /// Makes a connection that was used, and then was given a side again, ready for the handshake that begins. Version and
    /// cipher can be seen until there are new ones.
    pub(crate) fn begin_again(&self) {
        let seen = {
            let facts = self.facts.read();
            (facts.version(), facts.suite())
        };
        self.forget();
        self.facts.write().chosen = Some(seen);
    }

    /// Forgets how the connection has ended, or what the program has said of that: a handshake begins.
    pub(crate) fn forget_end(&self) {
        self.want.reset(want::NOTHING);
        self.shutdown.store(0, Ordering::Relaxed);
        self.warning.store(0, Ordering::Relaxed);
        self.warnings.store(0, Ordering::Relaxed);
    }

    fn forget(&self) {
        self.forget_end();
        let exchange = self.exchange.write().take();
        *self.facts.write() = Facts::default();
        self.names.clear();
        self.own.clear();
        self.trust.clear();
        drop(exchange);
    }

    /// Forgets everything about a connection but its settings (`SSL_clear`).
    pub(crate) fn reset(&self) {
        self.rewind();
        self.forget();
    }
}

impl Owned for Connection {
    fn owners(&self) -> &AtomicUsize {
        &self.owners
    }

    /// Runs what may call the program back with this connection.
    fn last_owner_gone(this: &Arc<Self>) {
        this.ex_data.detach(this.as_ptr().cast());
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Never owned: it could not be made whole.
        self.ex_data.detach(std::ptr::null_mut());
        super::session::connection_dropped(self);
    }
}

/// Takes a connection apart from its pointer, or fails as most functions do on null.
///
/// # Safety
/// `ssl` is null or a live handle.
pub(crate) unsafe fn share(ssl: *const SSL) -> Result<Arc<Connection>, Error> {
    // SAFETY: null or a live handle, by the caller.
    unsafe { SSL::share(ssl) }.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))
}

/// `SSL_new(3)`: makes a connection of a context.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_new(ctx: *mut SSL_CTX) -> *mut SSL {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Ssl(super::reason::NULL_SSL_CTX))?;
        Ok(SSL::give(Owning::new(Connection::new(context)?)))
    })
}

/// `SSL_up_ref(3)`: adds a count; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_up_ref(ssl: *mut SSL) -> c_int {
    // SAFETY: null or a live handle, by the manual.
    guard(0, || Ok(unsafe { SSL::up_ref(ssl) }.into()))
}

/// `SSL_free(3)`: gives a count back; null is allowed. With the last one the BIOs are freed too.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle, not used again by this owner.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_free(ssl: *mut SSL) {
    guard((), || {
        // SAFETY: null or a live handle whose count is given up, by the manual.
        drop(unsafe { SSL::take(ssl) });
        Ok(())
    });
}

/// `SSL_clear(3)`: makes a connection ready to be used again with the same settings; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_clear(ssl: *mut SSL) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Ssl(super::reason::NO_METHOD_SPECIFIED))?;
        super::session::connection_cleared(&ssl);
        let method = *ssl.context().method.read();
        let before = std::mem::replace(&mut *ssl.method.write(), method);
        if !std::ptr::eq(before, method) {
            ssl.edit(|config| config.method_versions = method.versions);
        }
        ssl.reset();
        Ok(1)
    })
}

/// `SSL_get_SSL_CTX(3)`: the context, without a count for the caller.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_SSL_CTX(ssl: *const SSL) -> *mut SSL_CTX {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(SSL_CTX::peek(&ssl.context()))
    })
}

/// `SSL_set_SSL_CTX(3)`: continues with another context's certificates and settings, typically from the server-name
/// callback; returns the context now in use.
///
/// A null `ctx` means the context the connection was made from.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle, and so is `ctx`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_SSL_CTX(ssl: *mut SSL, ctx: *mut SSL_CTX) -> *mut SSL_CTX {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        // SAFETY: as above.
        let new = unsafe { SSL_CTX::share(ctx) }.unwrap_or_else(|| Arc::clone(&ssl.session_context));
        let old = ssl.context();
        if !Arc::ptr_eq(&old, &new) {
            let (from, to) = (old.config(), new.config());
            ssl.edit(|config| {
                // What OpenSSL keeps beside the certificates goes with them; the cipher list is looked up when needed.
                config.certificates = to.certificates.clone();
                config.cert_flags = to.cert_flags;
                config.security_level = to.security_level;
                config.security_callback = to.security_callback;
                config.security_ex_data = to.security_ex_data;
                config.security_answers = None;
                config.sigalgs = to.sigalgs.clone();
                config.client_sigalgs = to.client_sigalgs.clone();
                config.tmp_dh = to.tmp_dh.clone();
                config.verify.verify_store = to.verify.verify_store.clone();
                config.verify.chain_store = to.verify.chain_store.clone();
                // The session id context moves on unless the connection has one of its own.
                if config.session_id_context == from.session_id_context {
                    config.session_id_context = to.session_id_context.clone();
                }
            });
            ssl.own.forget();
            ssl.replace_context(new);
        }
        Ok(SSL_CTX::peek(&ssl.context()))
    })
}

#[expect(unused_imports, reason = "topic files take both by this path")]
pub(crate) use context::share as share_context;
