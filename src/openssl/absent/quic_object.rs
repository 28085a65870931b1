//! What the functions for QUIC objects answer for a TLS connection, the only kind there is: as OpenSSL does.

use super::quic_types::SSL_CONN_CLOSE_INFO;
use crate::openssl::types::SSL;
use crate::seam::arg;
use libc::timeval;
use std::ffi::c_int;
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
