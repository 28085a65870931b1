//! Verification of the peer's certificates: modes and callbacks, what is asked of clients, and the verdict, which is
//! libcrypto's `X509_verify_cert`.

use super::ca_list;
use super::callback_types::SSL_verify_cb;
use super::certificate_choice::signs_for;
use super::certificate_slot::kind_of;
use super::config::TLS1_3;
use super::connection::{Connection, share};
use super::context::{Context, share as share_context};
use super::error::{ASN1_LIB, Error, MALLOC_FAILURE, X509_LIB, guard};
use super::holder::Holder;
use super::ocsp;
use super::own_key;
use super::peer::{PeerCertificates, Presented};
use super::reason;
use super::types::{SSL, SSL_CTX};
use crate::libcrypto::lib_ctx::LibCtx;
use crate::libcrypto::pkey::Pkey;
use crate::libcrypto::store::Store;
use crate::libcrypto::store_ctx::{self, StoreCtx};
use crate::libcrypto::verify_param::VerifyParam;
use crate::libcrypto::x509::X509;
use crate::libcrypto::{err, sys};
use crate::seam::Failure;
use crate::tls::cipher::by_id;
use crate::tls::exchange::{ClientAuth, Pause, VerifyAnswer};
use crate::tls::sigalg;
use parking_lot::{Mutex, RwLock};
use rustls::crypto::SignatureScheme;
use rustls::error::AlertDescription;
use std::ffi::{c_int, c_long, c_ulong, c_void};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// `SSL_VERIFY_*` bits.
pub(crate) mod verify_mode {
    use std::ffi::c_int;
    pub(crate) const NONE: c_int = 0;
    pub(crate) const PEER: c_int = 1;
    pub(crate) const FAIL_IF_NO_PEER_CERT: c_int = 2;
    pub(crate) const POST_HANDSHAKE: c_int = 8;
}

/// `X509_V_ERR_UNSPECIFIED`.
const X509_V_ERR_UNSPECIFIED: c_int = 1;

/// How the peer is verified.
#[derive(Debug, Clone, Default)]
pub(crate) struct VerifyPolicy {
    /// `SSL_VERIFY_*` bits.
    pub(crate) mode: c_int,
    /// Told of each certificate that verification looks at.
    pub(crate) callback: SSL_verify_cb,
    /// Verifies in place of the context's store.
    pub(crate) verify_store: Option<Store>,
    /// Completes the own chain.
    pub(crate) chain_store: Option<Store>,
}

/// `SSL_CTX_set_cert_verify_callback`: verifies in place of `X509_verify_cert`.
pub(crate) type WholeCallback = Option<unsafe extern "C" fn(ctx: *mut sys::X509_STORE_CTX, arg: *mut c_void) -> c_int>;

/// A callback with the argument the program gave along.
#[derive(Debug, Clone, Copy)]
struct WithArgument {
    callback: WholeCallback,
    argument: *mut c_void,
}

// SAFETY: the argument is the program's; it is only passed back.
unsafe impl Send for WithArgument {}
// SAFETY: as above.
unsafe impl Sync for WithArgument {}

/// Trust anchors and verification parameters of a context.
#[derive(Debug)]
pub(crate) struct ContextTrust {
    store: RwLock<Option<Store>>,
    param: VerifyParam,
    /// The parameters may differ from those of a new context: the program has changed them, or has their address.
    param_touched: AtomicBool,
    whole: RwLock<WithArgument>,
    /// Stapled responses.
    pub(crate) status: ocsp::ContextStatus,
}

impl ContextTrust {
    /// An empty store and default parameters.
    pub(crate) fn new(_: &LibCtx) -> Result<Self, Error> {
        Ok(Self {
            store: RwLock::new(Some(Store::new().ok_or(Error::Ssl(X509_LIB))?)),
            param: VerifyParam::new().ok_or(Error::Ssl(MALLOC_FAILURE))?,
            param_touched: AtomicBool::new(false),
            whole: RwLock::new(WithArgument { callback: None, argument: std::ptr::null_mut() }),
            status: ocsp::ContextStatus::default(),
        })
    }

