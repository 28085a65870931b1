//! `SSL_CTX_set1_sigalgs(3)`, `SSL_get_shared_sigalgs(3)`: signature algorithms of contexts and connections.

use super::cipher_list::suite_b;
use super::config::{Config, op};
use super::connection::{self, Connection};
use super::error::{Error, guard};
use super::group::null_list;
use super::handshake::abort;
use super::reason;
use super::security_check;
use super::types::SSL;
use crate::libcrypto::sys;
use crate::seam::{Handle, arg};
use crate::tls::cipher_list::SuiteB;
use crate::tls::exchange::HelloAnswer;
use crate::tls::hello::Hello;
use crate::tls::sigalg::{self, KeyKind, ListError, SigAlg};
use rustls::crypto::SignatureScheme;
use rustls::error::AlertDescription;
use std::ffi::{CStr, c_char, c_int, c_uchar};
use std::sync::Arc;

/// The extension's number (RFC 8446, section 4.2).
const SIGNATURE_ALGORITHMS: u16 = 13;

fn explain(error: ListError) -> Error {
    match error {
        ListError::Malformed => Error::Silent,
        ListError::Empty => Error::Ssl(super::error::MALLOC_FAILURE),
        ListError::NoneSupported => Error::Refused("each of the signature algorithms in the list"),
    }
}

fn schemes(list: Vec<&'static SigAlg>) -> Vec<u16> {
    list.into_iter().map(|sigalg| sigalg.scheme).collect()
}

/// `SSL_CTX_set1_sigalgs_list(3)`: the schemes in a list of names.
pub(crate) fn from_names(list: Option<&CStr>) -> Result<Vec<u16>, Error> {
    sigalg::parse(list.ok_or_else(null_list)?.to_bytes()).map(schemes).map_err(explain)
}

/// `SSL_CTX_set1_sigalgs(3)`: the schemes in a list of libcrypto's numbers, digest and signature by turns.
pub(crate) fn from_nids(nids: &[c_int]) -> Result<Vec<u16>, Error> {
    sigalg::from_nids(nids).map(schemes).map_err(explain)
}

/// The schemes accepted from the peer and told to it, in order of preference.
pub(crate) fn accepted(config: &Config, server: bool) -> Arc<[SignatureScheme]> {
    // A server that asks for a certificate may want other schemes than it signs with itself.
    let set = if server { config.client_sigalgs.as_ref().or(config.sigalgs.as_ref()) } else { config.sigalgs.as_ref() };
    let allowed = listed(config, set).into_iter().filter(|sigalg| config.allows_request(sigalg));
    allowed.map(|sigalg| SignatureScheme(sigalg.scheme)).collect()
}

/// The schemes to sign with, in order of preference.
pub(crate) fn own(config: &Config, server: bool) -> Vec<&'static SigAlg> {
    let set = if server { config.sigalgs.as_ref() } else { config.client_sigalgs.as_ref().or(config.sigalgs.as_ref()) };
    listed(config, set).into_iter().filter(|sigalg| config.allows_scheme(sigalg)).collect()
}

/// What is set or the default, without what Suite B forbids.
fn listed(config: &Config, set: Option<&Vec<u16>>) -> Vec<&'static SigAlg> {
    const ECDSA_P256: u16 = 0x0403;
    const ECDSA_P384: u16 = 0x0503;
    match (suite_b(config.cert_flags), set) {
        (Some(SuiteB::Only128), _) => sigalg::by_scheme(ECDSA_P256).into_iter().collect(),
        (Some(SuiteB::Only192), _) => sigalg::by_scheme(ECDSA_P384).into_iter().collect(),
        (Some(SuiteB::From128), _) => [ECDSA_P256, ECDSA_P384].into_iter().filter_map(sigalg::by_scheme).collect(),
        (None, Some(set)) => set.iter().filter_map(|&scheme| sigalg::by_scheme(scheme)).collect(),
        (None, None) => sigalg::default_sigalgs().collect(),
    }
}

