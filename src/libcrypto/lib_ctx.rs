//! A library context and property query, passed to libcrypto's `_ex` functions.

use super::sys;
use std::ffi::{CStr, CString, c_char};
use std::ptr;

/// Which providers libcrypto looks in. The default is the process's own context.
#[derive(Debug, Clone)]
pub struct LibCtx {
    context: *mut sys::OSSL_LIB_CTX,
    properties: Option<CString>,
}

// SAFETY: OSSL_LIB_CTX is thread-safe; the program keeps it alive for as long as what it was given to.
unsafe impl Send for LibCtx {}
// SAFETY: as above.
unsafe impl Sync for LibCtx {}

impl Default for LibCtx {
    fn default() -> Self {
        Self { context: ptr::null_mut(), properties: None }
    }
}

impl LibCtx {
    /// A context of the program's, and its property query.
    pub fn new(context: *mut sys::OSSL_LIB_CTX, properties: Option<&CStr>) -> Self {
        Self { context, properties: properties.map(CStr::to_owned) }
    }

    /// The context, null for the default.
    pub fn as_ptr(&self) -> *mut sys::OSSL_LIB_CTX {
        self.context
    }

    /// The property query, null for none.
    pub fn properties(&self) -> *const c_char {
        self.properties.as_ref().map_or(ptr::null(), |query| query.as_ptr())
    }
}
