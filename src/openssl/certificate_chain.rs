//! Chains of own certificates: the chain commands of `SSL_ctrl`, extra chain certificates, the current certificate.

use super::certificate_slot::{Certificates, OwnChain, Owner, Slot};
use super::context::Context;
use super::ctrl::Answer;
use super::error::Error;
use super::own_certificate::OwnCertificate;
use super::reason;
use crate::libcrypto::err;
use crate::libcrypto::store::Store;
use crate::libcrypto::store_ctx::{self, StoreCtx};
use crate::libcrypto::sys;
use crate::libcrypto::x509::{X509, X509Stack};
use crate::seam::arg;
use std::ffi::{c_int, c_long, c_uchar, c_void};
use std::sync::Arc;

/// `SSL_BUILD_CHAIN_FLAG_*`.
mod build {
    pub(super) const UNTRUSTED: u32 = 0x1;
    pub(super) const NO_ROOT: u32 = 0x2;
    pub(super) const CHECK: u32 = 0x4;
    pub(super) const IGNORE_ERROR: u32 = 0x8;
    pub(super) const CLEAR_ERROR: u32 = 0x10;
}

/// The Suite B bits of `SSL_CTX_set_cert_flags`, which are verification flags too.
const SUITE_B: u32 = 0x30000;

/// Appends to the chain of the current certificate.
pub(super) fn add_chain_certificate(owner: &Owner, certificate: impl Into<OwnCertificate>) -> Result<(), Error> {
    let certificate = certificate.into();
    owner.allows(&certificate, false)?;
    owner.change(|certificates| {
        let slot = certificates.current_mut();
        slot.chain = Some(OwnChain::with(slot.chain.take(), certificate));
        Ok(())
    })
}

/// Replaces the chain of the current certificate; none takes it away.
fn set_chain(owner: &Owner, chain: Option<Vec<X509>>) -> Result<(), Error> {
    let chain: Option<Vec<_>> = chain.map(|chain| chain.into_iter().map(OwnCertificate::from).map(Arc::new).collect());
    for certificate in chain.iter().flatten() {
        owner.allows(certificate, false)?;
    }
    owner.change(|certificates| {
        let slot = certificates.current_mut();
        let previous = slot.chain.take();
        slot.chain = chain.map(|chain| OwnChain::new(chain, previous));
        Ok(())
    })
}

/// The commands that contexts and connections have in common.
///
/// # Safety
/// `parg` is what the command's manual page says.
pub(super) unsafe fn command(owner: &Owner, command: c_int, larg: c_long, parg: *mut c_void) -> Answer {
    let add = larg != 0;
    match command {
        // SAFETY: null or a live stack, by the manual.
        88 => unsafe { chain_command(owner, parg.cast(), add) }?,
        // SAFETY: null or a live certificate, by the manual.
        89 => unsafe { chain_certificate_command(owner, parg.cast(), add) }?,
        103 => {
            // SAFETY: null or writable, by the manual.
            return Ok(Some(unsafe { certificate_types(owner, parg.cast()) }));
        }
        104 => return set_certificate_types(larg, parg),
        105 => return build_chain(owner, larg as u32).map(|done| Some(done.into())),
        115 => {
            let chain = owner.current().chain;
            // SAFETY: writable, by the manual.
            unsafe { arg::set(parg.cast(), chain.as_deref().map_or(std::ptr::null_mut(), OwnChain::as_ptr)) };
        }
        // SAFETY: null or a live certificate, by the manual.
        116 => return Ok(Some(select_current(owner, unsafe { X509::from_borrowed(parg.cast()) }.as_ref())?.into())),
        117 => return set_current(owner, larg).map(|done| Some(done.into())),
        _ => return Ok(None),
    }
    Ok(Some(1))
}

/// `SSL_get0_certificate_types(3)`: writes where the types are that a TLS 1.2 server takes; how many they are. They live
/// as long as the connection's handshake.
///
/// # Safety
/// `out` is null or writable.
unsafe fn certificate_types(owner: &Owner, out: *mut *const c_uchar) -> c_long {
    let Owner::Connection(ssl) = owner else { return 0 };
    let request = ssl.own.request.lock();
    let Some(request) = request.as_ref().filter(|_| !ssl.is_server()) else { return 0 };
    // SAFETY: null or writable, by the caller.
    unsafe { arg::set(out, request.types.as_ptr()) };
    c_long::try_from(request.types.len()).unwrap_or(0)
}

