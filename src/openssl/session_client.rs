//! A client's sessions: what is offered, and what comes of it.

use super::connection::Connection;
use super::session::{fill, fresh, publish, take_ticket};
use super::session_cache::{count, mode};
use super::session_object::{Session, now};
use crate::seam::Owning;
use crate::tls::exchange::Offer;
use crate::tls::session::{Resumable, TLS1_2, TLS1_3, ticket_id};
use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What is offered for resumption. Where nothing can be, the connection gets a new session.
pub(crate) fn offer(ssl: &Arc<Connection>) -> Option<Offer> {
    let session = ssl.session.current().filter(|session| session.is_resumable() && fits(ssl, session));
    ssl.session.state.lock().offered = session.is_some();
    match session {
        Some(session) => to_offer(&session),
        None => {
            ssl.session.replace(fresh(ssl));
            None
        }
    }
}

/// Whether the session's version can be negotiated.
fn fits(ssl: &Connection, session: &Session) -> bool {
    let (tls12, tls13) = ssl.config().versions();
    let version = session.fields.read().version;
    (tls12 && version == c_int::from(TLS1_2)) || (tls13 && version == c_int::from(TLS1_3))
}

fn to_offer(session: &Session) -> Option<Offer> {
    let fields = session.fields.read();
    let mut resumable = fields.resumable()?;
    drop(fields);
    if resumable.version == TLS1_3 {
        // As OpenSSL, which knows the age to a second only and rather says too little than too much.
        let age = now().checked_sub(i64::try_from(resumable.time).ok()?).filter(|age| *age >= 0)?;
        let age = age.saturating_sub(1).max(0);
        if resumable.lifetime < age.unsigned_abs() || u32::try_from(age.saturating_mul(1000)).is_err() {
            return None;
        }
        resumable.time += 1;
    } else if resumable.session_id == ticket_id(&resumable.ticket) {
        // An id made here, for a ticket: no server knows it.
        resumable.session_id.clear();
    }
    resumable.to_offer()
}

/// Tickets have come on an open connection: each makes a session of its own.
pub(super) fn tickets_received(ssl: &Arc<Connection>) {
    let Some(exchange) = ssl.exchange.read().clone() else { return };
    let received = std::mem::take(&mut exchange.record.lock().new_sessions);
    for ticket in received.iter().filter_map(Resumable::from_offer) {
        let copy = ssl.session.current().and_then(|session| session.duplicate().ok());
        let Some(session) = copy else { return };
        take_ticket(&session, ticket);
        ssl.session.replace(Some(session));
        ssl.session.taking_ticket(|| publish(ssl, mode::CLIENT));
    }
}

/// The handshake is complete.
pub(super) fn complete(ssl: &Arc<Connection>) {
    let Some(agreed) = ssl.facts.read().agreed.clone() else { return };
    let new = ssl.exchange.read().as_ref().and_then(|exchange| {
        let mut record = exchange.record.lock();
        if agreed.version == TLS1_2 { record.new_sessions.pop() } else { None }
    });
    let mut new = new.as_ref().and_then(Resumable::from_offer);
    let lifetime = ssl.exchange.read().as_ref().and_then(|exchange| exchange.record.lock().ticket_lifetime);
    if let (Some(new), Some(lifetime)) = (&mut new, lifetime) {
        new.lifetime = lifetime.into();
    }
    ssl.session.state.lock().hit = agreed.resumed;
    match ssl.session.current() {
        Some(session) if agreed.resumed => resumed(ssl, &session, new),
        session => full(ssl, session, new),
    }
    let sessions = &ssl.session_context.sessions;
    if agreed.version == TLS1_3 {
        // A ticket is best used once: whoever keeps client sessions must not use this one again.
        if let Some(session) = ssl.session.current().filter(|_| sessions.has_mode(mode::CLIENT)) {
            sessions.remove(&ssl.session_context, &session);
        }
    } else {
        publish(ssl, mode::CLIENT);
    }
    if agreed.resumed {
        count(&sessions.counters.hit);
    }
    count(&sessions.counters.connect_good);
}

/// The server has resumed `session`.
fn resumed(ssl: &Arc<Connection>, session: &Arc<Session>, new: Option<Resumable>) {
    let (chain, result, ticket) = {
        let fields = session.fields.read();
        (fields.peer_chain.clone(), fields.verify_result, fields.ticket.clone())
    };
    ssl.facts.write().peer_chain = (!chain.is_empty()).then_some(chain);
    ssl.verify_result.store(c_int::try_from(result).unwrap_or(c_int::MAX), Ordering::Relaxed);
    // TLS 1.2: a new ticket takes the place of the old one.
    let Some(new) = new.filter(|new| !new.ticket.is_empty() && new.ticket != ticket) else { return };
    let Ok(copy) = session.duplicate() else { return };
    let sessions = &ssl.session_context.sessions;
    if sessions.has_mode(mode::CLIENT) {
        sessions.remove(&ssl.session_context, session);
    }
    take_ticket(&copy, new);
    ssl.session.replace(Some(copy));
}

/// The server has not taken the session that was offered: there will be a new one.
pub(super) fn give_up(ssl: &Connection) {
    ssl.session.state.lock().offered = false;
    count(&ssl.session_context.sessions.counters.miss);
    ssl.session.replace(fresh(ssl));
}

/// A full handshake has made a new session.
fn full(ssl: &Arc<Connection>, session: Option<Owning<Session>>, new: Option<Resumable>) {
    if ssl.session.state.lock().offered {
        give_up(ssl);
    } else if session.is_none() {
        ssl.session.replace(fresh(ssl));
    }
    let Some(session) = ssl.session.current() else { return };
    fill(ssl, &session);
    let acknowledged = ssl.exchange.read().as_ref().is_some_and(|exchange| exchange.record.lock().name_acknowledged);
    if acknowledged {
        session.fields.write().hostname = ssl.names.sent();
    }
    match new {
        Some(new) if !new.ticket.is_empty() => take_ticket(&session, new),
        Some(new) => session.fields.write().take(new),
        None => {}
    }
}
