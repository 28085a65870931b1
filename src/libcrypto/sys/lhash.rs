//! lhash.h: libcrypto's hash tables.

use std::ffi::{c_int, c_ulong, c_void};

/// A table.
#[repr(C)]
pub struct OPENSSL_LHASH {
    _opaque: [u8; 0],
}

/// The hash of an element.
pub type OPENSSL_LH_HASHFUNC = unsafe extern "C" fn(element: *const c_void) -> c_ulong;
/// Whether two elements differ.
pub type OPENSSL_LH_COMPFUNC = unsafe extern "C" fn(one: *const c_void, other: *const c_void) -> c_int;

unsafe extern "C" {
    pub fn OPENSSL_LH_new(hash: OPENSSL_LH_HASHFUNC, compare: OPENSSL_LH_COMPFUNC) -> *mut OPENSSL_LHASH;
    pub fn OPENSSL_LH_free(table: *mut OPENSSL_LHASH);
    pub fn OPENSSL_LH_flush(table: *mut OPENSSL_LHASH);
    pub fn OPENSSL_LH_insert(table: *mut OPENSSL_LHASH, element: *mut c_void) -> *mut c_void;
    pub fn OPENSSL_LH_delete(table: *mut OPENSSL_LHASH, element: *const c_void) -> *mut c_void;
}
