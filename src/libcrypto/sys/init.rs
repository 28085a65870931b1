//! crypto.h: initialisation.

use std::ffi::c_int;

pub use openssl_sys::OPENSSL_INIT_SETTINGS;

unsafe extern "C" {
    pub fn OPENSSL_init_crypto(opts: u64, settings: *const OPENSSL_INIT_SETTINGS) -> c_int;
}
