//! External pre-shared keys (RFC 4279, RFC 9258): keys that both sides know from elsewhere. (Resumption, the other use
//! of pre-shared keys in TLS 1.3, is supported.)

use super::unless_off;
use crate::openssl::callback_types::{
    SSL_psk_client_cb_func, SSL_psk_find_session_cb_func, SSL_psk_server_cb_func, SSL_psk_use_session_cb_func,
};
use crate::openssl::types::{SSL, SSL_CTX};
use std::ffi::{c_char, c_int};
use std::ptr;

/// `SSL_CTX_set_psk_client_callback(3)`: sets a TLS 1.2 client's callback for identity and key. Null takes it back.
///
/// Status: refused: external pre-shared keys are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_psk_client_callback(_ctx: *mut SSL_CTX, cb: SSL_psk_client_cb_func) {
    unless_off(cb.is_none(), "SSL_CTX_set_psk_client_callback", (), ())
}

/// `SSL_set_psk_client_callback(3)`: sets a TLS 1.2 client's callback for identity and key. Null takes it back.
///
/// Status: refused: external pre-shared keys are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_psk_client_callback(_ssl: *mut SSL, cb: SSL_psk_client_cb_func) {
    unless_off(cb.is_none(), "SSL_set_psk_client_callback", (), ())
}

/// `SSL_CTX_set_psk_server_callback(3)`: sets a TLS 1.2 server's callback for the key of an identity. Null takes it
/// back.
///
/// Status: refused: external pre-shared keys are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_psk_server_callback(_ctx: *mut SSL_CTX, cb: SSL_psk_server_cb_func) {
    unless_off(cb.is_none(), "SSL_CTX_set_psk_server_callback", (), ())
}

/// `SSL_set_psk_server_callback(3)`: sets a TLS 1.2 server's callback for the key of an identity. Null takes it
/// back.
///
/// Status: refused: external pre-shared keys are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_psk_server_callback(_ssl: *mut SSL, cb: SSL_psk_server_cb_func) {
    unless_off(cb.is_none(), "SSL_set_psk_server_callback", (), ())
}

/// `SSL_CTX_set_psk_find_session_callback(3)`: sets a TLS 1.3 server's callback for the session of an identity.
/// Null takes it back.
///
/// Status: refused: external pre-shared keys are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_psk_find_session_callback(_ctx: *mut SSL_CTX, cb: SSL_psk_find_session_cb_func) {
    unless_off(cb.is_none(), "SSL_CTX_set_psk_find_session_callback", (), ())
}

/// `SSL_set_psk_find_session_callback(3)`: sets a TLS 1.3 server's callback for the session of an identity. Null
/// takes it back.
///
/// Status: refused: external pre-shared keys are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_psk_find_session_callback(_s: *mut SSL, cb: SSL_psk_find_session_cb_func) {
    unless_off(cb.is_none(), "SSL_set_psk_find_session_callback", (), ())
}

/// `SSL_CTX_set_psk_use_session_callback(3)`: sets a TLS 1.3 client's callback for identity and session. Null takes
/// it back.
///
/// Status: refused: external pre-shared keys are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_psk_use_session_callback(_ctx: *mut SSL_CTX, cb: SSL_psk_use_session_cb_func) {
    unless_off(cb.is_none(), "SSL_CTX_set_psk_use_session_callback", (), ())
}

/// `SSL_set_psk_use_session_callback(3)`: sets a TLS 1.3 client's callback for identity and session. Null takes it
/// back.
///
/// Status: refused: external pre-shared keys are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_psk_use_session_callback(_s: *mut SSL, cb: SSL_psk_use_session_cb_func) {
    unless_off(cb.is_none(), "SSL_set_psk_use_session_callback", (), ())
}

/// `SSL_CTX_use_psk_identity_hint(3)`: sets the hint that a server sends; null takes it back. 0 is failure.
///
/// Status: refused: external pre-shared keys are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_use_psk_identity_hint(_ctx: *mut SSL_CTX, identity_hint: *const c_char) -> c_int {
    unless_off(identity_hint.is_null(), "SSL_CTX_use_psk_identity_hint", 1, 0)
}

/// `SSL_use_psk_identity_hint(3)`: sets the hint that a server sends; null takes it back. 0 is failure.
///
/// Status: refused: external pre-shared keys are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_use_psk_identity_hint(_s: *mut SSL, identity_hint: *const c_char) -> c_int {
    unless_off(identity_hint.is_null(), "SSL_use_psk_identity_hint", 1, 0)
}

/// `SSL_get_psk_identity(3)`: the identity in use; null when there is none.
///
/// Status: partial: there is never an external pre-shared key.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_psk_identity(_s: *const SSL) -> *const c_char {
    ptr::null()
}

/// `SSL_get_psk_identity_hint(3)`: the hint of the server; null when there is none.
///
/// Status: partial: there is never an external pre-shared key.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_psk_identity_hint(_s: *const SSL) -> *const c_char {
    ptr::null()
}
