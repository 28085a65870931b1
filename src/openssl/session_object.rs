//! `SSL_SESSION`: the object, its counts and its fields.

use super::context::Context;
use super::error::{Error, MALLOC_FAILURE, PASSED_NULL_PARAMETER, guard};
use super::session_store::Cache;
use super::types::SSL_SESSION;
use crate::libcrypto::ex_data::ExData;
use crate::libcrypto::lib_ctx::LibCtx;
use crate::libcrypto::sys;
use crate::libcrypto::x509::X509;
use crate::seam::{Handle, Owned, Owning};
use crate::tls::cipher::{self, Suite};
use crate::tls::session::{Resumable, TLS1_3};
use parking_lot::{Mutex, RwLock};
use std::ffi::{CString, c_int, c_long};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::{SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

impl Handle for SSL_SESSION {
    type Inner = Session;
}

/// At most 32 bytes that stay where they are, because C is given their address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Bytes32 {
    len: u8,
    data: [u8; 32],
}

impl Bytes32 {
    /// A copy of `bytes`; none when there are more than 32.
    pub(crate) fn new(bytes: &[u8]) -> Option<Self> {
        let mut data = [0; 32];
        data.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(Self { len: u8::try_from(bytes.len()).ok()?, data })
    }

    /// The bytes.
    pub(crate) fn as_slice(&self) -> &[u8] {
        self.data.get(..self.len.into()).unwrap_or_default()
    }

    /// The bytes, filled up with zeros.
    pub(crate) fn padded(&self) -> &[u8; 32] {
        &self.data
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// `SSL_SESS_FLAG_EXTMS`: the extended master secret was used.
pub(crate) const FLAG_EXTMS: u64 = 1;

/// `TLSEXT_max_fragment_length_UNSPECIFIED`.
const UNSPECIFIED_FRAGMENT: u8 = 255;

/// The lifetime of a session that belongs to no context, seconds.
const TIMEOUT_ALONE: c_long = 304;

/// What a session consists of. The order of the fields is that of OpenSSL's encoding.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    /// The protocol version, 0 when not known.
    pub(crate) version: c_int,
    /// The cipher suite's number.
    pub(crate) suite: Option<u16>,
    /// The id: from the server, made here for a ticket, or set by the program.
    pub(crate) id: Bytes32,
    /// TLS 1.2's master secret, or TLS 1.3's pre-shared key.
    pub(crate) master_key: Zeroizing<Vec<u8>>,
    /// When it began, seconds since 1970.
    pub(crate) time: i64,
    /// How long it is good for, seconds.
    pub(crate) timeout: i64,
    /// The peer's certificates, leaf first, DER.
    pub(crate) peer_chain: Arc<Vec<Vec<u8>>>,
    /// It was read from an encoding: of the peer's chain no more than the leaf is known.
    pub(crate) leaf_only: bool,
    /// Where it is valid.
    pub(crate) id_context: Bytes32,
    /// The result of verifying the peer (`X509_V_OK`, ...).
    pub(crate) verify_result: c_long,
    /// The server name that was agreed on.
    pub(crate) hostname: Option<CString>,
    /// Seconds for which the server says the ticket is good.
    pub(crate) lifetime_hint: u64,
    /// The ticket; empty: none.
    pub(crate) ticket: Vec<u8>,
    /// `SSL_SESS_FLAG_*`.
    pub(crate) flags: u64,
    /// What a client adds to the age of its ticket, milliseconds.
    pub(crate) age_add: u32,
    /// Bytes of early data that the server allows.
    pub(crate) max_early_data: u32,
    /// The application protocol.
    pub(crate) alpn: Vec<u8>,
    /// The code of the max_fragment_length extension, 0 for none.
    pub(crate) fragment_mode: u8,
    /// What the program keeps in the ticket.
    pub(crate) ticket_appdata: Vec<u8>,
    /// The group of the key exchange by OpenSSL's number, 0 when not known.
    pub(crate) group: u32,
    /// The compression method of a session that was not made here; 0: none.
    pub(crate) compression: u8,
    /// Identities of pre-shared keys and SRP users, of sessions that were not made here: hint, identity, user.
    pub(crate) foreign: [Option<Vec<u8>>; 3],
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            version: 0,
            suite: None,
            id: Bytes32::default(),
            master_key: Zeroizing::default(),
            time: now(),
            timeout: TIMEOUT_ALONE,
            peer_chain: Arc::default(),
            leaf_only: false,
            id_context: Bytes32::default(),
            // X509_V_ERR_UNSPECIFIED: nothing has been verified.
            verify_result: 1,
            hostname: None,
            lifetime_hint: 0,
            ticket: Vec::new(),
            flags: 0,
            age_add: 0,
            max_early_data: 0,
            alpn: Vec::new(),
            fragment_mode: UNSPECIFIED_FRAGMENT,
            ticket_appdata: Vec::new(),
            group: 0,
            compression: 0,
            foreign: [None, None, None],
        }
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

impl Fields {
    /// The fields of a new session of a context.
    pub(crate) fn of(context: &Context) -> Self {
        Self { timeout: context.sessions.timeout(), verify_result: 0, fragment_mode: 0, ..Self::default() }
    }

