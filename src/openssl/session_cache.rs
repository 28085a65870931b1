//! A context's session cache: what it keeps, its modes, sizes and counters, and the program's callbacks for a cache of
//! its own.

use super::callback_types::{GetSessionCallback, NewSessionCallback, RemoveSessionCallback};
use super::connection::Connection;
use super::context::{self, Context};
use super::error::{Error, guard};
use super::session_object::{self, Bytes32, Session, now};
use super::session_store::{Cache, Key};
use super::ticket_keys::TicketSettings;
use super::types::{SSL_CTX, SSL_SESSION, lhash_st_SSL_SESSION};
use crate::seam::{Handle, Owning};
use parking_lot::RwLock;
use std::ffi::{c_int, c_long};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

/// `SSL_SESS_CACHE_*` (`SSL_CTX_set_session_cache_mode(3)`).
pub(crate) mod mode {
    pub(crate) const CLIENT: u32 = 0x001;
    pub(crate) const SERVER: u32 = 0x002;
    pub(crate) const NO_AUTO_CLEAR: u32 = 0x080;
    pub(crate) const NO_INTERNAL_LOOKUP: u32 = 0x100;
    pub(crate) const NO_INTERNAL_STORE: u32 = 0x200;
    pub(crate) const UPDATE_TIME: u32 = 0x400;
}

/// `SSL_SESSION_CACHE_MAX_SIZE_DEFAULT`.
const DEFAULT_SIZE: c_long = 20480;
/// Seconds that a session is good for unless the program says otherwise.
pub(crate) const DEFAULT_TIMEOUT: c_long = 7200;

/// What `SSL_CTX_sess_number(3)` and its relatives count.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) connect: AtomicU64,
    pub(crate) connect_good: AtomicU64,
    pub(crate) accept: AtomicU64,
    pub(crate) accept_good: AtomicU64,
    pub(crate) hit: AtomicU64,
    pub(crate) external_hit: AtomicU64,
    pub(crate) miss: AtomicU64,
    pub(crate) timeout: AtomicU64,
    pub(crate) full: AtomicU64,
}

/// Counts one more; gives the new number.
pub(crate) fn count(counter: &AtomicU64) -> u64 {
    counter.fetch_add(1, Ordering::Relaxed) + 1
}

/// The program's callbacks.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SessionCallbacks {
    pub(crate) new: NewSessionCallback,
    pub(crate) remove: RemoveSessionCallback,
    pub(crate) get: GetSessionCallback,
}

/// Cache, modes, counters and callbacks of a context.
#[derive(Debug)]
pub(crate) struct ContextSessions {
    cache: Arc<Cache>,
    mode: AtomicU32,
    size: AtomicI64,
    timeout: AtomicI64,
    pub(crate) counters: Counters,
    pub(crate) callbacks: RwLock<SessionCallbacks>,
    pub(crate) tickets: TicketSettings,
}

impl ContextSessions {
    /// An empty cache with OpenSSL's defaults.
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self {
            cache: Arc::default(),
            mode: AtomicU32::new(mode::SERVER),
            size: AtomicI64::new(DEFAULT_SIZE),
            timeout: AtomicI64::new(DEFAULT_TIMEOUT),
            counters: Counters::default(),
            callbacks: RwLock::default(),
            tickets: TicketSettings::new()?,
        })
    }

    /// Whether any of these bits of the mode is set.
    pub(crate) fn has_mode(&self, bits: u32) -> bool {
        self.mode.load(Ordering::Relaxed) & bits != 0
    }

    /// How long new sessions are good for, seconds.
    pub(crate) fn timeout(&self) -> i64 {
        match self.timeout.load(Ordering::Relaxed) {
            0 => DEFAULT_TIMEOUT,
            seconds => seconds,
        }
    }

    /// Keeps a session in the internal cache; whether it was not there before.
    pub(crate) fn add(&self, context: &Arc<Context>, session: &Arc<Session>) -> bool {
        if self.has_mode(mode::UPDATE_TIME) {
            session.fields.write().time = now();
        }
        let size = usize::try_from(self.size.load(Ordering::Relaxed)).unwrap_or(0);
        let added = self.cache.add(session, size);
        for evicted in added.evicted {
            count(&self.counters.full);
            gone(context, evicted);
        }
        added.is_new
    }

    /// Takes a session out of the cache, forbids its resumption and tells the program; whether it was there.
    pub(crate) fn remove(&self, context: &Arc<Context>, session: &Arc<Session>) -> bool {
        if session.fields.read().id.is_empty() {
            return false;
        }
        let kept = self.cache.remove(session);
        session.spoil();
        tell_removed(context, session);
        kept.is_some()
    }

    /// Whether the internal cache has a session with this id.
    pub(crate) fn has(&self, version: u16, id: &[u8]) -> bool {
        Bytes32::new(id).is_some_and(|id| self.cache.find(&Key::new(version.into(), id)).is_some())
    }

    /// Removes the sessions that have ended before `time`, or all of them.
    pub(crate) fn flush(&self, context: &Arc<Context>, time: Option<i64>) {
        while let Some(session) = self.cache.remove_ended(time) {
            gone(context, session);
        }
    }

    /// Flushes now and then, as the mode says.
    pub(crate) fn auto_clear(&self, context: &Arc<Context>, side: u32, completed: u64) {
        if !self.has_mode(mode::NO_AUTO_CLEAR) && self.has_mode(side) && completed & 0xff == 0xff {
            self.flush(context, Some(now()));
        }
    }
}

