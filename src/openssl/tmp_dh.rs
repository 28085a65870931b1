//! `SSL_CTX_set_tmp_dh_callback(3)`: parameters for ephemeral Diffie-Hellman.
//!
//! No suite with finite-field Diffie-Hellman is offered, so the parameters are checked and kept but never used. Programs
//! give up when these functions fail.

use super::config::Config;
use super::error::{Error, PASSED_NULL_PARAMETER, guard};
use super::holder::Holder;
use super::reason;
use super::security_check::Judge;
use super::types::{SSL, SSL_CTX};
use super::{connection, context, group};
use crate::libcrypto::pkey::Pkey;
use crate::libcrypto::sys;
use crate::tls::cipher::security_bits;
use std::ffi::{c_int, c_void};

/// `SSL_CTX_set_tmp_dh_callback`: gives parameters of about `keylength` bits.
pub type TmpDhCallback =
    Option<unsafe extern "C" fn(ssl: *mut SSL, is_export: c_int, keylength: c_int) -> *mut sys::DH>;

/// Keeps parameters, if they are strong enough for the security level.
pub(crate) fn set(holder: &impl Holder, parameters: Option<Pkey>) -> Result<c_int, Error> {
    // Even at level 0 there is a lower limit.
    const AT_LEVEL_0: u32 = 80;
    let strength = parameters.as_ref().map_or(0, Pkey::security_bits);
    let wanted = match holder.settings().level() {
        0 => AT_LEVEL_0,
        level => security_bits(level),
    };
    let allowed = match Judge::of(holder) {
        Some(judge) => judge.dh(strength, parameters.as_ref().map_or(std::ptr::null_mut(), |own| own.as_ptr().cast())),
        None => u32::try_from(strength).is_ok_and(|strength| strength >= wanted),
    };
    if allowed {
        let old = holder.change(|config: &mut Config| std::mem::replace(&mut config.tmp_dh, parameters));
        drop(old);
        Ok(1)
    } else {
        Err(Error::Ssl(reason::DH_KEY_TOO_SMALL))
    }
}

/// `SSL_CTX_set_tmp_dh(3)`: the same with a `DH *`.
///
/// # Safety
/// `dh` is null or live.
pub(crate) unsafe fn set_dh(holder: &impl Holder, dh: *mut c_void) -> Result<c_int, Error> {
    if dh.is_null() {
        return Err(Error::Ssl(PASSED_NULL_PARAMETER));
    }
    // SAFETY: live, by the caller.
    let parameters = unsafe { Pkey::from_dh(dh.cast()) }.ok_or(Error::Queued)?;
    set(holder, Some(parameters))
}

/// `SSL_CTX_set_tmp_ecdh(3)`: the curve of an `EC_KEY *` becomes the only group.
///
/// # Safety
/// `key` is null or live.
pub(crate) unsafe fn set_ecdh(holder: &impl Holder, key: *mut c_void) -> Result<c_int, Error> {
    if key.is_null() {
        return Err(Error::Ssl(PASSED_NULL_PARAMETER));
    }
    // SAFETY: live, by the caller.
    let curve = unsafe { sys::EC_KEY_get0_group(key.cast()) };
    if curve.is_null() {
        return Err(Error::Ssl(reason::MISSING_PARAMETERS));
    }
    // SAFETY: the curve belongs to the live key.
    let nid = unsafe { sys::EC_GROUP_get_curve_name(curve) };
    let groups = group::from_nids(&[nid])?;
    holder.change(|config| config.groups = Some(groups));
    Ok(1)
}

/// `SSL_CTX_set0_tmp_dh_pkey(3)`: sets the parameters for ephemeral Diffie-Hellman and takes them over; returns 1, or 0
/// when they are too weak, and then they are still the program's.
///
/// Status: partial: no suite that uses them is offered.
///
/// # Safety
/// `ctx` is null or a live handle; `dhpkey` is null or live, and the caller owns a count of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set0_tmp_dh_pkey(ctx: *mut SSL_CTX, dhpkey: *mut sys::EVP_PKEY) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { context::share(ctx) }?;
        // SAFETY: null or live, by the manual.
        let done = set(&*context, unsafe { Pkey::from_borrowed(dhpkey) })?;
        // SAFETY: on success the caller's count is ours; another one is kept with the context.
        drop(unsafe { Pkey::from_owned(dhpkey) });
        Ok(done)
    })
}

/// `SSL_CTX_set0_tmp_dh_pkey(3)`: as `SSL_CTX_set0_tmp_dh_pkey`, for one connection.
///
/// Status: partial: no suite that uses them is offered.
///
/// # Safety
/// `s` is null or a live handle; `dhpkey` is null or live, and the caller owns a count of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set0_tmp_dh_pkey(s: *mut SSL, dhpkey: *mut sys::EVP_PKEY) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { connection::share(s) }?;
        // SAFETY: null or live, by the manual.
        let done = set(&*ssl, unsafe { Pkey::from_borrowed(dhpkey) })?;
        // SAFETY: on success the caller's count is ours; another one is kept with the connection.
        drop(unsafe { Pkey::from_owned(dhpkey) });
        Ok(done)
    })
}

/// `SSL_CTX_set_tmp_dh_callback(3)`: sets a function that gives the parameters for ephemeral Diffie-Hellman.
///
/// Status: partial: it is never called, because no suite that uses them is offered.
///
/// # Safety
/// None: neither argument is looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_tmp_dh_callback(_ctx: *mut SSL_CTX, _dh: TmpDhCallback) {}

/// `SSL_CTX_set_tmp_dh_callback(3)`: as `SSL_CTX_set_tmp_dh_callback`, for one connection.
///
/// Status: partial: it is never called, because no suite that uses them is offered.
///
/// # Safety
/// None: neither argument is looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_tmp_dh_callback(_ssl: *mut SSL, _dh: TmpDhCallback) {}
