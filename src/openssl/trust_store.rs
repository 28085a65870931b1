//! Where trust comes from: the store of trusted certificates and the places it is filled from.

use super::context::{Context, share};
use super::error::{Error, guard};
use super::holder::Holder;
use super::types::SSL_CTX;
use crate::libcrypto::store::{DefaultPlace, Store};
use crate::libcrypto::sys;
use crate::seam::arg;
use std::ffi::{CStr, c_char, c_int, c_long, c_void};

/// The context's store, which the program may have taken away.
fn store_of(context: &Context) -> Result<Store, Error> {
    context.trust.store().ok_or(Error::Ssl(super::error::PASSED_NULL_PARAMETER))
}

/// 1 for success; libcrypto has queued why else.
fn loaded(success: bool) -> Result<c_int, Error> {
    if success { Ok(1) } else { Err(Error::Queued) }
}

fn load_file(context: &Context, file: &CStr) -> Result<c_int, Error> {
    loaded(store_of(context)?.load_file(file, &context.lib_ctx))
}

fn load_dir(context: &Context, dir: &CStr) -> Result<c_int, Error> {
    loaded(store_of(context)?.load_dir(dir))
}

/// What an export with a file, a folder or a URI does.
///
/// # Safety
/// `ctx` is null or a live handle, `place` null or a C string.
unsafe fn load(
    ctx: *mut SSL_CTX,
    place: *const c_char,
    by: impl FnOnce(&Context, &CStr) -> Result<c_int, Error>,
) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the caller.
        let context = unsafe { share(ctx) }?;
        // SAFETY: null or a C string, by the caller.
        let place = unsafe { arg::c_str(place) }.ok_or(Error::Silent)?;
        by(&context, place)
    })
}

/// `SSL_CTX_load_verify_locations(3)`: trusts the certificates of a PEM file; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `file` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_load_verify_file(ctx: *mut SSL_CTX, file: *const c_char) -> c_int {
    // SAFETY: as the manual says.
    unsafe { load(ctx, file, load_file) }
}

/// `SSL_CTX_load_verify_locations(3)`: trusts the certificates of a folder with names by hash; 1 on success, also when
/// the folder does not exist.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `dir` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_load_verify_dir(ctx: *mut SSL_CTX, dir: *const c_char) -> c_int {
    // SAFETY: as the manual says.
    unsafe { load(ctx, dir, load_dir) }
}

/// `SSL_CTX_load_verify_locations(3)`: trusts the certificates that a URI names; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `uri` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_load_verify_store(ctx: *mut SSL_CTX, uri: *const c_char) -> c_int {
    // SAFETY: as the manual says.
    unsafe { load(ctx, uri, |context, uri| loaded(store_of(context)?.load_store(uri, &context.lib_ctx))) }
}

/// `SSL_CTX_load_verify_locations(3)`: trusts the certificates of a file and of a folder, either of which may be null;
/// 1 on success, 0 also when both are null.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `file` and `dir` are null or C strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_load_verify_locations(
    ctx: *mut SSL_CTX,
    file: *const c_char,
    dir: *const c_char,
) -> c_int {
    guard(0, || {
        // SAFETY: null or C strings, by the manual.
        let (file, dir) = unsafe { (arg::c_str(file), arg::c_str(dir)) };
        if file.is_none() && dir.is_none() {
            return Ok(0);
        }
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { share(ctx) }?;
        if let Some(file) = file {
            load_file(&context, file)?;
        }
        dir.map_or(Ok(1), |dir| load_dir(&context, dir))
    })
}

/// `SSL_CTX_load_verify_locations(3)`: trusts what is trusted by default, or what `SSL_CERT_FILE` and `SSL_CERT_DIR`
/// name; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_default_verify_paths(ctx: *mut SSL_CTX) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { share(ctx) }?;
        loaded(store_of(&context)?.add_default_paths(&context.lib_ctx))
    })
}

/// # Safety
/// `ctx` is null or a live handle.
unsafe fn add_default(ctx: *mut SSL_CTX, place: DefaultPlace) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the caller.
        let context = unsafe { share(ctx) }?;
        loaded(store_of(&context)?.add_default(place, &context.lib_ctx))
    })
}

