//! What the functions for QUIC objects answer for a TLS connection, the only kind there is: as OpenSSL does.

use super::quic_types::{BIO_POLL_DESCRIPTOR, BIO_POLL_VALUE, SSL_CONN_CLOSE_INFO, SSL_SHUTDOWN_EX_ARGS, TYPE_SOCK_FD};
use crate::openssl::connection::want;
use crate::openssl::io::{SSL_shutdown, SSL_write_ex};
use crate::openssl::refusal::refuse;
use crate::openssl::status::SSL_want;
use crate::openssl::transport::{SSL_get_rfd, SSL_get_wfd};
use crate::openssl::types::SSL;
use crate::seam::arg;
use libc::timeval;
use std::ffi::{c_int, c_void};
use std::ptr;

/// `SSL_is_quic(3)`: whether this is a QUIC object; none is.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_is_quic(_s: *const SSL) -> c_int {
    0
}

/// `SSL_is_connection(3)`: whether this is a connection and not a stream, listener or domain; all are.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_is_connection(_s: *mut SSL) -> c_int {
    1
}

/// `SSL_is_listener(3)`: whether this is a QUIC listener; none is.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_is_listener(_ssl: *mut SSL) -> c_int {
    0
}

/// `SSL_is_domain(3)`: whether this is a QUIC domain; none is.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_is_domain(_s: *mut SSL) -> c_int {
    0
}

/// `SSL_get0_connection(3)`: the connection that a stream belongs to; a TLS connection is its own.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_connection(s: *mut SSL) -> *mut SSL {
    s
}

/// `SSL_get0_listener(3)`: the listener that an object belongs to; null when there is none.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_listener(_s: *mut SSL) -> *mut SSL {
    ptr::null_mut()
}

/// `SSL_get0_domain(3)`: the domain that an object belongs to; null when there is none.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_domain(_s: *mut SSL) -> *mut SSL {
    ptr::null_mut()
}

/// `SSL_get_accept_connection_queue_len(3)`: how many connections wait at a listener.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_accept_connection_queue_len(_ssl: *mut SSL) -> usize {
    0
}

/// `SSL_get_accept_stream_queue_len(3)`: how many streams of the peer wait.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_accept_stream_queue_len(_s: *mut SSL) -> usize {
    0
}

/// `SSL_get_blocking_mode(3)`: whether calls on a QUIC object wait; -1 for a TLS connection.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_blocking_mode(_s: *mut SSL) -> c_int {
    -1
}

/// `SSL_get_stream_id(3)`: the number of a stream; the largest number for a TLS connection.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_stream_id(_s: *mut SSL) -> u64 {
    u64::MAX
}

/// `SSL_get_stream_type(3)`: which ways data goes; `SSL_STREAM_TYPE_BIDI` for a TLS connection.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_stream_type(_s: *mut SSL) -> c_int {
    3
}

/// `SSL_is_stream_local(3)`: whether this side opened the stream; -1 for a TLS connection.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_is_stream_local(_s: *mut SSL) -> c_int {
    -1
}

/// `SSL_get_stream_read_state(3)`: the state of a stream's receiving part; `SSL_STREAM_STATE_NONE` for a TLS
/// connection.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_stream_read_state(_ssl: *mut SSL) -> c_int {
    0
}

/// `SSL_get_stream_write_state(3)`: the state of a stream's sending part; `SSL_STREAM_STATE_NONE` for a TLS
/// connection.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_stream_write_state(_ssl: *mut SSL) -> c_int {
    0
}

/// `SSL_get_stream_read_error_code(3)`: the code with which the peer reset a stream; -1 for a TLS connection.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_stream_read_error_code(_ssl: *mut SSL, _app_error_code: *mut u64) -> c_int {
    -1
}

/// `SSL_get_stream_write_error_code(3)`: the code with which the peer stopped a stream; -1 for a TLS connection.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_stream_write_error_code(_ssl: *mut SSL, _app_error_code: *mut u64) -> c_int {
    -1
}

/// `SSL_get_conn_close_info(3)`: why a QUIC connection ended; -1 for a TLS connection.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_conn_close_info(_ssl: *mut SSL, _info: *mut SSL_CONN_CLOSE_INFO, _info_len: usize) -> c_int {
    -1
}

