//! bio.h

use super::{BIO, BIO_METHOD};
use std::ffi::{c_char, c_int, c_long, c_void};

pub const BIO_FLAGS_READ: c_int = 0x01;
pub const BIO_FLAGS_WRITE: c_int = 0x02;
pub const BIO_FLAGS_IO_SPECIAL: c_int = 0x04;
pub const BIO_FLAGS_SHOULD_RETRY: c_int = 0x08;
/// The three directions and the retry flag.
pub const BIO_FLAGS_ALL: c_int = 0x0f;
pub const BIO_RR_SSL_X509_LOOKUP: c_int = 0x01;
pub const BIO_RR_CONNECT: c_int = 0x02;
pub const BIO_RR_ACCEPT: c_int = 0x03;
pub const BIO_NOCLOSE: c_int = 0;
pub const BIO_CTRL_RESET: c_int = 1;
pub const BIO_CTRL_EOF: c_int = 2;
pub const BIO_CTRL_INFO: c_int = 3;
pub const BIO_CTRL_PUSH: c_int = 6;
pub const BIO_CTRL_POP: c_int = 7;
pub const BIO_CTRL_GET_CLOSE: c_int = 8;
pub const BIO_CTRL_SET_CLOSE: c_int = 9;
pub const BIO_CTRL_PENDING: c_int = 10;
pub const BIO_CTRL_FLUSH: c_int = 11;
pub const BIO_CTRL_DUP: c_int = 12;
pub const BIO_CTRL_WPENDING: c_int = 13;
pub const BIO_CTRL_SET_CALLBACK: c_int = 14;
pub const BIO_C_DO_STATE_MACHINE: c_int = 101;
pub const BIO_C_SET_FD: c_int = 104;
pub const BIO_C_GET_FD: c_int = 105;
pub const BIO_C_SET_SSL: c_int = 109;
pub const BIO_C_GET_SSL: c_int = 110;
pub const BIO_C_SSL_MODE: c_int = 119;
pub const BIO_C_SET_SSL_RENEGOTIATE_BYTES: c_int = 125;
pub const BIO_C_GET_SSL_NUM_RENEGOTIATES: c_int = 126;
pub const BIO_C_SET_SSL_RENEGOTIATE_TIMEOUT: c_int = 127;
pub const BIO_TYPE_SSL: c_int = 7 | 0x0200;
pub const BIO_TYPE_SOCKET: c_int = 5 | 0x0400 | 0x0100;
pub const BIO_TYPE_DESCRIPTOR: c_int = 0x100;

/// `BIO_callback_fn`; only ever compared with null here.
pub type BIO_callback_fn = Option<unsafe extern "C" fn()>;

/// `BIO_info_cb`.
pub type BIO_info_cb = Option<unsafe extern "C" fn(bio: *mut BIO, state: c_int, result: c_int) -> c_int>;

unsafe extern "C" {
    pub fn BIO_meth_new(kind: c_int, name: *const c_char) -> *mut BIO_METHOD;
    pub fn BIO_meth_set_write_ex(
        method: *mut BIO_METHOD,
        write: unsafe extern "C" fn(*mut BIO, *const c_char, usize, *mut usize) -> c_int,
    ) -> c_int;
    pub fn BIO_meth_set_read_ex(
        method: *mut BIO_METHOD,
        read: unsafe extern "C" fn(*mut BIO, *mut c_char, usize, *mut usize) -> c_int,
    ) -> c_int;
    pub fn BIO_meth_set_puts(
        method: *mut BIO_METHOD,
        puts: unsafe extern "C" fn(*mut BIO, *const c_char) -> c_int,
    ) -> c_int;
    pub fn BIO_meth_set_ctrl(
        method: *mut BIO_METHOD,
        ctrl: unsafe extern "C" fn(*mut BIO, c_int, c_long, *mut c_void) -> c_long,
    ) -> c_int;
    pub fn BIO_meth_set_create(method: *mut BIO_METHOD, create: unsafe extern "C" fn(*mut BIO) -> c_int) -> c_int;
    pub fn BIO_meth_set_destroy(method: *mut BIO_METHOD, destroy: unsafe extern "C" fn(*mut BIO) -> c_int) -> c_int;
    pub fn BIO_meth_set_callback_ctrl(
        method: *mut BIO_METHOD,
        ctrl: unsafe extern "C" fn(*mut BIO, c_int, BIO_info_cb) -> c_long,
    ) -> c_int;
    pub fn BIO_get_data(bio: *mut BIO) -> *mut c_void;
    pub fn BIO_set_data(bio: *mut BIO, data: *mut c_void);
    pub fn BIO_get_init(bio: *mut BIO) -> c_int;
    pub fn BIO_set_init(bio: *mut BIO, init: c_int);
    pub fn BIO_get_shutdown(bio: *mut BIO) -> c_int;
    pub fn BIO_set_shutdown(bio: *mut BIO, shutdown: c_int);
    pub fn BIO_next(bio: *mut BIO) -> *mut BIO;
    pub fn BIO_set_next(bio: *mut BIO, next: *mut BIO);
    pub fn BIO_push(bio: *mut BIO, below: *mut BIO) -> *mut BIO;
    pub fn BIO_dup_chain(bio: *mut BIO) -> *mut BIO;
    pub fn BIO_copy_next_retry(bio: *mut BIO);
    pub fn BIO_set_retry_reason(bio: *mut BIO, reason: c_int);
    pub fn BIO_callback_ctrl(bio: *mut BIO, command: c_int, callback: BIO_info_cb) -> c_long;
    pub fn BIO_s_connect() -> *const BIO_METHOD;
    pub fn BIO_f_buffer() -> *const BIO_METHOD;
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
    pub fn BIO_get_callback(bio: *const BIO) -> BIO_callback_fn;
    pub fn BIO_get_callback_ex(bio: *const BIO) -> BIO_callback_fn;
    pub fn BIO_sock_should_retry(result: c_int) -> c_int;
    pub fn BIO_method_type(bio: *const BIO) -> c_int;
    pub fn BIO_find_type(bio: *mut BIO, kind: c_int) -> *mut BIO;
    pub fn BIO_printf(bio: *mut BIO, format: *const c_char, ...) -> c_int;
}