/// Whether RSA and ECDSA certificates can be used with TLS 1.2's suites, going by the schemes.
pub(crate) fn certificates_usable(config: &Config) -> (bool, bool) {
    let (mut rsa, mut ecdsa) = (false, false);
    for sigalg in listed(config, config.sigalgs.as_ref()).into_iter().filter(|sigalg| config.allows_mask(sigalg)) {
        match sigalg.key {
            KeyKind::Rsa | KeyKind::RsaPss => rsa = true,
            KeyKind::Ec | KeyKind::Ed25519 | KeyKind::Ed448 => ecdsa = true,
            KeyKind::Dsa => {}
        }
    }
    (rsa, ecdsa)
}

/// The schemes that the peer accepts: a client's from its hello, a server's from its request for a certificate.
fn of_peer(ssl: &Connection) -> Vec<u16> {
    let resumed = ssl.session.hit();
    let facts = ssl.facts.read();
    match &facts.hello {
        // Nothing is signed in a resumption, and OpenSSL does not look at what the client says there.
        Some(_) if resumed => Vec::new(),
        Some(hello) => hello.numbers(SIGNATURE_ALGORITHMS),
        None => facts.peer_schemes.clone(),
    }
}

/// The schemes that both sides have, in the order of the side that decides.
fn shared(ssl: &Connection) -> Vec<&'static SigAlg> {
    shared_with(&ssl.config(), ssl.is_server(), &of_peer(ssl))
}

/// The schemes that a side with these settings shares with a peer that takes `peer`.
pub(crate) fn shared_with(config: &Config, server: bool, peer: &[u16]) -> Vec<&'static SigAlg> {
    let own = own(config, server);
    let peer: Vec<&'static SigAlg> = peer.iter().filter_map(|&scheme| sigalg::by_scheme(scheme)).collect();
    let own_order = config.options & op::CIPHER_SERVER_PREFERENCE != 0 || suite_b(config.cert_flags).is_some();
    let (preferred, other) = if own_order { (own, peer) } else { (peer, own) };
    preferred.into_iter().filter(|sigalg| other.contains(sigalg)).collect()
}

/// Server: fails when the client named its schemes and none is shared.
pub(crate) fn ask(ssl: &Arc<Connection>, hello: &Hello) -> Result<(), HelloAnswer> {
    security_check::ask_again(ssl);
    if hello.extension(SIGNATURE_ALGORITHMS).is_some() && !ssl.session.hit() && shared(ssl).is_empty() {
        return Err(abort(reason::NO_SHARED_SIGNATURE_ALGORITHMS, AlertDescription::HandshakeFailure));
    }
    Ok(())
}

/// Where to write what a scheme is made of. Each may be null.
struct Out {
    sign: *mut c_int,
    hash: *mut c_int,
    both: *mut c_int,
    raw_sign: *mut c_uchar,
    raw_hash: *mut c_uchar,
}

impl Out {
    /// # Safety
    /// Each pointer is null or writable.
    unsafe fn write(&self, scheme: u16) {
        let known = sigalg::by_scheme(scheme);
        let [high, low] = scheme.to_be_bytes();
        // SAFETY: null or writable, by the caller.
        unsafe {
            arg::set(self.raw_hash, high);
            arg::set(self.raw_sign, low);
            arg::set(self.sign, known.map_or(0, |sigalg| sigalg.sign_nid));
            arg::set(self.hash, known.map_or(0, SigAlg::hash_nid));
            arg::set(self.both, known.map_or(0, |sigalg| sigalg.both_nid));
        }
    }
}

/// `SSL_get_sigalgs(3)`: writes the parts of the scheme at place `idx` (below 0: none) of those the peer accepts;
/// returns how many these are.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null (returns 0) or a live handle; the other pointers are null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_sigalgs(
    ssl: *mut SSL,
    idx: c_int,
    psign: *mut c_int,
    phash: *mut c_int,
    psignhash: *mut c_int,
    rsig: *mut c_uchar,
    rhash: *mut c_uchar,
) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { connection::share(ssl) }?;
        let schemes = of_peer(&ssl);
        if let Ok(place) = usize::try_from(idx) {
            let &scheme = schemes.get(place).ok_or(Error::Silent)?;
            // SAFETY: null or writable, by the manual.
            unsafe { Out { sign: psign, hash: phash, both: psignhash, raw_sign: rsig, raw_hash: rhash }.write(scheme) };
        }
        Ok(c_int::try_from(schemes.len()).unwrap_or(0))
    })
}

