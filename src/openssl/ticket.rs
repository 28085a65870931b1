//! Tickets as OpenSSL makes them: a session's encoding, sealed with the context's key or with what the program's
//! callback sets up.

use super::connection::Connection;
use super::error::INTERNAL_ERROR;
use super::handshake::abort;
use super::reason;
use super::session_object::{Bytes32, Fields, Session};
use super::session_server;
use super::types::SSL_SESSION;
use crate::libcrypto::ticket::TicketCipher;
use crate::seam::{Handle, Owning};
use crate::tls::exchange::HelloAnswer;
use crate::tls::ticket_key::NAME_LEN;
use rustls::error::AlertDescription;
use std::ffi::c_int;
use std::sync::Arc;
use zeroize::Zeroizing;

/// `EVP_MAX_IV_LENGTH`.
const MAX_IV: usize = 16;
/// The longest encoding of a session that goes into a ticket.
const MAX_STATE: usize = 0xff00;

/// What became of a ticket that a client has presented.
#[derive(Debug)]
pub(super) enum Opened {
    /// It counts as not presented.
    Ignored,
    /// It was empty: the client wants one.
    Empty,
    /// It cannot be opened here: the client gets a new one.
    Useless,
    /// The session in it, and whether the client gets a new ticket.
    Found(Owning<Session>, bool),
}

/// `SSL_TICKET_*`: how a ticket is described to the program.
mod status {
    use std::ffi::c_int;
    pub(super) const EMPTY: c_int = 3;
    pub(super) const NO_DECRYPT: c_int = 4;
    pub(super) const SUCCESS: c_int = 5;
    pub(super) const SUCCESS_RENEW: c_int = 6;
}

/// `SSL_TICKET_RETURN_*`: what the program wants done with a ticket.
mod verdict {
    use std::ffi::c_int;
    pub(super) const IGNORE: c_int = 1;
    pub(super) const IGNORE_RENEW: c_int = 2;
    pub(super) const USE: c_int = 3;
    pub(super) const USE_RENEW: c_int = 4;
}

fn fatal() -> HelloAnswer {
    abort(INTERNAL_ERROR, AlertDescription::InternalError)
}

/// Server: seals a session into a ticket.
pub(crate) fn seal(ssl: &Arc<Connection>, plain: &[u8]) -> Option<Vec<u8>> {
    session_server::ticket_for(ssl, plain)
}

/// Server: opens a ticket that a client presents.
pub(crate) fn open(ssl: &Arc<Connection>, sealed: &[u8]) -> Option<Vec<u8>> {
    session_server::opened(ssl, sealed)
}

/// Opens a ticket and asks the program about it. In TLS 1.2 the session gets the id that came with the ticket.
pub(super) fn open_session(ssl: &Arc<Connection>, ticket: &[u8], id: &[u8]) -> Result<Opened, HelloAnswer> {
    let opened = match ticket {
        [] => Opened::Empty,
        _ => match decrypt(ssl, ticket)? {
            Some((state, renew)) => parse(&state, id).map_or(Opened::Useless, |session| Opened::Found(session, renew)),
            None => Opened::Useless,
        },
    };
    ask(ssl, ticket, opened)
}

fn parse(state: &[u8], id: &[u8]) -> Option<Owning<Session>> {
    let (mut fields, used) = Fields::from_der(state).ok()?;
    if used != state.len() {
        return None;
    }
    if !id.is_empty() {
        fields.id = Bytes32::new(id)?;
    }
    Session::new(fields).ok()
}

/// The state in a ticket, and whether the ticket is to be renewed.
type State = (Zeroizing<Vec<u8>>, bool);

/// Opens a ticket; none when that is not possible here.
fn decrypt(ssl: &Arc<Connection>, ticket: &[u8]) -> Result<Option<State>, HelloAnswer> {
    if ticket.len() < NAME_LEN + MAX_IV {
        return Ok(None);
    }
    let tickets = &ssl.session_context.sessions.tickets;
    let callbacks = tickets.callbacks();
    if callbacks.key.is_none() && callbacks.key_evp.is_none() {
        let tls13 = session_server::is_tls13(ssl);
        let lifetime = ssl.session_context.sessions.timeout();
        return Ok(tickets.open(ticket, lifetime).map(|(state, current)| (state, tls13 || !current)));
    }
    let (mut name, mut iv) = ([0; NAME_LEN], [0; MAX_IV]);
    let parts = ticket.split_at_checked(NAME_LEN).and_then(|(head, rest)| Some((head, rest.get(..MAX_IV)?)));
    if let Some((head, start)) = parts {
        name.copy_from_slice(head);
        iv.copy_from_slice(start);
    }
    let (answer, cipher) = ask_keys(ssl, &mut name, &mut iv, false).ok_or_else(fatal)?;
    match answer {
        0 => return Ok(None),
        1.. => {}
        _ => return Err(fatal()),
    }
    let (iv_len, mac_len) = (cipher.iv_len(), cipher.mac_len());
    if mac_len == 0 {
        return Err(fatal());
    }
    let state = (|| {
        let (signed, mac) = ticket.split_at_checked(ticket.len().checked_sub(mac_len)?)?;
        let sealed = signed.get(NAME_LEN + iv_len..).filter(|sealed| !sealed.is_empty())?;
        cipher.mac_is(signed, mac).then(|| cipher.decrypt(sealed))?
    })();
    Ok(state.map(|state| (state, answer == 2)))
}

