//! Application protocol negotiation (RFC 7301).

use super::callback_types::{SSL_CTX_alpn_select_cb_func, SSL_CTX_npn_advertised_cb_func, SSL_CTX_npn_select_cb_func};
use super::callbacks::Arg;
use super::connection::{self, Connection};
use super::context;
use super::error::{Error, INTERNAL_ERROR, MALLOC_FAILURE, guard};
use super::handshake::abort;
use super::holder::Holder;
use super::reason;
use super::types::{SSL, SSL_CTX};
use crate::seam::{Failure, Handle, arg};
use crate::tls::exchange::HelloAnswer;
use crate::tls::hello::Hello;
use rustls::error::AlertDescription;
use std::ffi::{c_int, c_uchar, c_uint, c_void};
use std::ptr;
use std::sync::Arc;

/// `SSL_TLSEXT_ERR_OK`: the callback has chosen.
const CHOSEN: c_int = 0;
/// `SSL_TLSEXT_ERR_NOACK`: the callback goes on without a protocol.
const NONE_CHOSEN: c_int = 3;
/// `ERR_LIB_CRYPTO`.
const CRYPTO_LIBRARY: c_int = 15;
/// `OPENSSL_NPN_NEGOTIATED`.
const NEGOTIATED: c_int = 1;
/// `OPENSSL_NPN_NO_OVERLAP`.
const NO_OVERLAP: c_int = 2;

/// The protocols a client offers.
#[derive(Debug, Clone, Default)]
pub(crate) struct AlpnNames(Vec<Vec<u8>>);

impl AlpnNames {
    /// Reads a list in wire form; none when it is not one, or has an empty name.
    fn parse(wire: &[u8]) -> Option<Self> {
        let mut names = Vec::new();
        for name in protocols(wire) {
            names.push(name.filter(|name| !name.is_empty())?.to_vec());
        }
        Some(Self(names))
    }

    /// One name after the other.
    pub(crate) fn names(&self) -> &[Vec<u8>] {
        &self.0
    }
}

/// The names of a list in wire form: each with a length byte before it. One that is cut short is none, and the last.
fn protocols(mut wire: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    std::iter::from_fn(move || {
        let (&len, rest) = wire.split_first()?;
        let name = rest.split_at_checked(len.into());
        wire = name.map_or(&[], |(_, rest)| rest);
        Some(name.map(|(name, _)| name))
    })
}

/// Server: asks the program to choose among the protocols offered.
pub(crate) fn ask(ssl: &Arc<Connection>, hello: &Hello) -> Result<(), HelloAnswer> {
    let (select, user) = ssl.context().callbacks.read().alpn_select;
    let (Some(select), Some(offered)) = (select, hello.alpn()) else { return Ok(()) };
    let (mut out, mut len) = (ptr::null(), 0);
    let offered_len = c_uint::try_from(offered.len()).unwrap_or(0);
    // SAFETY: the connection is live while its handshake runs, and the pointers are valid for the call.
    match unsafe { select(ssl.as_ptr(), &mut out, &mut len, offered.as_ptr(), offered_len, user.0) } {
        CHOSEN => {
            // SAFETY: on success the callback leaves `len` bytes at `out`, in the offer or in memory of its own.
            let chosen = unsafe { arg::bytes(out, len.into()) };
            // libcrypto's allocator gives nothing for no bytes, which OpenSSL takes for its failure.
            if chosen.is_empty() {
                Error::Other(CRYPTO_LIBRARY, MALLOC_FAILURE).report();
                return Err(abort(INTERNAL_ERROR, AlertDescription::InternalError));
            }
            ssl.facts.write().alpn = Some(Arc::from(chosen));
            Ok(())
        }
        NONE_CHOSEN => Ok(()),
        _ => Err(abort(reason::NO_APPLICATION_PROTOCOL, AlertDescription::NoApplicationProtocol)),
    }
}

/// Sets the offer; 0 on success.
fn set_offer(holder: &impl Holder, wire: &[u8]) -> Result<c_int, Error> {
    let names = AlpnNames::parse(wire).ok_or(Error::Silent)?;
    holder.change(|config| config.alpn = names);
    Ok(0)
}

/// `SSL_CTX_set_alpn_select_cb(3)`: sets the protocols that clients offer; returns 0 on success. Null or no bytes: none.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `protos` is readable for `protos_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_alpn_protos(
    ctx: *mut SSL_CTX,
    protos: *const c_uchar,
    protos_len: c_uint,
) -> c_int {
    guard(1, || {
        // SAFETY: a live handle and readable bytes, by the manual.
        let (context, wire) = unsafe { (context::share(ctx)?, arg::bytes(protos, protos_len as usize)) };
        set_offer(&*context, wire)
    })
}

