//! Names that belong to none of the other groups.

use crate::openssl::refusal::refuse;
use crate::openssl::types::{SSL, openssl_ssl_test_functions};
use std::ffi::c_int;
use std::ptr;

/// Sets a debugging flag that has had no effect since OpenSSL 1.1.0 (no manual page).
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_debug(_s: *mut SSL, _debug: c_int) {}

/// A table of OpenSSL's internal functions for its own tests (no manual page).
///
/// Status: refused: there are no such internals here.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_test_functions() -> *const openssl_ssl_test_functions {
    refuse("SSL_test_functions", ptr::null())
}
