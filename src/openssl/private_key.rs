//! Own private keys: `SSL_CTX_use_PrivateKey` and relatives, and how their passwords are asked for.

use super::certificate_slot::Owner;
use super::error::{Error, PASSED_NULL_PARAMETER, guard};
use super::own_key::OwnKey;
use super::reason;
use super::types::{SSL, SSL_CTX};
use crate::libcrypto::lib_ctx::LibCtx;
use crate::libcrypto::pem::{self, InputFile};
use crate::libcrypto::pkey::Pkey;
use crate::libcrypto::sys;
use crate::seam::arg;
use crate::tls;
use crate::tls::plain_key::Form;
use std::ffi::{CStr, c_char, c_int, c_long, c_uchar, c_void};

/// `SSL_FILETYPE_PEM`.
pub(crate) const FILETYPE_PEM: c_int = 1;
/// `SSL_FILETYPE_ASN1`.
pub(crate) const FILETYPE_ASN1: c_int = 2;
/// `ERR_R_SYS_LIB`.
pub(crate) const SYS_LIB: c_int = 2 | (2 << 18);
/// `ERR_R_EVP_LIB`.
pub(super) const EVP_LIB: c_int = 6 | (2 << 18);
/// `ERR_R_PEM_LIB`.
pub(crate) const PEM_LIB: c_int = 9 | (2 << 18);
/// `ERR_R_ASN1_LIB`.
pub(crate) const ASN1_LIB: c_int = 13 | (2 << 18);

/// Uses a key.
pub(super) fn use_key(owner: &Owner, key: Pkey) -> Result<c_int, Error> {
    use_own_key(owner, OwnKey::new(key, owner.lib_ctx())?)
}

fn use_own_key(owner: &Owner, key: OwnKey) -> Result<c_int, Error> {
    owner.change(|certificates| certificates.set_key(key))?;
    Ok(1)
}

/// Uses a key that libcrypto has read, or fails with its entries and `reason`.
fn use_read_key(owner: &Owner, key: Option<Pkey>, reason: c_int) -> Result<c_int, Error> {
    use_key(owner, key.ok_or(Error::Ssl(reason))?)
}

/// The first key of a PEM file, if that has the usual form and begins with nothing that is asked about otherwise.
fn first_key(file: &[u8], lib_ctx: LibCtx) -> Option<OwnKey> {
    for block in tls::pem::blocks(file)? {
        match block.label {
            "CERTIFICATE" | "EC PARAMETERS" | "DH PARAMETERS" => {}
            label => return OwnKey::from_der(Form::labelled(label)?, block.decode()?, lib_ctx),
        }
    }
    None
}

fn use_file(owner: &Owner, path: Option<&CStr>, kind: c_int) -> Result<c_int, Error> {
    let path = path.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))?;
    let (password, lib_ctx) = (owner.config().password, owner.lib_ctx());
    let file = InputFile::open(path).ok_or(Error::Ssl(SYS_LIB))?;
    match kind {
        FILETYPE_PEM => match file.bytes().and_then(|bytes| first_key(bytes, lib_ctx.clone())) {
            Some(key) => use_own_key(owner, key),
            None => use_read_key(owner, file.key_pem(password, &lib_ctx), PEM_LIB),
        },
        FILETYPE_ASN1 => use_read_key(owner, file.key_der(&lib_ctx), ASN1_LIB),
        _ => Err(Error::Ssl(reason::BAD_SSL_FILETYPE)),
    }
}

fn use_rsa_file(owner: &Owner, path: Option<&CStr>, kind: c_int) -> Result<c_int, Error> {
    let path = path.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))?;
    let file = InputFile::open(path).ok_or(Error::Ssl(SYS_LIB))?;
    match kind {
        FILETYPE_PEM => use_read_key(owner, file.rsa_pem(owner.config().password), PEM_LIB),
        FILETYPE_ASN1 => use_read_key(owner, file.rsa_der(), ASN1_LIB),
        _ => Err(Error::Ssl(reason::BAD_SSL_FILETYPE)),
    }
}

