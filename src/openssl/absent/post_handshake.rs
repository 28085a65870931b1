//! Client authentication after the handshake (RFC 8446 §4.6.2).

use super::unless_off;
use crate::openssl::refusal::refuse;
use crate::openssl::types::{SSL, SSL_CTX};
use std::ffi::c_int;

/// `SSL_CTX_set_post_handshake_auth(3)`: has clients offer it; 0, the default, is accepted.
///
/// Status: refused: post-handshake authentication is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_post_handshake_auth(_ctx: *mut SSL_CTX, val: c_int) {
    unless_off(val == 0, "SSL_CTX_set_post_handshake_auth", (), ())
}

/// `SSL_set_post_handshake_auth(3)`: has the client offer it; 0, the default, is accepted.
///
/// Status: refused: post-handshake authentication is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_post_handshake_auth(_s: *mut SSL, val: c_int) {
    unless_off(val == 0, "SSL_set_post_handshake_auth", (), ())
}

/// `SSL_verify_client_post_handshake(3)`: asks the client for a certificate. 0 is failure.
///
/// Status: refused: post-handshake authentication is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_verify_client_post_handshake(_s: *mut SSL) -> c_int {
    refuse("SSL_verify_client_post_handshake", 0)
}
