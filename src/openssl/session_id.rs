//! Who makes session ids and who forbids resumption.

use super::callback_types::{GEN_SESSION_CB, NotResumableCallback};
use super::connection::Connection;
use super::error::{Error, guard};
use super::holder::Holder;
use super::reason;
use super::session_object::Bytes32;
use super::types::{SSL, SSL_CTX};
use crate::seam::Handle;
use crate::tls::session::random_id;
use std::ffi::c_int;
use std::sync::Arc;

/// The id of a new session: from the program's callback, else random. On failure the reason.
pub(super) fn generate(ssl: &Arc<Connection>) -> Result<Bytes32, c_int> {
    let callback = ssl.config().generate_id.or_else(|| ssl.session_context.config().generate_id);
    let version = ssl.facts.read().version();
    let sessions = &ssl.session_context.sessions;
    let Some(callback) = callback else {
        const TRIES: usize = 10;
        return (0..TRIES)
            .filter_map(|_| random_id())
            .find(|id| !sessions.has(version, id))
            .and_then(|id| Bytes32::new(&id))
            .ok_or(reason::SSL_SESSION_ID_CALLBACK_FAILED);
    };
    let (mut id, mut len) = ([0; 32], 32);
    // SAFETY: the connection is live and not locked; `id` is writable for 32 bytes.
    if unsafe { callback(ssl.as_ptr(), id.as_mut_ptr(), &raw mut len) } == 0 {
        return Err(reason::SSL_SESSION_ID_CALLBACK_FAILED);
    }
    // The TLS engine has room for ids of 32 bytes only.
    if len != 32 {
        return Err(reason::SSL_SESSION_ID_HAS_BAD_LENGTH);
    }
    if sessions.has(version, &id) {
        return Err(reason::SSL_SESSION_ID_CONFLICT);
    }
    Bytes32::new(&id).ok_or(reason::SSL_SESSION_ID_HAS_BAD_LENGTH)
}

/// `SSL_CTX_set_generate_session_id(3)`: sets the callback that makes session ids; 1 on success.
///
/// Status: partial: the callback must give 32 bytes; shorter ids fail as empty ones do.
///
/// # Safety
/// `ctx` is null or a live handle; the callback can be called as long as the context's connections live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_generate_session_id(ctx: *mut SSL_CTX, cb: GEN_SESSION_CB) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Silent)?;
        context.change(|config| config.generate_id = cb);
        Ok(1)
    })
}

/// `SSL_CTX_set_generate_session_id(3)`: the same for one connection.
///
/// Status: partial: the callback must give 32 bytes; shorter ids fail as empty ones do.
///
/// # Safety
/// `s` is null or a live handle; the callback can be called as long as the connection lives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_generate_session_id(s: *mut SSL, cb: GEN_SESSION_CB) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(s) }.ok_or(Error::Silent)?;
        ssl.change(|config| config.generate_id = cb);
        Ok(1)
    })
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
