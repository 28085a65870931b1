//! Keys as libcrypto's objects, and signing with them.

use super::err;
use super::lib_ctx::LibCtx;
use super::sys;
use std::ffi::{CStr, c_char, c_int, c_long, c_void};
use std::ptr::{self, NonNull};
use zeroize::Zeroizing;

/// One count of an `EVP_PKEY`.
#[derive(Debug)]
pub struct Pkey(NonNull<sys::EVP_PKEY>);

// SAFETY: an EVP_PKEY is counted atomically and locks what it caches; programs share it between threads.
unsafe impl Send for Pkey {}
// SAFETY: as above.
unsafe impl Sync for Pkey {}

impl Drop for Pkey {
    fn drop(&mut self) {
        // SAFETY: the count is ours.
        unsafe { sys::EVP_PKEY_free(self.as_ptr()) };
    }
}

impl Clone for Pkey {
    /// Adds a count; it is the same object.
    fn clone(&self) -> Self {
        // SAFETY: the object is live; the count added belongs to the result.
        unsafe { sys::EVP_PKEY_up_ref(self.as_ptr()) };
        Self(self.0)
    }
}

/// How a signature is made, besides the key.
#[derive(Debug, Clone, Copy)]
pub struct SigningMethod {
    /// The digest's name; none for algorithms that have their own.
    pub digest: Option<&'static CStr>,
    /// RSA-PSS with a salt as long as the digest, instead of PKCS#1.
    pub pss: bool,
}

impl Pkey {
    /// Takes over one count; null gives none.
    ///
    /// # Safety
    /// `key` is null or live, and the caller owns a count of it.
    pub unsafe fn from_owned(key: *mut sys::EVP_PKEY) -> Option<Self> {
        NonNull::new(key).map(Self)
    }

    /// Adds a count of a key that somebody else owns; null gives none.
    ///
    /// # Safety
    /// `key` is null or live.
    pub unsafe fn from_borrowed(key: *mut sys::EVP_PKEY) -> Option<Self> {
        let key = NonNull::new(key)?;
        // SAFETY: live, by the caller; the count added belongs to the result.
        unsafe { sys::EVP_PKEY_up_ref(key.as_ptr()) };
        Some(Self(key))
    }

    /// The private key in `der`, of libcrypto's type `kind` (`EVP_PKEY_RSA`, ...). On failure libcrypto has queued why.
    pub fn from_der(kind: c_int, der: &[u8], lib_ctx: &LibCtx) -> Option<Self> {
        let len = c_long::try_from(der.len()).ok()?;
        let mut at = der.as_ptr();
        // SAFETY: `at` is readable for `len` bytes; the library context outlives its users, by the program.
        unsafe {
            Self::from_owned(sys::d2i_PrivateKey_ex(
                kind,
                ptr::null_mut(),
                &raw mut at,
                len,
                lib_ctx.as_ptr(),
                lib_ctx.properties(),
            ))
        }
    }

    /// The private key in `der`, whose form and type are found out. The queue is left as it was.
    pub fn from_any_der(der: &[u8], lib_ctx: &LibCtx) -> Option<Self> {
        let len = c_long::try_from(der.len()).ok()?;
        let mut at = der.as_ptr();
        // SAFETY: `at` is readable for `len` bytes; the library context outlives its users, by the program.
        err::discarding(|| unsafe {
            Self::from_owned(sys::d2i_AutoPrivateKey_ex(
                ptr::null_mut(),
                &raw mut at,
                len,
                lib_ctx.as_ptr(),
                lib_ctx.properties(),
            ))
        })
    }

    /// A key around an `RSA`, which gets a count of its own.
    ///
    /// # Safety
    /// `rsa` is live.
    pub unsafe fn from_rsa(rsa: *mut sys::RSA) -> Option<Self> {
        // SAFETY: a fresh key, or null.
        let key = unsafe { Self::from_owned(sys::EVP_PKEY_new()) }?;
        // SAFETY: live, by the caller.
        unsafe { sys::RSA_up_ref(rsa) };
        // SAFETY: both are live; on success the count added above belongs to the key.
        if unsafe { sys::EVP_PKEY_assign(key.as_ptr(), sys::EVP_PKEY_RSA, rsa.cast::<c_void>()) } <= 0 {
            // SAFETY: the count added above is still ours.
            unsafe { sys::RSA_free(rsa) };
            return None;
        }
        Some(key)
    }

    /// A key around a `DH`, which gets a count of its own. On failure libcrypto has queued why.
    ///
    /// # Safety
    /// `dh` is live.
    pub unsafe fn from_dh(dh: *mut sys::DH) -> Option<Self> {
        // SAFETY: a fresh key, or null.
        let key = unsafe { Self::from_owned(sys::EVP_PKEY_new()) }?;
        // SAFETY: both are live; the key takes a count of its own.
        (unsafe { sys::EVP_PKEY_set1_DH(key.as_ptr(), dh) } > 0).then_some(key)
    }

