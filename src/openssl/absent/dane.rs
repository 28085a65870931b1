//! DANE (RFC 7671): authentication of servers by TLSA records.

use super::unless_off;
use crate::libcrypto::sys::{EVP_MD, EVP_PKEY, X509};
use crate::openssl::refusal::refuse;
use crate::openssl::types::{SSL, SSL_CTX, SSL_DANE};
use std::ffi::{c_char, c_int, c_uchar, c_ulong};
use std::ptr;

/// `SSL_CTX_dane_enable(3)`: prepares a context for DANE. 0 and below is failure.
///
/// Status: refused: DANE is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_dane_enable(_ctx: *mut SSL_CTX) -> c_int {
    refuse("SSL_CTX_dane_enable", 0)
}

/// `SSL_CTX_dane_mtype_set(3)`: sets or disables the digest of a matching type. 0 and below is failure.
///
/// Status: refused: DANE is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_dane_mtype_set(_ctx: *mut SSL_CTX, _md: *const EVP_MD, _mtype: u8, _ord: u8) -> c_int {
    refuse("SSL_CTX_dane_mtype_set", 0)
}

/// `SSL_CTX_dane_set_flags(3)`: adds flags and returns those before, of which there are none.
///
/// Status: refused: DANE is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_dane_set_flags(_ctx: *mut SSL_CTX, flags: c_ulong) -> c_ulong {
    unless_off(flags == 0, "SSL_CTX_dane_set_flags", 0, 0)
}

/// `SSL_CTX_dane_clear_flags(3)`: clears flags and returns those before, of which there are none.
///
/// Status: partial: no flag can be set, so none is ever cleared.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_dane_clear_flags(_ctx: *mut SSL_CTX, _flags: c_ulong) -> c_ulong {
    0
}

/// `SSL_dane_enable(3)`: turns DANE on for a connection to `basedomain`. 0 and below is failure.
///
/// Status: refused: DANE is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_dane_enable(_s: *mut SSL, _basedomain: *const c_char) -> c_int {
    refuse("SSL_dane_enable", 0)
}

/// `SSL_dane_set_flags(3)`: adds flags and returns those before, of which there are none.
///
/// Status: refused: DANE is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_dane_set_flags(_ssl: *mut SSL, flags: c_ulong) -> c_ulong {
    unless_off(flags == 0, "SSL_dane_set_flags", 0, 0)
}

/// `SSL_dane_clear_flags(3)`: clears flags and returns those before, of which there are none.
///
/// Status: partial: no flag can be set, so none is ever cleared.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_dane_clear_flags(_ssl: *mut SSL, _flags: c_ulong) -> c_ulong {
    0
}

/// `SSL_dane_tlsa_add(3)`: adds a TLSA record. 0 and below is failure.
///
/// Status: refused: DANE is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_dane_tlsa_add(
    _s: *mut SSL,
    _usage: u8,
    _selector: u8,
    _mtype: u8,
    _data: *const c_uchar,
    _dlen: usize,
) -> c_int {
    refuse("SSL_dane_tlsa_add", 0)
}

/// The DANE state of a connection (no manual page), for a certificate verification of the program's own; null when
/// there is none.
///
/// Status: partial: DANE is never on, so the answer is always none; OpenSSL gives an empty state then.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_dane(_ssl: *mut SSL) -> *mut SSL_DANE {
    ptr::null_mut()
}

/// `SSL_get0_dane_authority(3)`: the depth at which a TLSA record matched; negative when DANE is not on.
///
/// Status: partial: DANE is never on.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_dane_authority(_s: *mut SSL, _mcert: *mut *mut X509, _mspki: *mut *mut EVP_PKEY) -> c_int {
    -1
}

/// `SSL_get0_dane_tlsa(3)`: the TLSA record that matched, and its depth; negative when DANE is not on.
///
/// Status: partial: DANE is never on.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_dane_tlsa(
    _s: *mut SSL,
    _usage: *mut u8,
    _selector: *mut u8,
    _mtype: *mut u8,
    _data: *mut *const c_uchar,
    _dlen: *mut usize,
) -> c_int {
    -1
}
