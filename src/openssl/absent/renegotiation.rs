//! Renegotiation: a second handshake in a TLS 1.2 connection. Removed from TLS 1.3 and never part of rustls.

use crate::openssl::refusal::refuse;
use crate::openssl::types::SSL;
use std::ffi::c_int;

/// `SSL_renegotiate(3)`: asks for another handshake. 0 is failure.
///
/// Status: refused: renegotiation is not supported, by design.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_renegotiate(_s: *mut SSL) -> c_int {
    refuse("SSL_renegotiate", 0)
}

/// `SSL_renegotiate_abbreviated(3)`: asks for another handshake that resumes the session. 0 is failure.
///
/// Status: refused: renegotiation is not supported, by design.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_renegotiate_abbreviated(_s: *mut SSL) -> c_int {
    refuse("SSL_renegotiate_abbreviated", 0)
}

/// `SSL_renegotiate_pending(3)`: whether another handshake was asked for and has not begun.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_renegotiate_pending(_s: *const SSL) -> c_int {
    0
}