/// `SSL_CTX_use_PrivateKey(3)`: uses a key, adding a count. 1 on success; a key that does not belong to the
/// certificate of its type is refused.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle, `pkey` null or a live key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_PrivateKey(ctx: *mut SSL_CTX, pkey: *mut sys::EVP_PKEY) -> c_int {
    guard(0, || {
        // SAFETY: null or live, by the manual.
        let key = unsafe { Pkey::from_borrowed(pkey) }.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))?;
        // SAFETY: null or a live handle, by the manual.
        use_key(&unsafe { Owner::of_context(ctx) }?, key)
    })
}

/// `SSL_use_PrivateKey(3)`: as `SSL_CTX_use_PrivateKey`, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle, `pkey` null or a live key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_PrivateKey(ssl: *mut SSL, pkey: *mut sys::EVP_PKEY) -> c_int {
    guard(0, || {
        // SAFETY: null or live, by the manual.
        let key = unsafe { Pkey::from_borrowed(pkey) }.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))?;
        // SAFETY: null or a live handle, by the manual.
        use_key(&unsafe { Owner::of_connection(ssl) }?, key)
    })
}

/// `SSL_CTX_use_PrivateKey_ASN1(3)`: uses the key of type `pk` (`EVP_PKEY_RSA`, ...) in `len` bytes of DER.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `d` is readable for `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_PrivateKey_ASN1(
    pk: c_int,
    ctx: *mut SSL_CTX,
    d: *const c_uchar,
    len: c_long,
) -> c_int {
    guard(0, || {
        // SAFETY: readable for `len` bytes, by the manual.
        let der = unsafe { arg::bytes(d, usize::try_from(len).unwrap_or(0)) };
        // SAFETY: null or a live handle, by the manual.
        let owner = unsafe { Owner::of_context(ctx) }?;
        use_read_key(&owner, Pkey::from_der(pk, der, &owner.lib_ctx()), ASN1_LIB)
    })
}

/// `SSL_use_PrivateKey_ASN1(3)`: as `SSL_CTX_use_PrivateKey_ASN1`, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `d` is readable for `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_PrivateKey_ASN1(pk: c_int, ssl: *mut SSL, d: *const c_uchar, len: c_long) -> c_int {
    guard(0, || {
        // SAFETY: readable for `len` bytes, by the manual.
        let der = unsafe { arg::bytes(d, usize::try_from(len).unwrap_or(0)) };
        // SAFETY: null or a live handle, by the manual.
        let owner = unsafe { Owner::of_connection(ssl) }?;
        use_read_key(&owner, Pkey::from_der(pk, der, &owner.lib_ctx()), ASN1_LIB)
    })
}

/// `SSL_CTX_use_PrivateKey_file(3)`: uses the first key in a file of `SSL_FILETYPE_PEM` or `SSL_FILETYPE_ASN1`.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle, `file` null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_PrivateKey_file(ctx: *mut SSL_CTX, file: *const c_char, kind: c_int) -> c_int {
    // SAFETY: null or a C string, by the manual.
    let path = unsafe { arg::c_str(file) };
    // SAFETY: null or a live handle, by the manual.
    guard(0, || use_file(&unsafe { Owner::of_context(ctx) }?, path, kind))
}

/// `SSL_use_PrivateKey_file(3)`: as `SSL_CTX_use_PrivateKey_file`, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle, `file` null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_PrivateKey_file(ssl: *mut SSL, file: *const c_char, kind: c_int) -> c_int {
    // SAFETY: null or a C string, by the manual.
    let path = unsafe { arg::c_str(file) };
    // SAFETY: null or a live handle, by the manual.
    guard(0, || use_file(&unsafe { Owner::of_connection(ssl) }?, path, kind))
}

