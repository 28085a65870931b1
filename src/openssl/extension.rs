//! Extensions that a program may ask for by name: the maximum fragment length (RFC 6066, section 4).

use super::error::{Error, guard};
use super::reason;
use super::types::{SSL, SSL_CTX};
use super::{connection, context};
use std::ffi::c_int;

/// `TLSEXT_max_fragment_length_DISABLED`.
const DISABLED: u8 = 0;
/// `TLSEXT_max_fragment_length_4096`, the highest code.
const HIGHEST: u8 = 4;

/// Not asking for the extension is what happens; asking is refused, because rustls does not negotiate it.
fn set(mode: u8, name: &'static str) -> Result<c_int, Error> {
    match mode {
        DISABLED => Ok(1),
        1..=HIGHEST => Err(Error::Refused(name)),
        _ => Err(Error::Ssl(reason::SSL3_EXT_INVALID_MAX_FRAGMENT_LENGTH)),
    }
}

/// `SSL_CTX_set_tlsext_max_fragment_length(3)`: asks servers for smaller records; 1 on success.
///
/// Status: refused: the extension is not negotiated; only switching it off succeeds.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_tlsext_max_fragment_length(ctx: *mut SSL_CTX, mode: u8) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        unsafe { context::share(ctx) }?;
        set(mode, "SSL_CTX_set_tlsext_max_fragment_length")
    })
}

/// `SSL_CTX_set_tlsext_max_fragment_length(3)`: asks the server for smaller records; 1 on success.
///
/// Status: refused: the extension is not negotiated; only switching it off succeeds.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_tlsext_max_fragment_length(ssl: *mut SSL, mode: u8) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        unsafe { connection::share(ssl) }?;
        set(mode, "SSL_set_tlsext_max_fragment_length")
    })
}
