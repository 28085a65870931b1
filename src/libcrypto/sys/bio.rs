//! bio.h

use super::{BIO, BIO_METHOD};
use std::ffi::{c_char, c_int, c_long, c_void};

pub const BIO_FLAGS_READ: c_int = 0x01;
pub const BIO_FLAGS_WRITE: c_int = 0x02;
pub const BIO_FLAGS_IO_SPECIAL: c_int = 0x04;
pub const BIO_FLAGS_SHOULD_RETRY: c_int = 0x08;
/// The three directions and the retry flag.
pub const BIO_FLAGS_ALL: c_int = 0x0f;
pub const BIO_RR_CONNECT: c_int = 0x02;
pub const BIO_RR_ACCEPT: c_int = 0x03;
pub const BIO_NOCLOSE: c_int = 0;
pub const BIO_CTRL_EOF: c_int = 2;
pub const BIO_CTRL_FLUSH: c_int = 11;
pub const BIO_C_SET_FD: c_int = 104;
pub const BIO_C_GET_FD: c_int = 105;
pub const BIO_TYPE_SOCKET: c_int = 5 | 0x0400 | 0x0100;
pub const BIO_TYPE_DESCRIPTOR: c_int = 0x100;

unsafe extern "C" {
    pub fn BIO_new(method: *const BIO_METHOD) -> *mut BIO;
    pub fn BIO_s_socket() -> *const BIO_METHOD;
    pub fn BIO_free_all(bio: *mut BIO);
    pub fn BIO_up_ref(bio: *mut BIO) -> c_int;
    pub fn BIO_read(bio: *mut BIO, buf: *mut c_void, len: c_int) -> c_int;
    pub fn BIO_write(bio: *mut BIO, buf: *const c_void, len: c_int) -> c_int;
    pub fn BIO_ctrl(bio: *mut BIO, cmd: c_int, larg: c_long, parg: *mut c_void) -> c_long;
    pub fn BIO_int_ctrl(bio: *mut BIO, cmd: c_int, larg: c_long, iarg: c_int) -> c_long;
    pub fn BIO_set_flags(bio: *mut BIO, flags: c_int);
    pub fn BIO_clear_flags(bio: *mut BIO, flags: c_int);
    pub fn BIO_test_flags(bio: *const BIO, flags: c_int) -> c_int;
    pub fn BIO_get_retry_reason(bio: *mut BIO) -> c_int;
    pub fn BIO_method_type(bio: *const BIO) -> c_int;
    pub fn BIO_find_type(bio: *mut BIO, kind: c_int) -> *mut BIO;
    pub fn BIO_printf(bio: *mut BIO, format: *const c_char, ...) -> c_int;
}
