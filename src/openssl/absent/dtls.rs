//! DTLS, and the cookies of its stateless first exchange and of TLS 1.3's. (The DTLS methods are in method.rs.)

use super::unless_off;
use crate::openssl::callback_types::DTLS_timer_cb;
use crate::openssl::refusal::refuse;
use crate::openssl::types::{BIO_ADDR, SSL, SSL_CTX};
use std::ffi::{c_int, c_uchar, c_uint};

/// `SSL_is_dtls(3)`: whether a connection is DTLS; none is.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_is_dtls(_s: *const SSL) -> c_int {
    0
}

/// `DTLSv1_listen(3)`: waits for a ClientHello with a valid cookie. Below 0 is a fatal error.
///
/// Status: refused: DTLS is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn DTLSv1_listen(_s: *mut SSL, _client: *mut BIO_ADDR) -> c_int {
    refuse("DTLSv1_listen", -1)
}

/// `DTLS_get_data_mtu(3)`: how much data fits in a datagram. 0 is failure.
///
/// Status: refused: DTLS is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn DTLS_get_data_mtu(_s: *const SSL) -> usize {
    refuse("DTLS_get_data_mtu", 0)
}

/// `DTLS_set_timer_cb(3)`: sets the callback for the time until a retransmission. Null takes it back.
///
/// Status: refused: DTLS is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn DTLS_set_timer_cb(_s: *mut SSL, cb: DTLS_timer_cb) {
    unless_off(cb.is_none(), "DTLS_set_timer_cb", (), ())
}

/// `SSL_CTX_set_cookie_generate_cb(3)`: sets the callback that makes a DTLS cookie. Null takes it back.
///
/// Status: refused: DTLS is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_cookie_generate_cb(
    _ctx: *mut SSL_CTX,
    app_gen_cookie_cb: Option<unsafe extern "C" fn(*mut SSL, *mut c_uchar, *mut c_uint) -> c_int>,
) {
    unless_off(app_gen_cookie_cb.is_none(), "SSL_CTX_set_cookie_generate_cb", (), ())
}

/// `SSL_CTX_set_cookie_verify_cb(3)`: sets the callback that checks a DTLS cookie. Null takes it back.
///
/// Status: refused: DTLS is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_cookie_verify_cb(
    _ctx: *mut SSL_CTX,
    app_verify_cookie_cb: Option<unsafe extern "C" fn(*mut SSL, *const c_uchar, c_uint) -> c_int>,
) {
    unless_off(app_verify_cookie_cb.is_none(), "SSL_CTX_set_cookie_verify_cb", (), ())
}

/// `SSL_CTX_set_stateless_cookie_generate_cb(3)`: sets the callback that makes a TLS 1.3 cookie. Null takes it
/// back.
///
/// Status: refused: stateless hello retry requests are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_stateless_cookie_generate_cb(
    _ctx: *mut SSL_CTX,
    gen_stateless_cookie_cb: Option<unsafe extern "C" fn(*mut SSL, *mut c_uchar, *mut usize) -> c_int>,
) {
    unless_off(gen_stateless_cookie_cb.is_none(), "SSL_CTX_set_stateless_cookie_generate_cb", (), ())
}

/// `SSL_CTX_set_stateless_cookie_verify_cb(3)`: sets the callback that checks a TLS 1.3 cookie. Null takes it back.
///
/// Status: refused: stateless hello retry requests are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_stateless_cookie_verify_cb(
    _ctx: *mut SSL_CTX,
    verify_stateless_cookie_cb: Option<unsafe extern "C" fn(*mut SSL, *const c_uchar, usize) -> c_int>,
) {
    unless_off(verify_stateless_cookie_cb.is_none(), "SSL_CTX_set_stateless_cookie_verify_cb", (), ())
}

/// `SSL_stateless(3)`: answers a ClientHello without keeping state. 0 says that a retry was asked for, -1 is
/// failure.
///
/// Status: refused: stateless hello retry requests are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_stateless(_s: *mut SSL) -> c_int {
    refuse("SSL_stateless", -1)
}
