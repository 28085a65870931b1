//! Own certificates: `SSL_CTX_use_certificate` and relatives, and what is set now.

pub(crate) use super::certificate_callback::ask_server;
pub(crate) use super::certificate_choice::{
    check_tls13, decides_late, for_client, for_server, refuse, server_settings,
};
pub(crate) use super::certificate_slot::{Certificates, ConnectionCertificates, ContextCertificates};

use super::certificate_slot::{OwnChain, Owner, Slot, slot_of};
use super::error::{Error, PASSED_NULL_PARAMETER, guard};
use super::own_certificate::OwnCertificate;
use super::own_key::OwnKey;
use super::private_key::ASN1_LIB;
use super::reason;
use super::types::{SSL, SSL_CTX};
use crate::libcrypto::pkey::Pkey;
use crate::libcrypto::sys;
use crate::libcrypto::x509::{X509, X509Stack};
use crate::seam::arg;
use std::ffi::{c_int, c_uchar};
use std::sync::Arc;

/// Uses a certificate as the leaf of its slot.
pub(super) fn use_certificate(owner: &Owner, certificate: impl Into<OwnCertificate>) -> Result<c_int, Error> {
    let certificate = certificate.into();
    owner.allows(&certificate, true)?;
    let kind = certificate.leaf_kind()?;
    owner.change(|certificates| {
        certificates.set_certificate(kind, certificate);
        Ok(1)
    })
}

fn use_der(owner: &Owner, der: &[u8]) -> Result<c_int, Error> {
    let lib_ctx = owner.lib_ctx();
    if let Some(certificate) = OwnCertificate::from_der(der, &lib_ctx) {
        return use_certificate(owner, certificate);
    }
    let (certificate, _) = X509::from_der_prefix(der, &lib_ctx).ok_or(Error::Ssl(ASN1_LIB))?;
    use_certificate(owner, certificate)
}

/// `SSL_CTX_use_certificate(3)`: uses a certificate, adding a count. A key of its type that does not belong to it is
/// dropped.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle, `x` null or a live certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_certificate(ctx: *mut SSL_CTX, x: *mut sys::X509) -> c_int {
    guard(0, || {
        // SAFETY: null or live, by the manual.
        let certificate = unsafe { X509::from_borrowed(x) }.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))?;
        // SAFETY: null or a live handle, by the manual.
        use_certificate(&unsafe { Owner::of_context(ctx) }?, certificate)
    })
}

/// `SSL_use_certificate(3)`: as `SSL_CTX_use_certificate`, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle, `x` null or a live certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_certificate(ssl: *mut SSL, x: *mut sys::X509) -> c_int {
    guard(0, || {
        // SAFETY: null or live, by the manual.
        let certificate = unsafe { X509::from_borrowed(x) }.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))?;
        // SAFETY: null or a live handle, by the manual.
        use_certificate(&unsafe { Owner::of_connection(ssl) }?, certificate)
    })
}

/// `SSL_CTX_use_certificate_ASN1(3)`: uses the certificate in `len` bytes of DER.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `d` is readable for `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_certificate_ASN1(ctx: *mut SSL_CTX, len: c_int, d: *const c_uchar) -> c_int {
    guard(0, || {
        // SAFETY: readable for `len` bytes, by the manual.
        let der = unsafe { arg::bytes(d, usize::try_from(len).unwrap_or(0)) };
        // SAFETY: null or a live handle, by the manual.
        use_der(&unsafe { Owner::of_context(ctx) }?, der)
    })
}

/// `SSL_use_certificate_ASN1(3)`: as `SSL_CTX_use_certificate_ASN1`, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `d` is readable for `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_certificate_ASN1(ssl: *mut SSL, d: *const c_uchar, len: c_int) -> c_int {
    guard(0, || {
        // SAFETY: readable for `len` bytes, by the manual.
        let der = unsafe { arg::bytes(d, usize::try_from(len).unwrap_or(0)) };
        // SAFETY: null or a live handle, by the manual.
        use_der(&unsafe { Owner::of_connection(ssl) }?, der)
    })
}

/// Sets certificate, key and chain of a slot at once.
fn use_cert_and_key(
    owner: &Owner,
    certificate: X509,
    key: Option<Pkey>,
    chain: Option<Vec<X509>>,
    replace: bool,
) -> Result<c_int, Error> {
    let chain: Option<Vec<_>> = chain.map(|chain| chain.into_iter().map(OwnCertificate::from).map(Arc::new).collect());
    let public = certificate.public_key();
    let certificate = OwnCertificate::from(certificate);
    owner.allows(&certificate, true)?;
    for certificate in chain.iter().flatten() {
        owner.allows(certificate, false)?;
    }
    let public = public.ok_or(Error::Queued)?;
    let key = match key {
        Some(key) => {
            agree_on_parameters(&public, &key)?;
            if !public.same_public_key(&key) {
                return Err(Error::Ssl(reason::PRIVATE_KEY_MISMATCH));
            }
            key
        }
        // As OpenSSL: the certificate's own key then stands in the key's place; it cannot sign.
        None => public,
    };
    let key = OwnKey::new(key, owner.lib_ctx())?;
    owner.change(|certificates| {
        let at = slot_of(key.kind);
        let there = certificates.slot(at);
        if !replace && (there.certificate.is_some() || there.key.is_some() || there.chain.is_some()) {
            return Err(Error::Ssl(reason::NOT_REPLACING_CERTIFICATE));
        }
        certificates.current = at;
        let slot = certificates.current_mut();
        let previous = slot.chain.take();
        *slot = Slot {
            certificate: Some(Arc::new(certificate)),
            key: Some(Arc::new(key)),
            chain: chain.map(|chain| OwnChain::new(chain, previous)),
        };
        Ok(1)
    })
}

