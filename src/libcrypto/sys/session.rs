//! pem.h and bio.h: what writing and reading sessions takes.

use super::{BIO, EVP_CIPHER, pem_password_cb};
use libc::FILE;
use std::ffi::{c_char, c_int, c_long, c_uchar, c_void};

/// Encodes an object in DER, as `i2d_*` functions do.
pub type i2d_of_void = unsafe extern "C" fn(object: *const c_void, out: *mut *mut c_uchar) -> c_int;
/// Decodes an object from DER, as `d2i_*` functions do.
pub type d2i_of_void = unsafe extern "C" fn(a: *mut *mut c_void, data: *mut *const c_uchar, len: c_long) -> *mut c_void;

unsafe extern "C" {
    pub fn BIO_new_fp(stream: *mut FILE, close_flag: c_int) -> *mut BIO;
    pub fn BIO_dump_indent(bio: *mut BIO, data: *const c_void, len: c_int, indent: c_int) -> c_int;
    pub fn PEM_ASN1_write_bio(
        i2d: i2d_of_void,
        name: *const c_char,
        bio: *mut BIO,
        x: *const c_void,
        cipher: *const EVP_CIPHER,
        password: *const c_uchar,
        password_len: c_int,
        cb: pem_password_cb,
        data: *mut c_void,
    ) -> c_int;
    pub fn PEM_ASN1_write(
        i2d: i2d_of_void,
        name: *const c_char,
        file: *mut FILE,
        x: *const c_void,
        cipher: *const EVP_CIPHER,
        password: *const c_uchar,
        password_len: c_int,
        cb: pem_password_cb,
        data: *mut c_void,
    ) -> c_int;
    pub fn PEM_ASN1_read_bio(
        d2i: d2i_of_void,
        name: *const c_char,
        bio: *mut BIO,
        x: *mut *mut c_void,
        cb: pem_password_cb,
        data: *mut c_void,
    ) -> *mut c_void;
    pub fn PEM_ASN1_read(
        d2i: d2i_of_void,
        name: *const c_char,
        file: *mut FILE,
        x: *mut *mut c_void,
        cb: pem_password_cb,
        data: *mut c_void,
    ) -> *mut c_void;
}
