//! The program's early look at a ClientHello (`SSL_CTX_set_client_hello_cb(3)`).

use super::callback_types::SSL_client_hello_cb_fn;
use super::callbacks::{self, Arg};
use super::connection::Connection;
use super::context;
use super::error::{Error, guard};
use super::handshake::abort;
use super::reason;
use super::types::{SSL, SSL_CTX};
use crate::libcrypto::memory;
use crate::seam::{Handle, arg};
use crate::tls::exchange::{HelloAnswer, Pause};
use crate::tls::hello::Hello;
use std::ffi::{c_int, c_uchar, c_uint, c_void};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// `SSL_CLIENT_HELLO_SUCCESS`.
const SUCCESS: c_int = 1;
/// `SSL_CLIENT_HELLO_RETRY`.
const RETRY: c_int = -1;
/// `SSL_AD_INTERNAL_ERROR`.
const INTERNAL_ERROR: c_int = 80;

/// The extensions OpenSSL 3.0 knows: others are not shown.
const KNOWN: [u16; 26] =
    [0xff01, 0, 1, 12, 11, 10, 35, 5, 13172, 16, 14, 22, 18, 23, 50, 49, 13, 43, 45, 51, 44, 0xfde8, 42, 47, 21, 41];

/// Server: runs the ClientHello callback.
pub(crate) fn ask(ssl: &Arc<Connection>, _hello: &Hello) -> Result<(), HelloAnswer> {
    let (callback, user) = ssl.context().callbacks.read().client_hello;
    let Some(callback) = callback else { return Ok(()) };
    let mut alert = INTERNAL_ERROR;
    // SAFETY: the connection is live while its handshake runs; `alert` is valid for the call.
    match unsafe { callback(ssl.as_ptr(), &mut alert, user.0) } {
        SUCCESS => Ok(()),
        RETRY => Err(HelloAnswer::Wait(Pause::ClientHello)),
        _ => Err(abort(reason::CALLBACK_FAILED, callbacks::alert(alert))),
    }
}

/// `SSL_CTX_set_client_hello_cb(3)`: sets the callback that sees a ClientHello before anything is decided.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `cb` fits its type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_client_hello_cb(ctx: *mut SSL_CTX, cb: SSL_client_hello_cb_fn, arg: *mut c_void) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { context::share(ctx) }?;
        context.callbacks.write().client_hello = (cb, Arg(arg));
        Ok(())
    });
}

/// The ClientHello, while callbacks may look at it: until the server-name callback has run.
///
/// # Safety
/// `ssl` is null or a live handle.
unsafe fn hello(ssl: *const SSL) -> Option<Arc<Hello>> {
    // SAFETY: null or a live handle, by the caller.
    let ssl = unsafe { SSL::share(ssl) }?;
    (ssl.hello_stage.load(Ordering::Relaxed) <= 2 && !ssl.is_open()).then(|| ssl.facts.read().hello.clone()).flatten()
}

/// Gives a field of the ClientHello: its length, and where it lies in the connection's memory.
///
/// # Safety
/// `ssl` is null or a live handle; `out` is null or writable.
unsafe fn field(ssl: *mut SSL, out: *mut *const c_uchar, pick: impl FnOnce(&Hello) -> &[u8]) -> usize {
    guard(0, || {
        // SAFETY: by the caller.
        let hello = unsafe { hello(ssl) }.ok_or(Error::Silent)?;
        let bytes = pick(&hello);
        // SAFETY: null or writable; the facts keep the bytes alive.
        unsafe { arg::set(out, bytes.as_ptr()) };
        Ok(bytes.len())
    })
}

/// `SSL_CTX_set_client_hello_cb(3)`: whether the ClientHello came in SSL 2.0's format: never.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_client_hello_isv2(_ssl: *mut SSL) -> c_int {
    0
}

/// `SSL_CTX_set_client_hello_cb(3)`: the version field, which TLS 1.3 freezes at TLS 1.2; 0 outside the callback.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_client_hello_get0_legacy_version(ssl: *mut SSL) -> c_uint {
    // SAFETY: null or a live handle, by the manual.
    guard(0, || Ok(unsafe { hello(ssl) }.ok_or(Error::Silent)?.version.into()))
}

/// `SSL_CTX_set_client_hello_cb(3)`: the client's random, 32 bytes; 0 outside the callback.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `out` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_client_hello_get0_random(ssl: *mut SSL, out: *mut *const c_uchar) -> usize {
    // SAFETY: by the manual.
    unsafe { field(ssl, out, |hello| &hello.random) }
}