/// `SSL_CTX_load_verify_locations(3)`: trusts the folder that is trusted by default; 1 also when it does not exist.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_default_verify_dir(ctx: *mut SSL_CTX) -> c_int {
    // SAFETY: as the manual says.
    unsafe { add_default(ctx, DefaultPlace::Dir) }
}

/// `SSL_CTX_load_verify_locations(3)`: trusts the file that is trusted by default; 1 also when it does not exist.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_default_verify_file(ctx: *mut SSL_CTX) -> c_int {
    // SAFETY: as the manual says.
    unsafe { add_default(ctx, DefaultPlace::File) }
}

/// `SSL_CTX_load_verify_locations(3)`: trusts the URI that is trusted by default; 1 also when there is none.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_default_verify_store(ctx: *mut SSL_CTX) -> c_int {
    // SAFETY: as the manual says.
    unsafe { add_default(ctx, DefaultPlace::Store) }
}

/// `SSL_CTX_set_cert_store(3)`: the store of trusted certificates, without a count for the caller. What is added to it
/// counts for connections whose peer has not sent its chain yet.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_cert_store(ctx: *const SSL_CTX) -> *mut sys::X509_STORE {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { share(ctx) }?;
        Ok(context.trust.store().map_or(std::ptr::null_mut(), |store| store.as_ptr()))
    })
}

/// `SSL_CTX_set_cert_store(3)`: replaces the store of trusted certificates; the caller's count becomes the context's.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `store` is null or live, with a count to give.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_cert_store(ctx: *mut SSL_CTX, store: *mut sys::X509_STORE) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { share(ctx) }?;
        // SAFETY: null or a count that the caller gives, by the manual.
        context.trust.set_store(unsafe { Store::from_owned(store) });
        Ok(())
    });
}

/// `SSL_CTX_set_cert_store(3)`: replaces the store of trusted certificates; the caller keeps its count.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `store` is null or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set1_cert_store(ctx: *mut SSL_CTX, store: *mut sys::X509_STORE) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { share(ctx) }?;
        // SAFETY: null or live, by the manual.
        context.trust.set_store(unsafe { Store::from_borrowed(store) });
        Ok(())
    });
}

/// The commands of `SSL_ctrl` and `SSL_CTX_ctrl` for the stores of one purpose (`SSL_CTX_set0_verify_cert_store(3)`); none:
/// another's command.
///
/// # Safety
/// `parg` is what the command's macro passes.
pub(crate) unsafe fn command(holder: &impl Holder, command: c_int, larg: c_long, parg: *mut c_void) -> Option<c_long> {
    Some(match command {
        106 => {
            // SAFETY: null or a store, with a count to give where `larg` says so, by the caller.
            let store = unsafe { given(larg, parg) };
            let _old = holder.change(|config| std::mem::replace(&mut config.verify.verify_store, store));
            1
        }
        107 => {
            // SAFETY: as above.
            let store = unsafe { given(larg, parg) };
            let _old = holder.change(|config| std::mem::replace(&mut config.verify.chain_store, store));
            1
        }
        137 => {
            // SAFETY: null or valid for a write of a pointer, by the caller.
            unsafe { arg::set(parg.cast(), pointer(holder.settings().verify.verify_store.as_ref())) };
            1
        }
        138 => {
            // SAFETY: as above.
            unsafe { arg::set(parg.cast(), pointer(holder.settings().verify.chain_store.as_ref())) };
            1
        }
        _ => return None,
    })
}

/// A store as a command passes it: with `larg` 0 the caller's count is taken over, else one is added.
///
/// # Safety
/// `store` is null or live; with `larg` 0 the caller has a count to give.
unsafe fn given(larg: c_long, store: *mut c_void) -> Option<Store> {
    match larg {
        // SAFETY: a count that the caller gives.
        0 => unsafe { Store::from_owned(store.cast()) },
        // SAFETY: null or live, by the caller.
        _ => unsafe { Store::from_borrowed(store.cast()) },
    }
}

fn pointer(store: Option<&Store>) -> *mut sys::X509_STORE {
    store.map_or(std::ptr::null_mut(), Store::as_ptr)
}
