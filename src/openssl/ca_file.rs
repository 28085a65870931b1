//! Lists of names from files, folders and URIs of certificates.

use super::error::{Error, MALLOC_FAILURE, PASSED_NULL_PARAMETER, guard};
use super::private_key::SYS_LIB;
use super::reason;
use crate::libcrypto::err;
use crate::libcrypto::lib_ctx::LibCtx;
use crate::libcrypto::names::{Name, NameCollector, NameStack};
use crate::libcrypto::pem::{InputFile, Password};
use crate::libcrypto::sys;
use crate::seam::arg;
use std::collections::BTreeSet;
use std::ffi::{CStr, CString, OsStr, c_char, c_int};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// # Safety
/// `stack` is null or a stack of names that stays live, and is used by nobody else, as long as the result.
unsafe fn collector(stack: *mut sys::stack_st_X509_NAME) -> Result<NameCollector, Error> {
    if stack.is_null() {
        return Err(Error::Ssl(PASSED_NULL_PARAMETER));
    }
    // SAFETY: live, by the caller.
    Ok(unsafe { NameCollector::new(stack) })
}

/// Adds the subjects of a file's certificates. The entry that tells of the file's end stays in the queue.
fn collect(names: &mut NameCollector, path: &CStr, lib_ctx: &LibCtx) -> Result<(), Error> {
    let file = InputFile::open(path).ok_or(Error::Queued)?;
    while let Some(certificate) = file.certificate_pem(Password::default(), lib_ctx) {
        if !names.add_subject(&certificate) {
            return Err(Error::Queued);
        }
    }
    Ok(())
}

fn load(path: Option<&CStr>, lib_ctx: &LibCtx) -> Result<*mut sys::stack_st_X509_NAME, Error> {
    let path = path.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))?;
    let mut names = NameStack::new().ok_or(Error::Ssl(MALLOC_FAILURE))?;
    let file = InputFile::open(path).ok_or(Error::Queued)?;
    let mut seen = BTreeSet::new();
    while let Some(certificate) = file.certificate_pem(Password::default(), lib_ctx) {
        let name = Name::of_subject(&certificate).ok_or(Error::Queued)?;
        let copy = name.duplicate().ok_or(Error::Ssl(MALLOC_FAILURE))?;
        if seen.insert(copy) && !names.push(name) {
            return Err(Error::Ssl(MALLOC_FAILURE));
        }
    }
    if names.is_empty() {
        return Err(Error::Queued);
    }
    err::clear();
    Ok(names.into_raw())
}

/// `SSL_load_client_CA_file(3)`: the subjects of the certificates in a PEM file, each once; null when there is none.
/// The stack is the caller's.
///
/// Status: full.
///
/// # Safety
/// `file` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_load_client_CA_file(file: *const c_char) -> *mut sys::stack_st_X509_NAME {
    // SAFETY: null or a C string, by the manual.
    guard(std::ptr::null_mut(), || load(unsafe { arg::c_str(file) }, &LibCtx::default()))
}

/// `SSL_load_client_CA_file(3)`: as that, with a library context and a property query.
///
/// Status: full.
///
/// # Safety
/// `file` and `propq` are null or C strings, `libctx` null or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_load_client_CA_file_ex(
    file: *const c_char,
    libctx: *mut sys::OSSL_LIB_CTX,
    propq: *const c_char,
) -> *mut sys::stack_st_X509_NAME {
    // SAFETY: null or C strings, by the manual.
    let (file, properties) = unsafe { (arg::c_str(file), arg::c_str(propq)) };
    guard(std::ptr::null_mut(), || load(file, &LibCtx::new(libctx, properties)))
}

/// `SSL_add_file_cert_subjects_to_stack(3)`: adds the subjects of the certificates in a PEM file to the caller's stack,
/// each once; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `stack` is a live stack, `file` null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_add_file_cert_subjects_to_stack(
    stack: *mut sys::stack_st_X509_NAME,
    file: *const c_char,
) -> c_int {
    guard(0, || {
        // SAFETY: null or a C string, by the manual.
        let path = unsafe { arg::c_str(file) }.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))?;
        // SAFETY: live for the call, by the manual.
        collect(&mut unsafe { collector(stack) }?, path, &LibCtx::default())?;
        err::clear();
        Ok(1)
    })
}

/// `SSL_add_dir_cert_subjects_to_stack(3)`: adds the subjects of the certificates in all files of a folder to the
/// caller's stack, each once; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `stack` is a live stack, `dir` null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_add_dir_cert_subjects_to_stack(
    stack: *mut sys::stack_st_X509_NAME,
    dir: *const c_char,
) -> c_int {
    guard(0, || {
        // SAFETY: null or a C string, by the manual.
        let dir = unsafe { arg::c_str(dir) }.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))?;
        // SAFETY: live for the call, by the manual.
        let mut names = unsafe { collector(stack) }?;
        let files = std::fs::read_dir(OsStr::from_bytes(dir.to_bytes())).map_err(|error| unreadable(dir, &error))?;
        for file in files {
            let path = file.map_err(|error| unreadable(dir, &error))?.path();
            if path.is_dir() {
                continue;
            }
            let path = CString::new(path.into_os_string().into_vec()).map_err(|_| Error::Ssl(reason::PATH_TOO_LONG))?;
            collect(&mut names, &path, &LibCtx::default())?;
            err::clear();
        }
        Ok(1)
    })
}

/// The entries for a folder that cannot be read.
fn unreadable(dir: &CStr, error: &std::io::Error) -> Error {
    let text = [c"calling OPENSSL_dir_read(".to_bytes(), dir.to_bytes(), b")"].concat();
    err::push(err::LIB_SYS, error.raw_os_error().unwrap_or(0), CString::new(text).ok().as_deref());
    Error::Ssl(SYS_LIB)
}

/// `SSL_add_store_cert_subjects_to_stack(3)`: adds the subjects of the certificates behind a URI to the caller's stack,
/// each once; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `stack` is a live stack, `uri` null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_add_store_cert_subjects_to_stack(
    stack: *mut sys::stack_st_X509_NAME,
    uri: *const c_char,
) -> c_int {
    guard(0, || {
        // SAFETY: null or a C string, by the manual.
        let uri = unsafe { arg::c_str(uri) }.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))?;
        // SAFETY: live for the call, by the manual.
        let added = unsafe { collector(stack) }?.add_store(uri, 1);
        if added { Ok(1) } else { Err(Error::Queued) }
    })
}

/// `SSL_dup_CA_list(3)`: a copy of a stack and its names, owned by the caller.
///
/// Status: full.
///
/// # Safety
/// `sk` is null or a live stack of live names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_dup_CA_list(sk: *const sys::stack_st_X509_NAME) -> *mut sys::stack_st_X509_NAME {
    // SAFETY: null or live, by the manual.
    let copy = || unsafe { NameStack::copy(sk) }.ok_or(Error::Ssl(MALLOC_FAILURE));
    guard(std::ptr::null_mut(), || copy().map(NameStack::into_raw))
}