/// `SSL_get_shared_sigalgs(3)`: writes the parts of the scheme at place `idx` of those that both sides have; returns
/// how many these are, or 0 when there is none at `idx`.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null (returns 0) or a live handle; the other pointers are null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_shared_sigalgs(
    ssl: *mut SSL,
    idx: c_int,
    psign: *mut c_int,
    phash: *mut c_int,
    psignhash: *mut c_int,
    rsig: *mut c_uchar,
    rhash: *mut c_uchar,
) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { connection::share(ssl) }?;
        let shared = shared(&ssl);
        let sigalg = usize::try_from(idx).ok().and_then(|place| shared.get(place)).ok_or(Error::Silent)?;
        let out = Out { sign: psign, hash: phash, both: psignhash, raw_sign: rsig, raw_hash: rhash };
        // SAFETY: null or writable, by the manual.
        unsafe { out.write(sigalg.scheme) };
        Ok(c_int::try_from(shared.len()).unwrap_or(0))
    })
}

/// The scheme that the peer (`true`) or this side signed with.
fn used(ssl: &Connection, peer: bool) -> Option<&'static SigAlg> {
    let facts = ssl.facts.read();
    sigalg::by_scheme(if peer { facts.peer_scheme? } else { facts.own_scheme? })
}

/// The digest that the peer (`true`) or this side signed with (`SSL_get_peer_signature_nid(3)`).
pub(crate) fn signature_hash(ssl: &Connection, peer: bool) -> Option<c_int> {
    used(ssl, peer).map(SigAlg::hash_nid)
}

/// `SSL_get1_builtin_sigalgs(3)`: returns the names of the signature algorithms that can be used, between colons. The
/// program frees the string with `OPENSSL_free`.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get1_builtin_sigalgs(_libctx: *mut sys::OSSL_LIB_CTX) -> *mut c_char {
    guard(std::ptr::null_mut(), || {
        let names: Vec<&str> = sigalg::default_sigalgs().filter_map(|sigalg| sigalg.name).collect();
        let text = names.join(":");
        // SAFETY: plain allocation; null is looked at below.
        let to: *mut u8 = unsafe { sys::CRYPTO_malloc(text.len() + 1, c"".as_ptr(), 0) }.cast();
        if to.is_null() {
            return Err(Error::Ssl(super::error::MALLOC_FAILURE));
        }
        // SAFETY: the memory has room for the text and its end.
        unsafe {
            std::ptr::copy_nonoverlapping(text.as_ptr(), to, text.len());
            to.add(text.len()).write(0);
        }
        Ok(to.cast())
    })
}

/// # Safety
/// `ssl` is null or a live handle; `pnid` is null or writable.
unsafe fn signature_type(ssl: *const SSL, pnid: *mut c_int, peer: bool) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the caller.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        let sigalg = used(&ssl, peer).ok_or(Error::Silent)?;
        // SAFETY: null or writable, by the caller.
        unsafe { arg::set(pnid, sigalg.sign_nid) };
        Ok(1)
    })
}

/// `SSL_get_peer_signature_type_nid(3)`: writes the NID of the algorithm that the peer signed with; returns 1, or 0
/// when it has not signed.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null (returns 0) or a live handle; `pnid` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_peer_signature_type_nid(ssl: *const SSL, pnid: *mut c_int) -> c_int {
    // SAFETY: passed on from the caller.
    unsafe { signature_type(ssl, pnid, true) }
}

/// `SSL_get_signature_type_nid(3)`: writes the NID of the algorithm that this side signed with; returns 1, or 0 when
/// it has not signed.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null (returns 0) or a live handle; `pnid` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_signature_type_nid(ssl: *const SSL, pnid: *mut c_int) -> c_int {
    // SAFETY: passed on from the caller.
    unsafe { signature_type(ssl, pnid, false) }
}
