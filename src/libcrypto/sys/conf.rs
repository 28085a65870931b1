//! conf_ssl.c: the sections of libcrypto's configuration that are for libssl. libcrypto exports these for it.

use std::ffi::{c_char, c_int};

/// The commands of a section.
#[repr(C)]
pub struct SSL_CONF_CMD {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    pub fn conf_ssl_name_find(name: *const c_char, index: *mut usize) -> c_int;
    pub fn conf_ssl_get(index: usize, name: *mut *const c_char, count: *mut usize) -> *const SSL_CONF_CMD;
    pub fn conf_ssl_get_cmd(
        commands: *const SSL_CONF_CMD,
        index: usize,
        command: *mut *mut c_char,
        argument: *mut *mut c_char,
    );
}
