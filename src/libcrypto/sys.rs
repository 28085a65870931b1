//! Declarations of libcrypto's functions that `openssl-sys` lacks, and re-exports of those it has.
//!
//! Only functions that libcrypto 3.0 has may be declared here; newer ones are looked up at run time.

#![expect(missing_docs, reason = "libcrypto's own manual pages document these names")]

use std::ffi::{c_char, c_int, c_ulong, c_void};

pub use openssl_sys::{
    ASN1_OBJECT, BIGNUM, BIO, BIO_METHOD, CRYPTO_EX_DATA, EVP_CIPHER_CTX, EVP_MD, EVP_MD_CTX, EVP_PKEY, EVP_PKEY_CTX,
    OPENSSL_STACK, OSSL_LIB_CTX, X509, X509_CRL, X509_NAME, X509_STORE, X509_STORE_CTX, X509_VERIFY_PARAM,
};

/// `ERR_STRING_DATA` of err.h: an error code and its text; a table of them ends with a zero code.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ERR_STRING_DATA {
    pub error: c_ulong,
    pub string: *const c_char,
}
// SAFETY: the strings are immutable statics.
unsafe impl Sync for ERR_STRING_DATA {}
// SAFETY: as above; no thread owns them.
unsafe impl Send for ERR_STRING_DATA {}

unsafe extern "C" {
    pub fn ERR_new();
    pub fn ERR_set_debug(file: *const c_char, line: c_int, func: *const c_char);
    pub fn ERR_set_error(lib: c_int, reason: c_int, fmt: *const c_char, ...);
    pub fn ERR_peek_error() -> c_ulong;
    pub fn ERR_peek_last_error() -> c_ulong;
    pub fn ERR_clear_error();
    pub fn ERR_set_mark() -> c_int;
    pub fn ERR_pop_to_mark() -> c_int;
    pub fn ERR_clear_last_mark() -> c_int;
    pub fn ERR_load_strings_const(table: *const ERR_STRING_DATA) -> c_int;
    pub fn CRYPTO_free(ptr: *mut c_void, file: *const c_char, line: c_int);
    pub fn CRYPTO_malloc(num: usize, file: *const c_char, line: c_int) -> *mut c_void;
}
