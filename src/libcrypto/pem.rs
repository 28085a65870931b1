//! Files of certificates and keys, read by libcrypto's own readers, which queue its errors.

use super::lib_ctx::LibCtx;
use super::pkey::Pkey;
use super::sys;
use super::x509::X509;
use std::cell::OnceCell;
use std::ffi::{CStr, OsStr, c_void};
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{self, NonNull};
use zeroize::Zeroizing;

/// How the program gives passwords: its callback, and what that gets (without a callback: the password itself).
#[derive(Debug, Clone, Copy)]
pub struct Password {
    /// `SSL_CTX_set_default_passwd_cb(3)`.
    pub callback: sys::pem_password_cb,
    /// `SSL_CTX_set_default_passwd_cb_userdata(3)`.
    pub data: *mut c_void,
}

// SAFETY: the pointer is the program's and only handed back to it.
unsafe impl Send for Password {}
// SAFETY: as above.
unsafe impl Sync for Password {}

impl Default for Password {
    fn default() -> Self {
        Self { callback: None, data: ptr::null_mut() }
    }
}

/// A file to be read here or by libcrypto.
#[derive(Debug)]
pub struct InputFile {
    /// The file, or the bytes, for libcrypto's readers. Declared before the bytes, and so dropped before them.
    bio: OnceCell<Option<OwnedBio>>,
    /// What is in it, if it is a plain file.
    bytes: Option<Zeroizing<Vec<u8>>>,
}

#[derive(Debug)]
struct OwnedBio(NonNull<sys::BIO>);

impl Drop for OwnedBio {
    fn drop(&mut self) {
        // SAFETY: the BIO is ours.
        unsafe { sys::BIO_free(self.0.as_ptr()) };
    }
}

impl OwnedBio {
    /// On failure libcrypto has queued why.
    fn open(path: &CStr) -> Option<Self> {
        // SAFETY: a fresh BIO, or null.
        let bio = Self(NonNull::new(unsafe { sys::BIO_new(sys::BIO_s_file()) })?);
        let mode = sys::BIO_CLOSE | sys::BIO_FP_READ;
        // SAFETY: the BIO is live and the path a C string, which is only read.
        let opened = unsafe {
            sys::BIO_ctrl(bio.0.as_ptr(), sys::BIO_C_SET_FILENAME, mode, path.as_ptr().cast_mut().cast::<c_void>())
        };
        (opened > 0).then_some(bio)
    }

    /// # Safety
    /// `bytes` do not move or go away as long as the result.
    unsafe fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let len = bytes.len().try_into().ok()?;
        // SAFETY: readable as long as the BIO, by the caller.
        NonNull::new(unsafe { sys::BIO_new_mem_buf(bytes.as_ptr().cast(), len) }).map(Self)
    }
}

impl InputFile {
    /// Opens a file. On failure libcrypto has queued why.
    pub fn open(path: &CStr) -> Option<Self> {
        if let Some(bytes) = read_plain(Path::new(OsStr::from_bytes(path.to_bytes()))) {
            return Some(Self { bytes: Some(bytes), bio: OnceCell::new() });
        }
        // A device or a pipe, or nothing that can be opened.
        Some(Self { bytes: None, bio: OnceCell::from(Some(OwnedBio::open(path)?)) })
    }

    /// What is in the file, unless only libcrypto can read it.
    pub fn bytes(&self) -> Option<&[u8]> {
        self.bytes.as_ref().map(|bytes| bytes.as_slice())
    }

    /// For libcrypto's readers, which go on where the last one stopped; null when memory is short.
    fn bio(&self) -> *mut sys::BIO {
        // SAFETY: the bytes are on the heap, are not changed, and are dropped after the BIO.
        let open = || unsafe { OwnedBio::of_bytes(self.bytes()?) };
        self.bio.get_or_init(open).as_ref().map_or(ptr::null_mut(), |bio| bio.0.as_ptr())
    }

    /// The next certificate in PEM. On failure libcrypto has queued why.
    pub fn certificate_pem(&self, password: Password, lib_ctx: &LibCtx) -> Option<X509> {
        self.certificate(lib_ctx, |bio, x| {
            // SAFETY: both are live; the callback and its data are the program's.
            unsafe { sys::PEM_read_bio_X509(bio, x, password.callback, password.data) }
        })
    }

    /// The next certificate in PEM, also one with trust settings (`TRUSTED CERTIFICATE`).
    pub fn trusted_certificate_pem(&self, password: Password, lib_ctx: &LibCtx) -> Option<X509> {
        self.certificate(lib_ctx, |bio, x| {
            // SAFETY: both are live; the callback and its data are the program's.
            unsafe { sys::PEM_read_bio_X509_AUX(bio, x, password.callback, password.data) }
        })
    }

