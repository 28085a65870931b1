//! libcrypto's hash tables, for programs that walk through what a context keeps.

use super::sys;
use std::ffi::c_void;
use std::ptr::NonNull;

/// A table of pointers, which it does not own.
#[derive(Debug)]
pub struct Table(NonNull<sys::OPENSSL_LHASH>);

// SAFETY: a table is plain memory; whoever holds it sees to it that one thread at a time works on it.
unsafe impl Send for Table {}

impl Drop for Table {
    fn drop(&mut self) {
        // SAFETY: the table is ours; what it points to is not touched.
        unsafe { sys::OPENSSL_LH_free(self.0.as_ptr()) };
    }
}

impl Table {
    /// An empty table; none without memory.
    ///
    /// # Safety
    /// Both functions can be called with any pointer that is inserted, until it is deleted or the table is dropped.
    pub unsafe fn new(hash: sys::OPENSSL_LH_HASHFUNC, compare: sys::OPENSSL_LH_COMPFUNC) -> Option<Self> {
        // SAFETY: the functions fit the elements, by the caller.
        NonNull::new(unsafe { sys::OPENSSL_LH_new(hash, compare) }).map(Self)
    }

    /// The table, as C sees it.
    pub fn as_ptr(&self) -> *mut sys::OPENSSL_LHASH {
        self.0.as_ptr()
    }

    /// Adds an element in the place of its equal.
    ///
    /// # Safety
    /// `element` may be hashed and compared until it is deleted.
    pub unsafe fn insert(&mut self, element: *mut c_void) {
        // SAFETY: the table is live; the element is good, by the caller.
        unsafe { sys::OPENSSL_LH_insert(self.as_ptr(), element) };
    }

    /// Takes an element out. False: another one or none was found in its place.
    ///
    /// # Safety
    /// `element` and all that were inserted may be hashed and compared.
    pub unsafe fn delete(&mut self, element: *mut c_void) -> bool {
        // SAFETY: the table is live; its elements are good, by the caller.
        unsafe { sys::OPENSSL_LH_delete(self.as_ptr(), element) == element }
    }

    /// Takes all elements out.
    pub fn flush(&mut self) {
        // SAFETY: the table is live; the elements are not touched.
        unsafe { sys::OPENSSL_LH_flush(self.as_ptr()) };
    }
}
