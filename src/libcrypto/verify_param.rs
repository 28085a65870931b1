//! How a chain is verified: purpose, depth, names, flags, time (`X509_VERIFY_PARAM`).

use super::sys;
use std::ffi::c_int;
use std::ptr::NonNull;

/// Verification parameters of our own. Programs get the pointer and change what it points to; that they do not do so in
/// one thread while another verifies is up to them, as it is with OpenSSL.
#[derive(Debug)]
pub struct VerifyParam(NonNull<sys::X509_VERIFY_PARAM>);

// SAFETY: the object is not bound to a thread.
unsafe impl Send for VerifyParam {}
// SAFETY: see the type's own words: libcrypto leaves serialising changes to the program.
unsafe impl Sync for VerifyParam {}

impl Drop for VerifyParam {
    fn drop(&mut self) {
        // SAFETY: the object is ours and is not used again.
        unsafe { sys::X509_VERIFY_PARAM_free(self.as_ptr()) };
    }
}

impl VerifyParam {
    /// Parameters with nothing set; none when memory is short, and libcrypto has queued so.
    pub fn new() -> Option<Self> {
        // SAFETY: plain call; the result is ours.
        NonNull::new(unsafe { sys::X509_VERIFY_PARAM_new() }).map(Self)
    }

    /// Parameters that take over what is set in `from`.
    pub fn inheriting(from: &Self) -> Option<Self> {
        let param = Self::new()?;
        param.inherit(from).then_some(param)
    }

    /// Takes over what is set in `from` where nothing is set here; false when memory is short.
    pub fn inherit(&self, from: &Self) -> bool {
        // SAFETY: both objects are live.
        unsafe { sys::X509_VERIFY_PARAM_inherit(self.as_ptr(), from.as_ptr()) == 1 }
    }

    /// How many certificates may be between the leaf and a trusted one; -1: nobody has said.
    pub fn depth(&self) -> c_int {
        // SAFETY: the object is live.
        unsafe { sys::X509_VERIFY_PARAM_get_depth(self.as_ptr()) }
    }

    /// Sets [`VerifyParam::depth`].
    pub fn set_depth(&self, depth: c_int) {
        // SAFETY: the object is live.
        unsafe { sys::X509_VERIFY_PARAM_set_depth(self.as_ptr(), depth) };
    }

    /// Forgets the name that matched in an earlier verification.
    pub fn forget_peer_name(&self) {
        // SAFETY: the object is live; from null nothing is moved in its place.
        unsafe { sys::X509_VERIFY_PARAM_move_peername(self.as_ptr(), std::ptr::null_mut()) };
    }

    /// The pointer, still owned by `self`.
    pub fn as_ptr(&self) -> *mut sys::X509_VERIFY_PARAM {
        self.0.as_ptr()
    }
}
