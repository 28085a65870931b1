//! Certificates as libcrypto's objects.

use super::err;
use super::lib_ctx::LibCtx;
use super::stack::PtrStack;
use super::sys;
use std::ffi::{c_long, c_void};
use std::ptr::{self, NonNull};

/// One count of an `X509`.
#[derive(Debug)]
pub struct X509(NonNull<sys::X509>);

// SAFETY: an X509 is counted atomically and locks what it caches; programs share it between threads.
unsafe impl Send for X509 {}
// SAFETY: as above.
unsafe impl Sync for X509 {}

impl Drop for X509 {
    fn drop(&mut self) {
        // SAFETY: the count is ours.
        unsafe { sys::X509_free(self.as_ptr()) };
    }
}

impl Clone for X509 {
    /// Adds a count; it is the same object.
    fn clone(&self) -> Self {
        // SAFETY: the object is live; the count added belongs to the result.
        unsafe { sys::X509_up_ref(self.as_ptr()) };
        Self(self.0)
    }
}

impl X509 {
    /// Takes over one count; null gives none.
    ///
    /// # Safety
    /// `x509` is null or live, and the caller owns a count of it.
    pub unsafe fn from_owned(x509: *mut sys::X509) -> Option<Self> {
        NonNull::new(x509).map(Self)
    }

    /// Adds a count of a certificate that somebody else owns; null gives none.
    ///
    /// # Safety
    /// `x509` is null or live.
    pub unsafe fn from_borrowed(x509: *mut sys::X509) -> Option<Self> {
        let x509 = NonNull::new(x509)?;
        // SAFETY: live, by the caller; the count added belongs to the result.
        unsafe { sys::X509_up_ref(x509.as_ptr()) };
        Some(Self(x509))
    }

    /// Parses a certificate, with nothing after it. On failure libcrypto has queued why, unless there is something
    /// after it.
    pub fn from_der(der: &[u8], lib_ctx: &LibCtx) -> Option<Self> {
        let (certificate, used) = Self::from_der_prefix(der, lib_ctx)?;
        (used == der.len()).then_some(certificate)
    }

    /// Parses the certificate that `der` begins with; gives its length too. On failure libcrypto has queued why.
    pub fn from_der_prefix(der: &[u8], lib_ctx: &LibCtx) -> Option<(Self, usize)> {
        let len = c_long::try_from(der.len()).ok()?;
        // SAFETY: the library context outlives its users, by the program; the query is null or a C string.
        let mut x509 = unsafe { sys::X509_new_ex(lib_ctx.as_ptr(), lib_ctx.properties()) };
        if x509.is_null() {
            return None;
        }
        let mut at = der.as_ptr();
        // SAFETY: `at` is readable for `len` bytes and moves on by at most as many; `x509` is live, and on failure
        // libcrypto frees it and sets it to null.
        let parsed = unsafe { sys::d2i_X509(&raw mut x509, &raw mut at, len) };
        if parsed.is_null() {
            // SAFETY: null or the object made above, whose count is ours.
            unsafe { sys::X509_free(x509) };
            return None;
        }
        // SAFETY: on success `parsed` is the object made above, whose count becomes the result's.
        let certificate = unsafe { Self::from_owned(parsed) }?;
        Some((certificate, at as usize - der.as_ptr() as usize))
    }

    /// The certificate in DER; none when libcrypto cannot encode it.
    pub fn to_der(&self) -> Option<Vec<u8>> {
        err::discarding(|| {
            // SAFETY: the object is live; with a null target only the length is computed.
            let len = unsafe { sys::i2d_X509(self.as_ptr(), ptr::null_mut()) };
            let mut der = vec![0; usize::try_from(len).ok().filter(|&len| len > 0)?];
            let mut at = der.as_mut_ptr();
            // SAFETY: the object is live and `at` is writable for the length it has just told.
            let written = unsafe { sys::i2d_X509(self.as_ptr(), &raw mut at) };
            (written == len).then_some(der)
        })
    }

    /// The pointer, still owned by `self`.
    pub fn as_ptr(&self) -> *mut sys::X509 {
        self.0.as_ptr()
    }

    /// Gives the count to C.
    pub fn into_raw(self) -> *mut sys::X509 {
        let raw = self.as_ptr();
        std::mem::forget(self);
        raw
    }
}

/// A `STACK_OF(X509)` with a count of each certificate in it.
#[derive(Debug)]
pub struct X509Stack {
    stack: PtrStack,
    certificates: Vec<X509>,
}

impl X509Stack {
    /// A stack of these certificates; `None` when memory is short.
    pub fn new(certificates: Vec<X509>) -> Option<Self> {
        let pointers = certificates.iter().map(|certificate| certificate.as_ptr().cast_const().cast::<c_void>());
        Some(Self { stack: PtrStack::of(pointers)?, certificates })
    }

    /// Copies a stack of the program's, adding a count to each certificate. Null is the empty stack.
    ///
    /// # Safety
    /// `stack` is null or a live stack of live certificates.
    pub unsafe fn certificates_of(stack: *const sys::stack_st_X509) -> Vec<X509> {
        let stack = stack.cast::<sys::OPENSSL_STACK>();
        // SAFETY: null (then -1) or live, by the caller.
        let len = unsafe { sys::OPENSSL_sk_num(stack) };
        // SAFETY: the index is within the stack, whose elements are certificates, by the caller.
        (0..len).filter_map(|at| unsafe { X509::from_borrowed(sys::OPENSSL_sk_value(stack, at).cast()) }).collect()
    }

    /// The stack for C, still owned by `self`, as are the certificates.
    pub fn as_ptr(&self) -> *mut sys::stack_st_X509 {
        self.stack.as_ptr().cast()
    }

    /// The certificates in order.
    pub fn certificates(&self) -> &[X509] {
        &self.certificates
    }

    /// Gives stack and counts to C, which frees them with `sk_X509_pop_free(stack, X509_free)`.
    pub fn into_raw(self) -> *mut sys::stack_st_X509 {
        let Self { stack, certificates } = self;
        for certificate in certificates {
            let _now_of_c = certificate.into_raw();
        }
        stack.into_raw().cast()
    }
}