/// Wraps the program's `RSA`.
///
/// # Safety
/// `rsa` is null or live.
unsafe fn key_from_rsa(rsa: *mut sys::RSA) -> Result<Pkey, Error> {
    if rsa.is_null() {
        return Err(Error::Ssl(PASSED_NULL_PARAMETER));
    }
    // SAFETY: live, by the caller.
    unsafe { Pkey::from_rsa(rsa) }.ok_or(Error::Ssl(EVP_LIB))
}

/// `SSL_CTX_use_RSAPrivateKey(3)`: uses an RSA key, adding a count.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle, `rsa` null or a live key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_RSAPrivateKey(ctx: *mut SSL_CTX, rsa: *mut sys::RSA) -> c_int {
    guard(0, || {
        // SAFETY: null or live, by the manual.
        let key = unsafe { key_from_rsa(rsa) }?;
        // SAFETY: null or a live handle, by the manual.
        use_key(&unsafe { Owner::of_context(ctx) }?, key)
    })
}

/// `SSL_use_RSAPrivateKey(3)`: as `SSL_CTX_use_RSAPrivateKey`, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle, `rsa` null or a live key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_RSAPrivateKey(ssl: *mut SSL, rsa: *mut sys::RSA) -> c_int {
    guard(0, || {
        // SAFETY: null or live, by the manual.
        let key = unsafe { key_from_rsa(rsa) }?;
        // SAFETY: null or a live handle, by the manual.
        use_key(&unsafe { Owner::of_connection(ssl) }?, key)
    })
}

/// `SSL_CTX_use_RSAPrivateKey_ASN1(3)`: uses the RSA key in `len` bytes of DER (PKCS#1).
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `d` is readable for `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_RSAPrivateKey_ASN1(ctx: *mut SSL_CTX, d: *const c_uchar, len: c_long) -> c_int {
    guard(0, || {
        // SAFETY: readable for `len` bytes, by the manual.
        let der = unsafe { arg::bytes(d, usize::try_from(len).unwrap_or(0)) };
        // SAFETY: null or a live handle, by the manual.
        use_read_key(&unsafe { Owner::of_context(ctx) }?, pem::rsa_from_der(der), ASN1_LIB)
    })
}

/// `SSL_use_RSAPrivateKey_ASN1(3)`: as `SSL_CTX_use_RSAPrivateKey_ASN1`, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `d` is readable for `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_RSAPrivateKey_ASN1(ssl: *mut SSL, d: *const c_uchar, len: c_long) -> c_int {
    guard(0, || {
        // SAFETY: readable for `len` bytes, by the manual.
        let der = unsafe { arg::bytes(d, usize::try_from(len).unwrap_or(0)) };
        // SAFETY: null or a live handle, by the manual.
        use_read_key(&unsafe { Owner::of_connection(ssl) }?, pem::rsa_from_der(der), ASN1_LIB)
    })
}

/// `SSL_CTX_use_RSAPrivateKey_file(3)`: uses the first RSA key in a file.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle, `file` null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_RSAPrivateKey_file(ctx: *mut SSL_CTX, file: *const c_char, kind: c_int) -> c_int {
    // SAFETY: null or a C string, by the manual.
    let path = unsafe { arg::c_str(file) };
    // SAFETY: null or a live handle, by the manual.
    guard(0, || use_rsa_file(&unsafe { Owner::of_context(ctx) }?, path, kind))
}

/// `SSL_use_RSAPrivateKey_file(3)`: as `SSL_CTX_use_RSAPrivateKey_file`, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle, `file` null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_RSAPrivateKey_file(ssl: *mut SSL, file: *const c_char, kind: c_int) -> c_int {
    // SAFETY: null or a C string, by the manual.
    let path = unsafe { arg::c_str(file) };
    // SAFETY: null or a live handle, by the manual.
    guard(0, || use_rsa_file(&unsafe { Owner::of_connection(ssl) }?, path, kind))
}