    /// The store of trusted certificates now; the program may have taken it away.
    pub(crate) fn store(&self) -> Option<Store> {
        self.store.read().clone()
    }

    /// Replaces the store.
    pub(crate) fn set_store(&self, store: Option<Store>) {
        // The old one is freed with the lock given back: its ex_data may have callbacks.
        let _old = std::mem::replace(&mut *self.store.write(), store);
    }

    /// The parameters, to be changed.
    pub(crate) fn param_mut(&self) -> &VerifyParam {
        self.param_touched.store(true, Ordering::Release);
        &self.param
    }

    /// The parameters, to be read only.
    pub(crate) fn param(&self) -> &VerifyParam {
        &self.param
    }
}

/// Verification parameters of a connection, and what verification left.
#[derive(Debug)]
pub(crate) struct ConnectionTrust {
    /// Made when first needed; at `SSL_new` where the context's are not those of a new context.
    param: OnceLock<VerifyParam>,
    /// The peer's certificates as objects.
    pub(crate) peer: Mutex<PeerCertificates>,
    /// The peer's certificate has been accepted.
    pub(crate) accepted: AtomicBool,
    /// The program asks for verification to be repeated later.
    retry: AtomicBool,
    /// Stapled responses.
    pub(crate) status: ocsp::ConnectionStatus,
}

impl ConnectionTrust {
    /// Takes over the context's parameters.
    pub(crate) fn new(context: &Context) -> Result<Self, Error> {
        let param = match context.trust.param_touched.load(Ordering::Acquire) {
            true => OnceLock::from(VerifyParam::inheriting(&context.trust.param).ok_or(Error::Ssl(MALLOC_FAILURE))?),
            false => OnceLock::new(),
        };
        Ok(Self {
            param,
            peer: Mutex::default(),
            accepted: AtomicBool::new(false),
            retry: AtomicBool::new(false),
            status: ocsp::ConnectionStatus::default(),
        })
    }

    /// The parameters of the connection.
    pub(crate) fn param(&self) -> Result<&VerifyParam, Error> {
        if let Some(param) = self.param.get() {
            return Ok(param);
        }
        let made = VerifyParam::new().ok_or(Error::Ssl(MALLOC_FAILURE))?;
        Ok(self.param.get_or_init(|| made))
    }

    /// The parameters, if any were ever set or asked for.
    pub(crate) fn param_if_any(&self) -> Option<&VerifyParam> {
        self.param.get()
    }

    /// Asks for verification to be repeated later (`SSL_set_retry_verify`).
    pub(crate) fn ask_again(&self) {
        self.retry.store(true, Ordering::Relaxed);
    }

    /// Forgets what belongs to one handshake.
    pub(crate) fn clear(&self) {
        let _old = std::mem::take(&mut *self.peer.lock());
        self.accepted.store(false, Ordering::Relaxed);
        self.retry.store(false, Ordering::Relaxed);
        self.status.clear();
        if let Some(param) = self.param.get() {
            param.forget_peer_name();
        }
    }

    /// Takes over another connection's parameters (`SSL_dup`).
    pub(crate) fn copy_from(&self, other: &Self) {
        if let (Some(from), Ok(to)) = (other.param.get(), self.param()) {
            to.inherit(from);
            to.set_depth(from.depth());
        }
    }
}

/// Server: what is asked of the client.
pub(crate) fn client_auth(ssl: &Connection) -> ClientAuth {
    let config = ssl.config();
    let mode = config.verify.mode;
    // With SSL_VERIFY_POST_HANDSHAKE a TLS 1.3 client is asked by SSL_verify_client_post_handshake only, which refuses.
    let later = mode & verify_mode::POST_HANDSHAKE != 0 && will_be_tls13(ssl);
    let request = ssl.is_server() && mode & verify_mode::PEER != 0 && !later;
    // A client's go with its hello.
    let issuers = if request || !ssl.is_server() { ca_list::to_send(ssl) } else { Arc::default() };
    ClientAuth { request, require: request && requires(mode), issuers }
}

