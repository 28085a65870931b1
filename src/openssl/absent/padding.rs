//! Padding of TLS 1.3 records (RFC 8446 §5.4).

use super::unless_off;
use crate::openssl::types::{SSL, SSL_CTX};
use std::ffi::{c_int, c_void};
use std::ptr;

/// `SSL_CTX_set_block_padding(3)`: pads records to a multiple of `block_size` bytes. 0 and 1 mean no padding, which
/// is the default. 0 is failure.
///
/// Status: refused: rustls does not pad records.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_block_padding(_ctx: *mut SSL_CTX, block_size: usize) -> c_int {
    unless_off(block_size <= 1, "SSL_CTX_set_block_padding", 1, 0)
}

/// `SSL_set_block_padding(3)`: pads records to a multiple of `block_size` bytes. 0 and 1 mean no padding, which is
/// the default. 0 is failure.
///
/// Status: refused: rustls does not pad records.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_block_padding(_ssl: *mut SSL, block_size: usize) -> c_int {
    unless_off(block_size <= 1, "SSL_set_block_padding", 1, 0)
}

/// `SSL_CTX_set_block_padding_ex(3)`: pads data and handshake records to multiples of their own. 0 and 1 mean no
/// padding, which is the default. 0 is failure.
///
/// Status: refused: rustls does not pad records.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_block_padding_ex(
    _ctx: *mut SSL_CTX,
    app_block_size: usize,
    hs_block_size: usize,
) -> c_int {
    unless_off(app_block_size <= 1 && hs_block_size <= 1, "SSL_CTX_set_block_padding_ex", 1, 0)
}

/// `SSL_set_block_padding_ex(3)`: pads data and handshake records to multiples of their own. 0 and 1 mean no
/// padding, which is the default. 0 is failure.
///
/// Status: refused: rustls does not pad records.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_block_padding_ex(_ssl: *mut SSL, app_block_size: usize, hs_block_size: usize) -> c_int {
    unless_off(app_block_size <= 1 && hs_block_size <= 1, "SSL_set_block_padding_ex", 1, 0)
}

/// `SSL_CTX_set_record_padding_callback(3)`: sets the callback for the length of the padding. Null takes it back.
///
/// Status: refused: rustls does not pad records.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_record_padding_callback(
    _ctx: *mut SSL_CTX,
    cb: Option<unsafe extern "C" fn(*mut SSL, c_int, usize, *mut c_void) -> usize>,
) {
    unless_off(cb.is_none(), "SSL_CTX_set_record_padding_callback", (), ())
}

/// `SSL_set_record_padding_callback(3)`: sets the callback for the length of the padding; null takes it back. 0 is
/// failure.
///
/// Status: refused: rustls does not pad records.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_record_padding_callback(
    _ssl: *mut SSL,
    cb: Option<unsafe extern "C" fn(*mut SSL, c_int, usize, *mut c_void) -> usize>,
) -> c_int {
    unless_off(cb.is_none(), "SSL_set_record_padding_callback", 1, 0)
}

/// `SSL_CTX_set_record_padding_callback_arg(3)`: sets that callback's argument. Null takes it back.
///
/// Status: refused: rustls does not pad records.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_record_padding_callback_arg(_ctx: *mut SSL_CTX, arg: *mut c_void) {
    unless_off(arg.is_null(), "SSL_CTX_set_record_padding_callback_arg", (), ())
}

/// `SSL_set_record_padding_callback_arg(3)`: sets that callback's argument. Null takes it back.
///
/// Status: refused: rustls does not pad records.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_record_padding_callback_arg(_ssl: *mut SSL, arg: *mut c_void) {
    unless_off(arg.is_null(), "SSL_set_record_padding_callback_arg", (), ())
}

/// `SSL_CTX_get_record_padding_callback_arg(3)`: that callback's argument; null when none is set.
///
/// Status: partial: none can be set.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_record_padding_callback_arg(_ctx: *const SSL_CTX) -> *mut c_void {
    ptr::null_mut()
}

/// `SSL_get_record_padding_callback_arg(3)`: that callback's argument; null when none is set.
///
/// Status: partial: none can be set.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_record_padding_callback_arg(_ssl: *const SSL) -> *mut c_void {
    ptr::null_mut()
}
