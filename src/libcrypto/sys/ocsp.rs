//! ocsp.h and x509.h: what a request for a stapled response is made of.

use super::OPENSSL_STACK;
use std::ffi::{c_long, c_uchar, c_void};

/// Who may have signed a response.
#[repr(C)]
pub struct OCSP_RESPID {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    pub fn d2i_OCSP_RESPID(out: *mut *mut OCSP_RESPID, bytes: *mut *const c_uchar, len: c_long) -> *mut OCSP_RESPID;
    pub fn OCSP_RESPID_free(id: *mut c_void);
    pub fn d2i_X509_EXTENSIONS(
        out: *mut *mut OPENSSL_STACK,
        bytes: *mut *const c_uchar,
        len: c_long,
    ) -> *mut OPENSSL_STACK;
    pub fn X509_EXTENSION_free(extension: *mut c_void);
    pub fn OPENSSL_sk_pop_free(stack: *mut OPENSSL_STACK, free: Option<unsafe extern "C" fn(element: *mut c_void)>);
}
