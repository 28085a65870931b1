//! Own certificates from files.

use super::certificate::use_certificate;
use super::certificate_chain::add_chain_certificate;
use super::certificate_slot::Owner;
use super::error::{Error, PASSED_NULL_PARAMETER, guard};
use super::own_certificate::OwnCertificate;
use super::private_key::{ASN1_LIB, FILETYPE_ASN1, FILETYPE_PEM, PEM_LIB, SYS_LIB};
use super::reason;
use super::types::{SSL, SSL_CTX};
use crate::libcrypto::err;
use crate::libcrypto::lib_ctx::LibCtx;
use crate::libcrypto::pem::InputFile;
use crate::libcrypto::sys;
use crate::seam::arg;
use crate::tls::pem;
use std::ffi::{CStr, c_char, c_int};

fn use_file(owner: &Owner, path: Option<&CStr>, kind: c_int) -> Result<c_int, Error> {
    let path = path.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))?;
    let file = InputFile::open(path).ok_or(Error::Ssl(SYS_LIB))?;
    let lib_ctx = owner.lib_ctx();
    let (certificate, failed) = match kind {
        FILETYPE_PEM => {
            if let Some(own) = usual(&file, &lib_ctx).and_then(|chain| chain.into_iter().next()) {
                return use_certificate(owner, own);
            }
            (file.certificate_pem(owner.config().password, &lib_ctx), PEM_LIB)
        }
        FILETYPE_ASN1 => (file.certificate_der(&lib_ctx), ASN1_LIB),
        _ => return Err(Error::Ssl(reason::BAD_SSL_FILETYPE)),
    };
    use_certificate(owner, certificate.ok_or(Error::Ssl(failed))?)
}

/// The certificates of a PEM file in which nothing is unusual. What else is in it does not count.
fn usual(file: &InputFile, lib_ctx: &LibCtx) -> Option<Vec<OwnCertificate>> {
    let mut certificates = Vec::new();
    for block in pem::blocks(file.bytes()?)? {
        match block.label {
            "CERTIFICATE" => certificates.push(OwnCertificate::from_der(&block.decode()?, lib_ctx)?),
            // Other names of the same thing.
            "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => return None,
            _ => {}
        }
    }
    Some(certificates)
}

/// Uses the first certificate of a PEM file as leaf, and all others as its chain.
fn use_chain_file(owner: &Owner, path: Option<&CStr>) -> Result<c_int, Error> {
    err::clear();
    let path = path.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))?;
    let file = InputFile::open(path).ok_or(Error::Ssl(SYS_LIB))?;
    let (password, lib_ctx) = (owner.config().password, owner.lib_ctx());
    let mut usual = usual(&file, &lib_ctx).unwrap_or_default().into_iter();
    if let Some(leaf) = usual.next() {
        use_leaf(owner, leaf)?;
        for certificate in usual {
            add_chain_certificate(owner, certificate)?;
        }
        return Ok(1);
    }
    let leaf = file.trusted_certificate_pem(password, &lib_ctx).ok_or(Error::Ssl(PEM_LIB))?;
    use_leaf(owner, leaf)?;
    while let Some(certificate) = file.certificate_pem(password, &lib_ctx) {
        add_chain_certificate(owner, certificate)?;
    }
    let last = err::peek_last();
    if err::lib(last) == sys::ERR_LIB_PEM && err::reason(last) == sys::PEM_R_NO_START_LINE {
        err::clear();
        Ok(1)
    } else {
        Err(Error::Queued)
    }
}

/// Uses a leaf without a chain.
fn use_leaf(owner: &Owner, leaf: impl Into<OwnCertificate>) -> Result<(), Error> {
    use_certificate(owner, leaf)?;
    if err::peek() != 0 {
        // Something on the way has complained, although it went on.
        return Err(Error::Queued);
    }
    owner.change(|certificates| {
        certificates.current_mut().chain = None;
        Ok(())
    })
}

/// `SSL_CTX_use_certificate_file(3)`: uses the first certificate in a file of `SSL_FILETYPE_PEM` or
/// `SSL_FILETYPE_ASN1`.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle, `file` null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_certificate_file(ctx: *mut SSL_CTX, file: *const c_char, kind: c_int) -> c_int {
    // SAFETY: null or a C string, by the manual.
    let path = unsafe { arg::c_str(file) };
    // SAFETY: null or a live handle, by the manual.
    guard(0, || use_file(&unsafe { Owner::of_context(ctx) }?, path, kind))
}

/// `SSL_use_certificate_file(3)`: as `SSL_CTX_use_certificate_file`, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle, `file` null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_certificate_file(ssl: *mut SSL, file: *const c_char, kind: c_int) -> c_int {
    // SAFETY: null or a C string, by the manual.
    let path = unsafe { arg::c_str(file) };
    // SAFETY: null or a live handle, by the manual.
    guard(0, || use_file(&unsafe { Owner::of_connection(ssl) }?, path, kind))
}

/// `SSL_CTX_use_certificate_chain_file(3)`: uses the certificates of a PEM file, leaf first, in place of certificate
/// and chain. Clears the error queue first.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle, `file` null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_certificate_chain_file(ctx: *mut SSL_CTX, file: *const c_char) -> c_int {
    // SAFETY: null or a C string, by the manual.
    let path = unsafe { arg::c_str(file) };
    // SAFETY: null or a live handle, by the manual.
    guard(0, || use_chain_file(&unsafe { Owner::of_context(ctx) }?, path))
}

/// `SSL_use_certificate_chain_file(3)`: as `SSL_CTX_use_certificate_chain_file`, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle, `file` null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_certificate_chain_file(ssl: *mut SSL, file: *const c_char) -> c_int {
    // SAFETY: null or a C string, by the manual.
    let path = unsafe { arg::c_str(file) };
    // SAFETY: null or a live handle, by the manual.
    guard(0, || use_chain_file(&unsafe { Owner::of_connection(ssl) }?, path))
}
