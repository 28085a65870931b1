//! A server's sessions: which one a ClientHello resumes, and what becomes of new ones.

use super::config::op;
use super::connection::Connection;
use super::failure::Verdict;
use super::handshake::abort;
use super::session::{fill, fresh, publish};
use super::session_cache::{self, count, mode};
use super::session_object::{Bytes32, FLAG_EXTMS, Session, now};
use super::ticket::{self, Opened};
use super::{reason, session_id, verify};
use crate::seam::Owning;
use crate::tls::config::Settings;
use crate::tls::exchange::HelloAnswer;
use crate::tls::hello::Hello;
use crate::tls::rewritten_hello::{SERVER_NAME, SESSION_TICKET};
use crate::tls::session::{Resumable, TLS1_2, TLS1_3, hash_len, hashes_alike};
use rustls::error::AlertDescription;
use smallvec::SmallVec;
use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A week: TLS 1.3 allows no longer tickets (RFC 8446, section 4.6.1).
const WEEK: i64 = 7 * 24 * 3600;

/// What one handshake of a server has found.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The ticket that the session came from; else it was found by its id.
    ticket: Option<Vec<u8>>,
    /// The client gets a ticket.
    pub(super) ticket_expected: bool,
    /// The program has failed to make a ticket: the reason.
    pub(super) failure: Option<c_int>,
    /// TLS 1.2: the client was given an id.
    stored: bool,
    /// The program makes use of the name that the client asks for.
    name_accepted: bool,
    /// How many tickets of TLS 1.3 were made.
    pub(super) tickets_sent: usize,
}

/// Whether the server asks for certificates.
pub(super) fn verifies(ssl: &Connection) -> bool {
    ssl.config().verify.mode & verify::verify_mode::PEER != 0
}

/// Whether TLS 1.3's sessions go to the internal cache: where tickets are ids, or the program watches removals.
pub(super) fn keeps_tls13(ssl: &Connection) -> bool {
    ssl.has_option(op::NO_TICKET) || ssl.session_context.sessions.callbacks.read().remove.is_some()
}

/// Whether TLS 1.3 was chosen for this ClientHello.
pub(super) fn is_tls13(ssl: &Connection) -> bool {
    matches!(ssl.facts.read().chosen, Some((TLS1_3, _)))
}

/// Looks for the session that the client wants to resume.
pub(crate) fn look_up(ssl: &Arc<Connection>, hello: &Hello) -> Result<(), HelloAnswer> {
    let found = match is_tls13(ssl) {
        true => by_identity(ssl, hello)?,
        false => by_ticket_or_id(ssl, hello)?,
    };
    let Some(session) = found else {
        ssl.session.replace(fresh(ssl));
        let named = is_tls13(ssl) || ssl.session.state.lock().server.ticket_expected;
        if let Some(session) = ssl.session.current().filter(|_| !named) {
            let id = session_id::generate(ssl).map_err(|why| abort(why, AlertDescription::InternalError))?;
            session.fields.write().id = id;
        }
        return Ok(());
    };
    count(&ssl.session_context.sessions.counters.hit);
    let (result, version, suite) = {
        let fields = session.fields.read();
        (fields.verify_result, fields.version, fields.suite)
    };
    ssl.verify_result.store(c_int::try_from(result).unwrap_or(c_int::MAX), Ordering::Relaxed);
    ssl.session.replace(Some(session));
    ssl.session.state.lock().hit = true;
    if version == c_int::from(TLS1_2) && !hello.suites().any(|offered| Some(offered) == suite) {
        return Err(abort(reason::REQUIRED_CIPHER_MISSING, AlertDescription::IllegalParameter));
    }
    Ok(())
}

/// TLS 1.2: a ticket, or else the session id.
fn by_ticket_or_id(ssl: &Arc<Connection>, hello: &Hello) -> Result<Option<Owning<Session>>, HelloAnswer> {
    let tickets = !ssl.has_option(op::NO_TICKET) && ssl.config().allows_tickets();
    let presented = hello.extension(35).filter(|_| tickets);
    let opened = match presented {
        Some(ticket) => ticket::open_session(ssl, ticket, &hello.session_id)?,
        None => Opened::Ignored,
    };
    let renew = matches!(opened, Opened::Empty | Opened::Useless | Opened::Found(_, true));
    ssl.session.state.lock().server.ticket_expected = renew;
    let (found, by_id) = match opened {
        Opened::Found(session, _) => (Some(session), false),
        Opened::Useless => (None, false),
        Opened::Ignored | Opened::Empty if hello.session_id.is_empty() => (None, false),
        Opened::Ignored | Opened::Empty => (session_cache::look_up(ssl, TLS1_2, &hello.session_id), true),
    };
    let Some(session) = found else { return Ok(None) };
    if !usable(ssl, hello, &session, TLS1_2, by_id)? {
        if !by_id {
            ssl.session.state.lock().server.ticket_expected = true;
        }
        return Ok(None);
    }
    if !by_id {
        ssl.session.state.lock().server.ticket = presented.map(<[u8]>::to_vec);
    }
    Ok(Some(session))
}

