//! Certificate transparency (RFC 6962): validation of signed certificate timestamps (SCTs).

use super::unless_off;
use crate::libcrypto::sys::{self, CTLOG_STORE};
use crate::openssl::callback_types::ssl_ct_validation_cb;
use crate::openssl::refusal::refuse;
use crate::openssl::types::{SSL, SSL_CTX, stack_st_SCT};
use std::ffi::{c_char, c_int, c_void};
use std::ptr;

/// `SSL_CTX_enable_ct(3)`: asks for SCTs and validates them. 0 is failure.
///
/// Status: refused: certificate transparency is not checked.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_enable_ct(_ctx: *mut SSL_CTX, _validation_mode: c_int) -> c_int {
    refuse("SSL_CTX_enable_ct", 0)
}

/// `SSL_enable_ct(3)`: asks for SCTs and validates them, for one connection. 0 is failure.
///
/// Status: refused: certificate transparency is not checked.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_enable_ct(_s: *mut SSL, _validation_mode: c_int) -> c_int {
    refuse("SSL_enable_ct", 0)
}

/// `SSL_CTX_ct_is_enabled(3)`: whether a validation callback is set.
///
/// Status: partial: none can be set.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_ct_is_enabled(_ctx: *const SSL_CTX) -> c_int {
    0
}

/// `SSL_ct_is_enabled(3)`: whether a validation callback is set.
///
/// Status: partial: none can be set.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_ct_is_enabled(_s: *const SSL) -> c_int {
    0
}

/// `SSL_CTX_set_ct_validation_callback(3)`: sets the callback that judges SCTs; null turns the check off, which it
/// is. 0 is failure.
///
/// Status: refused: certificate transparency is not checked.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_ct_validation_callback(
    _ctx: *mut SSL_CTX,
    callback: ssl_ct_validation_cb,
    _arg: *mut c_void,
) -> c_int {
    unless_off(callback.is_none(), "SSL_CTX_set_ct_validation_callback", 1, 0)
}

/// `SSL_set_ct_validation_callback(3)`: sets the callback that judges SCTs; null turns the check off, which it is.
/// 0 is failure.
///
/// Status: refused: certificate transparency is not checked.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_ct_validation_callback(
    _s: *mut SSL,
    callback: ssl_ct_validation_cb,
    _arg: *mut c_void,
) -> c_int {
    unless_off(callback.is_none(), "SSL_set_ct_validation_callback", 1, 0)
}

/// `SSL_get0_peer_scts(3)`: the SCTs that the peer sent; null when there are none.
///
/// Status: partial: none are asked for, so there are never any.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_peer_scts(_s: *mut SSL) -> *const stack_st_SCT {
    ptr::null()
}

/// `SSL_CTX_set_default_ctlog_list_file(3)`: reads the list of logs from its default place. 0 is failure.
///
/// Status: refused: certificate transparency is not checked.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_default_ctlog_list_file(_ctx: *mut SSL_CTX) -> c_int {
    refuse("SSL_CTX_set_default_ctlog_list_file", 0)
}

/// `SSL_CTX_set_ctlog_list_file(3)`: reads a list of logs. 0 is failure.
///
/// Status: refused: certificate transparency is not checked.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_ctlog_list_file(_ctx: *mut SSL_CTX, _path: *const c_char) -> c_int {
    refuse("SSL_CTX_set_ctlog_list_file", 0)
}

/// Gives the context a list of logs (no manual page). The context owns it from here on, so it is freed.
///
/// Status: refused: certificate transparency is not checked.
///
/// # Safety
/// `logs` is null or a store that the caller owns and gives away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set0_ctlog_store(_ctx: *mut SSL_CTX, logs: *mut CTLOG_STORE) {
    unless_off(logs.is_null(), "SSL_CTX_set0_ctlog_store", (), ());
    // SAFETY: null or a store that the caller has given away.
    unsafe { sys::CTLOG_STORE_free(logs) }
}

/// The context's list of logs (no manual page).
///
/// Status: partial: there is none; OpenSSL gives an empty one then.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get0_ctlog_store(_ctx: *const SSL_CTX) -> *const CTLOG_STORE {
    ptr::null()
}