/// `SSL_CTX_set1_client_certificate_types(3)`: what is sent cannot be changed.
fn set_certificate_types(len: c_long, types: *const c_void) -> Answer {
    if types.is_null() || len == 0 {
        return Ok(Some(1));
    }
    Err(Error::Refused("SSL_CTX_set1_client_certificate_types"))
}

/// `SSL_CTX_set0_chain(3)` and `set1` (`add_counts`).
///
/// # Safety
/// `stack` is null or a live stack of certificates; without `add_counts` both become ours on success.
unsafe fn chain_command(owner: &Owner, stack: *mut sys::stack_st_X509, add_counts: bool) -> Result<(), Error> {
    // SAFETY: null or live, by the caller.
    let chain = (!stack.is_null()).then(|| unsafe { X509Stack::certificates_of(stack) });
    set_chain(owner, chain)?;
    if !add_counts {
        // SAFETY: stack and counts are ours now; we have added counts of our own.
        drop(unsafe { X509Stack::from_owned(stack) });
    }
    Ok(())
}

/// `SSL_CTX_add0_chain_cert(3)` and `add1` (`add_count`).
///
/// # Safety
/// `x509` is null or live; without `add_count` the count becomes ours on success.
unsafe fn chain_certificate_command(owner: &Owner, x509: *mut sys::X509, add_count: bool) -> Result<(), Error> {
    // SAFETY: null or live, by the caller.
    let certificate = unsafe { X509::from_borrowed(x509) }.ok_or(Error::Ssl(reason::CA_KEY_TOO_SMALL))?;
    add_chain_certificate(owner, certificate)?;
    if !add_count {
        // SAFETY: the program's count is ours now; we have one of our own.
        drop(unsafe { X509::from_owned(x509) });
    }
    Ok(())
}

/// `SSL_CTX_add_extra_chain_cert(3)` and relatives.
///
/// # Safety
/// `parg` is what the command's manual page says.
pub(super) unsafe fn context_command(
    context: &Arc<Context>,
    command: c_int,
    larg: c_long,
    parg: *mut c_void,
) -> Answer {
    let extra = &context.certificates.extra;
    match command {
        14 => {
            // SAFETY: a live certificate whose count becomes ours, by the manual.
            // As in OpenSSL, nothing is added without complaint.
            let Some(certificate) = (unsafe { X509::from_owned(parg.cast()) }) else { return Ok(Some(1)) };
            let with = OwnChain::with(extra.read().clone(), certificate.into());
            *extra.write() = Some(with);
        }
        82 => {
            let own = || context.config().certificates.current().chain.clone();
            let chain = extra.read().clone().or_else(|| if larg == 0 { own() } else { None });
            // SAFETY: writable, by the manual.
            unsafe { arg::set(parg.cast(), chain.as_deref().map_or(std::ptr::null_mut(), OwnChain::as_ptr)) };
        }
        83 => {
            let _old = extra.write().take();
        }
        _ => return Ok(None),
    }
    Ok(Some(1))
}

/// `SSL_CTX_select_current_cert(3)`: makes the slot with this certificate the current one.
fn select_current(owner: &Owner, wanted: Option<&X509>) -> Result<bool, Error> {
    let Some(wanted) = wanted else { return Ok(false) };
    let certificates = owner.certificates();
    let find = |same: &dyn Fn(&X509) -> bool| {
        let holds = |slot: &Slot| {
            slot.certificate.as_ref().is_some_and(|own| slot.is_complete() && own.object().is_some_and(same))
        };
        certificates.slots.iter().position(holds)
    };
    let found = find(&|own| own.as_ptr() == wanted.as_ptr()).or_else(|| find(&|own| own.same_as(wanted)));
    make_current(owner, found)
}

/// `SSL_CTX_set_current_cert(3)`: makes the first complete slot, or the next, the current one.
fn set_current(owner: &Owner, which: c_long) -> Result<c_int, Error> {
    const FIRST: c_long = 1;
    const NEXT: c_long = 2;
    const SERVER: c_long = 3;
    let certificates = owner.certificates();
    let from = match which {
        FIRST => 0,
        NEXT => certificates.current + 1,
        SERVER => return Ok(chosen_for_client(owner)),
        _ => return Ok(0),
    };
    let complete = |&at: &usize| certificates.slot(at).is_complete();
    make_current(owner, (from..certificates.slots.len()).find(complete)).map(c_int::from)
}