/// `SSL_handle_events(3)`: does what is due on an object; on a TLS connection nothing ever is.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_handle_events(_s: *mut SSL) -> c_int {
    1
}

/// `SSL_get_event_timeout(3)`: the time until something is due on an object; on a TLS connection it is infinite.
///
/// Status: full.
///
/// # Safety
/// `tv` and `is_infinite` are null or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_event_timeout(_s: *mut SSL, tv: *mut timeval, is_infinite: *mut c_int) -> c_int {
    // SAFETY: null or valid for a write, by the manual.
    unsafe {
        arg::set(tv, timeval { tv_sec: 1_000_000, tv_usec: 0 });
        arg::set(is_infinite, 1);
    }
    1
}

/// `SSL_net_read_desired(3)`: whether the last call waits for something to be received.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_net_read_desired(s: *mut SSL) -> c_int {
    // SAFETY: null or a live handle, by the manual.
    c_int::from(unsafe { SSL_want(s) } == want::READING.into())
}

/// `SSL_net_write_desired(3)`: whether the last call waits for room to send.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_net_write_desired(s: *mut SSL) -> c_int {
    // SAFETY: null or a live handle, by the manual.
    c_int::from(unsafe { SSL_want(s) } == want::WRITING.into())
}

/// `SSL_get_rpoll_descriptor(3)`: what to wait for before reading. 0 is failure.
///
/// Status: partial: only a BIO that has a file descriptor can be waited for.
///
/// # Safety
/// `s` is null or a live handle; `desc` is null or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_rpoll_descriptor(s: *mut SSL, desc: *mut BIO_POLL_DESCRIPTOR) -> c_int {
    // SAFETY: null or a live handle, and null or valid for a write, by the manual.
    unsafe { describe(SSL_get_rfd(s), desc) }
}

/// `SSL_get_wpoll_descriptor(3)`: what to wait for before writing. 0 is failure.
///
/// Status: partial: only a BIO that has a file descriptor can be waited for.
///
/// # Safety
/// As for [`SSL_get_rpoll_descriptor`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_wpoll_descriptor(s: *mut SSL, desc: *mut BIO_POLL_DESCRIPTOR) -> c_int {
    // SAFETY: null or a live handle, and null or valid for a write, by the manual.
    unsafe { describe(SSL_get_wfd(s), desc) }
}

/// Describes a file descriptor; negative is none.
///
/// # Safety
/// `desc` is null or valid for a write.
unsafe fn describe(fd: c_int, desc: *mut BIO_POLL_DESCRIPTOR) -> c_int {
    if fd < 0 || desc.is_null() {
        return 0;
    }
    // SAFETY: valid for a write, by the caller.
    unsafe { arg::set(desc, BIO_POLL_DESCRIPTOR { kind: TYPE_SOCK_FD, value: BIO_POLL_VALUE { fd } }) };
    1
}

/// `SSL_shutdown_ex(3)`: ends a connection; for a TLS connection the same as `SSL_shutdown`, without the rest.
///
/// Status: full.
///
/// # Safety
/// As for `SSL_shutdown`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_shutdown_ex(
    ssl: *mut SSL,
    _flags: u64,
    _args: *const SSL_SHUTDOWN_EX_ARGS,
    _args_len: usize,
) -> c_int {
    // SAFETY: null or a live handle, by the manual.
    unsafe { SSL_shutdown(ssl) }
}

/// `SSL_write_ex2(3)`: writes as `SSL_write_ex` does; the flags are for QUIC, and any is an error here. 0 is failure.
///
/// Status: partial: the error for flags has a reason of its own.
///
/// # Safety
/// As for `SSL_write_ex`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_write_ex2(
    s: *mut SSL,
    buf: *const c_void,
    num: usize,
    flags: u64,
    written: *mut usize,
) -> c_int {
    if flags != 0 {
        return refuse("SSL_write_ex2 with flags", 0);
    }
    // SAFETY: as for `SSL_write_ex`, by the manual.
    unsafe { SSL_write_ex(s, buf, num, written) }
}
