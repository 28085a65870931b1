//! One verification of a chain (`X509_STORE_CTX`).

use super::lib_ctx::LibCtx;
use super::store::Store;
use super::verify_param::VerifyParam;
use super::x509::X509Stack;
use super::{err, sys};
use std::ffi::{CStr, c_int, c_ulong, c_void};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::sync::OnceLock;

/// A verification in preparation or done; it uses the store and the chain it was made with.
#[derive(Debug)]
pub struct StoreCtx<'a> {
    ctx: NonNull<sys::X509_STORE_CTX>,
    _uses: PhantomData<&'a (Store, X509Stack)>,
}

impl Drop for StoreCtx<'_> {
    fn drop(&mut self) {
        // SAFETY: the object is ours and is not used again.
        unsafe { sys::X509_STORE_CTX_free(self.as_ptr()) };
    }
}

/// The slot of a verification in which callbacks find its connection; -1 when memory is short.
pub fn connection_slot() -> c_int {
    static SLOT: OnceLock<c_int> = OnceLock::new();
    // SAFETY: no callbacks are given; the text is only remembered.
    *SLOT.get_or_init(|| unsafe {
        sys::CRYPTO_get_ex_new_index(
            sys::CRYPTO_EX_INDEX_X509_STORE_CTX,
            0,
            c"SSL for verify callback".as_ptr().cast_mut().cast(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
        )
    })
}

/// libcrypto's text for an `X509_V_ERR_*`.
pub fn error_text(error: c_int) -> String {
    // SAFETY: gives a C string that lives as long as the library, or until the thread's next call for unknown numbers.
    unsafe { CStr::from_ptr(sys::X509_verify_cert_error_string(error.into())) }.to_string_lossy().into_owned()
}

impl<'a> StoreCtx<'a> {
    /// A verification of the first certificate of `chain`, with the others as help. On failure libcrypto has queued why.
    pub fn new(store: Option<&'a Store>, chain: &'a X509Stack, lib_ctx: &LibCtx) -> Option<Self> {
        // SAFETY: the library context outlives its users.
        let ctx = NonNull::new(unsafe { sys::X509_STORE_CTX_new_ex(lib_ctx.as_ptr(), lib_ctx.properties()) })?;
        let ctx = Self { ctx, _uses: PhantomData };
        let target = chain.certificates().first()?;
        let store = store.map_or(ptr::null_mut(), Store::as_ptr);
        // SAFETY: `ctx` is new; store, certificate and stack outlive it, by the lifetime; a null store is allowed.
        let ready = unsafe { sys::X509_STORE_CTX_init(ctx.as_ptr(), store, target.as_ptr(), chain.as_ptr()) };
        (ready == 1).then_some(ctx)
    }

    /// The pointer, for callbacks.
    pub fn as_ptr(&self) -> *mut sys::X509_STORE_CTX {
        self.ctx.as_ptr()
    }

    fn param(&self) -> *mut sys::X509_VERIFY_PARAM {
        // SAFETY: the object is live; its parameters belong to it.
        unsafe { sys::X509_STORE_CTX_get0_param(self.as_ptr()) }
    }

    /// Tells callbacks which connection the verification is for.
    #[expect(clippy::not_unsafe_ptr_arg_deref, reason = "the pointer is only handed on, never followed here")]
    pub fn set_connection(&self, connection: *mut c_void) -> bool {
        // SAFETY: the object is live; the pointer is only stored.
        unsafe { sys::X509_STORE_CTX_set_ex_data(self.as_ptr(), connection_slot(), connection) == 1 }
    }

    /// Wants keys and signatures as strong as this security level.
    pub fn set_auth_level(&self, level: u8) {
        // SAFETY: the parameters are live.
        unsafe { sys::X509_VERIFY_PARAM_set_auth_level(self.param(), level.into()) };
    }

    /// Adds `X509_V_FLAG_*` bits.
    pub fn set_flags(&self, flags: c_ulong) {
        // SAFETY: the object is live.
        unsafe { sys::X509_STORE_CTX_set_flags(self.as_ptr(), flags) };
    }

    /// Takes over a named set of parameters (`ssl_server`, `ssl_client`) where nothing is set.
    pub fn set_default(&self, name: &CStr) {
        // SAFETY: the object is live; the name is looked up.
        unsafe { sys::X509_STORE_CTX_set_default(self.as_ptr(), name.as_ptr()) };
    }

    /// Takes over what is set in `param`.
    pub fn apply(&self, param: &VerifyParam) {
        // SAFETY: both are live.
        unsafe { sys::X509_VERIFY_PARAM_set1(self.param(), param.as_ptr()) };
    }

    /// Moves the name that matched to `param`.
    pub fn move_peer_name(&self, param: &VerifyParam) {
        // SAFETY: both are live.
        unsafe { sys::X509_VERIFY_PARAM_move_peername(param.as_ptr(), self.param()) };
    }

    /// Sets the callback that is told of each certificate.
    ///
    /// # Safety
    /// `callback` follows the rules of `X509_STORE_CTX_set_verify_cb(3)`.
    pub unsafe fn set_callback(&self, callback: sys::VerifyCallback) {
        // SAFETY: the object is live.
        unsafe { sys::X509_STORE_CTX_set_verify_cb(self.as_ptr(), callback) };
    }

    /// Verifies; above 0 means verified.
    ///
    /// # Safety
    /// What callbacks rely on (the connection in its slot, the program's data) is live.
    pub unsafe fn verify(&self) -> c_int {
        // SAFETY: the object has been initialised.
        unsafe { sys::X509_verify_cert(self.as_ptr()) }
    }

    /// `X509_V_ERR_*` of the last failure, 0 for none.
    pub fn error(&self) -> c_int {
        // SAFETY: the object is live.
        unsafe { sys::X509_STORE_CTX_get_error(self.as_ptr()) }
    }

    /// The chain that was built, leaf first; none when it did not come to that.
    pub fn built_chain(&self) -> Option<X509Stack> {
        // SAFETY: the object is live; the chain is its own.
        let chain = unsafe { sys::X509_STORE_CTX_get0_chain(self.as_ptr()) };
        if chain.is_null() {
            return None;
        }
        // SAFETY: a live stack of live certificates, which is copied.
        err::discarding(|| X509Stack::new(unsafe { X509Stack::certificates_of(chain) }))
    }
}
