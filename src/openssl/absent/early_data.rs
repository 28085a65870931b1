//! Early data (0-RTT, RFC 8446 §2.3): none is sent, offered or accepted. (The limits kept in sessions are in session.rs.)

use super::unless_off;
use crate::openssl::callback_types::SSL_allow_early_data_cb_fn;
use crate::openssl::refusal::refuse;
use crate::openssl::types::{SSL, SSL_CTX};
use std::ffi::{c_char, c_int, c_uchar, c_void};

/// OpenSSL's default: one record.
const RECV_MAX: u32 = 16384;

/// `SSL_CTX_set_max_early_data(3)`: sets how much early data tickets allow; 0, the default, is accepted. 0 is
/// failure.
///
/// Status: refused: early data is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_max_early_data(_ctx: *mut SSL_CTX, max_early_data: u32) -> c_int {
    unless_off(max_early_data == 0, "SSL_CTX_set_max_early_data", 1, 0)
}

/// `SSL_set_max_early_data(3)`: sets how much early data tickets allow; 0, the default, is accepted. 0 is failure.
///
/// Status: refused: early data is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_max_early_data(_s: *mut SSL, max_early_data: u32) -> c_int {
    unless_off(max_early_data == 0, "SSL_set_max_early_data", 1, 0)
}

/// `SSL_CTX_get_max_early_data(3)`: how much early data tickets allow, in bytes.
///
/// Status: partial: always none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_max_early_data(_ctx: *const SSL_CTX) -> u32 {
    0
}

/// `SSL_get_max_early_data(3)`: how much early data tickets allow, in bytes.
///
/// Status: partial: always none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_max_early_data(_s: *const SSL) -> u32 {
    0
}

/// `SSL_CTX_set_recv_max_early_data(3)`: sets how much early data is taken in; only the default is accepted. 0 is
/// failure.
///
/// Status: refused: early data is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_recv_max_early_data(_ctx: *mut SSL_CTX, recv_max_early_data: u32) -> c_int {
    unless_off(recv_max_early_data == RECV_MAX, "SSL_CTX_set_recv_max_early_data", 1, 0)
}

/// `SSL_set_recv_max_early_data(3)`: sets how much early data is taken in; only the default is accepted. 0 is
/// failure.
///
/// Status: refused: early data is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_recv_max_early_data(_s: *mut SSL, recv_max_early_data: u32) -> c_int {
    unless_off(recv_max_early_data == RECV_MAX, "SSL_set_recv_max_early_data", 1, 0)
}

/// `SSL_CTX_get_recv_max_early_data(3)`: how much early data is taken in, in bytes.
///
/// Status: partial: always the default.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_recv_max_early_data(_ctx: *const SSL_CTX) -> u32 {
    RECV_MAX
}

/// `SSL_get_recv_max_early_data(3)`: how much early data is taken in, in bytes.
///
/// Status: partial: always the default.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_recv_max_early_data(_s: *const SSL) -> u32 {
    RECV_MAX
}

/// `SSL_CTX_set_allow_early_data_cb(3)`: sets the callback that may refuse early data. Null takes it back.
///
/// Status: refused: early data is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_allow_early_data_cb(
    _ctx: *mut SSL_CTX,
    cb: SSL_allow_early_data_cb_fn,
    _arg: *mut c_void,
) {
    unless_off(cb.is_none(), "SSL_CTX_set_allow_early_data_cb", (), ())
}

/// `SSL_set_allow_early_data_cb(3)`: sets the callback that may refuse early data. Null takes it back.
///
/// Status: refused: early data is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_allow_early_data_cb(_s: *mut SSL, cb: SSL_allow_early_data_cb_fn, _arg: *mut c_void) {
    unless_off(cb.is_none(), "SSL_set_allow_early_data_cb", (), ())
}

/// `SSL_get_early_data_status(3)`: what became of early data, always `SSL_EARLY_DATA_NOT_SENT`.
///
/// Status: partial: none is ever sent.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_early_data_status(_s: *const SSL) -> c_int {
    0
}

/// `SSL_write_early_data(3)`: sends data with the client's hello. 0 is failure.
///
/// Status: refused: early data is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_write_early_data(_s: *mut SSL, _buf: *const c_void, _num: usize, _written: *mut usize) -> c_int {
    refuse("SSL_write_early_data", 0)
}

/// `SSL_read_early_data(3)`: reads data that came with the client's hello. 0, `SSL_READ_EARLY_DATA_ERROR`, is
/// failure.
///
/// Status: refused: early data is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_read_early_data(_s: *mut SSL, _buf: *mut c_void, _num: usize, _readbytes: *mut usize) -> c_int {
    refuse("SSL_read_early_data", 0)
}

/// `SSL_export_keying_material_early(3)`: derives key material from the early secret. Below 1 is failure.
///
/// Status: refused: early data is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_export_keying_material_early(
    _s: *mut SSL,
    _out: *mut c_uchar,
    _olen: usize,
    _label: *const c_char,
    _llen: usize,
    _context: *const c_uchar,
    _contextlen: usize,
) -> c_int {
    refuse("SSL_export_keying_material_early", 0)
}