/// Whether a client without a certificate is refused.
fn requires(mode: c_int) -> bool {
    const BOTH: c_int = verify_mode::PEER | verify_mode::FAIL_IF_NO_PEER_CERT;
    mode & BOTH == BOTH
}

/// Whether the ClientHello that has arrived leads to TLS 1.3.
fn will_be_tls13(ssl: &Connection) -> bool {
    let hello = ssl.facts.read().hello.clone();
    let offered = hello.and_then(|hello| hello.supported_versions()).is_some_and(|all| all.contains(&TLS1_3));
    offered && ssl.config().versions().1
}

/// What verification came to.
enum Verdict {
    Verified,
    NotVerified,
    Again,
}

/// Verifies the chain in the connection's facts and records the result.
pub(crate) fn verify_peer(ssl: &Arc<Connection>) -> VerifyAnswer {
    let presented = match present(ssl) {
        Ok(presented) => presented,
        Err(answer) => return answer,
    };
    err::mark();
    let verdict = match run(ssl, &presented) {
        Ok(verdict) => verdict,
        Err(error) => {
            error.report();
            // What could not be run has not verified anything, and must not look as if it had.
            ssl.verify_result.store(X509_V_ERR_UNSPECIFIED, Ordering::Relaxed);
            Verdict::NotVerified
        }
    };
    match verdict {
        Verdict::Again => {
            err::forget_mark();
            return VerifyAnswer::Wait(Pause::Verify);
        }
        // A server sees a certificate only where it has asked for one; a client with any mode bit set insists.
        Verdict::NotVerified if ssl.is_server() || ssl.config().verify.mode != verify_mode::NONE => {
            err::forget_mark();
            let result = ssl.verify_result.load(Ordering::Relaxed);
            return refuse(reason::CERTIFICATE_VERIFY_FAILED, alert_for(result));
        }
        Verdict::Verified | Verdict::NotVerified => {}
    }
    if ssl.is_server() {
        err::forget_mark();
    } else {
        // As OpenSSL: what verification left in the queue is of no interest any more. What callbacks for the client's
        // certificate left, which run before it here, is.
        err::pop_to_mark();
    }
    if let Err(answer) = check_key(ssl, &presented) {
        return answer;
    }
    ssl.trust.accepted.store(true, Ordering::Relaxed);
    if ssl.is_server() { VerifyAnswer::Accept } else { ocsp::ask_client(ssl) }
}

/// Whether the key of the peer's certificate can be used at all and, on a client, goes with the cipher suite: the
/// signature that is to be verified with it comes later.
fn check_key(ssl: &Connection, presented: &Presented) -> Result<(), VerifyAnswer> {
    let Some(key) = presented.leaf().and_then(X509::public_key) else {
        return Err(if ssl.is_server() {
            refuse(reason::UNKNOWN_CERTIFICATE_TYPE, AlertDescription::HandshakeFailure)
        } else {
            refuse(reason::UNABLE_TO_FIND_PUBLIC_KEY_PARAMETERS, AlertDescription::InternalError)
        });
    };
    if ssl.is_server() {
        return Ok(());
    }
    if key.missing_parameters() {
        return Err(refuse(reason::UNABLE_TO_FIND_PUBLIC_KEY_PARAMETERS, AlertDescription::InternalError));
    }
    let Some(kind) = kind_of(&key) else {
        return Err(refuse(reason::UNKNOWN_CERTIFICATE_TYPE, AlertDescription::IllegalParameter));
    };
    let exchange = ssl.exchange.read().clone();
    let hello = exchange.and_then(|exchange| exchange.record.lock().server_hello);
    let suite = hello.and_then(|hello| by_id(hello.suite)).filter(|suite| !suite.is_tls13());
    if suite.is_some_and(|suite| signs_for(kind) != Some(suite.auth)) {
        return Err(refuse(reason::WRONG_CERTIFICATE_TYPE, AlertDescription::IllegalParameter));
    }
    Ok(())
}

