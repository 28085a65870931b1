//! Callbacks that choose an own certificate while a handshake waits for it.

use super::ca_list::PeerIssuers;
use super::certificate::use_certificate;
use super::certificate_choice::answers_tls13;
use super::certificate_slot::{CertCallback, Owner};
use super::connection::Connection;
use super::error::{Error, guard};
use super::private_key::use_key;
use super::reason;
use super::refusal::refuse;
use super::types::{SSL, SSL_CTX};
use crate::libcrypto::pkey::Pkey;
use crate::libcrypto::sys;
use crate::libcrypto::x509::X509;
use crate::seam::Failure;
use crate::tls::exchange::{CredentialAnswer, HelloAnswer, Pause};
use crate::tls::hello::Hello;
use rustls::error::AlertDescription;
use std::ffi::{c_int, c_void};
use std::sync::Arc;

/// `SSL_CTX_set_cert_cb(3)`: 1 to go on, 0 to fail, below 0 to be called again.
type CertificateCallback = Option<unsafe extern "C" fn(ssl: *mut SSL, arg: *mut c_void) -> c_int>;

/// `SSL_CTX_set_client_cert_cb(3)`: 1 with certificate and key, 0 for none, below 0 to be called again.
pub(crate) type ClientCertificateCallback =
    Option<unsafe extern "C" fn(ssl: *mut SSL, x509: *mut *mut sys::X509, pkey: *mut *mut sys::EVP_PKEY) -> c_int>;

fn call(ssl: &Arc<Connection>) -> Option<c_int> {
    let CertCallback { function, arg } = ssl.config().certificates.callback?;
    // SAFETY: the program's function with its argument; our count keeps the connection alive, nothing is locked.
    Some(unsafe { function(ssl.as_ptr(), arg) })
}

/// Server: runs the certificate callback for a ClientHello.
pub(crate) fn ask_server(ssl: &Arc<Connection>, hello: &Hello) -> Result<(), HelloAnswer> {
    if answers_tls13(ssl, hello) {
        *ssl.own.issuers.lock() = PeerIssuers::of_client(hello);
    }
    match call(ssl) {
        Some(0) => Err(super::handshake::abort(reason::CERT_CB_ERROR, AlertDescription::InternalError)),
        Some(..0) => Err(HelloAnswer::Wait(Pause::Certificate)),
        None | Some(1..) => Ok(()),
    }
}

/// Client: runs the certificate callback when the server asks for a certificate.
pub(super) fn ask_client(ssl: &Arc<Connection>) -> Result<(), CredentialAnswer> {
    match call(ssl) {
        Some(0) => {
            Error::Ssl(reason::CALLBACK_FAILED).report();
            Err(CredentialAnswer::Refuse(AlertDescription::InternalError))
        }
        Some(..0) => Err(CredentialAnswer::Wait(Pause::Certificate)),
        None | Some(1..) => Ok(()),
    }
}

/// Client: runs the other callback when no certificate was suitable; it may set one.
pub(super) fn ask_for_client_certificate(ssl: &Arc<Connection>) -> Result<bool, CredentialAnswer> {
    let Some(callback) = *ssl.context().certificates.client_callback.read() else { return Ok(false) };
    let (mut x509, mut key) = (std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: the program's function; our count keeps the connection alive, nothing is locked.
    let answer = unsafe { callback(ssl.as_ptr(), &raw mut x509, &raw mut key) };
    if answer < 0 {
        return Err(CredentialAnswer::Wait(Pause::Certificate));
    }
    // SAFETY: null or live, and with the answer the counts are ours.
    let pair = unsafe { (X509::from_owned(x509), Pkey::from_owned(key)) };
    match (answer, pair) {
        (1, (Some(certificate), Some(key))) => {
            let owner = Owner::Connection(ssl.clone());
            let used = use_certificate(&owner, certificate).and_then(|_| use_key(&owner, key));
            Ok(used.map_err(Failure::report).is_ok())
        }
        (1, _) => {
            Error::Ssl(reason::BAD_DATA_RETURNED_BY_CALLBACK).report();
            Ok(false)
        }
        _ => Ok(false),
    }
}

fn set_callback(owner: &Owner, function: CertificateCallback, arg: *mut c_void) -> Result<(), Error> {
    owner.change(|certificates| {
        certificates.callback = function.map(|function| CertCallback { function, arg });
        Ok(())
    })
}

/// `SSL_CTX_set_cert_cb(3)`: sets what is called before an own certificate is chosen.
///
/// Status: partial: it is also called for a server's connections that then resume a session.
///
/// # Safety
/// `ctx` is null or a live handle; `cb` may be called with `arg` as the manual says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_cert_cb(
    ctx: *mut SSL_CTX,
    cb: Option<unsafe extern "C" fn(ssl: *mut SSL, arg: *mut c_void) -> c_int>,
    arg: *mut c_void,
) {
    // SAFETY: null or a live handle, by the manual.
    guard((), || set_callback(&unsafe { Owner::of_context(ctx) }?, cb, arg));
}

/// `SSL_set_cert_cb(3)`: as `SSL_CTX_set_cert_cb`, for one connection.
///
/// Status: partial: it is also called for a server's connections that then resume a session.
///
/// # Safety
/// `ssl` is null or a live handle; `cb` may be called with `arg` as the manual says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_cert_cb(
    ssl: *mut SSL,
    cb: Option<unsafe extern "C" fn(ssl: *mut SSL, arg: *mut c_void) -> c_int>,
    arg: *mut c_void,
) {
    // SAFETY: null or a live handle, by the manual.
    guard((), || set_callback(&unsafe { Owner::of_connection(ssl) }?, cb, arg));
}

/// `SSL_CTX_set_client_cert_cb(3)`: sets what a client calls when a server asks for a certificate and none is suitable.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `cb` may be called as the manual says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_client_cert_cb(
    ctx: *mut SSL_CTX,
    cb: Option<unsafe extern "C" fn(ssl: *mut SSL, x509: *mut *mut sys::X509, pkey: *mut *mut sys::EVP_PKEY) -> c_int>,
) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        *unsafe { super::context::share(ctx) }?.certificates.client_callback.write() = cb;
        Ok(())
    });
}

/// `SSL_CTX_set_client_cert_cb(3)`: the callback set there.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_client_cert_cb(
    ctx: *mut SSL_CTX,
) -> Option<unsafe extern "C" fn(ssl: *mut SSL, x509: *mut *mut sys::X509, pkey: *mut *mut sys::EVP_PKEY) -> c_int> {
    // SAFETY: null or a live handle, by the manual.
    guard(None, || Ok(*unsafe { super::context::share(ctx) }?.certificates.client_callback.read()))
}

/// `SSL_CTX_set_client_cert_engine(3)`: an engine that chooses client certificates; 1 on success.
///
/// Status: refused: engines are not asked for certificates.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_client_cert_engine(_ctx: *mut SSL_CTX, _engine: *mut sys::ENGINE) -> c_int {
    refuse("SSL_CTX_set_client_cert_engine", 0)
}
