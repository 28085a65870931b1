//! Parameters of finite-field Diffie-Hellman. No suite that uses them is ever offered, so that nothing depends on
//! them; programs end when setting them fails.

use super::connection;
use super::context;
use super::error::{Error, PASSED_NULL_PARAMETER, guard};
use super::types::{SSL, SSL_CTX};
use crate::libcrypto::pkey::Pkey;
use crate::libcrypto::sys;
use std::ffi::{c_int, c_long, c_void};

/// Makes parameters for an older API's program.
pub type TmpDhCallback =
    Option<unsafe extern "C" fn(ssl: *mut SSL, is_export: c_int, keylength: c_int) -> *mut sys::DH>;

/// `SSL_CTX_set_tmp_dh(3)`, `SSL_CTX_set_dh_auto(3)`: commands of `SSL_ctrl` and `SSL_CTX_ctrl`.
pub(crate) fn command(command: c_int, _larg: c_long, parg: *mut c_void) -> super::ctrl::Answer {
    const SET_TMP_DH: c_int = 3;
    const SET_DH_AUTO: c_int = 118;
    match command {
        SET_TMP_DH if parg.is_null() => Err(Error::Ssl(PASSED_NULL_PARAMETER)),
        SET_TMP_DH | SET_DH_AUTO => Ok(Some(1)),
        _ => Ok(None),
    }
}

/// `SSL_CTX_set0_tmp_dh_pkey(3)`: sets parameters, whose count it takes; 1 on success.
///
/// Status: partial: accepted, but no suite with finite-field Diffie-Hellman is offered.
///
/// # Safety
/// `ctx` is null or a live handle; `dhpkey` is null or live, and its count becomes ours.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set0_tmp_dh_pkey(ctx: *mut SSL_CTX, dhpkey: *mut sys::EVP_PKEY) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        unsafe { context::share(ctx) }?;
        // SAFETY: null or live, and on success its count is ours, by the manual.
        drop(unsafe { Pkey::from_owned(dhpkey) });
        Ok(1)
    })
}

/// `SSL_set0_tmp_dh_pkey(3)`: as `SSL_CTX_set0_tmp_dh_pkey`, for one connection.
///
/// Status: partial: accepted, but no suite with finite-field Diffie-Hellman is offered.
///
/// # Safety
/// `ssl` is null or a live handle; `dhpkey` is null or live, and its count becomes ours.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set0_tmp_dh_pkey(ssl: *mut SSL, dhpkey: *mut sys::EVP_PKEY) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        unsafe { connection::share(ssl) }?;
        // SAFETY: null or live, and on success its count is ours, by the manual.
        drop(unsafe { Pkey::from_owned(dhpkey) });
        Ok(1)
    })
}

/// `SSL_CTX_set_tmp_dh_callback(3)`: sets what makes parameters.
///
/// Status: partial: never called, because no suite with finite-field Diffie-Hellman is offered.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_tmp_dh_callback(_ctx: *mut SSL_CTX, _dh: TmpDhCallback) {}

/// `SSL_set_tmp_dh_callback(3)`: as `SSL_CTX_set_tmp_dh_callback`, for one connection.
///
/// Status: partial: never called, because no suite with finite-field Diffie-Hellman is offered.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_tmp_dh_callback(_ssl: *mut SSL, _dh: TmpDhCallback) {}
