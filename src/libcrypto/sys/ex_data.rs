//! crypto.h: application data slots.

use super::OSSL_LIB_CTX;
use std::ffi::{c_int, c_void};

/// An object's slots (`struct crypto_ex_data_st`).
#[repr(C)]
pub struct CRYPTO_EX_DATA {
    ctx: *mut OSSL_LIB_CTX,
    sk: *mut c_void,
}

pub const CRYPTO_EX_INDEX_SSL: c_int = 0;
pub const CRYPTO_EX_INDEX_SSL_CTX: c_int = 1;
pub const CRYPTO_EX_INDEX_SSL_SESSION: c_int = 2;

unsafe extern "C" {
    pub fn CRYPTO_new_ex_data(class: c_int, object: *mut c_void, data: *mut CRYPTO_EX_DATA) -> c_int;
    pub fn CRYPTO_free_ex_data(class: c_int, object: *mut c_void, data: *mut CRYPTO_EX_DATA);
    pub fn CRYPTO_dup_ex_data(class: c_int, to: *mut CRYPTO_EX_DATA, from: *const CRYPTO_EX_DATA) -> c_int;
    pub fn CRYPTO_set_ex_data(data: *mut CRYPTO_EX_DATA, index: c_int, value: *mut c_void) -> c_int;
    pub fn CRYPTO_get_ex_data(data: *const CRYPTO_EX_DATA, index: c_int) -> *mut c_void;
}
