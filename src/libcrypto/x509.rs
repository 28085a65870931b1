//! Certificates as libcrypto's objects.

use super::err;
use super::lib_ctx::LibCtx;
use super::pkey::{self, Pkey};
use super::stack::PtrStack;
use super::sys;
use crate::seam::arg;
use std::ffi::{c_int, c_long, c_void};
use std::ptr::NonNull;

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

/// What a certificate was signed with, in libcrypto's numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SignatureInfo {
    /// The digest; 0 for algorithms that have their own.
    pub digest_nid: c_int,
    /// The type of key.
    pub key_nid: c_int,
    /// The signature's strength in bits.
    pub security_bits: c_int,
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
        // SAFETY: the object is live.
        err::discarding(|| pkey::encode(|out| unsafe { sys::i2d_X509(self.as_ptr(), out) }))
    }

    /// The public key; none when libcrypto cannot decode it.
    pub fn public_key(&self) -> Option<Pkey> {
        // SAFETY: the object is live; the key is its own, and gets a count for the result.
        unsafe { Pkey::from_borrowed(sys::X509_get0_pubkey(self.as_ptr())) }
    }

    /// Whether `key` is the private key to it. If not, libcrypto has queued why.
    pub fn check_private_key(&self, key: &Pkey) -> bool {
        // SAFETY: both objects are live.
        unsafe { sys::X509_check_private_key(self.as_ptr(), key.as_ptr()) != 0 }
    }

    /// Whether subject and issuer are the same.
    pub fn is_self_signed(&self) -> bool {
        // SAFETY: the object is live.
        unsafe { sys::X509_get_extension_flags(self.as_ptr()) & sys::EXFLAG_SS != 0 }
    }

    /// Whether its key usage, if it has one, lets the key make signatures.
    pub fn may_sign(&self) -> bool {
        // SAFETY: the object is live.
        unsafe { sys::X509_get_key_usage(self.as_ptr()) & sys::X509v3_KU_DIGITAL_SIGNATURE != 0 }
    }

    /// Strength of the public key in bits, below 0 when it is not known.
    pub fn key_security_bits(&self) -> c_int {
        self.public_key().map_or(-1, |key| key.security_bits())
    }

    /// Strength of the signature on it in bits, below 0 when it is not known.
    pub fn signature_security_bits(&self) -> c_int {
        self.signature_info().map_or(-1, |info| info.security_bits)
    }

    /// What it was signed with.
    pub fn signature_info(&self) -> Option<SignatureInfo> {
        let mut info = SignatureInfo::default();
        // SAFETY: the object is live, and the fields are valid for writes.
        let known = unsafe {
            sys::X509_get_signature_info(
                self.as_ptr(),
                &raw mut info.digest_nid,
                &raw mut info.key_nid,
                &raw mut info.security_bits,
                std::ptr::null_mut(),
            )
        };
        (known != 0).then_some(info)
    }

    /// libcrypto's number of the algorithm it was signed with, digest and all.
    pub fn signature_nid(&self) -> c_int {
        // SAFETY: the object is live.
        unsafe { sys::X509_get_signature_nid(self.as_ptr()) }
    }

    /// Whether the signature on it is the one at the end of `der`.
    pub fn has_signature_of(&self, der: &[u8]) -> bool {
        let mut signature = std::ptr::null();
        // SAFETY: the object is live, and lends its signature, which is live too.
        let bits = unsafe {
            sys::X509_get0_signature(&raw mut signature, std::ptr::null_mut(), self.as_ptr());
            arg::bytes(
                sys::ASN1_STRING_get0_data(signature),
                usize::try_from(sys::ASN1_STRING_length(signature)).unwrap_or(0),
            )
        };
        !bits.is_empty() && der.ends_with(bits)
    }

    /// Whether both are the same certificate, byte for byte.
    pub fn same_as(&self, other: &Self) -> bool {
        // SAFETY: both objects are live.
        unsafe { sys::X509_cmp(self.as_ptr(), other.as_ptr()) == 0 }
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

    /// Takes over a stack of the program's with a count of each certificate in it. Null gives none.
    ///
    /// # Safety
    /// `stack` is null or a live stack of live certificates, of each of which the caller owns a count.
    pub unsafe fn from_owned(stack: *mut sys::stack_st_X509) -> Option<Self> {
        let stack = NonNull::new(stack.cast::<sys::OPENSSL_STACK>())?;
        // SAFETY: live, by the caller; the count that the copies add is given back as the caller's.
        unsafe {
            let certificates = Self::certificates_of(stack.as_ptr().cast());
            for certificate in &certificates {
                sys::X509_free(certificate.as_ptr());
            }
            Some(Self { stack: PtrStack::from_owned(stack), certificates })
        }
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
