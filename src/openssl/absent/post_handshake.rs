//! Client authentication after the handshake (RFC 8446 §4.6.2).

use crate::openssl::config::TLS1_3;
use crate::openssl::connection::share;
use crate::openssl::error::{Error, guard};
use crate::openssl::reason;
use crate::openssl::types::{SSL, SSL_CTX};
use crate::openssl::verify::verify_mode;
use std::ffi::c_int;

/// `SSL_CTX_set_post_handshake_auth(3)`: allows servers to ask a client for its certificate later.
///
/// Status: partial: the permission is never offered, so that a server that wants to ask later cannot.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_post_handshake_auth(_ctx: *mut SSL_CTX, _val: c_int) {}

/// `SSL_set_post_handshake_auth(3)`: allows the server to ask the client for its certificate later.
///
/// Status: partial: the permission is never offered, so that a server that wants to ask later cannot.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_post_handshake_auth(_s: *mut SSL, _val: c_int) {}

/// The post_handshake_auth extension (RFC 8446, section 4.2.6).
const POST_HANDSHAKE_AUTH: u16 = 49;

/// `SSL_verify_client_post_handshake(3)`: asks the client for a certificate. 0 is failure; where OpenSSL could not ask
/// either, it is for OpenSSL's reason.
///
/// Status: refused: post-handshake authentication is not supported.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_verify_client_post_handshake(ssl: *mut SSL) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        let facts = ssl.facts.read();
        let offered = || facts.hello.as_ref().is_some_and(|hello| hello.extension(POST_HANDSHAKE_AUTH).is_some());
        Err(if facts.version() != TLS1_3 {
            Error::Ssl(reason::WRONG_SSL_VERSION)
        } else if !ssl.is_server() {
            Error::Ssl(reason::NOT_SERVER)
        } else if !ssl.is_open() {
            Error::Ssl(reason::STILL_IN_INIT)
        } else if !offered() {
            Error::Ssl(reason::EXTENSION_NOT_RECEIVED)
        } else if ssl.config().verify.mode & verify_mode::PEER == 0 {
            Error::Ssl(reason::INVALID_CONFIG)
        } else {
            Error::Refused("SSL_verify_client_post_handshake")
        })
    })
}