/// A session has left the cache.
fn gone(context: &Arc<Context>, session: Owning<Session>) {
    session.spoil();
    tell_removed(context, &session);
}

fn tell_removed(context: &Arc<Context>, session: &Arc<Session>) {
    let callback = context.sessions.callbacks.read().remove;
    if let Some(callback) = callback {
        // SAFETY: both objects are live for the call, and nothing of them is locked.
        unsafe { callback(SSL_CTX::peek(context), SSL_SESSION::peek(session)) };
    }
}

/// The last count of a context is about to go: its sessions are removed, with the callback.
pub(crate) fn context_freed(context: &Arc<Context>) {
    context.sessions.flush(context, None);
}

/// Server: the session a client asks for by its id, from the internal cache or the program's.
pub(crate) fn look_up(ssl: &Arc<Connection>, version: u16, id: &[u8]) -> Option<Owning<Session>> {
    let context = &ssl.session_context;
    let sessions = &context.sessions;
    if !sessions.has_mode(mode::NO_INTERNAL_LOOKUP) {
        let found = sessions.cache.find(&Key::new(version.into(), Bytes32::new(id)?));
        if found.is_some() {
            return found;
        }
        count(&sessions.counters.miss);
    }
    let callback = sessions.callbacks.read().get?;
    let (mut copy, len) = (1, c_int::try_from(id.len()).ok()?);
    // SAFETY: the connection is live and not locked; id and `copy` live as long as the call.
    let found = unsafe { callback(ssl.as_ptr(), id.as_ptr(), len, &raw mut copy) };
    let found = if copy == 0 {
        // SAFETY: null, or a live session whose count the program has just given us.
        unsafe { SSL_SESSION::take(found) }
    } else {
        // SAFETY: null, or a live session of the program's.
        unsafe { SSL_SESSION::share(found) }.map(Owning::new)
    }?;
    if found.not_resumable.load(Ordering::Relaxed) {
        return None;
    }
    count(&sessions.counters.external_hit);
    if !sessions.has_mode(mode::NO_INTERNAL_STORE) {
        sessions.add(context, &found);
    }
    Some(found)
}

/// The commands of `SSL_CTX_ctrl` that are about sessions; none: it is not one of them.
pub(crate) fn command(context: &Context, command: c_int, larg: c_long) -> Option<c_long> {
    let sessions = &context.sessions;
    let counters = &sessions.counters;
    let number = |counter: &AtomicU64| c_long::try_from(counter.load(Ordering::Relaxed)).unwrap_or(c_long::MAX);
    Some(match command {
        20 => c_long::try_from(sessions.cache.len()).unwrap_or(c_long::MAX),
        21 => number(&counters.connect),
        22 => number(&counters.connect_good),
        24 => number(&counters.accept),
        25 => number(&counters.accept_good),
        // Renegotiations: there are none.
        23 | 26 => 0,
        27 => number(&counters.hit),
        28 => number(&counters.external_hit),
        29 => number(&counters.miss),
        30 => number(&counters.timeout),
        31 => number(&counters.full),
        42 if larg < 0 => 0,
        42 => sessions.size.swap(larg, Ordering::Relaxed),
        43 => sessions.size.load(Ordering::Relaxed),
        // The mode is 32 bits wide, like OpenSSL's.
        44 => sessions.mode.swap((larg & 0xffff_ffff) as u32, Ordering::Relaxed).into(),
        45 => sessions.mode.load(Ordering::Relaxed).into(),
        _ => return None,
    })
}

/// `SSL_CTX_add_session(3)`: keeps a session in the internal cache; 1 when it was not there before.
///
/// Status: full.
///
/// # Safety
/// `ctx` and `session` are null or live handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_add_session(ctx: *mut SSL_CTX, session: *mut SSL_SESSION) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { context::share(ctx) }?;
        // SAFETY: as above.
        let session = unsafe { session_object::share(session) }?;
        Ok(context.sessions.add(&context, &session).into())
    })
}

/// `SSL_CTX_add_session(3)`: takes a session out of the internal cache and forbids its resumption; 1 when it was there.
///
/// Status: full.
///
/// # Safety
/// `ctx` and `session` are null or live handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_remove_session(ctx: *mut SSL_CTX, session: *mut SSL_SESSION) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let session = unsafe { session_object::share(session) }?;
        // SAFETY: as above.
        let context = unsafe { context::share(ctx) }?;
        Ok(context.sessions.remove(&context, &session).into())
    })
}