/// Completes whichever half of a pair lacks its parameters from the other.
fn agree_on_parameters(public: &Pkey, key: &Pkey) -> Result<(), Error> {
    match (key.missing_parameters(), public.missing_parameters()) {
        (true, true) => return Err(Error::Ssl(reason::MISSING_PARAMETERS)),
        (true, false) => key.copy_parameters(public),
        (false, true) => public.copy_parameters(key),
        (false, false) => true,
    };
    Ok(())
}

/// `SSL_CTX_use_cert_and_key(3)`: sets certificate, key and chain of one type at once, adding counts. Without
/// `override_`, only where there is nothing yet.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; the others are null or live, and so is what is in the stack.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_cert_and_key(
    ctx: *mut SSL_CTX,
    x509: *mut sys::X509,
    privatekey: *mut sys::EVP_PKEY,
    chain: *mut sys::stack_st_X509,
    override_: c_int,
) -> c_int {
    guard(0, || {
        // SAFETY: all null or live, by the manual.
        let (certificate, key, chain) = unsafe { pair_and_chain(x509, privatekey, chain) }?;
        // SAFETY: null or a live handle, by the manual.
        use_cert_and_key(&unsafe { Owner::of_context(ctx) }?, certificate, key, chain, override_ != 0)
    })
}

/// `SSL_use_cert_and_key(3)`: as `SSL_CTX_use_cert_and_key`, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; the others are null or live, and so is what is in the stack.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_cert_and_key(
    ssl: *mut SSL,
    x509: *mut sys::X509,
    privatekey: *mut sys::EVP_PKEY,
    chain: *mut sys::stack_st_X509,
    override_: c_int,
) -> c_int {
    guard(0, || {
        // SAFETY: all null or live, by the manual.
        let (certificate, key, chain) = unsafe { pair_and_chain(x509, privatekey, chain) }?;
        // SAFETY: null or a live handle, by the manual.
        use_cert_and_key(&unsafe { Owner::of_connection(ssl) }?, certificate, key, chain, override_ != 0)
    })
}

/// A certificate, its key and its chain as the program gives them.
type PairAndChain = (X509, Option<Pkey>, Option<Vec<X509>>);

/// Adds counts to the program's objects.
///
/// # Safety
/// All are null or live, and so is what is in the stack.
unsafe fn pair_and_chain(
    x509: *mut sys::X509,
    key: *mut sys::EVP_PKEY,
    chain: *mut sys::stack_st_X509,
) -> Result<PairAndChain, Error> {
    // SAFETY: null or live, by the caller.
    unsafe {
        let certificate = X509::from_borrowed(x509).ok_or(Error::Ssl(PASSED_NULL_PARAMETER))?;
        let chain = (!chain.is_null()).then(|| X509Stack::certificates_of(chain));
        Ok((certificate, Pkey::from_borrowed(key), chain))
    }
}

/// Whether the current key belongs to the current certificate.
fn check_private_key(owner: &Owner) -> Result<c_int, Error> {
    let slot = owner.current();
    let certificate = slot.certificate.ok_or(Error::Ssl(reason::NO_CERTIFICATE_ASSIGNED))?;
    let key = slot.key.ok_or(Error::Ssl(reason::NO_PRIVATE_KEY_ASSIGNED))?;
    if certificate.matches(&key) { Ok(1) } else { Err(Error::Queued) }
}

/// `SSL_CTX_check_private_key(3)`: 1 if the current key belongs to the current certificate.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_check_private_key(ctx: *const SSL_CTX) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let owner = unsafe { Owner::of_context(ctx) }.map_err(|_| Error::Ssl(reason::NO_CERTIFICATE_ASSIGNED))?;
        check_private_key(&owner)
    })
}

/// `SSL_check_private_key(3)`: as `SSL_CTX_check_private_key`, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_check_private_key(ssl: *const SSL) -> c_int {
    // SAFETY: null or a live handle, by the manual.
    guard(0, || check_private_key(&unsafe { Owner::of_connection(ssl) }?))
}

/// `SSL_CTX_get0_certificate(3)`: the current certificate, without a count for the caller.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get0_certificate(ctx: *const SSL_CTX) -> *mut sys::X509 {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let slot = unsafe { Owner::of_context(ctx) }.map_err(|_| Error::Silent)?.current();
        Ok(slot.certificate.map_or(std::ptr::null_mut(), |own| own.object().map_or(std::ptr::null_mut(), X509::as_ptr)))
    })
}

/// `SSL_get_certificate(3)`: as `SSL_CTX_get0_certificate`, for one connection; once the handshake has chosen one,
/// that.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_certificate(ssl: *const SSL) -> *mut sys::X509 {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let slot = unsafe { Owner::of_connection(ssl) }.map_err(|_| Error::Silent)?.current();
        Ok(slot.certificate.map_or(std::ptr::null_mut(), |own| own.object().map_or(std::ptr::null_mut(), X509::as_ptr)))
    })
}

/// `SSL_certs_clear(3)`: drops all certificates, keys and chains of a connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_certs_clear(ssl: *mut SSL) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        unsafe { Owner::of_connection(ssl) }?.change(|certificates| {
            certificates.slots = Default::default();
            Ok(())
        })
    });
}
