//! err.h and crypto.h: the error queue and libcrypto's allocator.

use std::ffi::{c_char, c_int, c_ulong, c_void};

/// `ERR_STRING_DATA` of err.h: an error code and its text; a table of them ends with a zero code.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ERR_STRING_DATA {
    pub error: c_ulong,
    pub string: *const c_char,
}
// SAFETY: the strings are immutable statics.
unsafe impl Sync for ERR_STRING_DATA {}
// SAFETY: as above; no thread owns them.
unsafe impl Send for ERR_STRING_DATA {}

unsafe extern "C" {
    pub fn ERR_new();
    pub fn ERR_set_debug(file: *const c_char, line: c_int, func: *const c_char);
    pub fn ERR_set_error(lib: c_int, reason: c_int, fmt: *const c_char, ...);
    pub fn ERR_peek_error() -> c_ulong;
    pub fn ERR_peek_last_error() -> c_ulong;
    pub fn ERR_clear_error();
    pub fn ERR_set_mark() -> c_int;
    pub fn ERR_pop_to_mark() -> c_int;
    pub fn ERR_clear_last_mark() -> c_int;
    pub fn ERR_reason_error_string(code: c_ulong) -> *const c_char;
    pub fn ERR_load_strings_const(table: *const ERR_STRING_DATA) -> c_int;
    pub fn CRYPTO_free(ptr: *mut c_void, file: *const c_char, line: c_int);
    pub fn CRYPTO_malloc(num: usize, file: *const c_char, line: c_int) -> *mut c_void;
}
