//! The session of a connection: the one in use, or the one to be offered.

use super::connection::{Connection, Phase, shut};
use super::error::{Error, guard};
use super::session_cache::{DEFAULT_TIMEOUT, count, mode};
use super::session_object::{Bytes32, FLAG_EXTMS, Fields, Session, now};
use super::strings::State as Shown;
use super::types::{SSL, SSL_SESSION};
use super::{reason, session_client, session_server, session_tickets};
use crate::seam::{Handle, Owning, arg};
use crate::tls::hello::Hello;
use crate::tls::session::{Resumable, TLS1_2, TLS1_3, ticket_id};
use parking_lot::Mutex;
use std::ffi::{c_int, c_long, c_uchar, c_uint};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

pub(crate) use session_client::offer;
pub(crate) use session_server::{
    decide, find as server_find, hidden_extensions, lifetime, look_up, name_accepted, new_id, resumed_suite,
    server_settings, store as server_store, ticket_failure,
};
pub(crate) use session_tickets::{due_tickets, first_tickets};

/// The sessions of a connection.
#[derive(Debug, Default)]
pub(crate) struct ConnectionSession {
    pub(super) state: Mutex<State>,
    /// Server, TLS 1.3: how many more tickets the program wants to be sent.
    pub(super) tickets_due: AtomicU32,
    /// Client, TLS 1.3: a ticket is being taken in.
    takes_ticket: AtomicBool,
}

/// What a connection knows about its session.
#[derive(Debug, Default)]
pub(super) struct State {
    /// In use, or to be offered.
    pub(super) current: Option<Owning<Session>>,
    /// A side was chosen since it was agreed on, by which the connection counts as not begun.
    before: bool,
    /// The client offers it.
    pub(super) offered: bool,
    /// Client, TLS 1.2: the session id by which the server can say that it resumes.
    pub(super) offered_id: Vec<u8>,
    /// It was resumed.
    pub(super) hit: bool,
    /// The server's side of it.
    pub(super) server: session_server::State,
}

impl ConnectionSession {
    /// The session in use, or to be offered.
    pub(crate) fn current(&self) -> Option<Owning<Session>> {
        self.state.lock().current.clone()
    }

    /// Whether the session was resumed.
    pub(crate) fn hit(&self) -> bool {
        self.state.lock().hit
    }

    /// Puts another session in the place of the current one.
    pub(super) fn replace(&self, session: Option<Owning<Session>>) {
        let old = std::mem::replace(&mut self.state.lock().current, session);
        // With nothing locked: it may be the last owner.
        drop(old);
    }

    /// Whether the session was resumed from an encoding, which has room for the peer's own certificate only.
    pub(crate) fn knows_leaf_only(&self) -> bool {
        let state = self.state.lock();
        state.hit && state.current.as_ref().is_some_and(|session| session.fields.read().leaf_only)
    }

    /// How many tickets a TLS 1.3 server has sent.
    pub(crate) fn tickets_sent(&self) -> usize {
        self.state.lock().server.tickets_sent
    }

    /// Whether a ticket is being taken in, which is a small handshake of its own.
    pub(crate) fn takes_ticket(&self) -> bool {
        self.takes_ticket.load(Ordering::Relaxed)
    }

    /// Runs `body`, which takes a ticket in.
    pub(super) fn taking_ticket(&self, body: impl FnOnce()) {
        self.takes_ticket.store(true, Ordering::Relaxed);
        body();
        self.takes_ticket.store(false, Ordering::Relaxed);
    }

    /// Whether the program wants a ticket to be sent.
    pub(crate) fn owes_ticket(&self) -> bool {
        self.tickets_due.load(Ordering::Relaxed) > 0
    }
}

/// A new session for a connection, valid where the connection is.
pub(super) fn fresh(ssl: &Connection) -> Option<Owning<Session>> {
    let mut fields = Fields::of(&ssl.session_context);
    fields.version = match (ssl.facts.read().version(), ssl.config().versions()) {
        (0, (_, true)) => TLS1_3.into(),
        (0, _) => TLS1_2.into(),
        (version, _) => version.into(),
    };
    fields.id_context = Bytes32::new(&ssl.config().session_id_context).unwrap_or_default();
    Session::new(fields).map_err(crate::seam::Failure::report).ok()
}

