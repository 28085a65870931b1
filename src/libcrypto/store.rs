//! Stores of trusted certificates and revocation lists (`X509_STORE`).

use super::lib_ctx::LibCtx;
use super::x509::X509;
use super::{err, sys};
use std::ffi::{CStr, c_int, c_long};
use std::ptr::{self, NonNull};

/// One count of an `X509_STORE`.
#[derive(Debug)]
pub struct Store(NonNull<sys::X509_STORE>);

// SAFETY: an X509_STORE is counted atomically and locks its contents; programs share it between threads.
unsafe impl Send for Store {}
// SAFETY: as above.
unsafe impl Sync for Store {}

impl Drop for Store {
    fn drop(&mut self) {
        // SAFETY: the count is ours.
        unsafe { sys::X509_STORE_free(self.as_ptr()) };
    }
}

impl Clone for Store {
    /// Adds a count; it is the same store.
    fn clone(&self) -> Self {
        // SAFETY: the store is live; the count added belongs to the result.
        unsafe { sys::X509_STORE_up_ref(self.as_ptr()) };
        Self(self.0)
    }
}

impl Store {
    /// An empty store; none when memory is short, and libcrypto has queued so.
    pub fn new() -> Option<Self> {
        // SAFETY: plain call; the count of the result is ours.
        NonNull::new(unsafe { sys::X509_STORE_new() }).map(Self)
    }

    /// Takes over one count; null gives none.
    ///
    /// # Safety
    /// `store` is null or live, and the caller owns a count of it.
    pub unsafe fn from_owned(store: *mut sys::X509_STORE) -> Option<Self> {
        NonNull::new(store).map(Self)
    }

    /// Adds a count of a store that somebody else owns; null gives none.
    ///
    /// # Safety
    /// `store` is null or live.
    pub unsafe fn from_borrowed(store: *mut sys::X509_STORE) -> Option<Self> {
        let store = NonNull::new(store)?;
        // SAFETY: live, by the caller; the count added belongs to the result.
        unsafe { sys::X509_STORE_up_ref(store.as_ptr()) };
        Some(Self(store))
    }

    /// The pointer, still owned by `self`.
    pub fn as_ptr(&self) -> *mut sys::X509_STORE {
        self.0.as_ptr()
    }

    /// Adds a certificate. On failure libcrypto has queued why.
    pub fn add(&self, certificate: &X509) -> bool {
        // SAFETY: both are live; the store adds a count of its own.
        unsafe { sys::X509_STORE_add_cert(self.as_ptr(), certificate.as_ptr()) == 1 }
    }

    /// How many certificates and lists it holds. It only grows: what is in a folder is added when it is looked for.
    pub fn size(&self) -> usize {
        // SAFETY: the store is live, and the stack its own.
        let count = unsafe { sys::OPENSSL_sk_num(sys::X509_STORE_get0_objects(self.as_ptr())) };
        usize::try_from(count).unwrap_or(0)
    }

    /// Adds the certificates and revocation lists of a PEM file. On failure libcrypto has queued why.
    pub fn load_file(&self, file: &CStr, lib_ctx: &LibCtx) -> bool {
        // SAFETY: the store is live, the string outlives the call, the library context its users.
        let loaded = unsafe {
            sys::X509_STORE_load_file_ex(self.as_ptr(), file.as_ptr(), lib_ctx.as_ptr(), lib_ctx.properties())
        };
        loaded == 1
    }

    /// Adds a folder of files named by hash, looked into when a certificate is wanted.
    pub fn load_dir(&self, dir: &CStr) -> bool {
        // SAFETY: the store is live and copies the string.
        unsafe { sys::X509_STORE_load_path(self.as_ptr(), dir.as_ptr()) == 1 }
    }

    /// Adds what a URI names. On failure libcrypto has queued why.
    pub fn load_store(&self, uri: &CStr, lib_ctx: &LibCtx) -> bool {
        // SAFETY: the store is live and copies the string; the library context outlives its users.
        let loaded = unsafe {
            sys::X509_STORE_load_store_ex(self.as_ptr(), uri.as_ptr(), lib_ctx.as_ptr(), lib_ctx.properties())
        };
        loaded == 1
    }

    /// Adds libcrypto's default file, folder and URI, or those of the environment; that they are missing is no failure.
    pub fn add_default_paths(&self, lib_ctx: &LibCtx) -> bool {
        // SAFETY: the store is live; the library context outlives its users.
        unsafe { sys::X509_STORE_set_default_paths_ex(self.as_ptr(), lib_ctx.as_ptr(), lib_ctx.properties()) == 1 }
    }

    /// Adds one of libcrypto's default places.
    pub fn add_default(&self, place: DefaultPlace, lib_ctx: &LibCtx) -> bool {
        // SAFETY: plain calls that give pointers to statics.
        let (method, command, kind) = unsafe {
            match place {
                DefaultPlace::File => (sys::X509_LOOKUP_file(), sys::X509_L_FILE_LOAD, sys::X509_FILETYPE_DEFAULT),
                DefaultPlace::Dir => (sys::X509_LOOKUP_hash_dir(), sys::X509_L_ADD_DIR, sys::X509_FILETYPE_DEFAULT),
                DefaultPlace::Store => (sys::X509_LOOKUP_store(), sys::X509_L_ADD_STORE, 0),
            }
        };
        self.add_lookup(method, command, kind, lib_ctx)
    }

    /// Adds a lookup and gives it a command, whose failure (nothing is there) does not count.
    fn add_lookup(
        &self,
        method: *const sys::X509_LOOKUP_METHOD,
        command: c_int,
        kind: c_long,
        lib_ctx: &LibCtx,
    ) -> bool {
        // SAFETY: the store is live and the method a static.
        let lookup = unsafe { sys::X509_STORE_add_lookup(self.as_ptr(), method) };
        if lookup.is_null() {
            return false;
        }
        // SAFETY: the lookup belongs to the live store; a null name means the default.
        err::discarding(|| unsafe {
            sys::X509_LOOKUP_ctrl_ex(
                lookup,
                command,
                ptr::null(),
                kind,
                ptr::null_mut(),
                lib_ctx.as_ptr(),
                lib_ctx.properties(),
            )
        });
        true
    }
}

/// Where certificates are by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultPlace {
    /// One file (`SSL_CERT_FILE`).
    File,
    /// Folders (`SSL_CERT_DIR`).
    Dir,
    /// A URI.
    Store,
}