/// Client: the server has resumed a session of TLS 1.3. Its chain is not verified again; what it staples, or does not,
/// is the program's to judge.
pub(crate) fn resumed(ssl: &Arc<Connection>) -> VerifyAnswer {
    let chain = ssl.session.current().map(|session| session.fields.read().peer_chain.clone());
    ssl.facts.write().peer_chain = chain.filter(|chain| !chain.is_empty());
    ssl.trust.accepted.store(true, Ordering::Relaxed);
    ocsp::ask_client(ssl)
}

/// Queues `reason` and ends the handshake with `alert`.
pub(crate) fn refuse(reason: c_int, alert: AlertDescription) -> VerifyAnswer {
    Error::Ssl(reason).report();
    VerifyAnswer::Refuse(alert)
}

/// The peer's chain as objects, kept for the getters.
fn present(ssl: &Arc<Connection>) -> Result<Arc<Presented>, VerifyAnswer> {
    let chain = ssl.facts.read().peer_chain.clone().unwrap_or_default();
    if message_len(ssl, &chain) > ssl.config().max_cert_list {
        return Err(refuse(reason::EXCESSIVE_MESSAGE_SIZE, AlertDescription::IllegalParameter));
    }
    let mut certificates = Vec::with_capacity(chain.len());
    for der in chain.iter() {
        match X509::from_der_prefix(der, &ssl.context().lib_ctx) {
            Some((certificate, len)) if len == der.len() => certificates.push(certificate),
            Some(_) => return Err(refuse(reason::CERT_LENGTH_MISMATCH, AlertDescription::DecodeError)),
            None if ssl.is_server() => return Err(refuse(ASN1_LIB, AlertDescription::DecodeError)),
            None => return Err(refuse(ASN1_LIB, AlertDescription::BadCertificate)),
        }
    }
    let presented = Presented::new(certificates, ssl.is_server())
        .ok_or_else(|| refuse(MALLOC_FAILURE, AlertDescription::InternalError))?;
    let presented = Arc::new(presented);
    let _old = std::mem::replace(
        &mut *ssl.trust.peer.lock(),
        PeerCertificates { presented: Some(presented.clone()), ..PeerCertificates::default() },
    );
    Ok(presented)
}

/// The length of the message that the chain came in (RFC 5246, section 7.4.2; RFC 8446, section 4.4.2), which
/// `SSL_CTX_set_max_cert_list` limits.
fn message_len(ssl: &Connection, chain: &[Vec<u8>]) -> usize {
    let facts = ssl.facts.read();
    let tls13 = facts.version() == TLS1_3;
    let (before, around) = if tls13 { (4, 5) } else { (3, 3) };
    let staple = facts.ocsp_response.as_ref().filter(|_| tls13).map_or(0, |response| response.len() + 8);
    before + staple + chain.iter().map(|certificate| certificate.len() + around).sum::<usize>()
}