    /// The public key in a SubjectPublicKeyInfo in DER. On failure libcrypto has queued why.
    pub fn from_spki(der: &[u8], lib_ctx: &LibCtx) -> Option<Self> {
        let len = c_long::try_from(der.len()).ok()?;
        let mut at = der.as_ptr();
        // SAFETY: `at` is readable for `len` bytes; the library context outlives its users, by the program; the count of
        // the result is ours.
        unsafe {
            Self::from_owned(sys::d2i_PUBKEY_ex(
                ptr::null_mut(),
                &raw mut at,
                len,
                lib_ctx.as_ptr(),
                lib_ctx.properties(),
            ))
        }
    }

    /// The pointer, still owned by `self`.
    pub fn as_ptr(&self) -> *mut sys::EVP_PKEY {
        self.0.as_ptr()
    }

    /// Gives the count to C.
    pub fn into_raw(self) -> *mut sys::EVP_PKEY {
        let raw = self.as_ptr();
        std::mem::forget(self);
        raw
    }

    /// Whether it is of the type with this name.
    pub fn is_a(&self, name: &CStr) -> bool {
        // SAFETY: the key is live and the name a C string.
        unsafe { sys::EVP_PKEY_is_a(self.as_ptr(), name.as_ptr()) == 1 }
    }

    /// Whether signatures can be made with keys of its type.
    pub fn can_sign(&self) -> bool {
        // SAFETY: the key is live.
        unsafe { sys::EVP_PKEY_can_sign(self.as_ptr()) != 0 }
    }

    /// Most bytes a signature can have.
    pub fn size(&self) -> usize {
        // SAFETY: the key is live.
        usize::try_from(unsafe { sys::EVP_PKEY_get_size(self.as_ptr()) }).unwrap_or(0)
    }

    /// The key's strength, in bits; below 0 when it is not known.
    pub fn security_bits(&self) -> c_int {
        // SAFETY: the key is live.
        unsafe { sys::EVP_PKEY_get_security_bits(self.as_ptr()) }
    }

    /// The name of the curve of an EC key.
    pub fn group_name(&self) -> Option<String> {
        let mut name = [0u8; 80];
        let mut len = 0;
        let at = name.as_mut_ptr().cast::<c_char>();
        err::discarding(|| {
            // SAFETY: the key is live and `name` is writable for its length.
            let found = unsafe { sys::EVP_PKEY_get_group_name(self.as_ptr(), at, name.len(), &raw mut len) };
            (found == 1).then_some(())?;
            Some(String::from_utf8_lossy(name.get(..len)?).into_owned())
        })
    }

    /// Whether parameters are missing that could come from the other half of the pair.
    pub fn missing_parameters(&self) -> bool {
        // SAFETY: the key is live.
        unsafe { sys::EVP_PKEY_missing_parameters(self.as_ptr()) != 0 }
    }

    /// Takes parameters from another key; failure leaves an entry in the queue.
    pub fn copy_parameters(&self, from: &Self) -> bool {
        // SAFETY: both keys are live.
        unsafe { sys::EVP_PKEY_copy_parameters(self.as_ptr(), from.as_ptr()) == 1 }
    }

    /// Whether both have the same public key.
    pub fn same_public_key(&self, other: &Self) -> bool {
        // SAFETY: both keys are live.
        unsafe { sys::EVP_PKEY_eq(self.as_ptr(), other.as_ptr()) == 1 }
    }

    /// Whether it can sign with this digest (none: the algorithm's own), as its provider says.
    pub fn supports_digest(&self, digest: Option<&CStr>, lib_ctx: &LibCtx) -> bool {
        let name = digest.map_or(ptr::null(), CStr::as_ptr);
        err::discarding(|| {
            // SAFETY: the key is live, the name null or a C string, and the library context outlives its users.
            let supported = unsafe {
                sys::EVP_PKEY_digestsign_supports_digest(self.as_ptr(), lib_ctx.as_ptr(), name, lib_ctx.properties())
            };
            supported > 0
        })
    }

    /// Whether it is in this process's memory and signs with libcrypto's own code: not in a token, not with a method of
    /// the program's or an engine's.
    pub fn is_plain(&self) -> bool {
        // SAFETY: the key is live, and lends what it gives; methods are only compared.
        unsafe {
            let provider = sys::EVP_PKEY_get0_provider(self.as_ptr());
            if !provider.is_null() {
                let name = CStr::from_ptr(sys::OSSL_PROVIDER_get0_name(provider));
                return name == c"default" || name == c"fips";
            }
            if self.is_a(c"RSA") {
                let rsa = sys::EVP_PKEY_get0_RSA(self.as_ptr());
                return !rsa.is_null() && sys::RSA_get_method(rsa) == sys::RSA_PKCS1_OpenSSL();
            }
            if self.is_a(c"EC") {
                let key = sys::EVP_PKEY_get0_EC_KEY(self.as_ptr());
                return !key.is_null() && sys::EC_KEY_get_method(key) == sys::EC_KEY_OpenSSL();
            }
            false
        }
    }

