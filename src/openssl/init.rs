//! `OPENSSL_init_ssl(3)`: readies libcrypto and loads the texts of library SSL's errors.

use std::ffi::c_int;
use std::sync::Once;

use super::error::{Error, guard};
use super::reason;
use crate::libcrypto::sys;

const INIT_ADD_ALL_CIPHERS: u64 = 0x04;
const INIT_ADD_ALL_DIGESTS: u64 = 0x08;
const INIT_LOAD_CONFIG: u64 = 0x40;
const INIT_NO_LOAD_CONFIG: u64 = 0x80;
const INIT_NO_LOAD_SSL_STRINGS: u64 = 0x0010_0000;
const INIT_LOAD_SSL_STRINGS: u64 = 0x0020_0000;

/// Who comes first decides whether the texts are loaded: as in OpenSSL, a program that forbids it early has no texts.
static STRINGS: Once = Once::new();

/// Panics print nothing.
#[cfg(not(test))]
static QUIET: Once = Once::new();

/// Does what every context needs first, once: libcrypto's initialisation with its configuration file, and the texts.
pub(crate) fn ensure() -> Result<(), Error> {
    initialise(INIT_LOAD_SSL_STRINGS, std::ptr::null())
}

/// Loads the error texts unless the program has forbidden it.
pub(crate) fn ensure_strings() {
    STRINGS.call_once(reason::load);
}

fn initialise(mut opts: u64, settings: *const sys::OPENSSL_INIT_SETTINGS) -> Result<(), Error> {
    // What is caught at the seam is told in the error queue; the program's standard error is not ours. The hook is that of
    // this library's own copy of Rust's runtime.
    #[cfg(not(test))]
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    opts |= INIT_ADD_ALL_CIPHERS | INIT_ADD_ALL_DIGESTS;
    if opts & INIT_NO_LOAD_CONFIG == 0 {
        opts |= INIT_LOAD_CONFIG;
    }
    // SAFETY: the settings are null or the program's, passed on as they came.
    if unsafe { sys::OPENSSL_init_crypto(opts, settings) } == 0 {
        return Err(Error::Queued);
    }
    if opts & INIT_NO_LOAD_SSL_STRINGS != 0 {
        STRINGS.call_once(|| {});
    }
    if opts & INIT_LOAD_SSL_STRINGS != 0 {
        ensure_strings();
    }
    Ok(())
}

/// `OPENSSL_init_ssl(3)`: initialises libcrypto and this library; returns 1 on success. Calling it is not necessary.
///
/// Status: full.
///
/// # Safety
/// `settings` is null or made by `OPENSSL_INIT_new`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OPENSSL_init_ssl(opts: u64, settings: *const sys::OPENSSL_INIT_SETTINGS) -> c_int {
    guard(0, || initialise(opts, settings).map(|()| 1))
}

/// `ERR_load_SSL_strings`: loads the texts of library SSL's errors; returns 1.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn ERR_load_SSL_strings() -> c_int {
    guard(0, || {
        reason::load();
        Ok(1)
    })
}
