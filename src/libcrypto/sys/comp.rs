//! comp.h and ct.h, as far as unsupported features hand libcrypto's objects through.

use std::ffi::c_char;

/// A compression method.
#[repr(C)]
pub struct COMP_METHOD {
    _opaque: [u8; 0],
}

/// A list of certificate transparency logs.
#[repr(C)]
pub struct CTLOG_STORE {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    pub fn COMP_get_name(method: *const COMP_METHOD) -> *const c_char;
    pub fn CTLOG_STORE_free(store: *mut CTLOG_STORE);
}
