//! Methods: the versions and the side a context is for.

use super::config::{TLS1_2, TLS1_3};
use super::connection::{self, Phase};
use super::context;
use super::error::{Error, guard};
use super::reason;
use super::types::{SSL, SSL_CTX, SSL_METHOD};
use crate::seam::Handle;
use std::ffi::c_int;

/// Which side connections of a method take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Both, as `SSL_set_accept_state` or `SSL_set_connect_state` says.
    Either,
    /// Server only.
    Server,
    /// Client only.
    Client,
}

/// What an `SSL_METHOD *` points to.
#[derive(Debug)]
pub(crate) struct Method {
    /// Lowest and highest version; (0, 0) for DTLS, of which no context can be made.
    pub(crate) versions: (u16, u16),
    /// The side.
    pub(crate) side: Side,
    /// Why no context can be made with it.
    refused: Option<&'static str>,
}

/// `TLS1_VERSION`.
const TLS1: u16 = 0x0301;
/// `TLS1_1_VERSION`.
const TLS1_1: u16 = 0x0302;

impl Method {
    const fn tls(lowest: u16, side: Side) -> Self {
        Self { versions: (lowest, if lowest == TLS1_2 { TLS1_2 } else { TLS1_3 }), side, refused: None }
    }

    /// A method of one old version. As with libraries whose policy forbids the version: contexts can be made, and the
    /// handshake fails before a byte is sent.
    const fn old(version: u16, side: Side) -> Self {
        Self { versions: (version, version), side, refused: None }
    }

    const fn refused(name: &'static str, side: Side) -> Self {
        Self { versions: (0, 0), side, refused: Some(name) }
    }

    fn ptr(&'static self) -> *const SSL_METHOD {
        std::ptr::from_ref(self).cast()
    }

    /// The method behind a pointer that one of the functions below gave.
    pub(crate) fn from_ptr(ptr: *const SSL_METHOD) -> Option<&'static Self> {
        METHODS.into_iter().find(|method| std::ptr::eq(method.ptr(), ptr))
    }

    /// The pointer that C knows this method by.
    pub(crate) fn as_ptr(&'static self) -> *const SSL_METHOD {
        self.ptr()
    }

    /// Fails for a protocol that is not supported.
    pub(crate) fn usable(&self) -> Result<(), Error> {
        match self.refused {
            Some(name) => Err(Error::Refused(name)),
            None => Ok(()),
        }
    }
}

static TLS_METHOD: Method = Method::tls(TLS1, Side::Either);
static TLS_SERVER_METHOD: Method = Method::tls(TLS1, Side::Server);
static TLS_CLIENT_METHOD: Method = Method::tls(TLS1, Side::Client);
static TLSV1_2_METHOD: Method = Method::tls(TLS1_2, Side::Either);
static TLSV1_2_SERVER_METHOD: Method = Method::tls(TLS1_2, Side::Server);
static TLSV1_2_CLIENT_METHOD: Method = Method::tls(TLS1_2, Side::Client);
static TLSV1_1_METHOD: Method = Method::old(TLS1_1, Side::Either);
static TLSV1_1_SERVER_METHOD: Method = Method::old(TLS1_1, Side::Server);
static TLSV1_1_CLIENT_METHOD: Method = Method::old(TLS1_1, Side::Client);
static TLSV1_METHOD: Method = Method::old(TLS1, Side::Either);
static TLSV1_SERVER_METHOD: Method = Method::old(TLS1, Side::Server);
static TLSV1_CLIENT_METHOD: Method = Method::old(TLS1, Side::Client);
static DTLS_METHOD: Method = Method::refused("DTLS_method", Side::Either);
static DTLS_SERVER_METHOD: Method = Method::refused("DTLS_server_method", Side::Server);
static DTLS_CLIENT_METHOD: Method = Method::refused("DTLS_client_method", Side::Client);
static DTLSV1_2_METHOD: Method = Method::refused("DTLSv1_2_method", Side::Either);
static DTLSV1_2_SERVER_METHOD: Method = Method::refused("DTLSv1_2_server_method", Side::Server);
static DTLSV1_2_CLIENT_METHOD: Method = Method::refused("DTLSv1_2_client_method", Side::Client);
static DTLSV1_METHOD: Method = Method::refused("DTLSv1_method", Side::Either);
static DTLSV1_SERVER_METHOD: Method = Method::refused("DTLSv1_server_method", Side::Server);
static DTLSV1_CLIENT_METHOD: Method = Method::refused("DTLSv1_client_method", Side::Client);