/// Puts what the handshake agreed on into a new session.
pub(super) fn fill(ssl: &Connection, session: &Session) {
    let (agreed, chain, secret) = {
        let facts = ssl.facts.read();
        (facts.agreed.clone(), facts.peer_chain.clone(), facts.master_secret.clone())
    };
    let Some(agreed) = agreed else { return };
    let mut fields = session.fields.write();
    fields.version = agreed.version.into();
    fields.suite = Some(agreed.suite);
    fields.group = agreed.group.unwrap_or(0).into();
    fields.peer_chain = chain.unwrap_or_default();
    // Of a client that was not verified the session says nothing, whatever the program has set.
    if !fields.peer_chain.is_empty() {
        fields.verify_result = ssl.verify_result.load(Ordering::Relaxed).into();
    }
    fields.alpn = agreed.alpn.clone().unwrap_or_default();
    if agreed.extended_master_secret == Some(true) {
        fields.flags |= FLAG_EXTMS;
    }
    if let Some(secret) = secret {
        fields.master_key = (*secret).clone();
    }
    drop(fields);
    let peer = ssl.trust.peer.lock().presented.as_ref().and_then(|presented| presented.leaf().cloned());
    if let Some(peer) = peer {
        session.set_peer(peer);
    }
}

/// A client's session has got a ticket: it becomes resumable with it.
pub(super) fn take_ticket(session: &Session, from: Resumable) {
    let mut fields = session.fields.write();
    fields.take(from);
    fields.time = now();
    fields.id = Bytes32::new(&ticket_id(&fields.ticket)).unwrap_or_default();
    drop(fields);
    session.not_resumable.store(false, Ordering::Relaxed);
}

/// A new session is there for the caches of its side (`mode::CLIENT` or `mode::SERVER`): as OpenSSL decides, it is kept
/// and the program is told.
pub(super) fn publish(ssl: &Arc<Connection>, side: u32) {
    let Some(session) = ssl.session.current() else { return };
    let context = &ssl.session_context;
    let sessions = &context.sessions;
    let (named, tls13, anywhere) = {
        let fields = session.fields.read();
        (!fields.id.is_empty(), fields.is_tls13(), fields.id_context.is_empty())
    };
    // A server that asks for certificates must say where its sessions are valid.
    let unsafe_anywhere = side == mode::SERVER && anywhere && session_server::verifies(ssl);
    if !named || unsafe_anywhere || session.not_resumable.load(Ordering::Relaxed) {
        return;
    }
    if sessions.has_mode(side) && (!ssl.session.hit() || tls13) {
        if !sessions.has_mode(mode::NO_INTERNAL_STORE)
            && (!tls13 || side == mode::CLIENT || session_server::keeps_tls13(ssl))
        {
            sessions.add(context, &session);
        }
        tell_new(ssl, session);
    }
    let completed = match side {
        mode::CLIENT => &sessions.counters.connect_good,
        _ => &sessions.counters.accept_good,
    };
    sessions.auto_clear(context, side, completed.load(Ordering::Relaxed));
}

fn tell_new(ssl: &Arc<Connection>, session: Owning<Session>) {
    let callback = ssl.session_context.sessions.callbacks.read().new;
    let Some(callback) = callback else { return };
    let is_tls13 = session.fields.read().is_tls13();
    let given = SSL_SESSION::give(session);
    // A client's ticket is told of in its own state; else OpenSSL is further on by now than what has been told.
    let before = ssl.state();
    match (ssl.is_server(), is_tls13) {
        (true, true) => ssl.set_state(Shown::ServerWritesSessionTicket),
        (false, true) => {}
        _ => ssl.set_state(Shown::Ok),
    }
    // SAFETY: both objects are live for the call and not locked; the count goes with the session.
    let kept = unsafe { callback(ssl.as_ptr(), given) } != 0;
    ssl.set_state(before);
    if !kept {
        // SAFETY: the program did not keep the count given above.
        drop(unsafe { SSL_SESSION::take(given) });
    }
}

/// A handshake begins.
pub(crate) fn begun(ssl: &Connection) {
    let counters = &ssl.session_context.sessions.counters;
    count(if ssl.is_server() { &counters.accept } else { &counters.connect });
    ssl.session.state.lock().before = false;
}

