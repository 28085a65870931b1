//! Secure Remote Password (RFC 5054): cipher suites that rustls does not have and OpenSSL deprecates.

use crate::libcrypto::sys::BIGNUM;
use crate::openssl::refusal::refuse;
use crate::openssl::types::{SSL, SSL_CTX};
use std::ffi::{c_char, c_int, c_void};
use std::ptr;

/// `SSL_CTX_set_srp_username(3)`: sets the client's user name. 0 is failure.
///
/// Status: refused: SRP key exchange is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_srp_username(_ctx: *mut SSL_CTX, _name: *mut c_char) -> c_int {
    refuse("SSL_CTX_set_srp_username", 0)
}

/// `SSL_CTX_set_srp_password(3)`: sets the client's password. 0 is failure.
///
/// Status: refused: SRP key exchange is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_srp_password(_ctx: *mut SSL_CTX, _password: *mut c_char) -> c_int {
    refuse("SSL_CTX_set_srp_password", 0)
}

/// `SSL_CTX_set_srp_strength(3)`: sets the smallest group in bits that the client takes. 0 is failure.
///
/// Status: refused: SRP key exchange is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_srp_strength(_ctx: *mut SSL_CTX, _strength: c_int) -> c_int {
    refuse("SSL_CTX_set_srp_strength", 0)
}

/// `SSL_CTX_set_srp_client_pwd_callback(3)`: sets the callback that gives the client's password. 0 is failure.
///
/// Status: refused: SRP key exchange is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_srp_client_pwd_callback(
    _ctx: *mut SSL_CTX,
    _cb: Option<unsafe extern "C" fn(*mut SSL, *mut c_void) -> *mut c_char>,
) -> c_int {
    refuse("SSL_CTX_set_srp_client_pwd_callback", 0)
}

/// `SSL_CTX_set_srp_username_callback(3)`: sets the server's callback that looks a user up. 0 is failure.
///
/// Status: refused: SRP key exchange is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_srp_username_callback(
    _ctx: *mut SSL_CTX,
    _cb: Option<unsafe extern "C" fn(*mut SSL, *mut c_int, *mut c_void) -> c_int>,
) -> c_int {
    refuse("SSL_CTX_set_srp_username_callback", 0)
}

/// `SSL_CTX_set_srp_verify_param_callback(3)`: sets the client's callback that judges the server's group. 0 is
/// failure.
///
/// Status: refused: SRP key exchange is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_srp_verify_param_callback(
    _ctx: *mut SSL_CTX,
    _cb: Option<unsafe extern "C" fn(*mut SSL, *mut c_void) -> c_int>,
) -> c_int {
    refuse("SSL_CTX_set_srp_verify_param_callback", 0)
}

/// `SSL_CTX_set_srp_cb_arg(3)`: sets the argument of all SRP callbacks. 0 is failure.
///
/// Status: refused: SRP key exchange is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_srp_cb_arg(_ctx: *mut SSL_CTX, _arg: *mut c_void) -> c_int {
    refuse("SSL_CTX_set_srp_cb_arg", 0)
}

/// Prepares a context for SRP (no manual page). 0 is failure.
///
/// Status: refused: SRP key exchange is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_SRP_CTX_init(_ctx: *mut SSL_CTX) -> c_int {
    refuse("SSL_CTX_SRP_CTX_init", 0)
}

/// Frees the SRP state of a context (no manual page). There never is one, and OpenSSL answers 1 then.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_SRP_CTX_free(_ctx: *mut SSL_CTX) -> c_int {
    1
}

/// Prepares a connection for SRP (no manual page). 0 is failure.
///
/// Status: refused: SRP key exchange is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_SRP_CTX_init(_s: *mut SSL) -> c_int {
    refuse("SSL_SRP_CTX_init", 0)
}

/// Frees the SRP state of a connection (no manual page). There never is one, and OpenSSL answers 1 then.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_SRP_CTX_free(_ctx: *mut SSL) -> c_int {
    1
}

/// `SSL_set_srp_server_param(3)`: sets group and verifier of the user who connects. -1 is failure.
///
/// Status: refused: SRP key exchange is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_srp_server_param(
    _s: *mut SSL,
    _n: *const BIGNUM,
    _g: *const BIGNUM,
    _sa: *mut BIGNUM,
    _v: *mut BIGNUM,
    _info: *mut c_char,
) -> c_int {
    refuse("SSL_set_srp_server_param", -1)
}

/// `SSL_set_srp_server_param_pw(3)`: makes the verifier from a password. -1 is failure.
///
/// Status: refused: SRP key exchange is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_srp_server_param_pw(
    _s: *mut SSL,
    _user: *const c_char,
    _pass: *const c_char,
    _grp: *const c_char,
) -> c_int {
    refuse("SSL_set_srp_server_param_pw", -1)
}

/// Runs the server's SRP user callback (no manual page). 2, `SSL3_AL_FATAL`, is failure.
///
/// Status: refused: SRP key exchange is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_srp_server_param_with_username(_s: *mut SSL, _ad: *mut c_int) -> c_int {
    refuse("SSL_srp_server_param_with_username", 2)
}

/// Computes the client's public value (no manual page). 0 is failure.
///
/// Status: refused: SRP key exchange is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SRP_Calc_A_param(_s: *mut SSL) -> c_int {
    refuse("SRP_Calc_A_param", 0)
}

/// `SSL_get_srp_N(3)`: the modulus of the group in use; null when there is none.
///
/// Status: partial: there is never an SRP exchange, so the answer is always none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_srp_N(_s: *mut SSL) -> *mut BIGNUM {
    ptr::null_mut()
}

/// `SSL_get_srp_g(3)`: the generator of the group in use; null when there is none.
///
/// Status: partial: there is never an SRP exchange, so the answer is always none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_srp_g(_s: *mut SSL) -> *mut BIGNUM {
    ptr::null_mut()
}

/// `SSL_get_srp_username(3)`: the user name in use; null when there is none.
///
/// Status: partial: there is never an SRP exchange, so the answer is always none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_srp_username(_s: *mut SSL) -> *mut c_char {
    ptr::null_mut()
}

/// `SSL_get_srp_userinfo(3)`: the text that the server's callback gave; null when there is none.
///
/// Status: partial: there is never an SRP exchange, so the answer is always none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_srp_userinfo(_s: *mut SSL) -> *mut c_char {
    ptr::null_mut()
}
