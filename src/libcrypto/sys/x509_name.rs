//! x509.h and store.h: names of subjects and issuers, and certificates behind a URI.

use super::{BIO, OPENSSL_STACK, OSSL_LIB_CTX, X509, X509_NAME};
use std::ffi::{c_char, c_int, c_long, c_uchar, c_ulong, c_void};

/// An open URI.
#[repr(C)]
pub struct OSSL_STORE_CTX {
    _opaque: [u8; 0],
}

/// What a URI gave.
#[repr(C)]
pub struct OSSL_STORE_INFO {
    _opaque: [u8; 0],
}

pub const OSSL_STORE_INFO_NAME: c_int = 1;
pub const OSSL_STORE_INFO_CERT: c_int = 5;

/// Compares two elements of a stack, each through a pointer to it.
pub type StackCompare = Option<unsafe extern "C" fn(a: *const c_void, b: *const c_void) -> c_int>;

unsafe extern "C" {
    pub fn X509_NAME_dup(name: *const X509_NAME) -> *mut X509_NAME;
    pub fn X509_NAME_print_ex(bio: *mut BIO, name: *const X509_NAME, indent: c_int, flags: c_ulong) -> c_int;
    pub fn X509_NAME_free(name: *mut X509_NAME);
    pub fn X509_NAME_cmp(a: *const X509_NAME, b: *const X509_NAME) -> c_int;
    pub fn i2d_X509_NAME(name: *const X509_NAME, out: *mut *mut c_uchar) -> c_int;
    pub fn d2i_X509_NAME(name: *mut *mut X509_NAME, bytes: *mut *const c_uchar, len: c_long) -> *mut X509_NAME;
    pub fn OPENSSL_sk_find(stack: *mut OPENSSL_STACK, data: *const c_void) -> c_int;
    pub fn OPENSSL_sk_set_cmp_func(stack: *mut OPENSSL_STACK, compare: StackCompare) -> StackCompare;
    pub fn OSSL_STORE_open_ex(
        uri: *const c_char,
        libctx: *mut OSSL_LIB_CTX,
        propq: *const c_char,
        ui_method: *const c_void,
        ui_data: *mut c_void,
        params: *const c_void,
        post_process: *const c_void,
        post_process_data: *mut c_void,
    ) -> *mut OSSL_STORE_CTX;
    pub fn OSSL_STORE_load(ctx: *mut OSSL_STORE_CTX) -> *mut OSSL_STORE_INFO;
    pub fn OSSL_STORE_eof(ctx: *mut OSSL_STORE_CTX) -> c_int;
    pub fn OSSL_STORE_error(ctx: *mut OSSL_STORE_CTX) -> c_int;
    pub fn OSSL_STORE_close(ctx: *mut OSSL_STORE_CTX) -> c_int;
    pub fn OSSL_STORE_INFO_free(info: *mut OSSL_STORE_INFO);
    pub fn OSSL_STORE_INFO_get_type(info: *const OSSL_STORE_INFO) -> c_int;
    pub fn OSSL_STORE_INFO_get0_NAME(info: *const OSSL_STORE_INFO) -> *const c_char;
    pub fn OSSL_STORE_INFO_get0_CERT(info: *const OSSL_STORE_INFO) -> *mut X509;
}