    /// The next certificate in DER. On failure libcrypto has queued why.
    pub fn certificate_der(&self, lib_ctx: &LibCtx) -> Option<X509> {
        // SAFETY: both are live.
        self.certificate(lib_ctx, |bio, x| unsafe { sys::d2i_X509_bio(bio, x) })
    }

    fn certificate(
        &self,
        lib_ctx: &LibCtx,
        read: impl FnOnce(*mut sys::BIO, *mut *mut sys::X509) -> *mut sys::X509,
    ) -> Option<X509> {
        // SAFETY: the library context outlives its users, by the program; the query is null or a C string.
        let mut x509 = unsafe { sys::X509_new_ex(lib_ctx.as_ptr(), lib_ctx.properties()) };
        if x509.is_null() {
            return None;
        }
        let found = read(self.bio(), &raw mut x509);
        if found.is_null() {
            // SAFETY: still the object made above, or null where the reader freed it.
            unsafe { sys::X509_free(x509) };
        }
        // SAFETY: on success it is the object made above, whose count becomes the result's.
        unsafe { X509::from_owned(found) }
    }

    /// The next private key in PEM. On failure libcrypto has queued why.
    pub fn key_pem(&self, password: Password, lib_ctx: &LibCtx) -> Option<Pkey> {
        // SAFETY: the BIO is live, the callback and its data are the program's, the result is null or ours.
        unsafe {
            Pkey::from_owned(sys::PEM_read_bio_PrivateKey_ex(
                self.bio(),
                ptr::null_mut(),
                password.callback,
                password.data,
                lib_ctx.as_ptr(),
                lib_ctx.properties(),
            ))
        }
    }

    /// The next parameters in PEM. On failure libcrypto has queued why.
    pub fn parameters_pem(&self, lib_ctx: &LibCtx) -> Option<Pkey> {
        // SAFETY: the BIO is live, the result is null or ours.
        unsafe {
            Pkey::from_owned(sys::PEM_read_bio_Parameters_ex(
                self.bio(),
                ptr::null_mut(),
                lib_ctx.as_ptr(),
                lib_ctx.properties(),
            ))
        }
    }

    /// The private key in DER, of any type. On failure libcrypto has queued why.
    pub fn key_der(&self, lib_ctx: &LibCtx) -> Option<Pkey> {
        // SAFETY: the BIO is live and the result null or ours.
        unsafe {
            Pkey::from_owned(sys::d2i_PrivateKey_ex_bio(
                self.bio(),
                ptr::null_mut(),
                lib_ctx.as_ptr(),
                lib_ctx.properties(),
            ))
        }
    }

    /// The next RSA private key in PEM. On failure libcrypto has queued why.
    pub fn rsa_pem(&self, password: Password) -> Option<Pkey> {
        let read = |bio| {
            // SAFETY: the BIO is live, the callback and its data are the program's.
            unsafe { sys::PEM_read_bio_RSAPrivateKey(bio, ptr::null_mut(), password.callback, password.data) }
        };
        owned_rsa(read(self.bio()))
    }

    /// The RSA private key in DER (PKCS#1). On failure libcrypto has queued why.
    pub fn rsa_der(&self) -> Option<Pkey> {
        // SAFETY: the BIO is live.
        owned_rsa(unsafe { sys::d2i_RSAPrivateKey_bio(self.bio(), ptr::null_mut()) })
    }
}

/// The content of a plain file. Others can be read only once, or have no end.
fn read_plain(path: &Path) -> Option<Zeroizing<Vec<u8>>> {
    let mut file = File::open(path).ok()?;
    let about = file.metadata().ok()?;
    about.is_file().then_some(())?;
    // Room for all of it from the start: a key must not be left behind in smaller buffers.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(about.len()).ok()?.checked_add(1)?));
    file.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Wraps an `RSA` that was just made for us.
pub(super) fn owned_rsa(rsa: *mut sys::RSA) -> Option<Pkey> {
    if rsa.is_null() {
        return None;
    }
    // SAFETY: live; the key takes a count of its own, and ours is given up after it.
    unsafe {
        let key = Pkey::from_rsa(rsa);
        sys::RSA_free(rsa);
        key
    }
}

/// The RSA private key in these bytes (PKCS#1). On failure libcrypto has queued why.
pub fn rsa_from_der(der: &[u8]) -> Option<Pkey> {
    let len = der.len().try_into().ok()?;
    let mut at = der.as_ptr();
    // SAFETY: `at` is readable for `len` bytes.
    owned_rsa(unsafe { sys::d2i_RSAPrivateKey(ptr::null_mut(), &raw mut at, len) })
}