static METHODS: [&Method; 21] = [
    &TLS_METHOD,
    &TLS_SERVER_METHOD,
    &TLS_CLIENT_METHOD,
    &TLSV1_2_METHOD,
    &TLSV1_2_SERVER_METHOD,
    &TLSV1_2_CLIENT_METHOD,
    &TLSV1_1_METHOD,
    &TLSV1_1_SERVER_METHOD,
    &TLSV1_1_CLIENT_METHOD,
    &TLSV1_METHOD,
    &TLSV1_SERVER_METHOD,
    &TLSV1_CLIENT_METHOD,
    &DTLS_METHOD,
    &DTLS_SERVER_METHOD,
    &DTLS_CLIENT_METHOD,
    &DTLSV1_2_METHOD,
    &DTLSV1_2_SERVER_METHOD,
    &DTLSV1_2_CLIENT_METHOD,
    &DTLSV1_METHOD,
    &DTLSV1_SERVER_METHOD,
    &DTLSV1_CLIENT_METHOD,
];

/// `SSL_CTX_new(3)`: makes contexts for TLS 1.2 and 1.3.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn TLS_method() -> *const SSL_METHOD {
    TLS_METHOD.ptr()
}

/// `SSL_CTX_new(3)`: makes contexts for TLS 1.2 and 1.3, servers.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn TLS_server_method() -> *const SSL_METHOD {
    TLS_SERVER_METHOD.ptr()
}

/// `SSL_CTX_new(3)`: makes contexts for TLS 1.2 and 1.3, clients.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn TLS_client_method() -> *const SSL_METHOD {
    TLS_CLIENT_METHOD.ptr()
}

/// `SSL_CTX_new(3)`: makes contexts for TLS 1.2 only.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn TLSv1_2_method() -> *const SSL_METHOD {
    TLSV1_2_METHOD.ptr()
}

/// `SSL_CTX_new(3)`: makes contexts for TLS 1.2 only, servers.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn TLSv1_2_server_method() -> *const SSL_METHOD {
    TLSV1_2_SERVER_METHOD.ptr()
}

/// `SSL_CTX_new(3)`: makes contexts for TLS 1.2 only, clients.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn TLSv1_2_client_method() -> *const SSL_METHOD {
    TLSV1_2_CLIENT_METHOD.ptr()
}

/// `SSL_CTX_new(3)`: a method with which no handshake can be made.
///
/// Status: refused: TLS 1.1 and older are not supported; handshakes fail with it, before anything is sent.
#[unsafe(no_mangle)]
pub extern "C" fn TLSv1_1_method() -> *const SSL_METHOD {
    TLSV1_1_METHOD.ptr()
}

/// `SSL_CTX_new(3)`: a method with which no context can be made, servers.
///
/// Status: refused: TLS 1.1 and older are not supported; `SSL_CTX_new` fails with it.
#[unsafe(no_mangle)]
pub extern "C" fn TLSv1_1_server_method() -> *const SSL_METHOD {
    TLSV1_1_SERVER_METHOD.ptr()
}

/// `SSL_CTX_new(3)`: a method with which no context can be made, clients.
///
/// Status: refused: TLS 1.1 and older are not supported; `SSL_CTX_new` fails with it.
#[unsafe(no_mangle)]
pub extern "C" fn TLSv1_1_client_method() -> *const SSL_METHOD {
    TLSV1_1_CLIENT_METHOD.ptr()
}

/// `SSL_CTX_new(3)`: a method with which no handshake can be made.
///
/// Status: refused: TLS 1.1 and older are not supported; handshakes fail with it, before anything is sent.
#[unsafe(no_mangle)]
pub extern "C" fn TLSv1_method() -> *const SSL_METHOD {
    TLSV1_METHOD.ptr()
}

/// `SSL_CTX_new(3)`: a method with which no context can be made, servers.
///
/// Status: refused: TLS 1.1 and older are not supported; `SSL_CTX_new` fails with it.
#[unsafe(no_mangle)]
pub extern "C" fn TLSv1_server_method() -> *const SSL_METHOD {
    TLSV1_SERVER_METHOD.ptr()
}

/// `SSL_CTX_new(3)`: a method with which no context can be made, clients.
///
/// Status: refused: TLS 1.1 and older are not supported; `SSL_CTX_new` fails with it.
#[unsafe(no_mangle)]
pub extern "C" fn TLSv1_client_method() -> *const SSL_METHOD {
    TLSV1_CLIENT_METHOD.ptr()
}

/// `SSL_CTX_new(3)`: a method with which no context can be made.
///
/// Status: refused: DTLS is not supported; `SSL_CTX_new` fails with it.
#[unsafe(no_mangle)]
pub extern "C" fn DTLS_method() -> *const SSL_METHOD {
    DTLS_METHOD.ptr()
}

