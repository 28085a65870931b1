//! Keys for SRTP (RFC 5764): negotiated in DTLS handshakes only.

use crate::openssl::refusal::refuse;
use crate::openssl::types::{SRTP_PROTECTION_PROFILE, SSL, SSL_CTX, stack_st_SRTP_PROTECTION_PROFILE};
use std::ffi::{c_char, c_int};
use std::ptr;

/// `SSL_CTX_set_tlsext_use_srtp(3)`: sets the profiles to offer. 0 is success, 1 failure.
///
/// Status: refused: DTLS, which SRTP keys come from, is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_tlsext_use_srtp(_ctx: *mut SSL_CTX, _profiles: *const c_char) -> c_int {
    refuse("SSL_CTX_set_tlsext_use_srtp", 1)
}

/// `SSL_set_tlsext_use_srtp(3)`: sets the profiles to offer. 0 is success, 1 failure.
///
/// Status: refused: DTLS, which SRTP keys come from, is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_tlsext_use_srtp(_ssl: *mut SSL, _profiles: *const c_char) -> c_int {
    refuse("SSL_set_tlsext_use_srtp", 1)
}

/// `SSL_get_srtp_profiles(3)`: the profiles to offer; null when none are set.
///
/// Status: partial: no profile can be set, so there is never one.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_srtp_profiles(_ssl: *mut SSL) -> *mut stack_st_SRTP_PROTECTION_PROFILE {
    ptr::null_mut()
}

/// `SSL_get_selected_srtp_profile(3)`: the negotiated profile; null when there is none.
///
/// Status: partial: no profile can be set, so there is never one.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_selected_srtp_profile(_s: *mut SSL) -> *mut SRTP_PROTECTION_PROFILE {
    ptr::null_mut()
}
