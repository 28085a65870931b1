//! Renegotiation: a second handshake in a TLS 1.2 connection. Removed from TLS 1.3 and never part of rustls.

use crate::openssl::config::{TLS1_3, op};
use crate::openssl::error::{Error, guard};
use crate::openssl::reason;
use crate::openssl::types::SSL;
use crate::seam::Handle;
use std::ffi::c_int;

/// Fails for OpenSSL's own reason where there is one.
///
/// # Safety
/// `ssl` is null or a live handle.
unsafe fn refuse(ssl: *mut SSL, name: &'static str) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the caller.
        Err(match unsafe { SSL::share(ssl) } {
            Some(ssl) if ssl.facts.read().version() == TLS1_3 => Error::Ssl(reason::WRONG_SSL_VERSION),
            Some(ssl) if ssl.has_option(op::NO_RENEGOTIATION) => Error::Ssl(reason::NO_RENEGOTIATION),
            _ => Error::Refused(name),
        })
    })
}

/// `SSL_renegotiate(3)`: asks for another handshake. 0 is failure.
///
/// Status: refused: renegotiation is not supported, by design.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_renegotiate(s: *mut SSL) -> c_int {
    // SAFETY: as the manual says.
    unsafe { refuse(s, "SSL_renegotiate") }
}

/// `SSL_renegotiate_abbreviated(3)`: asks for another handshake that resumes the session. 0 is failure.
///
/// Status: refused: renegotiation is not supported, by design.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_renegotiate_abbreviated(s: *mut SSL) -> c_int {
    // SAFETY: as the manual says.
    unsafe { refuse(s, "SSL_renegotiate_abbreviated") }
}

/// `SSL_renegotiate_pending(3)`: whether another handshake was asked for and has not begun.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_renegotiate_pending(_s: *const SSL) -> c_int {
    0
}