/// TLS 1.3: the first identity of the pre_shared_key extension that is known here.
fn by_identity(ssl: &Arc<Connection>, hello: &Hello) -> Result<Option<Owning<Session>>, HelloAnswer> {
    ssl.session.state.lock().server.ticket_expected = true;
    let binders = hello.psk_binder_lengths();
    for (index, identity) in hello.psk_identities().into_iter().enumerate() {
        let opened = if ssl.has_option(op::NO_TICKET) {
            match identity.len() {
                0 => Opened::Empty,
                32 => session_cache::look_up(ssl, TLS1_3, identity)
                    .map_or(Opened::Useless, |session| Opened::Found(session, true)),
                _ => Opened::Useless,
            }
        } else {
            ticket::open_session(ssl, identity, &[])?
        };
        let (session, renew) = match opened {
            Opened::Found(session, renew) => (session, renew),
            Opened::Empty => return Err(abort(reason::BAD_EXTENSION, AlertDescription::DecodeError)),
            Opened::Ignored | Opened::Useless => continue,
        };
        if !usable(ssl, hello, &session, TLS1_3, false)? {
            return Ok(None);
        }
        let expected = session.fields.read().suite.map(hash_len);
        if binders.get(index).copied() != expected {
            return Err(abort(reason::BAD_EXTENSION, AlertDescription::DecodeError));
        }
        let mut state = ssl.session.state.lock();
        state.server.ticket = Some(identity.to_vec());
        state.server.ticket_expected = renew;
        return Ok(Some(session));
    }
    Ok(None)
}

/// Whether a session may be resumed on this connection.
fn usable(
    ssl: &Connection,
    hello: &Hello,
    session: &Arc<Session>,
    version: u16,
    by_id: bool,
) -> Result<bool, HelloAnswer> {
    let here = ssl.config().session_id_context.clone();
    let (fits, end, extended) = {
        let fields = session.fields.read();
        let fits = fields.version == c_int::from(version) && fields.id_context.as_slice() == here;
        (fits, fields.end(), fields.flags & FLAG_EXTMS != 0)
    };
    if !fits {
        return Ok(false);
    }
    if here.is_empty() && verifies(ssl) {
        // Whether the session was made with the same requirements cannot be known.
        return Err(abort(reason::SESSION_ID_CONTEXT_UNINITIALIZED, AlertDescription::InternalError));
    }
    let sessions = &ssl.session_context.sessions;
    if now() > end {
        count(&sessions.counters.timeout);
        if by_id {
            sessions.remove(&ssl.session_context, session);
        }
        return Ok(false);
    }
    let offered = hello.extension(23).is_some();
    let suite = session.fields.read().suite;
    match version {
        // OpenSSL would go on with a suite that has been disabled since.
        TLS1_2 if !ssl.config().settings().suites.iter().any(|&enabled| Some(enabled) == suite) => Ok(false),
        TLS1_2 if extended && !offered => Err(abort(reason::INCONSISTENT_EXTMS, AlertDescription::IllegalParameter)),
        TLS1_2 => Ok(extended == offered),
        _ => Ok(true),
    }
}

/// Asks the program whether the session may be resumed later, once everything else is decided.
pub(crate) fn decide(ssl: &Arc<Connection>) {
    let callback = ssl.config().not_resumable;
    let tls13 = is_tls13(ssl);
    if ssl.session.hit() {
        return;
    }
    // OpenSSL knows the key exchange from the suite, and those of TLS 1.3 do not name one.
    // SAFETY: the connection is live during its own calls and not locked.
    let forbidden = callback.is_some_and(|callback| unsafe { callback(ssl.as_ptr(), (!tls13).into()) } != 0);
    if forbidden {
        if let Some(session) = ssl.session.current() {
            session.spoil();
        }
        ssl.session.state.lock().server.ticket_expected = false;
    }
}