/// `SSL_CTX_set_client_hello_cb(3)`: the session id; 0 outside the callback.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `out` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_client_hello_get0_session_id(ssl: *mut SSL, out: *mut *const c_uchar) -> usize {
    // SAFETY: by the manual.
    unsafe { field(ssl, out, |hello| &hello.session_id) }
}

/// `SSL_CTX_set_client_hello_cb(3)`: the cipher suites, two bytes each; 0 outside the callback.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `out` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_client_hello_get0_ciphers(ssl: *mut SSL, out: *mut *const c_uchar) -> usize {
    // SAFETY: by the manual.
    unsafe { field(ssl, out, |hello| &hello.cipher_suites) }
}

/// `SSL_CTX_set_client_hello_cb(3)`: the compression methods; 0 outside the callback.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `out` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_client_hello_get0_compression_methods(ssl: *mut SSL, out: *mut *const c_uchar) -> usize {
    // SAFETY: by the manual.
    unsafe { field(ssl, out, |hello| &hello.compressions) }
}

/// `SSL_CTX_set_client_hello_cb(3)`: the content of an extension; 1 when it was sent.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `out` and `outlen` are null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_client_hello_get0_ext(
    ssl: *mut SSL,
    kind: c_uint,
    out: *mut *const c_uchar,
    outlen: *mut usize,
) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let hello = unsafe { hello(ssl) }.ok_or(Error::Silent)?;
        let kind = u16::try_from(kind).ok().filter(|kind| KNOWN.contains(kind)).ok_or(Error::Silent)?;
        let content = hello.extension(kind).ok_or(Error::Silent)?;
        // SAFETY: null or writable; the facts keep the bytes alive.
        unsafe {
            arg::set(out, content.as_ptr());
            arg::set(outlen, content.len());
        }
        Ok(1)
    })
}

/// `SSL_CTX_set_client_hello_cb(3)`: the types of the extensions sent, in order, in memory that the caller frees with
/// `OPENSSL_free`; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `out` and `outlen` are null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_client_hello_get1_extensions_present(
    ssl: *mut SSL,
    out: *mut *mut c_int,
    outlen: *mut usize,
) -> c_int {
    guard(0, || {
        if out.is_null() || outlen.is_null() {
            return Err(Error::Silent);
        }
        // SAFETY: null or a live handle, by the manual.
        let hello = unsafe { hello(ssl) }.ok_or(Error::Silent)?;
        let kinds: Vec<c_int> = known(&hello).map(c_int::from).collect();
        let memory = if kinds.is_empty() { ptr::null_mut() } else { memory::copy(&kinds) };
        if memory.is_null() && !kinds.is_empty() {
            return Err(Error::Ssl(super::error::MALLOC_FAILURE));
        }
        // SAFETY: both are writable, by the manual.
        unsafe {
            arg::set(out, memory);
            arg::set(outlen, kinds.len());
        }
        Ok(1)
    })
}

fn known(hello: &Hello) -> impl Iterator<Item = u16> + '_ {
    hello.extensions.iter().map(|(kind, _)| *kind).filter(|kind| KNOWN.contains(kind))
}

/// `SSL_CTX_set_client_hello_cb(3)`: the types of the extensions sent, in order, into `exts` of `*num_exts` places; with
/// a null `exts` only their number. 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `exts` is null or writable for `*num_exts` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_client_hello_get_extension_order(
    ssl: *mut SSL,
    exts: *mut u16,
    num_exts: *mut usize,
) -> c_int {
    guard(0, || {
        if num_exts.is_null() {
            return Err(Error::Silent);
        }
        // SAFETY: null or a live handle, by the manual.
        let hello = unsafe { hello(ssl) }.ok_or(Error::Silent)?;
        let kinds: Vec<u16> = known(&hello).collect();
        if !exts.is_null() {
            // SAFETY: readable, and `exts` has that many places, by the manual.
            let room = unsafe { num_exts.read() };
            if room < kinds.len() {
                return Err(Error::Silent);
            }
            // SAFETY: as above.
            unsafe { ptr::copy_nonoverlapping(kinds.as_ptr(), exts, kinds.len()) };
        }
        // SAFETY: writable, by the manual.
        unsafe { arg::set(num_exts, kinds.len()) };
        Ok(1)
    })
}