/// Lets the program set up cipher and MAC; gives its answer.
fn ask_keys(
    ssl: &Arc<Connection>,
    name: &mut [u8; NAME_LEN],
    iv: &mut [u8; MAX_IV],
    encrypt: bool,
) -> Option<(c_int, TicketCipher)> {
    let callbacks = ssl.session_context.sessions.tickets.callbacks();
    let (name, iv, direction) = (name.as_mut_ptr(), iv.as_mut_ptr(), c_int::from(encrypt));
    if let Some(callback) = callbacks.key_evp {
        let cipher = TicketCipher::with_mac(&ssl.session_context.lib_ctx)?;
        // SAFETY: the connection is live and not locked; the buffers and contexts live as long as the call.
        let answer = unsafe { callback(ssl.as_ptr(), name, iv, cipher.cipher(), cipher.mac(), direction) };
        return Some((answer, cipher));
    }
    let callback = callbacks.key?;
    let cipher = TicketCipher::with_hmac()?;
    // SAFETY: as above.
    let answer = unsafe { callback(ssl.as_ptr(), name, iv, cipher.cipher(), cipher.hmac(), direction) };
    Some((answer, cipher))
}

/// Shows an opened ticket to the program, which may want something else done with it.
fn ask(ssl: &Arc<Connection>, ticket: &[u8], opened: Opened) -> Result<Opened, HelloAnswer> {
    let callbacks = ssl.session_context.sessions.tickets.callbacks();
    let Some(callback) = callbacks.decrypted else { return Ok(opened) };
    let (status, session) = match &opened {
        Opened::Ignored => return Ok(opened),
        Opened::Empty => (status::EMPTY, None),
        Opened::Useless => (status::NO_DECRYPT, None),
        Opened::Found(session, false) => (status::SUCCESS, Some(session)),
        Opened::Found(session, true) => (status::SUCCESS_RENEW, Some(session)),
    };
    let session = session.map_or(std::ptr::null_mut(), |session| SSL_SESSION::peek(session));
    let name = ticket.get(..NAME_LEN.min(ticket.len())).unwrap_or_default();
    // SAFETY: connection and session are live and not locked; the name lives as long as the call.
    let answer = unsafe { callback(ssl.as_ptr(), session, name.as_ptr(), name.len(), status, callbacks.arg.0) };
    match (answer, opened) {
        (verdict::IGNORE, _) => Ok(Opened::Ignored),
        (verdict::IGNORE_RENEW, Opened::Empty) => Ok(Opened::Empty),
        (verdict::IGNORE_RENEW, _) => Ok(Opened::Useless),
        (verdict::USE, Opened::Found(session, _)) => Ok(Opened::Found(session, false)),
        (verdict::USE_RENEW, Opened::Found(session, _)) => Ok(Opened::Found(session, true)),
        _ => Err(fatal()),
    }
}

/// Lets the program put its data into the session in use; whether a ticket may be made.
pub(super) fn generate(ssl: &Arc<Connection>) -> bool {
    let callbacks = ssl.session_context.sessions.tickets.callbacks();
    let Some(callback) = callbacks.generate else { return true };
    // SAFETY: the connection is live and not locked.
    let made = unsafe { callback(ssl.as_ptr(), callbacks.arg.0) } != 0;
    if !made {
        session_server::fail(ssl, INTERNAL_ERROR);
    }
    made
}

/// A ticket with `session` in it.
pub(super) fn seal_session(ssl: &Arc<Connection>, session: &Session) -> Option<Vec<u8>> {
    if !generate(ssl) {
        return None;
    }
    let state = {
        let mut fields = session.fields.read().clone();
        fields.id = Bytes32::default();
        fields.to_der().filter(|state| state.len() <= MAX_STATE)?
    };
    let tickets = &ssl.session_context.sessions.tickets;
    let callbacks = tickets.callbacks();
    if callbacks.key.is_none() && callbacks.key_evp.is_none() {
        return tickets.seal(&state, ssl.session_context.sessions.timeout());
    }
    let (mut name, mut iv) = ([0; NAME_LEN], [0; MAX_IV]);
    let (answer, cipher) = ask_keys(ssl, &mut name, &mut iv, true)?;
    match answer {
        0 => return None,
        1.. => {}
        _ => {
            session_server::fail(ssl, reason::CALLBACK_FAILED);
            return None;
        }
    }
    let mut ticket = name.to_vec();
    ticket.extend_from_slice(iv.get(..cipher.iv_len())?);
    ticket.extend_from_slice(&cipher.encrypt(&state)?);
    let mac = cipher.mac_of(&ticket)?;
    ticket.extend_from_slice(&mac);
    Some(ticket)
}
