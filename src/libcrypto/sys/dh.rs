//! dh.h and ec.h: the older objects for Diffie-Hellman parameters.

use super::EVP_PKEY;
use std::ffi::c_int;

/// Diffie-Hellman parameters of the older API.
#[repr(C)]
pub struct DH {
    _opaque: [u8; 0],
}

/// An elliptic-curve key of the older API.
#[repr(C)]
pub struct EC_KEY {
    _opaque: [u8; 0],
}

/// A curve.
#[repr(C)]
pub struct EC_GROUP {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    pub fn EVP_PKEY_set1_DH(key: *mut EVP_PKEY, dh: *mut DH) -> c_int;
    pub fn EC_KEY_get0_group(key: *const EC_KEY) -> *const EC_GROUP;
    pub fn EC_GROUP_get_curve_name(group: *const EC_GROUP) -> c_int;
}