    /// The cipher suite, if it is known.
    pub(crate) fn cipher(&self) -> Option<&'static Suite> {
        self.suite.and_then(cipher::by_id)
    }

    /// The code of the max_fragment_length extension; 0 also where nothing was said.
    pub(crate) fn fragment_code(&self) -> u8 {
        if self.fragment_mode == UNSPECIFIED_FRAGMENT { 0 } else { self.fragment_mode }
    }

    /// When it ends, seconds since 1970.
    pub(crate) fn end(&self) -> i64 {
        self.time.saturating_add(self.timeout)
    }

    /// Takes over what rustls's session says.
    pub(crate) fn take(&mut self, from: Resumable) {
        self.version = from.version.into();
        self.suite = Some(from.suite);
        self.master_key = from.secret;
        self.flags = if from.extended_master_secret { FLAG_EXTMS } else { 0 };
        self.age_add = from.age_add;
        self.max_early_data = from.max_early_data;
        self.ticket = from.ticket;
        self.lifetime_hint = from.lifetime;
        if let Some(id) = Bytes32::new(&from.session_id) {
            self.id = id;
        }
    }

    /// What rustls needs for resumption; none when the session cannot be used with it.
    pub(crate) fn resumable(&self) -> Option<Resumable> {
        Some(Resumable {
            version: u16::try_from(self.version).ok()?,
            suite: self.suite?,
            secret: self.master_key.clone(),
            extended_master_secret: self.flags & FLAG_EXTMS != 0,
            session_id: self.id.as_slice().to_vec(),
            ticket: self.ticket.clone(),
            age_add: self.age_add,
            max_early_data: self.max_early_data,
            time: u64::try_from(self.time).ok()?,
            lifetime: self.lifetime_hint,
            peer_chain: self.peer_chain.to_vec(),
            server_name: self.hostname.as_ref().map(|name| name.to_bytes().to_vec()),
            alpn: self.alpn.clone(),
        })
    }

    /// Whether it is TLS 1.3's.
    pub(crate) fn is_tls13(&self) -> bool {
        self.version == c_int::from(TLS1_3)
    }
}

/// The object behind an `SSL_SESSION *`.
pub struct Session {
    owners: AtomicUsize,
    /// C reads ids and other bytes in place; getters that hand out addresses say for how long they are good.
    pub(crate) fields: RwLock<Fields>,
    /// It must not be resumed any more.
    pub(crate) not_resumable: AtomicBool,
    /// The peer's certificate as an object, made when it is asked for.
    peer: Mutex<Option<X509>>,
    /// The cache it is in.
    pub(crate) owner: Mutex<Weak<Cache>>,
    pub(crate) ex_data: ExData,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

impl Session {
    /// A session with these fields.
    pub(crate) fn new(fields: Fields) -> Result<Owning<Self>, Error> {
        let session = Owning::new(Arc::new(Self {
            owners: AtomicUsize::new(0),
            fields: RwLock::new(fields),
            not_resumable: AtomicBool::new(false),
            peer: Mutex::default(),
            owner: Mutex::default(),
            ex_data: ExData::new(sys::CRYPTO_EX_INDEX_SSL_SESSION),
        }));
        if !session.ex_data.attach(SSL_SESSION::peek(&session).cast()) {
            return Err(Error::Ssl(MALLOC_FAILURE));
        }
        Ok(session)
    }