/// `SSL_CTX_get0_privatekey(3)`: the current key, without a count for the caller.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get0_privatekey(ctx: *const SSL_CTX) -> *mut sys::EVP_PKEY {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let slot = unsafe { Owner::of_context(ctx) }.map_err(|_| Error::Silent)?.current();
        Ok(slot.key.map_or(std::ptr::null_mut(), |key| key.object().map_or(std::ptr::null_mut(), Pkey::as_ptr)))
    })
}

/// `SSL_get_privatekey(3)`: as `SSL_CTX_get0_privatekey`, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_privatekey(ssl: *const SSL) -> *mut sys::EVP_PKEY {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let slot = unsafe { Owner::of_connection(ssl) }.map_err(|_| Error::Silent)?.current();
        Ok(slot.key.map_or(std::ptr::null_mut(), |key| key.object().map_or(std::ptr::null_mut(), Pkey::as_ptr)))
    })
}

/// `SSL_CTX_set_default_passwd_cb(3)`: how passwords of PEM files are asked for.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `cb` is null or may be called as the manual says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_default_passwd_cb(ctx: *mut SSL_CTX, cb: sys::pem_password_cb) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        unsafe { Owner::of_context(ctx) }?.edit_password(|password| password.callback = cb);
        Ok(())
    });
}

/// `SSL_CTX_set_default_passwd_cb_userdata(3)`: what the password callback gets; without one, the password itself.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `u` is what the callback takes, or null or a C string without one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_default_passwd_cb_userdata(ctx: *mut SSL_CTX, u: *mut c_void) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        unsafe { Owner::of_context(ctx) }?.edit_password(|password| password.data = u);
        Ok(())
    });
}

/// `SSL_CTX_get_default_passwd_cb(3)`: the password callback.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_default_passwd_cb(ctx: *mut SSL_CTX) -> sys::pem_password_cb {
    // SAFETY: null or a live handle, by the manual.
    guard(None, || Ok(unsafe { Owner::of_context(ctx) }?.config().password.callback))
}

/// `SSL_CTX_get_default_passwd_cb_userdata(3)`: what the password callback gets.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_default_passwd_cb_userdata(ctx: *mut SSL_CTX) -> *mut c_void {
    // SAFETY: null or a live handle, by the manual.
    guard(std::ptr::null_mut(), || Ok(unsafe { Owner::of_context(ctx) }?.config().password.data))
}

/// `SSL_set_default_passwd_cb(3)`: as `SSL_CTX_set_default_passwd_cb`, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `cb` is null or may be called as the manual says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_default_passwd_cb(ssl: *mut SSL, cb: sys::pem_password_cb) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        unsafe { Owner::of_connection(ssl) }?.edit_password(|password| password.callback = cb);
        Ok(())
    });
}

/// `SSL_set_default_passwd_cb_userdata(3)`: as `SSL_CTX_set_default_passwd_cb_userdata`, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `u` is what the callback takes, or null or a C string without one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_default_passwd_cb_userdata(ssl: *mut SSL, u: *mut c_void) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        unsafe { Owner::of_connection(ssl) }?.edit_password(|password| password.data = u);
        Ok(())
    });
}

/// `SSL_get_default_passwd_cb(3)`: the password callback.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_default_passwd_cb(ssl: *mut SSL) -> sys::pem_password_cb {
    // SAFETY: null or a live handle, by the manual.
    guard(None, || Ok(unsafe { Owner::of_connection(ssl) }?.config().password.callback))
}

/// `SSL_get_default_passwd_cb_userdata(3)`: what the password callback gets.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_default_passwd_cb_userdata(ssl: *mut SSL) -> *mut c_void {
    // SAFETY: null or a live handle, by the manual.
    guard(std::ptr::null_mut(), || Ok(unsafe { Owner::of_connection(ssl) }?.config().password.data))
}
