//! x509.h

use super::{BIO, EVP_PKEY, OSSL_LIB_CTX, X509, X509_NAME};
use std::ffi::{c_char, c_int, c_long, c_uchar, c_ulong, c_void};

pub use openssl_sys::{stack_st_X509, stack_st_X509_NAME};

/// A BIT STRING.
#[repr(C)]
pub struct ASN1_BIT_STRING {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    pub fn X509_new_ex(libctx: *mut OSSL_LIB_CTX, propq: *const c_char) -> *mut X509;
    pub fn X509_free(x: *mut X509);
    pub fn X509_up_ref(x: *mut X509) -> c_int;
    pub fn X509_cmp(a: *const X509, b: *const X509) -> c_int;
    pub fn d2i_X509(x: *mut *mut X509, bytes: *mut *const c_uchar, len: c_long) -> *mut X509;
    pub fn X509_print_ex(bio: *mut BIO, x: *mut X509, name_flags: c_ulong, flags: c_ulong) -> c_int;
    pub fn PEM_write_bio_X509(bio: *mut BIO, x: *const X509) -> c_int;
    pub fn i2d_X509(x: *const X509, out: *mut *mut c_uchar) -> c_int;
    pub fn X509_get0_pubkey(x: *const X509) -> *mut EVP_PKEY;
    pub fn X509_get_subject_name(x: *const X509) -> *mut X509_NAME;
    pub fn X509_get_issuer_name(x: *const X509) -> *mut X509_NAME;
    pub fn X509_check_private_key(x: *const X509, key: *const EVP_PKEY) -> c_int;
    pub fn X509_get_extension_flags(x: *mut X509) -> u32;
    pub fn X509_get_key_usage(x: *mut X509) -> u32;
    pub fn X509_get0_signature(signature: *mut *const ASN1_BIT_STRING, algorithm: *mut c_void, x: *const X509);
    pub fn ASN1_STRING_get0_data(string: *const ASN1_BIT_STRING) -> *const c_uchar;
    pub fn ASN1_STRING_length(string: *const ASN1_BIT_STRING) -> c_int;
    pub fn X509_get_signature_nid(x: *const X509) -> c_int;
    pub fn X509_get_signature_info(
        x: *mut X509,
        digest_nid: *mut c_int,
        key_nid: *mut c_int,
        security_bits: *mut c_int,
        flags: *mut u32,
    ) -> c_int;
}

/// `EXFLAG_SS`: issuer and subject are the same.
pub const EXFLAG_SS: u32 = 0x20;
/// `X509v3_KU_DIGITAL_SIGNATURE`.
pub const X509v3_KU_DIGITAL_SIGNATURE: u32 = 0x80;