/// Whether the ticket that TLS 1.2 resumes from is kept from rustls, which would answer it with another one.
///
/// It needs a session id to find the session by.
fn hides_ticket(ssl: &Connection) -> bool {
    let state = ssl.session.state.lock();
    let good = state.hit && state.server.ticket.is_some() && !state.server.ticket_expected;
    drop(state);
    let named = || ssl.facts.read().hello.as_ref().is_some_and(|hello| !hello.session_id.is_empty());
    good && !is_tls13(ssl) && named()
}

/// What rustls shall not see of the ClientHello: a ticket to which there is no answer, and a name that the program has
/// made no use of.
pub(crate) fn hidden_extensions(ssl: &Connection) -> SmallVec<[u16; 2]> {
    let mut hidden = SmallVec::new();
    if ssl.is_server() && hides_ticket(ssl) {
        hidden.push(SESSION_TICKET);
    }
    if ssl.is_server() && hides_name(ssl) {
        hidden.push(SERVER_NAME);
    }
    hidden
}

fn hides_name(ssl: &Connection) -> bool {
    !ssl.session.state.lock().server.name_accepted
}

/// `settings` as the server needs them for this ClientHello: with tickets where one is expected or was presented.
///
/// TLS 1.2: where a presented ticket cannot be hidden from rustls, it gets an empty one to answer with, by which a client
/// keeps what it has (RFC 5077, section 3.3).
pub(crate) fn server_settings(ssl: &Connection, settings: Arc<Settings>) -> Arc<Settings> {
    let state = ssl.session.state.lock();
    let presented = state.hit && state.server.ticket.is_some();
    let expected = state.server.ticket_expected;
    drop(state);
    let tickets = expected || is_tls13(ssl) || (presented && !hides_ticket(ssl));
    ssl.config().with_tickets(settings, tickets)
}

/// TLS 1.2: the id of a new session, where it is kept and no ticket takes its place.
pub(crate) fn new_id(ssl: &Connection) -> Option<[u8; 32]> {
    let state = ssl.session.state.lock();
    let session = state.current.as_ref().filter(|_| !state.hit && !state.server.ticket_expected)?;
    // As OpenSSL, also where the program has forbidden its resumption.
    let kept = ssl.context().sessions.has_mode(mode::SERVER);
    session.fields.read().id.as_slice().try_into().ok().filter(|_| kept)
}

/// TLS 1.2: the suite of the session that is being resumed.
pub(crate) fn resumed_suite(ssl: &Connection) -> Option<u16> {
    let state = ssl.session.state.lock();
    let fields = state.current.as_ref().filter(|_| state.hit)?.fields.read();
    fields.suite.filter(|_| !fields.is_tls13())
}

/// How long tickets are good for, seconds; 0 where the client shall go on counting.
pub(crate) fn lifetime(ssl: &Connection) -> u32 {
    let Some(session) = ssl.session.current() else { return 0 };
    let fields = session.fields.read();
    let seconds = match (fields.is_tls13(), ssl.session.hit()) {
        (true, _) => fields.timeout.min(WEEK),
        (false, true) => 0,
        (false, false) => fields.timeout,
    };
    // OpenSSL cuts to 32 bits too.
    (seconds & 0xffff_ffff) as u32
}

/// rustls's value for the session that is being resumed, with what rustls compares taken from this connection: OpenSSL
/// binds sessions neither to the server name nor, in TLS 1.3, to more of the suite than its hash.
fn value(ssl: &Connection) -> Option<Vec<u8>> {
    let session = ssl.session.current().filter(|_| ssl.session.hit())?;
    let mut resumable = session.fields.read().resumable()?;
    let name = || ssl.facts.read().hello.as_ref().and_then(|hello| hello.server_name().map(<[u8]>::to_vec));
    resumable.server_name = if hides_name(ssl) { None } else { name() };
    let selected = ssl.exchange.read().as_ref().and_then(|exchange| exchange.record.lock().selected_suite);
    if let Some(selected) = selected.filter(|&selected| hashes_alike(selected, resumable.suite)) {
        resumable.suite = selected;
    }
    resumable.to_server_value().map(|value| value.to_vec())
}

/// A ticket cannot be made, and the program has not said that it does not want one: the handshake fails.
pub(super) fn fail(ssl: &Connection, reason: c_int) {
    ssl.session.state.lock().server.failure = Some(reason);
}

