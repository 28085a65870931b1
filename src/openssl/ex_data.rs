//! Application data of contexts and connections (`SSL_CTX_set_ex_data(3)`).

use super::error::{Error, guard};
use super::types::{SSL, SSL_CTX};
use crate::seam::Handle;
use std::ffi::{c_int, c_void};
use std::ptr;

/// `SSL_CTX_set_ex_data(3)`: sets a slot of a context; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_ex_data(ctx: *mut SSL_CTX, idx: c_int, data: *mut c_void) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Silent)?;
        Ok(context.ex_data.set(idx, data).into())
    })
}

/// `SSL_CTX_set_ex_data(3)`: the value of a slot of a context.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_ex_data(ctx: *const SSL_CTX, idx: c_int) -> *mut c_void {
    guard(ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Silent)?;
        Ok(context.ex_data.get(idx))
    })
}

/// `SSL_CTX_set_ex_data(3)`: sets a slot of a connection; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_ex_data(ssl: *mut SSL, idx: c_int, data: *mut c_void) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(ssl.ex_data.set(idx, data).into())
    })
}

/// `SSL_CTX_set_ex_data(3)`: the value of a slot of a connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_ex_data(ssl: *const SSL, idx: c_int) -> *mut c_void {
    guard(ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(ssl.ex_data.get(idx))
    })
}
