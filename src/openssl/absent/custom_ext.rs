//! Extensions that the program defines, and server information read from files (RFC 5246 §7.4.1.4).

use crate::openssl::callback_types::{
    SSL_custom_ext_add_cb_ex, SSL_custom_ext_free_cb_ex, SSL_custom_ext_parse_cb_ex, custom_ext_add_cb,
    custom_ext_free_cb, custom_ext_parse_cb,
};
use crate::openssl::refusal::refuse;
use crate::openssl::types::SSL_CTX;
use std::ffi::{c_char, c_int, c_uchar, c_uint, c_void};

/// Extension types that OpenSSL 3.0 handles itself, as its `SSL_extension_supported` answers.
const BUILT_IN: [c_uint; 24] =
    [0, 1, 5, 10, 11, 12, 13, 14, 16, 18, 21, 22, 23, 35, 41, 42, 43, 44, 45, 47, 49, 51, 13172, 65281];

/// `SSL_CTX_add_custom_ext(3)`: adds an extension to the messages that `context` names. 0 is failure.
///
/// Status: refused: custom extensions are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_add_custom_ext(
    _ctx: *mut SSL_CTX,
    _ext_type: c_uint,
    _context: c_uint,
    _add_cb: SSL_custom_ext_add_cb_ex,
    _free_cb: SSL_custom_ext_free_cb_ex,
    _add_arg: *mut c_void,
    _parse_cb: SSL_custom_ext_parse_cb_ex,
    _parse_arg: *mut c_void,
) -> c_int {
    refuse("SSL_CTX_add_custom_ext", 0)
}

/// `SSL_CTX_add_client_custom_ext(3)`: adds an extension to a client's TLS 1.2 hello. 0 is failure.
///
/// Status: refused: custom extensions are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_add_client_custom_ext(
    _ctx: *mut SSL_CTX,
    _ext_type: c_uint,
    _add_cb: custom_ext_add_cb,
    _free_cb: custom_ext_free_cb,
    _add_arg: *mut c_void,
    _parse_cb: custom_ext_parse_cb,
    _parse_arg: *mut c_void,
) -> c_int {
    refuse("SSL_CTX_add_client_custom_ext", 0)
}

/// `SSL_CTX_add_server_custom_ext(3)`: adds an extension to a server's TLS 1.2 hello. 0 is failure.
///
/// Status: refused: custom extensions are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_add_server_custom_ext(
    _ctx: *mut SSL_CTX,
    _ext_type: c_uint,
    _add_cb: custom_ext_add_cb,
    _free_cb: custom_ext_free_cb,
    _add_arg: *mut c_void,
    _parse_cb: custom_ext_parse_cb,
    _parse_arg: *mut c_void,
) -> c_int {
    refuse("SSL_CTX_add_server_custom_ext", 0)
}

/// `SSL_CTX_has_client_custom_ext(3)`: whether a client extension of this type was added.
///
/// Status: partial: none can be added.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_has_client_custom_ext(_ctx: *const SSL_CTX, _ext_type: c_uint) -> c_int {
    0
}

/// `SSL_extension_supported(3)`: whether the library handles an extension type itself, so that the program cannot.
///
/// The list is OpenSSL 3.0's: programs use the answer to choose types of their own.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_extension_supported(ext_type: c_uint) -> c_int {
    c_int::from(BUILT_IN.contains(&ext_type))
}

/// `SSL_CTX_use_serverinfo(3)`: adds extensions to the server's hello. 0 is failure.
///
/// Status: refused: custom extensions are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_use_serverinfo(
    _ctx: *mut SSL_CTX,
    _serverinfo: *const c_uchar,
    _serverinfo_length: usize,
) -> c_int {
    refuse("SSL_CTX_use_serverinfo", 0)
}

/// `SSL_CTX_use_serverinfo_ex(3)`: adds extensions to the messages they name. 0 is failure.
///
/// Status: refused: custom extensions are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_use_serverinfo_ex(
    _ctx: *mut SSL_CTX,
    _version: c_uint,
    _serverinfo: *const c_uchar,
    _serverinfo_length: usize,
) -> c_int {
    refuse("SSL_CTX_use_serverinfo_ex", 0)
}

/// `SSL_CTX_use_serverinfo_file(3)`: adds extensions from a PEM file. 0 is failure.
///
/// Status: refused: custom extensions are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_use_serverinfo_file(_ctx: *mut SSL_CTX, _file: *const c_char) -> c_int {
    refuse("SSL_CTX_use_serverinfo_file", 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_the_library() {
        assert_eq!(SSL_extension_supported(16), 1, "ALPN");
        assert_eq!(SSL_extension_supported(65281), 1, "renegotiation_info");
        assert_eq!(SSL_extension_supported(1000), 0);
        assert_eq!(SSL_extension_supported(16 + (1 << 16)), 0);
    }
}
