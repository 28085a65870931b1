//! What a client says along with its request for a stapled response, as libcrypto's objects, and memory of libcrypto.

use super::{err, sys};
use std::ffi::{c_long, c_void};
use std::ptr::{self, NonNull};

/// A stack with its elements: `STACK_OF(OCSP_RESPID)` or `X509_EXTENSIONS`.
#[derive(Debug)]
pub struct OwnedStack {
    stack: NonNull<sys::OPENSSL_STACK>,
    free: unsafe extern "C" fn(*mut c_void),
}

// SAFETY: the stack is not bound to a thread; a program that changes it does so in its own time.
unsafe impl Send for OwnedStack {}
// SAFETY: as above; we only pass the pointer on.
unsafe impl Sync for OwnedStack {}

impl Drop for OwnedStack {
    fn drop(&mut self) {
        // SAFETY: stack and elements are ours, and `free` is the function for their type.
        unsafe { sys::OPENSSL_sk_pop_free(self.stack.as_ptr(), Some(self.free)) };
    }
}

impl OwnedStack {
    /// Takes over a `STACK_OF(OCSP_RESPID)`; null gives none.
    ///
    /// # Safety
    /// `stack` is null or such a stack, and the caller gives it up.
    pub unsafe fn responders(stack: *mut c_void) -> Option<Self> {
        Some(Self { stack: NonNull::new(stack.cast())?, free: sys::OCSP_RESPID_free })
    }

    /// Takes over an `X509_EXTENSIONS`; null gives none.
    ///
    /// # Safety
    /// `stack` is null or such a stack, and the caller gives it up.
    pub unsafe fn extensions(stack: *mut c_void) -> Option<Self> {
        Some(Self { stack: NonNull::new(stack.cast())?, free: sys::X509_EXTENSION_free })
    }

    /// Parses responder ids, each in DER; none when there are none or one does not parse.
    pub fn parse_responders<'a>(ids: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let mut all: Option<Self> = None;
        for der in ids {
            let len = c_long::try_from(der.len()).ok()?;
            let mut at = der.as_ptr();
            // SAFETY: `at` is readable for `len` bytes; a new object is made.
            let id = err::discarding(|| unsafe { sys::d2i_OCSP_RESPID(ptr::null_mut(), &raw mut at, len) });
            if id.is_null() {
                return None;
            }
            let stack = match &all {
                Some(stack) => stack,
                None => {
                    // SAFETY: a new stack, which becomes ours.
                    all = unsafe { Self::responders(sys::OPENSSL_sk_new_null().cast()) };
                    all.as_ref()?
                }
            };
            // SAFETY: the stack is live; it owns the new object from here.
            if unsafe { sys::OPENSSL_sk_push(stack.as_ptr(), id.cast()) } <= 0 {
                // SAFETY: it was not taken over.
                unsafe { sys::OCSP_RESPID_free(id.cast()) };
                return None;
            }
        }
        all
    }

    /// Parses extensions in DER; none when they do not parse.
    pub fn parse_extensions(der: &[u8]) -> Option<Self> {
        let len = c_long::try_from(der.len()).ok()?;
        let mut at = der.as_ptr();
        // SAFETY: `at` is readable for `len` bytes; a new stack is made, which becomes ours.
        err::discarding(|| unsafe {
            Self::extensions(sys::d2i_X509_EXTENSIONS(ptr::null_mut(), &raw mut at, len).cast())
        })
    }

    /// The pointer, still owned by `self`.
    pub fn as_ptr(&self) -> *mut sys::OPENSSL_STACK {
        self.stack.as_ptr()
    }
}

/// Bytes that a program allocated with `OPENSSL_malloc` and gave to us.
#[derive(Debug)]
pub struct GivenBytes {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: the memory is ours alone to free; it is only read.
unsafe impl Send for GivenBytes {}
// SAFETY: as above.
unsafe impl Sync for GivenBytes {}

impl Drop for GivenBytes {
    fn drop(&mut self) {
        // SAFETY: from libcrypto's allocator, by `take`.
        unsafe { sys::CRYPTO_free(self.start.as_ptr().cast(), c"".as_ptr(), 0) };
    }
}

impl GivenBytes {
    /// Takes memory over; null gives none.
    ///
    /// # Safety
    /// `start` is null or memory of `OPENSSL_malloc` that is readable for `len` bytes, and the caller gives it up.
    pub unsafe fn take(start: *mut u8, len: usize) -> Option<Self> {
        Some(Self { start: NonNull::new(start)?, len })
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: readable for `len` bytes, by `take`.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}
