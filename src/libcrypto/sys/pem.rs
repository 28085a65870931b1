//! pem.h: readers.

use super::{BIO, BIO_METHOD, EVP_PKEY, OSSL_LIB_CTX, RSA, X509};
use std::ffi::{c_char, c_int, c_void};

/// Puts a password of at most `size` bytes into `buf`; returns its length, below 0 on failure.
pub type pem_password_cb =
    Option<unsafe extern "C" fn(buf: *mut c_char, size: c_int, rwflag: c_int, userdata: *mut c_void) -> c_int>;

pub const BIO_C_SET_FILENAME: c_int = 108;
pub const BIO_CLOSE: std::ffi::c_long = 1;
pub const BIO_FP_READ: std::ffi::c_long = 2;
/// `ERR_LIB_PEM`.
pub const ERR_LIB_PEM: c_int = 9;
pub const PEM_R_NO_START_LINE: c_int = 108;

unsafe extern "C" {
    pub fn BIO_new_mem_buf(bytes: *const c_void, len: c_int) -> *mut BIO;
    pub fn BIO_s_file() -> *const BIO_METHOD;
    pub fn BIO_free(bio: *mut BIO) -> c_int;
    pub fn PEM_read_bio_X509(bio: *mut BIO, x: *mut *mut X509, cb: pem_password_cb, data: *mut c_void) -> *mut X509;
    pub fn PEM_read_bio_X509_AUX(bio: *mut BIO, x: *mut *mut X509, cb: pem_password_cb, data: *mut c_void)
    -> *mut X509;
    pub fn d2i_X509_bio(bio: *mut BIO, x: *mut *mut X509) -> *mut X509;
    pub fn PEM_read_bio_Parameters_ex(
        bio: *mut BIO,
        key: *mut *mut EVP_PKEY,
        libctx: *mut OSSL_LIB_CTX,
        propq: *const c_char,
    ) -> *mut EVP_PKEY;
    pub fn PEM_read_bio_PrivateKey_ex(
        bio: *mut BIO,
        key: *mut *mut EVP_PKEY,
        cb: pem_password_cb,
        data: *mut c_void,
        libctx: *mut OSSL_LIB_CTX,
        propq: *const c_char,
    ) -> *mut EVP_PKEY;
    pub fn PEM_read_bio_RSAPrivateKey(
        bio: *mut BIO,
        rsa: *mut *mut RSA,
        cb: pem_password_cb,
        data: *mut c_void,
    ) -> *mut RSA;
}