/// `SSL_CTX_set_alpn_select_cb(3)`: sets the protocols that a client offers; returns 0 on success. Null or no bytes:
/// none.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `protos` is readable for `protos_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_alpn_protos(ssl: *mut SSL, protos: *const c_uchar, protos_len: c_uint) -> c_int {
    guard(1, || {
        // SAFETY: a live handle and readable bytes, by the manual.
        let (ssl, wire) = unsafe { (connection::share(ssl)?, arg::bytes(protos, protos_len as usize)) };
        set_offer(&*ssl, wire)
    })
}

/// `SSL_CTX_set_alpn_select_cb(3)`: sets the callback by which servers choose a protocol.
///
/// Status: partial: a protocol that the client did not offer ends the handshake.
///
/// # Safety
/// `ctx` is null or a live handle; `cb` fits its type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_alpn_select_cb(
    ctx: *mut SSL_CTX,
    cb: SSL_CTX_alpn_select_cb_func,
    arg: *mut c_void,
) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { context::share(ctx) }?;
        context.callbacks.write().alpn_select = (cb, Arg(arg));
        Ok(())
    });
}

/// `SSL_CTX_set_alpn_select_cb(3)`: the protocol agreed on, in memory of the connection; null and 0 when there is none.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `data` and `len` are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_alpn_selected(ssl: *const SSL, data: *mut *const c_uchar, len: *mut c_uint) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let name = unsafe { SSL::share(ssl) }.and_then(|ssl| ssl.facts.read().alpn.clone());
        let (ptr, size) = name.map_or((ptr::null(), 0), |name| (name.as_ptr(), name.len()));
        // SAFETY: writable, by the manual; the bytes live in the connection's facts until its next handshake.
        unsafe {
            arg::set(data, ptr);
            arg::set(len, c_uint::try_from(size).unwrap_or(0));
        }
        Ok(())
    });
}

/// `SSL_CTX_set_alpn_select_cb(3)`: the first protocol of the server's list that the client's has too. Without one, the
/// client's first and `OPENSSL_NPN_NO_OVERLAP`.
///
/// Status: full.
///
/// # Safety
/// `out` and `outlen` are writable; the lists are readable for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_select_next_proto(
    out: *mut *mut c_uchar,
    outlen: *mut c_uchar,
    server: *const c_uchar,
    server_len: c_uint,
    client: *const c_uchar,
    client_len: c_uint,
) -> c_int {
    guard(NO_OVERLAP, || {
        // SAFETY: readable, by the manual.
        let (server, client) =
            unsafe { (arg::bytes(server, server_len as usize), arg::bytes(client, client_len as usize)) };
        let client_has = |name: &[u8]| protocols(client).flatten().any(|other| other == name);
        let shared = protocols(server).flatten().find(|name| client_has(name));
        let first = protocols(client).next().flatten().filter(|name| !name.is_empty());
        let (chosen, answer) = match (first, shared) {
            (None, _) => (None, NO_OVERLAP),
            (_, Some(shared)) => (Some(shared), NEGOTIATED),
            (first, None) => (first, NO_OVERLAP),
        };
        let (ptr, len) = chosen.map_or((ptr::null(), 0), |name| (name.as_ptr(), name.len()));
        // SAFETY: writable, by the manual.
        unsafe {
            arg::set(out, ptr.cast_mut());
            arg::set(outlen, u8::try_from(len).unwrap_or(0));
        }
        Ok(answer)
    })
}

/// `SSL_CTX_set_alpn_select_cb(3)`: would list a server's protocols for NPN, which TLS 1.3 has not and nobody asks for.
///
/// Status: partial: NPN is never negotiated, as with any peer that does not know it.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_next_protos_advertised_cb(
    _ctx: *mut SSL_CTX,
    _cb: SSL_CTX_npn_advertised_cb_func,
    _arg: *mut c_void,
) {
}

/// `SSL_CTX_set_alpn_select_cb(3)`: would choose a protocol for NPN, which TLS 1.3 has not and nobody offers.
///
/// Status: partial: NPN is never negotiated, as with any peer that does not know it.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_next_proto_select_cb(
    _ctx: *mut SSL_CTX,
    _cb: SSL_CTX_npn_select_cb_func,
    _arg: *mut c_void,
) {
}

/// `SSL_CTX_set_alpn_select_cb(3)`: the protocol that NPN chose: none.
///
/// Status: full.
///
/// # Safety
/// `data` and `len` are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_next_proto_negotiated(_ssl: *const SSL, data: *mut *const c_uchar, len: *mut c_uint) {
    // SAFETY: writable, by the manual.
    unsafe {
        arg::set(data, ptr::null());
        arg::set(len, 0);
    }
}
