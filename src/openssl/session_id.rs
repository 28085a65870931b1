//! Who makes session ids and who forbids resumption.

use super::callback_types::{GEN_SESSION_CB, NotResumableCallback};
use super::error::{Error, guard};
use super::holder::Holder;
use super::refusal::refuse;
use super::types::{SSL, SSL_CTX, lhash_st_SSL_SESSION};
use crate::seam::Handle;
use std::ffi::c_int;
use std::ptr;

/// Taking a callback away succeeds, setting one is refused.
fn only_none(cb: GEN_SESSION_CB, what: &'static str) -> c_int {
    if cb.is_none() { 1 } else { refuse(what, 0) }
}

/// `SSL_CTX_set_generate_session_id(3)`: sets the callback that makes session ids. Fails for any but null.
///
/// Status: refused: the TLS engine makes ids of its own, random and 32 bytes long.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_generate_session_id(_ctx: *mut SSL_CTX, cb: GEN_SESSION_CB) -> c_int {
    only_none(cb, "SSL_CTX_set_generate_session_id")
}

/// `SSL_CTX_set_generate_session_id(3)`: sets the callback that makes session ids. Fails for any but null.
///
/// Status: refused: the TLS engine makes ids of its own, random and 32 bytes long.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_generate_session_id(_s: *mut SSL, cb: GEN_SESSION_CB) -> c_int {
    only_none(cb, "SSL_set_generate_session_id")
}

/// `SSL_CTX_set_session_cache_mode(3)`: sets the callback that may forbid the resumption of a new session.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; the callback can be called as long as the context's connections live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_not_resumable_session_callback(ctx: *mut SSL_CTX, cb: NotResumableCallback) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Silent)?;
        context.change(|config| config.not_resumable = cb);
        Ok(())
    });
}

/// `SSL_CTX_set_session_cache_mode(3)`: sets the callback that may forbid the resumption of a new session.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; the callback can be called as long as the connection lives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_not_resumable_session_callback(ssl: *mut SSL, cb: NotResumableCallback) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        ssl.change(|config| config.not_resumable = cb);
        Ok(())
    });
}

/// `SSL_CTX_sessions(3)`: the internal cache as libcrypto's hash table. Null.
///
/// Status: refused: the cache is not such a table.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_sessions(_ctx: *mut SSL_CTX) -> *mut lhash_st_SSL_SESSION {
    refuse("SSL_CTX_sessions", ptr::null_mut())
}
