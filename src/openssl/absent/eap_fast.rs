//! Session tickets and master secrets of the program's own (RFC 4851, EAP-FAST): used by Wi-Fi supplicants.

use super::unless_off;
use crate::openssl::callback_types::{tls_session_secret_cb_fn, tls_session_ticket_ext_cb_fn};
use crate::openssl::refusal::refuse;
use crate::openssl::types::SSL;
use std::ffi::{c_int, c_void};

/// Sets the body of the client's SessionTicket extension (no manual page). 0 is failure.
///
/// Status: refused: tickets of the program's own (EAP-FAST) are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_session_ticket_ext(_s: *mut SSL, _ext_data: *mut c_void, _ext_len: c_int) -> c_int {
    refuse("SSL_set_session_ticket_ext", 0)
}

/// Sets the server's callback for the body of that extension (no manual page); null takes it back. 0 is failure.
///
/// Status: refused: tickets of the program's own (EAP-FAST) are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_session_ticket_ext_cb(
    _s: *mut SSL,
    cb: tls_session_ticket_ext_cb_fn,
    _arg: *mut c_void,
) -> c_int {
    unless_off(cb.is_none(), "SSL_set_session_ticket_ext_cb", 1, 0)
}

/// Sets the callback for the master secret of a ticket (no manual page); null takes it back. 0 is failure.
///
/// Status: refused: tickets of the program's own (EAP-FAST) are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_session_secret_cb(
    _s: *mut SSL,
    session_secret_cb: tls_session_secret_cb_fn,
    _arg: *mut c_void,
) -> c_int {
    unless_off(session_secret_cb.is_none(), "SSL_set_session_secret_cb", 1, 0)
}