/// `SSL_CTX_new(3)`: a method with which no context can be made, servers.
///
/// Status: refused: DTLS is not supported; `SSL_CTX_new` fails with it.
#[unsafe(no_mangle)]
pub extern "C" fn DTLS_server_method() -> *const SSL_METHOD {
    DTLS_SERVER_METHOD.ptr()
}

/// `SSL_CTX_new(3)`: a method with which no context can be made, clients.
///
/// Status: refused: DTLS is not supported; `SSL_CTX_new` fails with it.
#[unsafe(no_mangle)]
pub extern "C" fn DTLS_client_method() -> *const SSL_METHOD {
    DTLS_CLIENT_METHOD.ptr()
}

/// `SSL_CTX_new(3)`: a method with which no context can be made.
///
/// Status: refused: DTLS is not supported; `SSL_CTX_new` fails with it.
#[unsafe(no_mangle)]
pub extern "C" fn DTLSv1_2_method() -> *const SSL_METHOD {
    DTLSV1_2_METHOD.ptr()
}

/// `SSL_CTX_new(3)`: a method with which no context can be made, servers.
///
/// Status: refused: DTLS is not supported; `SSL_CTX_new` fails with it.
#[unsafe(no_mangle)]
pub extern "C" fn DTLSv1_2_server_method() -> *const SSL_METHOD {
    DTLSV1_2_SERVER_METHOD.ptr()
}

/// `SSL_CTX_new(3)`: a method with which no context can be made, clients.
///
/// Status: refused: DTLS is not supported; `SSL_CTX_new` fails with it.
#[unsafe(no_mangle)]
pub extern "C" fn DTLSv1_2_client_method() -> *const SSL_METHOD {
    DTLSV1_2_CLIENT_METHOD.ptr()
}

/// `SSL_CTX_new(3)`: a method with which no context can be made.
///
/// Status: refused: DTLS is not supported; `SSL_CTX_new` fails with it.
#[unsafe(no_mangle)]
pub extern "C" fn DTLSv1_method() -> *const SSL_METHOD {
    DTLSV1_METHOD.ptr()
}

/// `SSL_CTX_new(3)`: a method with which no context can be made, servers.
///
/// Status: refused: DTLS is not supported; `SSL_CTX_new` fails with it.
#[unsafe(no_mangle)]
pub extern "C" fn DTLSv1_server_method() -> *const SSL_METHOD {
    DTLSV1_SERVER_METHOD.ptr()
}

/// `SSL_CTX_new(3)`: a method with which no context can be made, clients.
///
/// Status: refused: DTLS is not supported; `SSL_CTX_new` fails with it.
#[unsafe(no_mangle)]
pub extern "C" fn DTLSv1_client_method() -> *const SSL_METHOD {
    DTLSV1_CLIENT_METHOD.ptr()
}

/// `SSL_CTX_set_ssl_version(3)`: gives a context another method, and the default ciphers; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `meth` came from one of the method functions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_ssl_version(ctx: *mut SSL_CTX, meth: *const SSL_METHOD) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { context::share(ctx) }?;
        let method = Method::from_ptr(meth).ok_or(Error::Ssl(reason::NULL_SSL_METHOD_PASSED))?;
        method.usable()?;
        *context.method.write() = method;
        context.edit(|config| {
            config.method_versions = method.versions;
            config.use_default_ciphers();
        });
        Ok(1)
    })
}

/// `SSL_CTX_set_ssl_version(3)`: gives a connection another method; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle; `method` came from one of the method functions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_ssl_method(s: *mut SSL, method: *const SSL_METHOD) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { connection::share(s) }?;
        let method = Method::from_ptr(method).ok_or(Error::Ssl(reason::NULL_SSL_METHOD_PASSED))?;
        method.usable()?;
        if !matches!(*ssl.phase.lock(), Phase::Idle) {
            return Err(Error::Refused("SSL_set_ssl_method after the handshake has begun"));
        }
        *ssl.method.write() = method;
        if ssl.has_role() {
            ssl.set_server(ssl.is_server());
        }
        ssl.edit(|config| config.method_versions = method.versions);
        Ok(1)
    })
}

/// `SSL_CTX_set_ssl_version(3)`: the context's method.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_ssl_method(ctx: *const SSL_CTX) -> *const SSL_METHOD {
    guard(std::ptr::null(), || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Silent)?;
        Ok(context.method.read().as_ptr())
    })
}

/// `SSL_CTX_set_ssl_version(3)`: the connection's method.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_ssl_method(s: *const SSL) -> *const SSL_METHOD {
    guard(std::ptr::null(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(s) }.ok_or(Error::Silent)?;
        Ok(ssl.method.read().as_ptr())
    })
}
