//! QUIC connections, streams, listeners and domains, since OpenSSL 3.2: there are none, and what asks for one is refused.
//! (What these functions answer for a TLS connection is in quic_object.rs.)

use super::quic_types::{SSL_POLL_ITEM, SSL_STREAM_RESET_ARGS};
use super::unless_off;
use crate::openssl::callback_types::SSL_new_pending_conn_cb_fn;
use crate::openssl::refusal::refuse;
use crate::openssl::types::{BIO_ADDR, OSSL_DISPATCH, SSL, SSL_CTX, SSL_METHOD};
use crate::seam::arg;
use libc::timeval;
use std::ffi::{c_int, c_uchar, c_void};
use std::ptr;

/// `OSSL_QUIC_client_method(3)`: the method of QUIC clients; null is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn OSSL_QUIC_client_method() -> *const SSL_METHOD {
    refuse("OSSL_QUIC_client_method", ptr::null())
}

/// `OSSL_QUIC_client_thread_method(3)`: the method of QUIC clients with a thread for timers; null is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn OSSL_QUIC_client_thread_method() -> *const SSL_METHOD {
    refuse("OSSL_QUIC_client_thread_method", ptr::null())
}

/// `OSSL_QUIC_server_method(3)`: the method of QUIC servers; null is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn OSSL_QUIC_server_method() -> *const SSL_METHOD {
    refuse("OSSL_QUIC_server_method", ptr::null())
}

/// `SSL_CTX_set_domain_flags(3)`: sets the threading of a context's QUIC domains. 0 is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_domain_flags(_ctx: *mut SSL_CTX, _domain_flags: u64) -> c_int {
    refuse("SSL_CTX_set_domain_flags", 0)
}

/// `SSL_CTX_get_domain_flags(3)`: the threading of a context's QUIC domains. 0 is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_domain_flags(_ctx: *const SSL_CTX, _domain_flags: *mut u64) -> c_int {
    refuse("SSL_CTX_get_domain_flags", 0)
}

/// `SSL_get_domain_flags(3)`: the threading of a QUIC domain. 0 is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_domain_flags(_ssl: *const SSL, _domain_flags: *mut u64) -> c_int {
    refuse("SSL_get_domain_flags", 0)
}

/// `SSL_CTX_set_new_pending_conn_cb(3)`: sets the callback for connections that wait at a listener. Null takes it
/// back.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_new_pending_conn_cb(_c: *mut SSL_CTX, cb: SSL_new_pending_conn_cb_fn, _arg: *mut c_void) {
    unless_off(cb.is_none(), "SSL_CTX_set_new_pending_conn_cb", (), ())
}

/// `SSL_new_domain(3)`: makes a QUIC domain; null is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_new_domain(_ctx: *mut SSL_CTX, _flags: u64) -> *mut SSL {
    refuse("SSL_new_domain", ptr::null_mut())
}

/// `SSL_new_listener(3)`: makes a QUIC listener; null is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_new_listener(_ctx: *mut SSL_CTX, _flags: u64) -> *mut SSL {
    refuse("SSL_new_listener", ptr::null_mut())
}

/// `SSL_new_listener_from(3)`: makes a QUIC listener in a domain; null is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_new_listener_from(_ssl: *mut SSL, _flags: u64) -> *mut SSL {
    refuse("SSL_new_listener_from", ptr::null_mut())
}

/// `SSL_new_from_listener(3)`: makes a client connection that shares a listener's socket; null is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_new_from_listener(_ssl: *mut SSL, _flags: u64) -> *mut SSL {
    refuse("SSL_new_from_listener", ptr::null_mut())
}

/// `SSL_listen(3)`: has a listener begin to listen. 0 is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_listen(_ssl: *mut SSL) -> c_int {
    refuse("SSL_listen", 0)
}

/// `SSL_accept_connection(3)`: takes a connection that waits at a listener; null is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_accept_connection(_ssl: *mut SSL, _flags: u64) -> *mut SSL {
    refuse("SSL_accept_connection", ptr::null_mut())
}

/// `SSL_set1_initial_peer_addr(3)`: sets the address that a QUIC client connects to. 0 is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set1_initial_peer_addr(_s: *mut SSL, _peer_addr: *const BIO_ADDR) -> c_int {
    refuse("SSL_set1_initial_peer_addr", 0)
}

