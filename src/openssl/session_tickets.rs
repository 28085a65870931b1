//! The tickets that a TLS 1.3 server sends: at the end of a handshake, and when the program wants another one.

use super::config::op;
use super::connection::Connection;
use super::error::{Error, INTERNAL_ERROR, guard};
use super::holder::Holder;
use super::session::{fresh, publish};
use super::session_cache::mode;
use super::session_object::{Session, now};
use super::session_server::{fail, lifetime};
use super::types::SSL;
use super::{session_id, ticket};
use crate::seam::Handle;
use crate::tls::new_ticket::{self, Ticket};
use crate::tls::session::TLS1_3;
use crate::tls::traffic::Facts;
use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The handshake is complete: the tickets that follow it. After a resumption one takes the place of the one used.
pub(crate) fn first_tickets(ssl: &Arc<Connection>, facts: &Facts) -> Vec<Ticket> {
    let (expected, hit) = {
        let state = ssl.session.state.lock();
        (state.server.ticket_expected, state.hit)
    };
    if !expected {
        return Vec::new();
    }
    let wanted = ssl.settings().num_tickets;
    several(ssl, facts, if hit { wanted.min(1) } else { wanted })
}

fn several(ssl: &Arc<Connection>, facts: &Facts, wanted: usize) -> Vec<Ticket> {
    let failed = || ssl.session.state.lock().server.failure.is_some();
    (0..wanted).take_while(|_| !failed()).filter_map(|_| make(ssl, facts)).collect()
}

/// The tickets that the program has asked for since.
pub(crate) fn due_tickets(ssl: &Arc<Connection>) -> Vec<Ticket> {
    let Some(facts) = ssl.facts.read().agreed.clone() else { return Vec::new() };
    let due = ssl.session.tickets_due.swap(0, Ordering::Relaxed);
    several(ssl, &facts, due as usize)
}

/// Makes a session of its own for a ticket, and the ticket. None: the connection must fail, or has no key for one.
fn make(ssl: &Arc<Connection>, facts: &Facts) -> Option<Ticket> {
    let (sent, hit) = {
        let state = ssl.session.state.lock();
        (state.server.tickets_sent, state.hit)
    };
    let nonce = (sent as u64).to_be_bytes();
    let exchange = ssl.exchange.read().clone()?;
    let failed = || fail(ssl, INTERNAL_ERROR);
    let (key, age_add) = new_ticket::key(&exchange, &nonce).zip(new_ticket::random_age()).or_else(|| {
        failed();
        None
    })?;
    let is_first = !hit && sent == 0;
    let session = match ssl.session.current() {
        Some(session) if is_first => session,
        // What was sent before may be in a cache.
        Some(session) => session.duplicate().ok()?,
        None => fresh(ssl)?,
    };
    if is_first {
        describe(ssl, &session, facts);
    }
    let id = session_id::generate(ssl).map_err(|why| fail(ssl, why)).ok()?;
    {
        let mut fields = session.fields.write();
        (fields.master_key, fields.age_add) = (key, age_add);
        fields.suite = Some(facts.suite);
        fields.alpn = facts.alpn.clone().unwrap_or_default();
        fields.id = id;
        fields.time = now();
        fields.lifetime_hint = 0;
        fields.ticket.clear();
    }
    ssl.session.replace(Some(session.clone()));
    let sealed = match ssl.has_option(op::NO_TICKET) {
        true => ticket::generate(ssl).then(|| id.as_slice().to_vec()),
        false => ticket::seal_session(ssl, &session),
    }?;
    ssl.session.state.lock().server.tickets_sent += 1;
    publish(ssl, mode::SERVER);
    Some(Ticket { lifetime: lifetime(ssl), age_add, nonce, ticket: sealed })
}

/// Puts what a full handshake has agreed on into its session.
fn describe(ssl: &Connection, session: &Session, facts: &Facts) {
    let group = ssl.exchange.read().as_ref().and_then(|exchange| exchange.record.lock().selected_group);
    let mut fields = session.fields.write();
    fields.version = TLS1_3.into();
    fields.flags = 0;
    if !facts.peer_chain.is_empty() {
        fields.peer_chain = Arc::new(facts.peer_chain.clone());
        // Of a client that was not verified the session says nothing, whatever the program has set.
        fields.verify_result = ssl.verify_result.load(Ordering::Relaxed).into();
    }
    if let Some(group) = group {
        fields.group = group.into();
    }
}

/// `SSL_new_session_ticket(3)`: has another ticket sent before what is written next, or by `SSL_do_handshake`; 1 when it
/// will be, 0 for a client, before the handshake is complete, and in TLS 1.2.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_new_session_ticket(s: *mut SSL) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(s) }.ok_or(Error::Silent)?;
        let due = &ssl.session.tickets_due;
        let busy = ssl.in_init() && due.load(Ordering::Relaxed) == 0;
        if busy || !ssl.is_server() || !ssl.is_open() || ssl.facts.read().version() != TLS1_3 {
            return Err(Error::Silent);
        }
        due.fetch_add(1, Ordering::Relaxed);
        Ok(1)
    })
}
