//! `SSL_CTX_set_security_level(3)`: the level of security, and the callback that decides in its place.

use super::callback_types::SecurityCallback;
use super::callbacks::Arg;
use super::cipher;
use super::error::{Error, guard};
use super::holder::Holder;
use super::security_check::{op, own_callback};
use super::types::{SSL, SSL_CTX};
use super::{connection, context};
use crate::seam::Handle;
use crate::tls::cipher::security_bits;
use std::ffi::{c_int, c_void};

/// `SSL_CTX_set_security_level(3)`: the security level, 0 to 5.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_security_level(ctx: *const SSL_CTX) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Silent)?;
        Ok(holder.settings().security_level)
    })
}

/// `SSL_CTX_set_security_level(3)`: the security level, 0 to 5.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_security_level(ssl: *const SSL) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(holder.settings().security_level)
    })
}

/// `SSL_CTX_set_security_level(3)`: sets the security level, 0 to 5.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_security_level(ctx: *mut SSL_CTX, level: c_int) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { context::share(ctx) }?;
        holder.change(|config| config.security_level = level);
        Ok(())
    });
}

/// `SSL_CTX_set_security_level(3)`: sets the security level, 0 to 5.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_security_level(ssl: *mut SSL, level: c_int) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { connection::share(ssl) }?;
        holder.change(|config| config.security_level = level);
        Ok(())
    });
}

/// What `SSL_CTX_get_security_callback` gives where the program has set none: decides by the level, as the library itself
/// does then.
unsafe extern "C" fn default_security_callback(
    ssl: *const SSL,
    ctx: *const SSL_CTX,
    operation: c_int,
    bits: c_int,
    nid: c_int,
    other: *mut c_void,
    _ex: *mut c_void,
) -> c_int {
    /// Even at level 0 there is a lower limit for Diffie-Hellman.
    const DH_AT_LEVEL_0: i64 = 80;
    guard(0, || {
        // SAFETY: null or live handles, by the manual.
        let level = match unsafe { (SSL::share(ssl), SSL_CTX::share(ctx)) } {
            (Some(ssl), _) => ssl.settings().level(),
            (None, Some(ctx)) => ctx.settings().level(),
            (None, None) => return Err(Error::Silent),
        };
        let strong = i64::from(bits) >= i64::from(security_bits(level));
        Ok(c_int::from(match operation {
            op::TMP_DH if level == 0 => i64::from(bits) >= DH_AT_LEVEL_0,
            _ if level == 0 => true,
            op::CIPHER_SUPPORTED | op::CIPHER_SHARED | op::CIPHER_CHECK => {
                // SAFETY: with these operations the pointer is a cipher suite's.
                strong && unsafe { cipher::from_c(other.cast()) }.is_some_and(|suite| suite.allowed_at(level))
            }
            op::VERSION => nid >= lowest_version(level),
            op::COMPRESSION => level < 2,
            op::TICKET => level < 3,
            _ => strong,
        }))
    })
}

/// The lowest version that a level above 0 takes; each level drops one.
fn lowest_version(level: u8) -> c_int {
    const SSL3: c_int = 0x0300;
    SSL3 + c_int::from(level.clamp(1, 4)) - 1
}

/// `SSL_CTX_set_security_level(3)`: sets the callback that decides what is secure enough, in place of the level.
///
/// It is asked about cipher suites, groups, signature algorithms, versions, tickets, own certificates and parameters for
/// Diffie-Hellman. Null stands for the default callback.
///
/// Status: partial: asked about what the library supports, and not as often as OpenSSL asks.
///
/// # Safety
/// `ctx` is null or a live handle; `cb` is null or of its type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_security_callback(ctx: *mut SSL_CTX, cb: SecurityCallback) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { context::share(ctx) }?;
        holder.change(|config| config.security_callback = own_callback(cb, default_security_callback));
        Ok(())
    });
}

/// `SSL_CTX_set_security_level(3)`: sets the callback that decides what is secure enough for one connection.
///
/// It is asked about cipher suites, groups, signature algorithms, versions, tickets, own certificates and parameters for
/// Diffie-Hellman. Null stands for the default callback.
///
/// Status: partial: asked about what the library supports, and not as often as OpenSSL asks.
///
/// # Safety
/// `ssl` is null or a live handle; `cb` is null or of its type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_security_callback(ssl: *mut SSL, cb: SecurityCallback) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { connection::share(ssl) }?;
        holder.change(|config| config.security_callback = own_callback(cb, default_security_callback));
        Ok(())
    });
}

/// `SSL_CTX_set_security_level(3)`: the callback in force.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_security_callback(ctx: *const SSL_CTX) -> SecurityCallback {
    guard(None, || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Silent)?;
        Ok(holder.settings().security_callback.or(Some(default_security_callback)))
    })
}

/// `SSL_CTX_set_security_level(3)`: the callback in force.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_security_callback(ssl: *const SSL) -> SecurityCallback {
    guard(None, || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(holder.settings().security_callback.or(Some(default_security_callback)))
    })
}

/// `SSL_CTX_set_security_level(3)`: sets the argument of security callbacks.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set0_security_ex_data(ctx: *mut SSL_CTX, ex: *mut c_void) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { context::share(ctx) }?;
        holder.change(|config| config.security_ex_data = Arg(ex));
        Ok(())
    });
}

/// `SSL_CTX_set_security_level(3)`: sets the argument of security callbacks.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set0_security_ex_data(ssl: *mut SSL, ex: *mut c_void) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { connection::share(ssl) }?;
        holder.change(|config| config.security_ex_data = Arg(ex));
        Ok(())
    });
}

/// `SSL_CTX_set_security_level(3)`: the argument of security callbacks.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get0_security_ex_data(ctx: *const SSL_CTX) -> *mut c_void {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Silent)?;
        Ok(holder.settings().security_ex_data.0)
    })
}

/// `SSL_CTX_set_security_level(3)`: the argument of security callbacks.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_security_ex_data(ssl: *const SSL) -> *mut c_void {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(holder.settings().security_ex_data.0)
    })
}