/// Runs the verification with everything the program has set, and records what it left.
fn run(ssl: &Arc<Connection>, presented: &Presented) -> Result<Verdict, Error> {
    let context = ssl.context();
    let config = ssl.config();
    let store = config.verify.verify_store.clone().or_else(|| context.trust.store());
    let ctx = StoreCtx::new(store.as_ref(), presented.whole(), &context.lib_ctx).ok_or(Error::Ssl(X509_LIB))?;
    ctx.set_auth_level(config.level());
    ctx.set_flags(suite_b_flags(ssl));
    if !ctx.set_connection(ssl.as_ptr().cast()) {
        return Err(Error::Queued);
    }
    ctx.set_default(if ssl.is_server() { c"ssl_client" } else { c"ssl_server" });
    if let Some(param) = ssl.trust.param_if_any() {
        ctx.apply(param);
    }
    if config.verify.callback.is_some() {
        // SAFETY: the program's callback, as `SSL_set_verify(3)` wants it.
        unsafe { ctx.set_callback(config.verify.callback) };
    }
    ssl.trust.retry.store(false, Ordering::Relaxed);
    let whole = *context.trust.whole.read();
    let outcome = match whole.callback {
        // SAFETY: the program's callback with its argument; the verification and the connection are live.
        Some(verify) => unsafe { verify(ctx.as_ptr(), whole.argument) },
        // SAFETY: the connection in the slot is kept alive by our count.
        None => unsafe { ctx.verify() },
    };
    ssl.verify_result.store(ctx.error(), Ordering::Relaxed);
    let _old = std::mem::replace(&mut ssl.trust.peer.lock().verified, ctx.built_chain().map(Arc::new));
    if let Ok(param) = ssl.trust.param() {
        ctx.move_peer_name(param);
    }
    Ok(match outcome {
        ..=0 => Verdict::NotVerified,
        _ if !ssl.is_server() && ssl.trust.retry.swap(false, Ordering::Relaxed) => Verdict::Again,
        _ => Verdict::Verified,
    })
}

/// Verifies a handshake signature with libcrypto.
pub(crate) fn verify_signature(
    ssl: &Connection,
    key: &[u8],
    scheme: SignatureScheme,
    message: &[u8],
    signature: &[u8],
) -> Option<bool> {
    let lib_ctx = &ssl.context().lib_ctx;
    let method = own_key::signing_method(sigalg::by_scheme(scheme.0)?);
    let key = err::discarding(|| Pkey::from_spki(key, lib_ctx))?;
    Some(key.verify(message, signature, method, lib_ctx))
}

/// `X509_V_FLAG_SUITEB_*` as the cipher string asks for them.
fn suite_b_flags(ssl: &Connection) -> c_ulong {
    // SSL_CERT_FLAG_SUITEB_* has the numbers of X509_V_FLAG_SUITEB_*.
    const SUITE_B: u32 = 0x30000;
    c_ulong::from(ssl.config().cert_flags & SUITE_B)
}

/// The alert for a verify result (RFC 5246, section 7.2.2), as OpenSSL sends it.
fn alert_for(result: c_int) -> AlertDescription {
    match result {
        // unspecified, out of memory, invalid call, store lookup
        1 | 17 | 69 | 70 => AlertDescription::InternalError,
        // no issuer found, self-signed, unverifiable leaf, chain or path too long, not a CA
        2 | 3 | 18..=22 | 25 | 33 | 79 => AlertDescription::UnknownCa,
        // undecodable signature or key, dates, untrusted, rejected, names, keys and digests too weak
        4..=6 | 9 | 11 | 13..=16 | 27 | 28 | 62..=68 | 94 => AlertDescription::BadCertificate,
        7 | 8 => AlertDescription::DecryptError,
        10 | 12 => AlertDescription::CertificateExpired,
        23 => AlertDescription::CertificateRevoked,
        26 => AlertDescription::UnsupportedCertificate,
        50 => AlertDescription::HandshakeFailure,
        _ => AlertDescription::CertificateUnknown,
    }
}

fn set_mode(holder: &impl Holder, mode: c_int, callback: Option<SSL_verify_cb>) {
    holder.change(|config| {
        config.verify.mode = mode;
        if let Some(callback) = callback {
            config.verify.callback = callback;
        }
    });
}

