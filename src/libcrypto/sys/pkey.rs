//! evp.h, rsa.h: keys and signatures.

use super::{BIO, EC_KEY, EVP_MD_CTX, EVP_PKEY, EVP_PKEY_CTX, OSSL_LIB_CTX};
use std::ffi::{c_char, c_int, c_long, c_uchar, c_void};

/// An RSA key of the older API.
#[repr(C)]
pub struct RSA {
    _opaque: [u8; 0],
}

/// An engine.
#[repr(C)]
pub struct ENGINE {
    _opaque: [u8; 0],
}

/// A provider.
#[repr(C)]
pub struct OSSL_PROVIDER {
    _opaque: [u8; 0],
}

/// A PKCS#8 structure.
#[repr(C)]
pub struct PKCS8_PRIV_KEY_INFO {
    _opaque: [u8; 0],
}

/// `OSSL_PARAM`: only ever passed as null.
#[repr(C)]
pub struct OSSL_PARAM {
    _opaque: [u8; 0],
}

pub const RSA_PKCS1_PADDING: c_int = 1;
pub const RSA_PKCS1_PSS_PADDING: c_int = 6;
pub const RSA_PSS_SALTLEN_DIGEST: c_int = -1;
pub const EVP_PKEY_RSA: c_int = 6;

unsafe extern "C" {
    pub fn EVP_PKEY_new() -> *mut EVP_PKEY;
    pub fn EVP_PKEY_free(key: *mut EVP_PKEY);
    pub fn EVP_PKEY_up_ref(key: *mut EVP_PKEY) -> c_int;
    pub fn EVP_PKEY_is_a(key: *const EVP_PKEY, name: *const c_char) -> c_int;
    pub fn EVP_PKEY_can_sign(key: *const EVP_PKEY) -> c_int;
    pub fn EVP_PKEY_eq(a: *const EVP_PKEY, b: *const EVP_PKEY) -> c_int;
    pub fn EVP_PKEY_get_size(key: *const EVP_PKEY) -> c_int;
    pub fn EVP_PKEY_get_security_bits(key: *const EVP_PKEY) -> c_int;
    pub fn EVP_PKEY_get_group_name(key: *const EVP_PKEY, name: *mut c_char, room: usize, len: *mut usize) -> c_int;
    pub fn EVP_PKEY_missing_parameters(key: *const EVP_PKEY) -> c_int;
    pub fn EVP_PKEY_copy_parameters(to: *mut EVP_PKEY, from: *const EVP_PKEY) -> c_int;
    pub fn EVP_PKEY_assign(key: *mut EVP_PKEY, kind: c_int, inner: *mut c_void) -> c_int;
    pub fn EVP_PKEY_digestsign_supports_digest(
        key: *mut EVP_PKEY,
        libctx: *mut OSSL_LIB_CTX,
        digest: *const c_char,
        propq: *const c_char,
    ) -> c_int;
    pub fn EVP_PKEY_get0_provider(key: *const EVP_PKEY) -> *const OSSL_PROVIDER;
    pub fn OSSL_PROVIDER_get0_name(provider: *const OSSL_PROVIDER) -> *const c_char;
    pub fn EVP_PKEY_get0_RSA(key: *const EVP_PKEY) -> *const RSA;
    pub fn RSA_get_method(rsa: *const RSA) -> *const c_void;
    pub fn RSA_PKCS1_OpenSSL() -> *const c_void;
    pub fn EVP_PKEY_get0_EC_KEY(key: *const EVP_PKEY) -> *const EC_KEY;
    pub fn EC_KEY_get_method(key: *const EC_KEY) -> *const c_void;
    pub fn EC_KEY_OpenSSL() -> *const c_void;
    pub fn EVP_PKEY2PKCS8(key: *const EVP_PKEY) -> *mut PKCS8_PRIV_KEY_INFO;
    pub fn PKCS8_PRIV_KEY_INFO_free(info: *mut PKCS8_PRIV_KEY_INFO);
    pub fn i2d_PKCS8_PRIV_KEY_INFO(info: *const PKCS8_PRIV_KEY_INFO, out: *mut *mut c_uchar) -> c_int;
    pub fn i2d_PUBKEY(key: *const EVP_PKEY, out: *mut *mut c_uchar) -> c_int;
    pub fn d2i_PUBKEY_ex(
        key: *mut *mut EVP_PKEY,
        bytes: *mut *const c_uchar,
        len: c_long,
        libctx: *mut OSSL_LIB_CTX,
        propq: *const c_char,
    ) -> *mut EVP_PKEY;
    pub fn d2i_PrivateKey_ex(
        kind: c_int,
        key: *mut *mut EVP_PKEY,
        bytes: *mut *const c_uchar,
        len: c_long,
        libctx: *mut OSSL_LIB_CTX,
        propq: *const c_char,
    ) -> *mut EVP_PKEY;
    pub fn d2i_AutoPrivateKey_ex(
        key: *mut *mut EVP_PKEY,
        bytes: *mut *const c_uchar,
        len: c_long,
        libctx: *mut OSSL_LIB_CTX,
        propq: *const c_char,
    ) -> *mut EVP_PKEY;
    pub fn d2i_PrivateKey_ex_bio(
        bio: *mut BIO,
        key: *mut *mut EVP_PKEY,
        libctx: *mut OSSL_LIB_CTX,
        propq: *const c_char,
    ) -> *mut EVP_PKEY;
    pub fn RSA_up_ref(rsa: *mut RSA) -> c_int;
    pub fn RSA_free(rsa: *mut RSA);
    pub fn d2i_RSAPrivateKey(rsa: *mut *mut RSA, bytes: *mut *const c_uchar, len: c_long) -> *mut RSA;
    pub fn d2i_RSAPrivateKey_bio(bio: *mut BIO, rsa: *mut *mut RSA) -> *mut RSA;
    pub fn EVP_MD_CTX_new() -> *mut EVP_MD_CTX;
    pub fn EVP_MD_CTX_free(ctx: *mut EVP_MD_CTX);
    pub fn EVP_DigestSignInit_ex(
        ctx: *mut EVP_MD_CTX,
        key_ctx: *mut *mut EVP_PKEY_CTX,
        digest: *const c_char,
        libctx: *mut OSSL_LIB_CTX,
        propq: *const c_char,
        key: *mut EVP_PKEY,
        params: *const OSSL_PARAM,
    ) -> c_int;
    pub fn EVP_DigestSign(
        ctx: *mut EVP_MD_CTX,
        signature: *mut c_uchar,
        len: *mut usize,
        message: *const c_uchar,
        message_len: usize,
    ) -> c_int;
    pub fn EVP_DigestVerifyInit_ex(
        ctx: *mut EVP_MD_CTX,
        key_ctx: *mut *mut EVP_PKEY_CTX,
        digest: *const c_char,
        libctx: *mut OSSL_LIB_CTX,
        propq: *const c_char,
        key: *mut EVP_PKEY,
        params: *const OSSL_PARAM,
    ) -> c_int;
    pub fn EVP_DigestVerify(
        ctx: *mut EVP_MD_CTX,
        signature: *const c_uchar,
        len: usize,
        message: *const c_uchar,
        message_len: usize,
    ) -> c_int;
    pub fn EVP_PKEY_CTX_set_rsa_padding(ctx: *mut EVP_PKEY_CTX, padding: c_int) -> c_int;
    pub fn EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx: *mut EVP_PKEY_CTX, len: c_int) -> c_int;
}
