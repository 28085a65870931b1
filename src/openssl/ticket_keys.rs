//! Keys and callbacks for tickets, and how many there are (`SSL_CTX_set_tlsext_ticket_key_cb(3)`,
//! `SSL_CTX_set_session_ticket_cb(3)`, `SSL_CTX_set_num_tickets(3)`).

use super::callback_types::{
    SSL_CTX_decrypt_session_ticket_fn, SSL_CTX_generate_session_ticket_fn, TicketKeyCallback, TicketKeyEvpCallback,
};
use super::callbacks::Arg;
use super::context::{self, Context};
use super::error::{Error, INTERNAL_ERROR, guard};
use super::holder::Holder;
use super::reason;
use super::session_object::now;
use super::types::{SSL, SSL_CTX};
use crate::seam::{Handle, arg, random};
use crate::tls::ticket_key::KEYS_LEN;
use crate::tls::ticket_ring::TicketRing;
use parking_lot::RwLock;
use std::ffi::{c_int, c_long, c_void};
use zeroize::Zeroizing;

/// The program's callbacks for tickets.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TicketCallbacks {
    /// Sets up cipher and MAC.
    pub(super) key: TicketKeyCallback,
    /// The same with the MAC of OpenSSL 3; goes before the other.
    pub(super) key_evp: TicketKeyEvpCallback,
    /// Adds data before a ticket is made.
    pub(super) generate: SSL_CTX_generate_session_ticket_fn,
    /// Looks at tickets that come back.
    pub(super) decrypted: SSL_CTX_decrypt_session_ticket_fn,
    /// What the last two get.
    pub(super) arg: Arg,
}

/// Ticket keys and callbacks of a context.
#[derive(Debug)]
pub(crate) struct TicketSettings {
    keys: TicketRing,
    callbacks: RwLock<TicketCallbacks>,
}

/// Seconds since 1970, or 0 before.
fn seconds() -> u64 {
    u64::try_from(now()).unwrap_or(0)
}

impl TicketSettings {
    /// With a key that nobody else has. It is there from the start, so that processes forked later share it.
    pub(super) fn new() -> Result<Self, Error> {
        let mut bytes = Zeroizing::new([0; KEYS_LEN]);
        if !random::fill(&mut *bytes) {
            return Err(Error::Ssl(INTERNAL_ERROR));
        }
        Ok(Self { keys: TicketRing::new(*bytes, seconds()), callbacks: RwLock::default() })
    }

    /// The callbacks now.
    pub(super) fn callbacks(&self) -> TicketCallbacks {
        *self.callbacks.read()
    }

    /// Seals a session's state with the context's key. Tickets are good for `lifetime` seconds.
    pub(super) fn seal(&self, state: &[u8], lifetime: i64) -> Option<Vec<u8>> {
        self.keys.seal(state, seconds(), u64::try_from(lifetime).unwrap_or(0))
    }

    /// Opens a ticket that was sealed with the context's key; says too whether that is still in force.
    pub(super) fn open(&self, ticket: &[u8], lifetime: i64) -> Option<(Zeroizing<Vec<u8>>, bool)> {
        self.keys.open(ticket, seconds(), u64::try_from(lifetime).unwrap_or(0))
    }
}

/// `SSL_CTX_get_tlsext_ticket_keys` and `SSL_CTX_set_tlsext_ticket_keys`: copies the keys, 80 bytes: name, MAC key, cipher
/// key. With a null `parg` how many bytes they take.
///
/// # Safety
/// `parg` is null or readable (writable) for `larg` bytes.
pub(super) unsafe fn keys_command(
    context: &Context,
    set: bool,
    larg: c_long,
    parg: *mut c_void,
) -> Result<c_long, Error> {
    if parg.is_null() {
        return Ok(KEYS_LEN as c_long);
    }
    if larg != KEYS_LEN as c_long {
        return Err(Error::Ssl(reason::INVALID_TICKET_KEYS_LENGTH));
    }
    let tickets = &context.sessions.tickets;
    if set {
        // SAFETY: readable for 80 bytes, by the caller.
        let bytes = unsafe { arg::bytes(parg.cast(), KEYS_LEN) };
        tickets.keys.set(bytes.try_into().map_err(|_| Error::Silent)?);
    } else {
        let bytes = tickets.keys.share();
        // SAFETY: writable for 80 bytes, by the caller.
        unsafe { arg::bytes_mut(parg.cast(), KEYS_LEN) }.copy_from_slice(&*bytes);
    }
    Ok(1)
}

/// `SSL_CTX_set_tlsext_ticket_key_cb(3)`: sets the callback that gets an `HMAC_CTX`.
pub(super) fn set_key_callback(context: &Context, callback: TicketKeyCallback) {
    context.sessions.tickets.callbacks.write().key = callback;
}

/// `SSL_CTX_set_tlsext_ticket_key_evp_cb(3)`: sets the callback that chooses the keys of tickets; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; the callback can be called as long as the context lives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx: *mut SSL_CTX, fp: TicketKeyEvpCallback) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { context::share(ctx) }?;
        context.sessions.tickets.callbacks.write().key_evp = fp;
        Ok(1)
    })
}

/// `SSL_CTX_set_session_ticket_cb(3)`: sets the callbacks that add data to a ticket and look at it when it comes back; 1
/// on success.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; the callbacks can be called as long as the context lives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_session_ticket_cb(
    ctx: *mut SSL_CTX,
    gen_cb: SSL_CTX_generate_session_ticket_fn,
    dec_cb: SSL_CTX_decrypt_session_ticket_fn,
    arg: *mut c_void,
) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { context::share(ctx) }?;
        let mut callbacks = context.sessions.tickets.callbacks.write();
        callbacks.generate = gen_cb;
        callbacks.decrypted = dec_cb;
        callbacks.arg = Arg(arg);
        Ok(1)
    })
}

/// `SSL_CTX_set_num_tickets(3)`: sets how many TLS 1.3 tickets follow a full handshake; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_num_tickets(ctx: *mut SSL_CTX, num_tickets: usize) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        unsafe { context::share(ctx) }?.change(|config| config.num_tickets = num_tickets);
        Ok(1)
    })
}

/// `SSL_CTX_set_num_tickets(3)`: how many TLS 1.3 tickets follow a full handshake.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_num_tickets(ctx: *const SSL_CTX) -> usize {
    // SAFETY: null or a live handle, by the manual.
    guard(0, || Ok(unsafe { context::share(ctx) }?.settings().num_tickets))
}

/// `SSL_CTX_set_num_tickets(3)`: sets how many TLS 1.3 tickets follow a full handshake; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_num_tickets(s: *mut SSL, num_tickets: usize) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        unsafe { super::connection::share(s) }?.change(|config| config.num_tickets = num_tickets);
        Ok(1)
    })
}

/// `SSL_CTX_set_num_tickets(3)`: how many TLS 1.3 tickets follow a full handshake.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_num_tickets(s: *const SSL) -> usize {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(s) }.ok_or(Error::Silent)?;
        Ok(ssl.settings().num_tickets)
    })
}