/// `SSL_inject_net_dgram(3)`: hands a received datagram to a QUIC connection. 0 is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_inject_net_dgram(
    _s: *mut SSL,
    _buf: *const c_uchar,
    _buf_len: usize,
    _peer: *const BIO_ADDR,
    _local: *const BIO_ADDR,
) -> c_int {
    refuse("SSL_inject_net_dgram", 0)
}

/// `SSL_set_blocking_mode(3)`: sets whether calls on a QUIC object wait. 0 is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_blocking_mode(_s: *mut SSL, _blocking: c_int) -> c_int {
    refuse("SSL_set_blocking_mode", 0)
}

/// `SSL_set_default_stream_mode(3)`: sets what kind of stream the first read or write makes. 0 is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_default_stream_mode(_s: *mut SSL, _mode: u32) -> c_int {
    refuse("SSL_set_default_stream_mode", 0)
}

/// `SSL_set_incoming_stream_policy(3)`: sets whether streams of the peer are accepted. 0 is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_incoming_stream_policy(_s: *mut SSL, _policy: c_int, _aec: u64) -> c_int {
    refuse("SSL_set_incoming_stream_policy", 0)
}

/// `SSL_new_stream(3)`: opens a stream; null is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_new_stream(_s: *mut SSL, _flags: u64) -> *mut SSL {
    refuse("SSL_new_stream", ptr::null_mut())
}

/// `SSL_accept_stream(3)`: takes a stream that the peer opened; null is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_accept_stream(_s: *mut SSL, _flags: u64) -> *mut SSL {
    refuse("SSL_accept_stream", ptr::null_mut())
}

/// `SSL_stream_conclude(3)`: ends the sending part of a stream. 0 is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_stream_conclude(_ssl: *mut SSL, _flags: u64) -> c_int {
    refuse("SSL_stream_conclude", 0)
}

/// `SSL_stream_reset(3)`: breaks the sending part of a stream off. 0 is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_stream_reset(_ssl: *mut SSL, _args: *const SSL_STREAM_RESET_ARGS, _args_len: usize) -> c_int {
    refuse("SSL_stream_reset", 0)
}

/// `SSL_get_value_uint(3)`: reads a number that a QUIC object is set to. 0 is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_value_uint(_s: *mut SSL, _class_: u32, _id: u32, _v: *mut u64) -> c_int {
    refuse("SSL_get_value_uint", 0)
}

/// `SSL_set_value_uint(3)`: sets a number of a QUIC object. 0 is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_value_uint(_s: *mut SSL, _class_: u32, _id: u32, _v: u64) -> c_int {
    refuse("SSL_set_value_uint", 0)
}

/// `SSL_poll(3)`: waits for events on QUIC objects; TLS connections cannot be polled in OpenSSL either. 0 is
/// failure.
///
/// Status: refused: QUIC is not supported.
///
/// # Safety
/// `result_count` is null or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_poll(
    _items: *mut SSL_POLL_ITEM,
    _num_items: usize,
    _stride: usize,
    _timeout: *const timeval,
    _flags: u64,
    result_count: *mut usize,
) -> c_int {
    // SAFETY: null or valid for a write, by the manual.
    unsafe { arg::set(result_count, 0) };
    refuse("SSL_poll", 0)
}

/// `SSL_set_quic_tls_cbs(3)`: has another QUIC implementation carry the handshake. 0 is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_quic_tls_cbs(_s: *mut SSL, _qtdis: *const OSSL_DISPATCH, _arg: *mut c_void) -> c_int {
    refuse("SSL_set_quic_tls_cbs", 0)
}

/// `SSL_set_quic_tls_transport_params(3)`: sets that implementation's transport parameters. 0 is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_quic_tls_transport_params(
    _s: *mut SSL,
    _params: *const c_uchar,
    _params_len: usize,
) -> c_int {
    refuse("SSL_set_quic_tls_transport_params", 0)
}

/// `SSL_set_quic_tls_early_data_enabled(3)`: allows that implementation early data. 0 is failure.
///
/// Status: refused: QUIC is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_quic_tls_early_data_enabled(_s: *mut SSL, _enabled: c_int) -> c_int {
    refuse("SSL_set_quic_tls_early_data_enabled", 0)
}