    /// A session of its own with the same fields and application data.
    pub(crate) fn duplicate(&self) -> Result<Owning<Self>, Error> {
        let copy = Self::new(self.fields.read().clone())?;
        *copy.peer.lock() = self.peer.lock().clone();
        copy.not_resumable.store(self.not_resumable.load(Ordering::Relaxed), Ordering::Relaxed);
        if !copy.ex_data.duplicate(&self.ex_data) {
            return Err(Error::Ssl(MALLOC_FAILURE));
        }
        Ok(copy)
    }

    /// Puts other fields, and the peer's certificate, in the place of its own.
    pub(crate) fn refill(&self, fields: Fields, peer: Option<X509>) {
        *self.fields.write() = fields;
        *self.peer.lock() = peer;
        self.moved();
    }

    /// `SSL_SESSION_is_resumable(3)`.
    pub(crate) fn is_resumable(&self) -> bool {
        let fields = self.fields.read();
        let known = !fields.id.is_empty() || !fields.ticket.is_empty();
        known && !self.not_resumable.load(Ordering::Relaxed)
    }

    /// Forbids resumption from now on.
    pub(crate) fn spoil(&self) {
        self.not_resumable.store(true, Ordering::Relaxed);
    }

    /// Tells the cache it is in that its end has changed.
    pub(crate) fn moved(&self) {
        let owner = self.owner.lock().upgrade();
        if let Some(cache) = owner {
            cache.reorder(self);
        }
    }

    /// The peer's certificate; none when there is none, or libcrypto does not take it.
    pub(crate) fn peer(&self, lib_ctx: &LibCtx) -> Option<X509> {
        let chain = self.fields.read().peer_chain.clone();
        let mut peer = self.peer.lock();
        if peer.is_none() {
            *peer = X509::from_der(chain.first()?, lib_ctx);
        }
        peer.clone()
    }

    /// Sets the peer's certificate with the object that programs shall get.
    pub(crate) fn set_peer(&self, certificate: X509) {
        *self.peer.lock() = Some(certificate);
    }
}

impl Owned for Session {
    fn owners(&self) -> &AtomicUsize {
        &self.owners
    }

    fn last_owner_gone(this: &Arc<Self>) {
        this.ex_data.detach(SSL_SESSION::peek(this).cast());
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Owned again after its last owner had let go: there is no pointer any more that callbacks could use.
        self.ex_data.detach(std::ptr::null_mut());
    }
}

/// Takes a session apart from its pointer, or fails without an entry in the queue.
///
/// # Safety
/// `session` is null or a live handle.
pub(crate) unsafe fn share(session: *const SSL_SESSION) -> Result<Owning<Session>, Error> {
    // SAFETY: null or a live handle, by the caller.
    unsafe { SSL_SESSION::share(session) }.map(Owning::new).ok_or(Error::Silent)
}

/// `SSL_SESSION_new(3)`: an empty session.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_SESSION_new() -> *mut SSL_SESSION {
    guard(std::ptr::null_mut(), || Ok(SSL_SESSION::give(Session::new(Fields::default())?)))
}

/// `SSL_SESSION_dup(3)`: a copy that shares nothing with `src`; null on failure.
///
/// Status: full.
///
/// # Safety
/// `src` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_dup(src: *const SSL_SESSION) -> *mut SSL_SESSION {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let session = unsafe { SSL_SESSION::share(src) }.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))?;
        Ok(SSL_SESSION::give(session.duplicate()?))
    })
}

/// `SSL_SESSION_free(3)`: gives a count back; null is allowed.
///
/// Status: full.
///
/// # Safety
/// `ses` is null or a live handle, not used again by this owner.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_free(ses: *mut SSL_SESSION) {
    guard((), || {
        // SAFETY: null or a live handle whose count is given up, by the manual.
        if let Some(session) = unsafe { SSL_SESSION::take(ses) } {
            drop(session);
        }
        Ok(())
    });
}

/// `SSL_SESSION_up_ref(3)`: adds a count; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ses` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_up_ref(ses: *mut SSL_SESSION) -> c_int {
    // SAFETY: null or a live handle, by the manual.
    guard(0, || Ok(unsafe { SSL_SESSION::up_ref(ses) }.into()))
}
