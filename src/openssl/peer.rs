//! What is known of the peer: its certificates as libcrypto's objects.

use super::connection::{Connection, share};
use super::error::{Error, guard};
use super::session_object::Session;
use super::types::SSL;
use crate::libcrypto::sys;
use crate::libcrypto::x509::{X509, X509Stack};
use crate::seam::Handle;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

/// The peer's certificates as objects: made once, and the pointers that programs get are to these.
#[derive(Debug, Default)]
pub(crate) struct PeerCertificates {
    /// As sent.
    pub(crate) presented: Option<Arc<Presented>>,
    /// The chain that verification built.
    pub(crate) verified: Option<Arc<X509Stack>>,
    /// Before the handshake: the chain of the session that will be offered.
    pub(crate) of_session: Option<(Weak<Session>, Arc<Presented>)>,
}

/// The chain as the peer sent it.
#[derive(Debug)]
pub(crate) struct Presented {
    whole: X509Stack,
    /// A server's view of it is without the leaf.
    without_leaf: Option<X509Stack>,
}

impl Presented {
    /// A chain, leaf first; `None` when memory is short.
    pub(crate) fn new(certificates: Vec<X509>, is_server: bool) -> Option<Self> {
        let without_leaf = match is_server {
            true => Some(X509Stack::new(certificates.get(1..).unwrap_or_default().to_vec())?),
            false => None,
        };
        Some(Self { whole: X509Stack::new(certificates)?, without_leaf })
    }

    /// All certificates, leaf first.
    pub(crate) fn whole(&self) -> &X509Stack {
        &self.whole
    }

    /// The peer's own certificate.
    pub(crate) fn leaf(&self) -> Option<&X509> {
        self.whole.certificates().first()
    }
}

/// The chain the peer has sent, or that came with the session, as objects.
pub(crate) fn presented(ssl: &Connection) -> Option<Arc<Presented>> {
    if let Some(made) = &ssl.trust.peer.lock().presented {
        return Some(made.clone());
    }
    let chain = ssl.facts.read().peer_chain.clone()?;
    let lib_ctx = &ssl.context().lib_ctx;
    // The session's own certificate is the same object.
    let agreed = ssl.facts.read().agreed.is_some();
    let session = ssl.session.current().filter(|_| agreed);
    let mut leaf = session.and_then(|session| session.peer(lib_ctx));
    let object = |der: &Vec<u8>| leaf.take().or_else(|| X509::from_der(der, lib_ctx));
    let certificates = chain.iter().map(object).collect::<Option<Vec<_>>>()?;
    if certificates.is_empty() {
        return None;
    }
    let made = Arc::new(Presented::new(certificates, ssl.is_server())?);
    Some(ssl.trust.peer.lock().presented.get_or_insert(made).clone())
}

/// Before the handshake: the chain of the session that will be offered, which speaks for its server.
fn of_session(ssl: &Connection) -> Option<Arc<Presented>> {
    if ssl.exchange.read().is_some() || ssl.is_server() {
        return None;
    }
    let session = ssl.session.current()?;
    if let Some((known, made)) = &ssl.trust.peer.lock().of_session
        && std::ptr::eq(known.as_ptr(), Arc::as_ptr(&session))
    {
        return Some(made.clone());
    }
    let lib_ctx = &ssl.context().lib_ctx;
    let chain = session.fields.read().peer_chain.clone();
    let mut leaf = session.peer(lib_ctx);
    let object = |der: &Vec<u8>| leaf.take().or_else(|| X509::from_der(der, lib_ctx));
    let made = Arc::new(Presented::new(chain.iter().map(object).collect::<Option<Vec<_>>>()?, false)?);
    let old = ssl.trust.peer.lock().of_session.replace((Arc::downgrade(&session), made.clone()));
    drop(old);
    Some(made)
}

/// The chain of a client that was asked for a certificate and had none: empty, but there.
fn empty_chain(ssl: &Connection) -> Option<Arc<Presented>> {
    let asked = || ssl.exchange.read().as_ref().is_some_and(|exchange| exchange.policy.lock().client_auth.request);
    let full = ssl.facts.read().agreed.as_ref().is_some_and(|agreed| !agreed.resumed);
    if !(ssl.is_server() && full && asked()) {
        return None;
    }
    let made = Arc::new(Presented::new(Vec::new(), true)?);
    Some(ssl.trust.peer.lock().presented.get_or_insert(made).clone())
}

/// The peer's certificate, once it has been accepted.
pub(crate) fn certificate(ssl: &Connection) -> Option<X509> {
    let accepted = ssl.trust.accepted.load(Ordering::Relaxed) || ssl.facts.read().agreed.is_some();
    if accepted {
        return presented(ssl)?.leaf().cloned();
    }
    // Before the handshake the session that will be offered speaks for its server.
    of_session(ssl)?.leaf().cloned()
}

/// `SSL_get_peer_certificate(3)`: the peer's certificate, without a count for the caller; null when it has sent none.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_peer_certificate(ssl: *const SSL) -> *mut sys::X509 {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        // The connection keeps a count of its own.
        Ok(certificate(&ssl).map_or(std::ptr::null_mut(), |leaf| leaf.as_ptr()))
    })
}

/// `SSL_get_peer_certificate(3)`: the peer's certificate, with a count for the caller; null when it has sent none.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get1_peer_certificate(ssl: *const SSL) -> *mut sys::X509 {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(certificate(&ssl).map_or(std::ptr::null_mut(), X509::into_raw))
    })
}

/// `SSL_get_peer_cert_chain(3)`: the chain as the peer sent it, owned by the connection. On the client's side it begins
/// with the peer's certificate, on the server's with the one after it.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_peer_cert_chain(ssl: *const SSL) -> *mut sys::stack_st_X509 {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        let chain = match presented(&ssl).filter(|_| !ssl.session.knows_leaf_only()) {
            Some(presented) if !ssl.is_server() => presented.whole.as_ptr(),
            // A server takes the chain over once it is verified.
            Some(presented) => {
                let known = certificate(&ssl).and(presented.without_leaf.as_ref());
                known.map_or(std::ptr::null_mut(), X509Stack::as_ptr)
            }
            None if ssl.session.knows_leaf_only() => std::ptr::null_mut(),
            None => of_session(&ssl)
                .or_else(|| empty_chain(&ssl))
                .map_or(std::ptr::null_mut(), |chain| chain.whole.as_ptr()),
        };
        Ok(chain)
    })
}

/// `SSL_get_peer_cert_chain(3)`: the chain that verification built, owned by the connection; null before.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_verified_chain(ssl: *const SSL) -> *mut sys::stack_st_X509 {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        let verified = ssl.trust.peer.lock().verified.clone();
        Ok(verified.map_or(std::ptr::null_mut(), |chain| chain.as_ptr()))
    })
}
