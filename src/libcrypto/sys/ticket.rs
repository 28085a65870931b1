//! evp.h and hmac.h: ciphers and MACs that programs set up for tickets.

use super::{EVP_CIPHER_CTX, OSSL_LIB_CTX};
use std::ffi::{c_char, c_int, c_uchar, c_uint};

/// `HMAC_CTX`.
#[repr(C)]
pub struct HMAC_CTX {
    _opaque: [u8; 0],
}

/// `EVP_MAC`.
#[repr(C)]
pub struct EVP_MAC {
    _opaque: [u8; 0],
}

/// `EVP_MAC_CTX`.
#[repr(C)]
pub struct EVP_MAC_CTX {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    pub fn EVP_CIPHER_CTX_new() -> *mut EVP_CIPHER_CTX;
    pub fn EVP_CIPHER_CTX_free(ctx: *mut EVP_CIPHER_CTX);
    pub fn EVP_CIPHER_CTX_get_iv_length(ctx: *const EVP_CIPHER_CTX) -> c_int;
    pub fn EVP_CIPHER_CTX_get_block_size(ctx: *const EVP_CIPHER_CTX) -> c_int;
    pub fn EVP_CipherUpdate(
        ctx: *mut EVP_CIPHER_CTX,
        out: *mut c_uchar,
        out_len: *mut c_int,
        data: *const c_uchar,
        len: c_int,
    ) -> c_int;
    pub fn EVP_CipherFinal(ctx: *mut EVP_CIPHER_CTX, out: *mut c_uchar, out_len: *mut c_int) -> c_int;
    pub fn HMAC_CTX_new() -> *mut HMAC_CTX;
    pub fn HMAC_CTX_free(ctx: *mut HMAC_CTX);
    pub fn HMAC_size(ctx: *const HMAC_CTX) -> usize;
    pub fn HMAC_Update(ctx: *mut HMAC_CTX, data: *const c_uchar, len: usize) -> c_int;
    pub fn HMAC_Final(ctx: *mut HMAC_CTX, out: *mut c_uchar, len: *mut c_uint) -> c_int;
    pub fn EVP_MAC_fetch(libctx: *mut OSSL_LIB_CTX, name: *const c_char, properties: *const c_char) -> *mut EVP_MAC;
    pub fn EVP_MAC_free(mac: *mut EVP_MAC);
    pub fn EVP_MAC_CTX_new(mac: *mut EVP_MAC) -> *mut EVP_MAC_CTX;
    pub fn EVP_MAC_CTX_free(ctx: *mut EVP_MAC_CTX);
    pub fn EVP_MAC_CTX_get_mac_size(ctx: *mut EVP_MAC_CTX) -> usize;
    pub fn EVP_MAC_update(ctx: *mut EVP_MAC_CTX, data: *const c_uchar, len: usize) -> c_int;
    pub fn EVP_MAC_final(ctx: *mut EVP_MAC_CTX, out: *mut c_uchar, len: *mut usize, size: usize) -> c_int;
}