/// `SSL_CTX_sessions(3)`: the internal cache as one of libcrypto's hash tables, to be looked at, which lives as long as the
/// context.
///
/// Status: partial: what a program changes in the table changes nothing in the cache, and is lost with the next session
/// that comes or goes.
///
/// # Safety
/// `ctx` is null or a live handle; nobody changes the cache while the table is looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_sessions(ctx: *mut SSL_CTX) -> *mut lhash_st_SSL_SESSION {
    // SAFETY: null or a live handle, by the manual.
    guard(std::ptr::null_mut(), || Ok(unsafe { context::share(ctx) }?.sessions.cache.table()))
}

/// # Safety
/// `ctx` is null or a live handle.
unsafe fn flush(ctx: *mut SSL_CTX, time: i64) -> Result<(), Error> {
    // SAFETY: null or a live handle, by the caller.
    let context = unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Silent)?;
    context.sessions.flush(&context, (time != 0).then_some(time));
    Ok(())
}

/// `SSL_CTX_flush_sessions(3)`: removes the sessions that have ended before `tm`, seconds since 1970; with 0 all.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_flush_sessions(ctx: *mut SSL_CTX, tm: c_long) {
    // SAFETY: null or a live handle, by the manual.
    guard((), || unsafe { flush(ctx, tm) });
}

/// `SSL_CTX_flush_sessions(3)`: removes the sessions that have ended before `tm`, seconds since 1970; with 0 all.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_flush_sessions_ex(ctx: *mut SSL_CTX, tm: libc::time_t) {
    // SAFETY: null or a live handle, by the manual.
    guard((), || unsafe { flush(ctx, tm) });
}

/// `SSL_CTX_set_timeout(3)`: sets how long new sessions are good for, seconds; returns the time set before.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_timeout(ctx: *mut SSL_CTX, t: c_long) -> c_long {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Silent)?;
        Ok(context.sessions.timeout.swap(t, Ordering::Relaxed))
    })
}

/// `SSL_CTX_set_timeout(3)`: how long new sessions are good for, seconds.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_timeout(ctx: *const SSL_CTX) -> c_long {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Silent)?;
        Ok(context.sessions.timeout.load(Ordering::Relaxed))
    })
}

/// Changes a context's session callbacks.
///
/// # Safety
/// `ctx` is null or a live handle.
unsafe fn set(ctx: *mut SSL_CTX, set: impl FnOnce(&mut SessionCallbacks)) {
    guard((), || {
        // SAFETY: null or a live handle, by the caller.
        let context = unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Silent)?;
        set(&mut context.sessions.callbacks.write());
        Ok(())
    });
}

/// Reads a context's session callbacks.
///
/// # Safety
/// `ctx` is null or a live handle.
unsafe fn get<T>(ctx: *mut SSL_CTX, none: T, get: impl FnOnce(&SessionCallbacks) -> T) -> T {
    guard(none, || {
        // SAFETY: null or a live handle, by the caller.
        let context = unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Silent)?;
        let callbacks = *context.sessions.callbacks.read();
        Ok(get(&callbacks))
    })
}

/// `SSL_CTX_sess_set_get_cb(3)`: sets the callback that is given each new session; it returns 1 to keep the count.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; the callback can be called as long as the context lives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_sess_set_new_cb(ctx: *mut SSL_CTX, new_session_cb: NewSessionCallback) {
    // SAFETY: null or a live handle, by the manual.
    unsafe { set(ctx, |callbacks| callbacks.new = new_session_cb) };
}

/// `SSL_CTX_sess_set_get_cb(3)`: the callback that is given each new session.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_sess_get_new_cb(ctx: *mut SSL_CTX) -> NewSessionCallback {
    // SAFETY: null or a live handle, by the manual.
    unsafe { get(ctx, None, |callbacks| callbacks.new) }
}

/// `SSL_CTX_sess_set_get_cb(3)`: sets the callback that is told when a session is removed.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; the callback can be called as long as the context lives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_sess_set_remove_cb(ctx: *mut SSL_CTX, remove_session_cb: RemoveSessionCallback) {
    // SAFETY: null or a live handle, by the manual.
    unsafe { set(ctx, |callbacks| callbacks.remove = remove_session_cb) };
}

/// `SSL_CTX_sess_set_get_cb(3)`: the callback that is told when a session is removed.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_sess_get_remove_cb(ctx: *mut SSL_CTX) -> RemoveSessionCallback {
    // SAFETY: null or a live handle, by the manual.
    unsafe { get(ctx, None, |callbacks| callbacks.remove) }
}

/// `SSL_CTX_sess_set_get_cb(3)`: sets the callback that finds a session by its id in a cache of the program's. It sets
/// `*copy` to 0 to give its count away.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; the callback can be called as long as the context lives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_sess_set_get_cb(ctx: *mut SSL_CTX, get_session_cb: GetSessionCallback) {
    // SAFETY: null or a live handle, by the manual.
    unsafe { set(ctx, |callbacks| callbacks.get = get_session_cb) };
}

/// `SSL_CTX_sess_set_get_cb(3)`: the callback that finds a session by its id.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_sess_get_get_cb(ctx: *mut SSL_CTX) -> GetSessionCallback {
    // SAFETY: null or a live handle, by the manual.
    unsafe { get(ctx, None, |callbacks| callbacks.get) }
}