/// `SSL_CTX_set_verify(3)`: sets how connections verify their peer, and the callback that sees each certificate.
///
/// With `SSL_VERIFY_POST_HANDSHAKE` a server does not ask a TLS 1.3 client in the handshake;
/// `SSL_verify_client_post_handshake`, which would ask later, refuses.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `callback` is null or of its type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_verify(ctx: *mut SSL_CTX, mode: c_int, callback: SSL_verify_cb) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        set_mode(&*unsafe { share_context(ctx) }?, mode, Some(callback));
        Ok(())
    });
}

/// `SSL_CTX_set_verify(3)`: sets how a connection verifies its peer. A null callback leaves the one there is.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `callback` is null or of its type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_verify(ssl: *mut SSL, mode: c_int, callback: SSL_verify_cb) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        set_mode(&*ssl, mode, callback.is_some().then_some(callback));
        // A client that has been asked already may still be made to answer, or be let off.
        if let Some(exchange) = &*ssl.exchange.read() {
            let asked = &mut exchange.policy.lock().client_auth;
            asked.require = asked.request && requires(mode);
        }
        Ok(())
    });
}

/// `SSL_CTX_get_verify_mode(3)`: the `SSL_VERIFY_*` bits.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_verify_mode(ctx: *const SSL_CTX) -> c_int {
    // SAFETY: null or a live handle, by the manual.
    guard(0, || Ok(unsafe { share_context(ctx) }?.config().verify.mode))
}

/// `SSL_CTX_get_verify_mode(3)`: the `SSL_VERIFY_*` bits of a connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_verify_mode(ssl: *const SSL) -> c_int {
    // SAFETY: null or a live handle, by the manual.
    guard(0, || Ok(unsafe { share(ssl) }?.config().verify.mode))
}

/// `SSL_CTX_get_verify_mode(3)`: the callback that sees each certificate.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_verify_callback(ctx: *const SSL_CTX) -> SSL_verify_cb {
    // SAFETY: null or a live handle, by the manual.
    guard(None, || Ok(unsafe { share_context(ctx) }?.config().verify.callback))
}

/// `SSL_CTX_get_verify_mode(3)`: the callback of a connection that sees each certificate.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_verify_callback(ssl: *const SSL) -> SSL_verify_cb {
    // SAFETY: null or a live handle, by the manual.
    guard(None, || Ok(unsafe { share(ssl) }?.config().verify.callback))
}

/// `SSL_CTX_set_cert_verify_callback(3)`: sets a callback that verifies in place of `X509_verify_cert`.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `callback` is null or of its type and works with `arg`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_cert_verify_callback(
    ctx: *mut SSL_CTX,
    callback: Option<unsafe extern "C" fn(store_ctx: *mut sys::X509_STORE_CTX, arg: *mut c_void) -> c_int>,
    arg: *mut c_void,
) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { share_context(ctx) }?;
        *context.trust.whole.write() = WithArgument { callback, argument: arg };
        Ok(())
    });
}

/// `SSL_get_verify_result(3)`: `X509_V_*` of the last verification, or of the session that was resumed.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_verify_result(ssl: *const SSL) -> c_long {
    // SAFETY: null or a live handle, by the manual.
    guard(X509_V_ERR_UNSPECIFIED.into(), || Ok(unsafe { share(ssl) }?.verify_result.load(Ordering::Relaxed).into()))
}

/// `SSL_set_verify_result(3)`: overrides the result of verification; what was decided by it stays decided.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_verify_result(ssl: *mut SSL, result: c_long) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        // OpenSSL keeps a long; its values are small numbers.
        ssl.verify_result.store(c_int::try_from(result).unwrap_or(c_int::MAX), Ordering::Relaxed);
        Ok(())
    });
}

/// `SSL_get_ex_data_X509_STORE_CTX_idx(3)`: the slot of an `X509_STORE_CTX` in which verify callbacks find their `SSL`.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_ex_data_X509_STORE_CTX_idx() -> c_int {
    guard(-1, || Ok(store_ctx::connection_slot()))
}
