//! Raw public keys instead of certificates (RFC 7250), since OpenSSL 3.2.

use super::unless_off;
use crate::libcrypto::sys::EVP_PKEY;
use crate::openssl::refusal::refuse;
use crate::openssl::types::{SSL, SSL_CTX, SSL_SESSION};
use crate::seam::arg;
use std::ffi::{c_int, c_uchar};
use std::ptr;

/// Answers a getter of certificate types: success, and none.
///
/// # Safety
/// `types` and `len` are null or valid for a write.
unsafe fn no_types(types: *mut *mut c_uchar, len: *mut usize) -> c_int {
    if types.is_null() || len.is_null() {
        return 0;
    }
    // SAFETY: valid for a write, by the caller.
    unsafe {
        arg::set(types, ptr::null_mut());
        arg::set(len, 0);
    }
    1
}

/// `SSL_CTX_set1_client_cert_type(3)`: sets the kinds of client certificate in order of preference. Null and 0 take
/// it back. 0 is failure.
///
/// Status: refused: raw public keys are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set1_client_cert_type(_ctx: *mut SSL_CTX, val: *const c_uchar, len: usize) -> c_int {
    unless_off(val.is_null() && len == 0, "SSL_CTX_set1_client_cert_type", 1, 0)
}

/// `SSL_set1_client_cert_type(3)`: sets the kinds of client certificate in order of preference. Null and 0 take it
/// back. 0 is failure.
///
/// Status: refused: raw public keys are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set1_client_cert_type(_s: *mut SSL, val: *const c_uchar, len: usize) -> c_int {
    unless_off(val.is_null() && len == 0, "SSL_set1_client_cert_type", 1, 0)
}

/// `SSL_CTX_set1_server_cert_type(3)`: sets the kinds of server certificate in order of preference. Null and 0 take
/// it back. 0 is failure.
///
/// Status: refused: raw public keys are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set1_server_cert_type(_ctx: *mut SSL_CTX, val: *const c_uchar, len: usize) -> c_int {
    unless_off(val.is_null() && len == 0, "SSL_CTX_set1_server_cert_type", 1, 0)
}

/// `SSL_set1_server_cert_type(3)`: sets the kinds of server certificate in order of preference. Null and 0 take it
/// back. 0 is failure.
///
/// Status: refused: raw public keys are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set1_server_cert_type(_s: *mut SSL, val: *const c_uchar, len: usize) -> c_int {
    unless_off(val.is_null() && len == 0, "SSL_set1_server_cert_type", 1, 0)
}

/// `SSL_CTX_get0_client_cert_type(3)`: the kinds of client certificate that were set, none.
///
/// Status: partial: raw public keys cannot be asked for, so the types are never set.
///
/// # Safety
/// `t` and `len` are null or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get0_client_cert_type(
    _ctx: *const SSL_CTX,
    t: *mut *mut c_uchar,
    len: *mut usize,
) -> c_int {
    // SAFETY: null or valid for a write, by the manual.
    unsafe { no_types(t, len) }
}

/// `SSL_get0_client_cert_type(3)`: the kinds of client certificate that were set, none.
///
/// Status: partial: raw public keys cannot be asked for, so the types are never set.
///
/// # Safety
/// `t` and `len` are null or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_client_cert_type(_s: *const SSL, t: *mut *mut c_uchar, len: *mut usize) -> c_int {
    // SAFETY: null or valid for a write, by the manual.
    unsafe { no_types(t, len) }
}

/// `SSL_CTX_get0_server_cert_type(3)`: the kinds of server certificate that were set, none.
///
/// Status: partial: raw public keys cannot be asked for, so the types are never set.
///
/// # Safety
/// `t` and `len` are null or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get0_server_cert_type(
    _s: *const SSL_CTX,
    t: *mut *mut c_uchar,
    len: *mut usize,
) -> c_int {
    // SAFETY: null or valid for a write, by the manual.
    unsafe { no_types(t, len) }
}

/// `SSL_get0_server_cert_type(3)`: the kinds of server certificate that were set, none.
///
/// Status: partial: raw public keys cannot be asked for, so the types are never set.
///
/// # Safety
/// `t` and `len` are null or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_server_cert_type(_s: *const SSL, t: *mut *mut c_uchar, len: *mut usize) -> c_int {
    // SAFETY: null or valid for a write, by the manual.
    unsafe { no_types(t, len) }
}

/// `SSL_get_negotiated_client_cert_type(3)`: the negotiated kind, always `TLSEXT_cert_type_x509`.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_negotiated_client_cert_type(_s: *const SSL) -> c_int {
    0
}

/// `SSL_get_negotiated_server_cert_type(3)`: the negotiated kind, always `TLSEXT_cert_type_x509`.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_negotiated_server_cert_type(_s: *const SSL) -> c_int {
    0
}

/// `SSL_add_expected_rpk(3)`: adds a key that the peer may have. 0 is failure.
///
/// Status: refused: raw public keys are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_add_expected_rpk(_s: *mut SSL, _rpk: *mut EVP_PKEY) -> c_int {
    refuse("SSL_add_expected_rpk", 0)
}

/// `SSL_get0_peer_rpk(3)`: the key of a peer without certificate; null when there is none.
///
/// Status: partial: peers never send one.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_peer_rpk(_s: *const SSL) -> *mut EVP_PKEY {
    ptr::null_mut()
}

/// `SSL_SESSION_get0_peer_rpk(3)`: the key of a peer without certificate; null when there is none.
///
/// Status: partial: peers never send one.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_SESSION_get0_peer_rpk(_s: *mut SSL_SESSION) -> *mut EVP_PKEY {
    ptr::null_mut()
}