    /// The private key as PKCS#8, if it can leave its provider. The queue is left as it was.
    pub fn to_pkcs8(&self) -> Option<Zeroizing<Vec<u8>>> {
        err::discarding(|| {
            // SAFETY: the key is live; the result is null or ours.
            let info = NonNull::new(unsafe { sys::EVP_PKEY2PKCS8(self.as_ptr()) })?;
            // SAFETY: `info` is live; the closure writes at most the length that the first call told.
            let der = encode(|out| unsafe { sys::i2d_PKCS8_PRIV_KEY_INFO(info.as_ptr(), out) });
            // SAFETY: ours, and not used again.
            unsafe { sys::PKCS8_PRIV_KEY_INFO_free(info.as_ptr()) };
            der.map(Zeroizing::new)
        })
    }

    /// The public key as SubjectPublicKeyInfo.
    pub fn to_spki(&self) -> Option<Vec<u8>> {
        // SAFETY: the key is live.
        err::discarding(|| encode(|out| unsafe { sys::i2d_PUBKEY(self.as_ptr(), out) }))
    }

    /// Signs `message`. On failure libcrypto has queued why.
    pub fn sign(&self, message: &[u8], method: SigningMethod, lib_ctx: &LibCtx) -> Option<Vec<u8>> {
        // SAFETY: a fresh context, or null.
        let ctx = DigestCtx(NonNull::new(unsafe { sys::EVP_MD_CTX_new() })?);
        let digest = method.digest.map_or(ptr::null(), CStr::as_ptr);
        let mut key_ctx = ptr::null_mut();
        // SAFETY: all objects are live, the names null or C strings; `key_ctx` belongs to `ctx`.
        let begun = unsafe {
            sys::EVP_DigestSignInit_ex(
                ctx.0.as_ptr(),
                &raw mut key_ctx,
                digest,
                lib_ctx.as_ptr(),
                lib_ctx.properties(),
                self.as_ptr(),
                ptr::null(),
            )
        };
        if begun <= 0 {
            return None;
        }
        // `key_ctx` is live as long as `ctx`.
        if method.pss && !use_pss(key_ctx) {
            return None;
        }
        let mut signature = vec![0; self.size()];
        let mut len = signature.len();
        // SAFETY: `ctx` is live, `signature` writable for `len` bytes and `message` readable for its length.
        let signed = unsafe {
            sys::EVP_DigestSign(ctx.0.as_ptr(), signature.as_mut_ptr(), &raw mut len, message.as_ptr(), message.len())
        };
        (signed > 0).then_some(())?;
        signature.truncate(len);
        Some(signature)
    }
}

impl Pkey {
    /// Verifies a signature of `message`. The queue is left as it was.
    pub fn verify(&self, message: &[u8], signature: &[u8], method: SigningMethod, lib_ctx: &LibCtx) -> bool {
        err::discarding(|| self.try_verify(message, signature, method, lib_ctx)).unwrap_or(false)
    }

    fn try_verify(&self, message: &[u8], signature: &[u8], method: SigningMethod, lib_ctx: &LibCtx) -> Option<bool> {
        // SAFETY: a fresh context, or null.
        let ctx = DigestCtx(NonNull::new(unsafe { sys::EVP_MD_CTX_new() })?);
        let digest = method.digest.map_or(ptr::null(), CStr::as_ptr);
        let mut key_ctx = ptr::null_mut();
        // SAFETY: all objects are live, the names null or C strings; `key_ctx` belongs to `ctx`.
        let begun = unsafe {
            sys::EVP_DigestVerifyInit_ex(
                ctx.0.as_ptr(),
                &raw mut key_ctx,
                digest,
                lib_ctx.as_ptr(),
                lib_ctx.properties(),
                self.as_ptr(),
                ptr::null(),
            )
        };
        if begun <= 0 || (method.pss && !use_pss(key_ctx)) {
            return None;
        }
        let (bytes, len) = (signature.as_ptr(), signature.len());
        // SAFETY: `ctx` is live, signature and message are readable for their lengths.
        Some(unsafe { sys::EVP_DigestVerify(ctx.0.as_ptr(), bytes, len, message.as_ptr(), message.len()) } == 1)
    }
}

/// RSA-PSS with a salt as long as the digest. `ctx` is live, by the callers.
fn use_pss(ctx: *mut sys::EVP_PKEY_CTX) -> bool {
    // SAFETY: live, by the callers.
    unsafe {
        sys::EVP_PKEY_CTX_set_rsa_padding(ctx, sys::RSA_PKCS1_PSS_PADDING) > 0
            && sys::EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, sys::RSA_PSS_SALTLEN_DIGEST) > 0
    }
}

/// Owned for the length of one signature.
struct DigestCtx(NonNull<sys::EVP_MD_CTX>);

impl Drop for DigestCtx {
    fn drop(&mut self) {
        // SAFETY: the context is ours.
        unsafe { sys::EVP_MD_CTX_free(self.0.as_ptr()) };
    }
}

/// Runs an `i2d` function twice: for the length, and for the bytes.
pub(super) fn encode(i2d: impl Fn(*mut *mut u8) -> c_int) -> Option<Vec<u8>> {
    let len = i2d(ptr::null_mut());
    let mut der = vec![0; usize::try_from(len).ok().filter(|&len| len > 0)?];
    let mut at = der.as_mut_ptr();
    (i2d(&raw mut at) == len).then_some(der)
}