/// `SSL_set_connect_state` or `SSL_set_accept_state`: what ends now was not cut.
pub(crate) fn side_chosen(ssl: &Connection) {
    ssl.session.state.lock().before = true;
}

/// Client: its ClientHello is made.
pub(crate) fn hello_made(ssl: &Connection, records: &[u8]) {
    let mut state = ssl.session.state.lock();
    if state.offered {
        state.offered_id = Hello::from_records(records).map(|hello| hello.session_id).unwrap_or_default();
    }
}

/// What a ServerHello says about the session is known as soon as it has come or gone, and other parts of a new session as
/// the handshake comes to them.
pub(crate) fn note_answer(ssl: &Connection) {
    let answer = ssl.exchange.read().as_ref().and_then(|exchange| {
        let record = exchange.record.lock();
        let shared = record.key_shares.as_ref().filter(|shares| shares.peer.is_some()).map(|shares| shares.group);
        Some((record.server_hello?, record.master_secret.clone(), shared.or(record.selected_group)))
    });
    let Some((hello, secret, group)) = answer else { return };
    let given_up = {
        let mut state = ssl.session.state.lock();
        if !ssl.is_server() && state.offered {
            state.hit = match hello.version {
                TLS1_3 => hello.pre_shared_key,
                _ => state.offered_id.len() == hello.session_id.len() && state.offered_id == hello.session_id,
            };
        }
        state.offered && !state.hit && !ssl.is_server()
    };
    if given_up {
        session_client::give_up(ssl);
    }
    let Some(session) = ssl.session.current().filter(|_| !ssl.session.hit()) else { return };
    let chain = ssl.facts.read().peer_chain.clone();
    let mut fields = session.fields.write();
    fields.version = hello.version.into();
    fields.group = group.unwrap_or(0).into();
    match secret {
        _ if hello.version == TLS1_3 => fields.suite = Some(hello.suite),
        Some(secret) => {
            fields.suite = Some(hello.suite);
            fields.master_key = secret;
            fields.flags = if hello.extended_master_secret { FLAG_EXTMS } else { 0 };
            fields.peer_chain = chain.unwrap_or_default();
        }
        None => {}
    }
}

/// rustls has done a step: there may be new sessions (client).
pub(crate) fn after_step(ssl: &Arc<Connection>) {
    if !ssl.is_server() && ssl.is_open() {
        session_client::tickets_received(ssl);
    }
}

/// The handshake is complete: the session in use is known.
pub(crate) fn handshake_complete(ssl: &Arc<Connection>) {
    match ssl.is_server() {
        true => session_server::complete(ssl),
        false => session_client::complete(ssl),
    }
}

/// A fatal alert was sent or received: the session must not be resumed.
fn spoil(ssl: &Connection) {
    if let Some(session) = ssl.session.current() {
        ssl.session_context.sessions.remove(&ssl.session_context, &session);
    }
}

/// The handshake has failed.
pub(crate) fn handshake_failed(ssl: &Arc<Connection>) {
    let answered = ssl.exchange.read().as_ref().is_some_and(|exchange| exchange.record.lock().server_hello.is_some());
    // TLS 1.3: whether the client has the key of the session that it names is found out before anything is answered.
    if session_server::is_tls13(ssl) && !answered {
        ssl.session.state.lock().hit = false;
    }
}

/// A fatal alert is sent, or has come: the session must not be resumed.
pub(crate) fn connection_failed(ssl: &Connection) {
    spoil(ssl);
}

/// As `ssl_clear_bad_session` of OpenSSL: a connection that was not shut down takes its session with it.
fn drop_if_cut(ssl: &Connection) -> bool {
    let begun = !ssl.session.state.lock().before && matches!(*ssl.phase.lock(), Phase::Open);
    let cut = begun && !ssl.has_shutdown(shut::SENT);
    if cut {
        spoil(ssl);
    }
    cut && ssl.session.current().is_some()
}

/// `SSL_clear`: the session goes unless the connection was shut down well.
pub(crate) fn connection_cleared(ssl: &Connection) {
    if drop_if_cut(ssl) {
        ssl.session.replace(None);
    }
    let mut state = ssl.session.state.lock();
    state.hit = false;
    state.server = session_server::State::default();
    ssl.session.tickets_due.store(0, Ordering::Relaxed);
}