/// `SSL_CERT_SET_SERVER`: the certificate that is shown to the client, which is the current one already.
fn chosen_for_client(owner: &Owner) -> c_int {
    match owner {
        Owner::Connection(ssl) if ssl.is_server() && ssl.own.has_chosen() => 1,
        _ => 0,
    }
}

fn make_current(owner: &Owner, at: Option<usize>) -> Result<bool, Error> {
    let Some(at) = at else { return Ok(false) };
    owner.change(|certificates: &mut Certificates| {
        certificates.current = at;
        Ok(true)
    })
}

/// `SSL_CTX_build_cert_chain(3)`: 1, or 2 when an error was ignored.
fn build_chain(owner: &Owner, flags: u32) -> Result<c_int, Error> {
    let has = |flag| flags & flag != 0;
    let slot = owner.current();
    let leaf = slot.certificate.ok_or(Error::Ssl(reason::NO_CERTIFICATE_SET))?;
    let leaf = leaf.object().ok_or(Error::Queued)?.clone();
    let known = slot.chain.iter().flat_map(|chain| chain.certificates());
    let known: Vec<X509> = known.filter_map(|certificate| certificate.object().cloned()).collect();
    let (store, untrusted) = if has(build::CHECK) {
        (Some(store_of(known.iter().chain([&leaf]))?), Vec::new())
    } else {
        (owner.chain_store(), if has(build::UNTRUSTED) { known } else { Vec::new() })
    };
    let (built, error) = complete_chain(owner, store.as_ref(), leaf, untrusted)?;
    let mut answer = 1;
    if let Some(error) = error {
        if !has(build::IGNORE_ERROR) {
            let text = store_ctx::error_text(error);
            return Err(Error::SslData(reason::CERTIFICATE_VERIFY_FAILED, format!("Verify error:{text}")));
        }
        if has(build::CLEAR_ERROR) {
            err::clear();
        }
        answer = 2;
    }
    let mut chain = built.get(1..).unwrap_or_default();
    if let Some((root, rest)) = chain.split_last()
        && has(build::NO_ROOT)
        && root.is_self_signed()
    {
        chain = rest;
    }
    set_chain(owner, Some(chain.to_vec()))?;
    // As in OpenSSL, whose check of what goes after the leaf answers, if anything does.
    Ok(if chain.is_empty() { answer } else { 1 })
}

fn store_of<'a>(certificates: impl Iterator<Item = &'a X509>) -> Result<Store, Error> {
    let store = Store::new().ok_or(Error::Ssl(super::error::MALLOC_FAILURE))?;
    for certificate in certificates {
        if !store.add(certificate) {
            return Err(Error::Queued);
        }
    }
    Ok(store)
}

/// Builds the chain of `leaf` by verifying it: what was built, and the error if it does not verify.
fn complete_chain(
    owner: &Owner,
    store: Option<&Store>,
    leaf: X509,
    untrusted: Vec<X509>,
) -> Result<(Vec<X509>, Option<c_int>), Error> {
    let stack = X509Stack::new(std::iter::once(leaf).chain(untrusted).collect()).ok_or(Error::Queued)?;
    let ctx = StoreCtx::new(store, &stack, &owner.lib_ctx()).ok_or(Error::Ssl(reason::X509_LIB))?;
    ctx.set_flags((owner.config().cert_flags & SUITE_B).into());
    // SAFETY: no callback is set but one of the program's store, which knows no connection.
    let verified = unsafe { ctx.verify() } > 0;
    let built = ctx.built_chain().map_or_else(Vec::new, |chain| chain.certificates().to_vec());
    Ok((built, (!verified).then(|| ctx.error())))
}

/// The chain of `leaf` as a handshake sends it when none was set: as far as the store knows it. `None` when nothing is
/// known of it.
pub(super) fn automatic_chain(owner: &Owner, store: &Store, leaf: &X509) -> Option<Vec<X509>> {
    // As OpenSSL: that the chain does not verify is no reason not to send it.
    let built = err::discarding(|| complete_chain(owner, Some(store), leaf.clone(), Vec::new()).ok())?.0;
    built.get(1..).map(<[X509]>::to_vec)
}
