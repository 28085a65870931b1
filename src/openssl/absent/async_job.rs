//! Operations that pause in an asynchronous job (`ASYNC_start_job(3)`), as hardware engines do. No call of this library
//! ever runs in one of its own.

use super::unless_off;
use crate::openssl::callback_types::SSL_async_callback_fn;
use crate::openssl::types::{SSL, SSL_CTX};
use std::ffi::{c_int, c_void};

/// `SSL_waiting_for_async(3)`: whether the last call is paused in a job; none ever is.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_waiting_for_async(_s: *mut SSL) -> c_int {
    0
}

/// `SSL_get_all_async_fds(3)`: the descriptors of a paused job. 0 when there is no job, as in OpenSSL.
///
/// Status: partial: there is never a job.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_all_async_fds(_s: *mut SSL, _fds: *mut c_int, _numfds: *mut usize) -> c_int {
    0
}

/// `SSL_get_changed_async_fds(3)`: the descriptors that came and went. 0 when there is no job, as in OpenSSL.
///
/// Status: partial: there is never a job.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_changed_async_fds(
    _s: *mut SSL,
    _addfd: *mut c_int,
    _numaddfds: *mut usize,
    _delfd: *mut c_int,
    _numdelfds: *mut usize,
) -> c_int {
    0
}

/// `SSL_get_async_status(3)`: the engine's status. 0 when there is no job, as in OpenSSL.
///
/// Status: partial: there is never a job.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_async_status(_s: *mut SSL, _status: *mut c_int) -> c_int {
    0
}

/// `SSL_CTX_set_async_callback(3)`: sets the callback for a job that may go on; null takes it back. 0 is failure.
///
/// Status: refused: asynchronous jobs are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_async_callback(_ctx: *mut SSL_CTX, callback: SSL_async_callback_fn) -> c_int {
    unless_off(callback.is_none(), "SSL_CTX_set_async_callback", 1, 0)
}

/// `SSL_set_async_callback(3)`: sets the callback for a job that may go on; null takes it back. 0 is failure.
///
/// Status: refused: asynchronous jobs are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_async_callback(_s: *mut SSL, callback: SSL_async_callback_fn) -> c_int {
    unless_off(callback.is_none(), "SSL_set_async_callback", 1, 0)
}

/// `SSL_CTX_set_async_callback_arg(3)`: sets that callback's argument; null takes it back. 0 is failure.
///
/// Status: refused: asynchronous jobs are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_async_callback_arg(_ctx: *mut SSL_CTX, arg: *mut c_void) -> c_int {
    unless_off(arg.is_null(), "SSL_CTX_set_async_callback_arg", 1, 0)
}

/// `SSL_set_async_callback_arg(3)`: sets that callback's argument; null takes it back. 0 is failure.
///
/// Status: refused: asynchronous jobs are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_async_callback_arg(_s: *mut SSL, arg: *mut c_void) -> c_int {
    unless_off(arg.is_null(), "SSL_set_async_callback_arg", 1, 0)
}