/// The last count of the connection is gone.
pub(crate) fn connection_dropped(ssl: &Connection) {
    drop_if_cut(ssl);
    ssl.session.replace(None);
}

/// Gives `to` the session of `from` (`SSL_dup`, `SSL_copy_session_id`).
pub(crate) fn copy(from: &Arc<Connection>, to: &Arc<Connection>) {
    set(to, from.session.current());
}

fn set(ssl: &Connection, session: Option<Owning<Session>>) {
    drop_if_cut(ssl);
    if let Some(session) = &session {
        let result = session.fields.read().verify_result;
        ssl.verify_result.store(c_int::try_from(result).unwrap_or(c_int::MAX), Ordering::Relaxed);
    }
    ssl.session.replace(session);
}

/// `SSL_set_session(3)`: the session to be offered, with a count of its own; null for none. The one before is given up;
/// if its connection is still open it must not be resumed. 1 on success.
///
/// Status: full.
///
/// # Safety
/// `to` and `session` are null or live handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_session(to: *mut SSL, session: *mut SSL_SESSION) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { super::connection::share(to) }?;
        // SAFETY: as above.
        set(&ssl, unsafe { SSL_SESSION::share(session) }.map(Owning::new));
        Ok(1)
    })
}

/// `SSL_get_session(3)`: the session, without a count for the caller; null when there is none.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_session(ssl: *const SSL) -> *mut SSL_SESSION {
    guard(ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(ssl.session.current().map_or(ptr::null_mut(), |session| SSL_SESSION::peek(&session)))
    })
}

/// `SSL_get_session(3)`: the session, with a count for the caller; null when there is none.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get1_session(ssl: *mut SSL) -> *mut SSL_SESSION {
    guard(ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(ssl.session.current().map_or(ptr::null_mut(), SSL_SESSION::give))
    })
}

/// `SSL_session_reused(3)`: 1 when the connection resumed a session.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_session_reused(s: *const SSL) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(s) }.ok_or(Error::Silent)?;
        Ok(ssl.session.hit().into())
    })
}

/// `SSL_get_default_timeout(3)`: how long sessions are good for unless the program says otherwise, seconds.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_default_timeout(_s: *const SSL) -> c_long {
    DEFAULT_TIMEOUT
}

/// `SSL_has_matching_session_id(3)`: 1 when the internal cache has a session with this id.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle; `id` is readable for `id_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_has_matching_session_id(s: *const SSL, id: *const c_uchar, id_len: c_uint) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(s) }.ok_or(Error::Silent)?;
        // SAFETY: readable for `id_len` bytes, by the manual.
        let id = unsafe { arg::bytes(id, id_len as usize) };
        let version = match ssl.facts.read().version() {
            0 => TLS1_3,
            version => version,
        };
        Ok(ssl.session_context.sessions.has(version, id).into())
    })
}

fn id_context(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    if bytes.len() > 32 {
        return Err(Error::Ssl(reason::SSL_SESSION_ID_CONTEXT_TOO_LONG));
    }
    Ok(bytes.to_vec())
}

/// `SSL_CTX_set_session_id_context(3)`: sessions are valid only for servers with the same context of at most 32 bytes; 1
/// on success.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `sid_ctx` is readable for `sid_ctx_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_session_id_context(
    ctx: *mut super::types::SSL_CTX,
    sid_ctx: *const c_uchar,
    sid_ctx_len: c_uint,
) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { super::context::share(ctx) }?;
        // SAFETY: readable for `sid_ctx_len` bytes, by the manual.
        let value = id_context(unsafe { arg::bytes(sid_ctx, sid_ctx_len as usize) })?;
        context.edit(|config| config.session_id_context = value);
        Ok(1)
    })
}

/// `SSL_CTX_set_session_id_context(3)`: the same for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `sid_ctx` is readable for `sid_ctx_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_session_id_context(
    ssl: *mut SSL,
    sid_ctx: *const c_uchar,
    sid_ctx_len: c_uint,
) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { super::connection::share(ssl) }?;
        // SAFETY: readable for `sid_ctx_len` bytes, by the manual.
        let value = id_context(unsafe { arg::bytes(sid_ctx, sid_ctx_len as usize) })?;
        ssl.edit(|config| config.session_id_context = value);
        Ok(1)
    })
}
