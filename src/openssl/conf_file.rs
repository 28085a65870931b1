//! Those commands of `SSL_CONF_cmd(3)` that read files, folders and stores.

use super::ca_file;
use super::certificate_file::{SSL_CTX_use_certificate_chain_file, SSL_use_certificate_chain_file};
use super::conf::{Object, Run, flag};
use super::error::Error;
use super::private_key::{SSL_CTX_use_PrivateKey_file, SSL_use_PrivateKey_file};
use super::tmp_dh;
use super::types::SSL_CTX;
use super::verify::VerifyPolicy;
use crate::libcrypto::lib_ctx::LibCtx;
use crate::libcrypto::pem::InputFile;
use crate::libcrypto::store::Store;
use crate::libcrypto::sys;
use crate::seam::Handle;
use std::ffi::{CStr, c_char, c_int};

/// `SSL_FILETYPE_PEM`.
const PEM: c_int = 1;

/// A certificate with its chain. The private key may follow in the same file: it is looked for at the end, if it must
/// be there and has not come otherwise.
pub(super) fn certificate(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    run.object.call(value.as_ptr(), SSL_CTX_use_certificate_chain_file, SSL_use_certificate_chain_file)?;
    if run.flags & flag::REQUIRE_PRIVATE != 0
        && let Some(slot) = run.object.change(|config| config.certificates.current)
    {
        run.conf.remember_file(slot, value);
    }
    Ok(())
}

pub(super) fn private_key(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    let done = match &run.object {
        Object::None => 1,
        // SAFETY: a live handle and a C string.
        Object::Context(context) => unsafe { SSL_CTX_use_PrivateKey_file(SSL_CTX::peek(context), value.as_ptr(), PEM) },
        // SAFETY: as above.
        Object::Connection(ssl) => unsafe { SSL_use_PrivateKey_file(ssl.as_ptr(), value.as_ptr(), PEM) },
    };
    if done > 0 { Ok(()) } else { Err(Error::Silent) }
}

/// Loads the private keys that are still missing from the files of their certificates.
pub(super) fn missing_keys(run: &Run<'_>) -> Result<(), Error> {
    if run.flags & flag::REQUIRE_PRIVATE == 0 {
        return Ok(());
    }
    for (slot, file) in run.conf.remembered_files() {
        if run.object.change(|config| config.certificates.slot(slot).key.is_none()) == Some(true) {
            private_key(run, &file)?;
        }
    }
    Ok(())
}

pub(super) fn server_info(_: &Run<'_>, _: &CStr) -> Result<(), Error> {
    Err(Error::Refused("server information of custom extensions (ServerInfoFile)"))
}

type Which = fn(&mut VerifyPolicy) -> &mut Option<Store>;

/// Adds to the store that verifies the peer, or the one that completes the own chain; it is made if need be.
fn add_to_store(run: &Run<'_>, which: Which, add: impl FnOnce(&Store, &LibCtx) -> bool) -> Result<(), Error> {
    let Some(lib_ctx) = lib_ctx(&run.object) else { return Ok(()) };
    let existing = run.object.change(|config| which(&mut config.verify).clone()).flatten();
    let store = existing.or_else(Store::new).ok_or(Error::Queued)?;
    // It is kept even when nothing could be loaded: then it trusts nothing, which is the safer side to err on.
    run.object.change(|config| *which(&mut config.verify) = Some(store.clone()));
    if add(&store, &lib_ctx) { Ok(()) } else { Err(Error::Queued) }
}

fn lib_ctx(object: &Object) -> Option<LibCtx> {
    match object {
        Object::None => None,
        Object::Context(context) => Some(context.lib_ctx.clone()),
        Object::Connection(ssl) => Some(ssl.context().lib_ctx.clone()),
    }
}

const VERIFY: Which = |policy| &mut policy.verify_store;
const CHAIN: Which = |policy| &mut policy.chain_store;

pub(super) fn verify_ca_file(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    add_to_store(run, VERIFY, |store, lib_ctx| store.load_file(value, lib_ctx))
}

pub(super) fn verify_ca_path(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    add_to_store(run, VERIFY, |store, _| store.load_dir(value))
}

pub(super) fn verify_ca_store(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    add_to_store(run, VERIFY, |store, lib_ctx| store.load_store(value, lib_ctx))
}

pub(super) fn chain_ca_file(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    add_to_store(run, CHAIN, |store, lib_ctx| store.load_file(value, lib_ctx))
}

pub(super) fn chain_ca_path(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    add_to_store(run, CHAIN, |store, _| store.load_dir(value))
}

pub(super) fn chain_ca_store(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    add_to_store(run, CHAIN, |store, lib_ctx| store.load_store(value, lib_ctx))
}

/// Adds to the names of issuers by one of the exported functions, which queue their own errors.
fn add_names(
    run: &Run<'_>,
    value: &CStr,
    add: unsafe extern "C" fn(*mut sys::stack_st_X509_NAME, *const c_char) -> c_int,
) -> Result<(), Error> {
    run.conf.collect_names(|names| {
        // SAFETY: a live stack, which nobody else uses meanwhile, and a C string.
        if unsafe { add(names.as_ptr(), value.as_ptr()) } > 0 { Ok(()) } else { Err(Error::Silent) }
    })
}

pub(super) fn request_ca_file(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    add_names(run, value, ca_file::SSL_add_file_cert_subjects_to_stack)
}

pub(super) fn request_ca_path(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    add_names(run, value, ca_file::SSL_add_dir_cert_subjects_to_stack)
}

pub(super) fn request_ca_store(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    add_names(run, value, ca_file::SSL_add_store_cert_subjects_to_stack)
}

pub(super) fn dh_parameters(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    let Some(lib_ctx) = lib_ctx(&run.object) else { return Ok(()) };
    let file = InputFile::open(value).ok_or(Error::Queued)?;
    let parameters = file.parameters_pem(&lib_ctx).ok_or(Error::Queued)?;
    if !parameters.is_a(c"DH") {
        return Err(Error::Silent);
    }
    match &run.object {
        Object::None => Ok(()),
        Object::Context(context) => tmp_dh::set(&**context, Some(parameters)).map(|_| ()),
        Object::Connection(ssl) => tmp_dh::set(&**ssl, Some(parameters)).map(|_| ()),
    }
}