/// Why the handshake must fail, if a ticket could not be made. Asking resets it.
pub(crate) fn ticket_failure(ssl: &Connection) -> Option<Verdict> {
    let reason = ssl.session.state.lock().server.failure.take()?;
    Some(Verdict::new(reason, AlertDescription::InternalError))
}

/// The session that rustls asks for by the id of the ClientHello.
pub(crate) fn find(ssl: &Arc<Connection>, _id: &[u8], _remove: bool) -> Option<Vec<u8>> {
    value(ssl)
}

/// The session of a ticket.
pub(super) fn opened(ssl: &Arc<Connection>, ticket: &[u8]) -> Option<Vec<u8>> {
    let same = ssl.session.state.lock().server.ticket.as_deref() == Some(ticket);
    if !same {
        return None;
    }
    let selected = ssl.exchange.read().as_ref().and_then(|exchange| exchange.record.lock().selected_suite);
    let suite = ssl.session.current().and_then(|session| session.fields.read().suite);
    if is_tls13(ssl) && !matches!((selected, suite), (Some(selected), Some(suite)) if hashes_alike(selected, suite)) {
        // The client has another hash now: its session is of no use.
        ssl.session.replace(fresh(ssl));
        ssl.session.state.lock().hit = false;
        return None;
    }
    value(ssl)
}

/// TLS 1.2: a new session has this id.
pub(crate) fn store(ssl: &Arc<Connection>, id: &[u8], value: &[u8]) -> bool {
    let (Some(session), Some(from)) = (ssl.session.current(), Resumable::from_server_value(value)) else {
        return false;
    };
    take(ssl, &session, from);
    session.fields.write().id = Bytes32::new(id).unwrap_or_default();
    ssl.session.state.lock().server.stored = true;
    true
}

/// The program has accepted the name that the client asks for.
pub(crate) fn name_accepted(ssl: &Connection) {
    ssl.session.state.lock().server.name_accepted = true;
    if let Some(session) = ssl.session.current().filter(|_| !ssl.session.hit()) {
        session.fields.write().hostname = ssl.names.received();
    }
}

fn take(ssl: &Connection, session: &Session, from: Resumable) {
    let group = ssl.exchange.read().as_ref().and_then(|exchange| exchange.record.lock().selected_group);
    let mut fields = session.fields.write();
    fields.alpn = from.alpn.clone();
    fields.peer_chain = Arc::new(from.peer_chain.clone());
    // Of a client that was not verified the session says nothing, whatever the program has set.
    if !from.peer_chain.is_empty() {
        fields.verify_result = ssl.verify_result.load(Ordering::Relaxed).into();
    }
    if let Some(group) = group {
        fields.group = group.into();
    }
    fields.take(from);
}

/// TLS 1.2: rustls wants a ticket for `value`; none where the client shall not get one.
pub(super) fn ticket_for(ssl: &Arc<Connection>, value: &[u8]) -> Option<Vec<u8>> {
    let from = Resumable::from_server_value(value)?;
    let (expected, hit) = {
        let state = ssl.session.state.lock();
        (state.server.ticket_expected && state.server.failure.is_none(), state.hit)
    };
    if !expected || from.version != TLS1_2 {
        return None;
    }
    let session = ssl.session.current()?;
    if !hit {
        take(ssl, &session, from);
    }
    ticket::seal_session(ssl, &session)
}

/// The handshake is complete.
pub(super) fn complete(ssl: &Arc<Connection>) {
    let Some(agreed) = ssl.facts.read().agreed.clone() else { return };
    if ssl.session.hit() && !agreed.resumed {
        // rustls did not like it: it was a full handshake, with tickets of its own if there were any.
        ssl.session.state.lock().hit = false;
        if ssl.session.tickets_sent() == 0 {
            ssl.session.replace(fresh(ssl));
        }
    }
    if agreed.resumed {
        let chain = ssl.session.current().map(|session| session.fields.read().peer_chain.clone());
        ssl.facts.write().peer_chain = chain.filter(|chain| !chain.is_empty());
    } else if let Some(session) = ssl.session.current() {
        if agreed.version == TLS1_2 && !ssl.session.state.lock().server.stored {
            session.fields.write().id = Bytes32::default();
        }
        let secret = session.fields.read().master_key.clone();
        fill(ssl, &session);
        if !secret.is_empty() {
            session.fields.write().master_key = secret;
        }
    }
    if agreed.version != TLS1_3 {
        publish(ssl, mode::SERVER);
    }
    count(&ssl.context().sessions.counters.accept_good);
}
