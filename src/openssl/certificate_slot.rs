//! What a context or a connection holds of own certificates and keys: one slot for each type of key, each with a
//! certificate, a private key and a chain, one of them the current slot.

use super::ca_list::PeerIssuers;
use super::certificate_callback::ClientCertificateCallback;
use super::certificate_chain;
use super::config::Config;
use super::connection::{self, Connection};
use super::context::{self, Context};
use super::error::{BUF_LIB, Error, INTERNAL_ERROR};
use super::own_certificate::OwnCertificate;
use super::own_key::OwnKey;
use super::security_check;
use super::types::{SSL, SSL_CTX};
use crate::libcrypto::err;
use crate::libcrypto::lib_ctx::LibCtx;
use crate::libcrypto::pem::Password;
use crate::libcrypto::pkey::Pkey;
use crate::libcrypto::store::Store;
use crate::libcrypto::sys;
use crate::libcrypto::x509::{X509, X509Stack};
use crate::tls::certificate_request::CertificateRequest;
use crate::tls::credentials;
use crate::tls::sigalg::KeyKind;
use parking_lot::{Mutex, RwLock};
use rustls::crypto::Identity;
use std::borrow::Cow;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// The types of key that have a slot, in OpenSSL's order.
pub(crate) const SLOT_KINDS: [KeyKind; 6] =
    [KeyKind::Rsa, KeyKind::RsaPss, KeyKind::Dsa, KeyKind::Ec, KeyKind::Ed25519, KeyKind::Ed448];

/// The slot for a type of key.
pub(crate) fn slot_of(kind: KeyKind) -> usize {
    SLOT_KINDS.iter().position(|&slot| slot == kind).unwrap_or(0)
}

/// The type of a key; none when there is no slot for it.
pub(crate) fn kind_of(key: &Pkey) -> Option<KeyKind> {
    let name = |kind| match kind {
        KeyKind::Rsa => c"RSA",
        KeyKind::RsaPss => c"RSA-PSS",
        KeyKind::Dsa => c"DSA",
        KeyKind::Ec => c"EC",
        KeyKind::Ed25519 => c"ED25519",
        KeyKind::Ed448 => c"ED448",
    };
    SLOT_KINDS.into_iter().find(|&kind| key.is_a(name(kind)))
}

/// A chain without its leaf. `SSL_CTX_get0_chain_certs` and relatives lend it to the program as a stack.
#[derive(Debug)]
pub(crate) struct OwnChain {
    certificates: Vec<Arc<OwnCertificate>>,
    stack: OnceLock<Option<X509Stack>>,
    /// An earlier state of this chain that the program may still look at.
    _lent: Option<Arc<OwnChain>>,
}

impl OwnChain {
    /// A chain of these certificates, in place of `previous`.
    pub(crate) fn new(certificates: Vec<Arc<OwnCertificate>>, previous: Option<Arc<OwnChain>>) -> Arc<Self> {
        let _lent = previous.filter(|previous| previous.stack.get().is_some());
        Arc::new(Self { certificates, stack: OnceLock::new(), _lent })
    }

    /// The chain with one more certificate at its end.
    pub(crate) fn with(previous: Option<Arc<OwnChain>>, certificate: OwnCertificate) -> Arc<Self> {
        let mut certificates = previous.as_ref().map_or_else(Vec::new, |chain| chain.certificates.clone());
        certificates.push(Arc::new(certificate));
        Self::new(certificates, previous)
    }

    /// The certificates in order.
    pub(crate) fn certificates(&self) -> &[Arc<OwnCertificate>] {
        &self.certificates
    }

    /// The chain as C sees it; it lives as long as `self`.
    pub(crate) fn as_ptr(&self) -> *mut sys::stack_st_X509 {
        let objects = || self.certificates.iter().map(|certificate| certificate.object().cloned());
        let stack = self.stack.get_or_init(|| X509Stack::new(objects().collect::<Option<Vec<X509>>>()?));
        stack.as_ref().map_or(std::ptr::null_mut(), X509Stack::as_ptr)
    }
}

/// What goes with one type of key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slot {
    pub(crate) certificate: Option<Arc<OwnCertificate>>,
    pub(crate) key: Option<Arc<OwnKey>>,
    /// None where C sees a null stack.
    pub(crate) chain: Option<Arc<OwnChain>>,
}

impl Slot {
    /// Whether it can be shown to a peer.
    pub(crate) fn is_complete(&self) -> bool {
        self.certificate.is_some() && self.key.is_some()
    }
}

/// `SSL_CTX_set_cert_cb(3)`: called when a certificate is needed, with its argument.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CertCallback {
    pub(crate) function: unsafe extern "C" fn(ssl: *mut SSL, arg: *mut c_void) -> c_int,
    pub(crate) arg: *mut c_void,
}

// SAFETY: the pointer is the program's and only handed back to it.
unsafe impl Send for CertCallback {}
// SAFETY: as above.
unsafe impl Sync for CertCallback {}

/// The certificates and keys of a context or a connection.
#[derive(Debug, Default)]
pub(crate) struct Certificates {
    /// In the order of [`SLOT_KINDS`].
    pub(crate) slots: [Slot; SLOT_KINDS.len()],
    /// The slot that getters and chain functions work on.
    pub(crate) current: usize,
    /// Asked before one of these is used.
    pub(crate) callback: Option<CertCallback>,
    sent: [Mutex<Option<Sent>>; SLOT_KINDS.len()],
}

impl Clone for Certificates {
    fn clone(&self) -> Self {
        let Self { slots, current, callback, .. } = self;
        Self { slots: slots.clone(), current: *current, callback: *callback, sent: Default::default() }
    }
}

/// What is sent after the leaf.
#[derive(Debug, Clone)]
pub(crate) enum Rest {
    /// A chain that was set, or nothing.
    Given(Option<Arc<OwnChain>>),
    /// What the store knows; it held so many objects.
    Known(Store, usize),
}

impl PartialEq for Rest {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Given(Some(a)), Self::Given(Some(b))) => Arc::ptr_eq(a, b),
            (Self::Given(None), Self::Given(None)) => true,
            (Self::Known(a, size_a), Self::Known(b, size_b)) => a.as_ptr() == b.as_ptr() && size_a == size_b,
            _ => false,
        }
    }
}

/// A chain as it was last sent, and what it was made from.
#[derive(Debug)]
struct Sent {
    rest: Rest,
    level: u8,
    chain: Vec<Arc<OwnCertificate>>,
    identity: Arc<Identity<'static>>,
}

impl Sent {
    /// Whether no program has changed one of the certificates since.
    fn is_current(&self) -> bool {
        let Identity::X509(sent) = &*self.identity else { return false };
        let sent = std::iter::once(&sent.end_entity).chain(&sent.intermediates);
        self.chain.iter().zip(sent).all(|(certificate, sent)| certificate.is_still(sent))
    }
}

impl Certificates {
    /// The current slot.
    pub(crate) fn current(&self) -> &Slot {
        self.slot(self.current)
    }

    /// A slot by number.
    pub(crate) fn slot(&self, at: usize) -> &Slot {
        let [first, rest @ ..] = &self.slots;
        at.checked_sub(1).and_then(|at| rest.get(at)).unwrap_or(first)
    }

    fn slot_mut(&mut self, at: usize) -> &mut Slot {
        let [first, rest @ ..] = &mut self.slots;
        at.checked_sub(1).and_then(|at| rest.get_mut(at)).unwrap_or(first)
    }

    /// The current slot, to be changed.
    pub(crate) fn current_mut(&mut self) -> &mut Slot {
        self.slot_mut(self.current)
    }

    /// Puts a certificate into its slot and makes that current. A key in the slot that does not belong to it goes.
    pub(crate) fn set_certificate(&mut self, kind: KeyKind, certificate: OwnCertificate) {
        let at = slot_of(kind);
        let slot = self.slot_mut(at);
        if let Some(key) = slot.key.take() {
            certificate.complete_from(&key);
            err::clear();
            if certificate.matches(&key) {
                slot.key = Some(key);
            } else {
                err::clear();
            }
        }
        slot.certificate = Some(Arc::new(certificate));
        self.current = at;
    }

    /// Puts a private key into its slot and makes that current; it must belong to the certificate there.
    pub(crate) fn set_key(&mut self, key: OwnKey) -> Result<(), Error> {
        let at = slot_of(key.kind);
        let slot = self.slot_mut(at);
        if slot.certificate.as_ref().is_some_and(|certificate| !certificate.matches(&key)) {
            return Err(Error::Queued);
        }
        slot.key = Some(Arc::new(key));
        self.current = at;
        Ok(())
    }

    /// The chain of a slot as it is sent, with `rest` after the leaf. The security level must allow all of it.
    pub(crate) fn identity(&self, at: usize, rest: Rest, owner: &Owner) -> Result<Arc<Identity<'static>>, Error> {
        let level = owner.config().level();
        let cache = self.sent.get(at).ok_or(Error::Ssl(INTERNAL_ERROR))?;
        // A callback is asked each time.
        let asks = owner.config().security_callback.is_some();
        let is_it = |known: &&Sent| !asks && known.rest == rest && known.level == level && known.is_current();
        if let Some(known) = cache.lock().as_ref().filter(is_it) {
            return Ok(known.identity.clone());
        }
        let leaf = self.slot(at).certificate.clone().ok_or(Error::Ssl(INTERNAL_ERROR))?;
        let after = match &rest {
            Rest::Given(chain) => chain.as_ref().map_or_else(Vec::new, |chain| chain.certificates().to_vec()),
            Rest::Known(store, _) => {
                let object = leaf.object().ok_or(Error::Ssl(INTERNAL_ERROR))?;
                let built = certificate_chain::automatic_chain(owner, store, object).unwrap_or_default();
                built.into_iter().map(|object| Arc::new(OwnCertificate::from(object))).collect()
            }
        };
        owner.allows(&leaf, true)?;
        for certificate in &after {
            owner.allows(certificate, false)?;
        }
        let chain: Vec<_> = std::iter::once(leaf).chain(after).collect();
        let ders = chain.iter().map(|certificate| certificate.der().map(Cow::into_owned)).collect::<Option<Vec<_>>>();
        let identity = ders.and_then(credentials::identity).ok_or(Error::Ssl(BUF_LIB))?;
        let _old = cache.lock().replace(Sent { rest, level, chain, identity: identity.clone() });
        Ok(identity)
    }
}

/// What a context has of certificates that its connections do not inherit but look up.
#[derive(Debug, Default)]
pub(crate) struct ContextCertificates {
    /// Chain certificates for all slots without a chain of their own.
    pub(crate) extra: RwLock<Option<Arc<OwnChain>>>,
    /// Asked by clients that have no suitable certificate.
    pub(crate) client_callback: RwLock<ClientCertificateCallback>,
}

/// What a connection knows of its own certificates besides its settings.
#[derive(Debug)]
pub(crate) struct ConnectionCertificates {
    /// The slot that the handshake has chosen, which is the current one from then on.
    chosen: AtomicUsize,
    /// Server: no certificate can be shown in TLS 1.3, nor will a callback find one.
    no_tls13: AtomicBool,
    /// Client: the certificate callback has done its part.
    pub(crate) callback_done: AtomicBool,
    /// Client: what the server asked for.
    pub(crate) request: Mutex<Option<Arc<CertificateRequest>>>,
    /// Client: the names of issuers that the server takes, once it has asked for a certificate.
    pub(crate) issuers: Mutex<PeerIssuers>,
}

const NOT_CHOSEN: usize = usize::MAX;

impl Default for ConnectionCertificates {
    fn default() -> Self {
        Self {
            chosen: AtomicUsize::new(NOT_CHOSEN),
            no_tls13: AtomicBool::new(false),
            callback_done: AtomicBool::new(false),
            request: Mutex::default(),
            issuers: Mutex::default(),
        }
    }
}

impl ConnectionCertificates {
    /// The handshake has chosen a slot.
    pub(crate) fn choose(&self, at: usize) {
        self.chosen.store(at, Ordering::Relaxed);
    }

    /// Whether the handshake has chosen one.
    pub(crate) fn has_chosen(&self) -> bool {
        self.chosen.load(Ordering::Relaxed) != NOT_CHOSEN
    }

    /// Server: says whether TLS 1.3 is possible.
    pub(crate) fn allow_tls13(&self, possible: bool) {
        self.no_tls13.store(!possible, Ordering::Relaxed);
    }

    /// Server: whether TLS 1.3 is possible.
    pub(crate) fn allows_tls13(&self) -> bool {
        !self.no_tls13.load(Ordering::Relaxed)
    }

    /// Forgets what belongs to one handshake.
    pub(crate) fn clear(&self) {
        self.callback_done.store(false, Ordering::Relaxed);
        *self.request.lock() = None;
        *self.issuers.lock() = PeerIssuers::default();
    }

    /// The certificates have changed: what was chosen among them counts no more.
    pub(crate) fn forget(&self) {
        self.choose(NOT_CHOSEN);
    }
}

impl Connection {
    /// The number of the current slot.
    pub(crate) fn current_slot(&self) -> usize {
        match self.own.chosen.load(Ordering::Relaxed) {
            NOT_CHOSEN => self.config().certificates.current,
            chosen => chosen,
        }
    }
}

/// A context or a connection: most functions of this topic exist for both.
pub(crate) enum Owner {
    Context(Arc<Context>),
    Connection(Arc<Connection>),
}

impl Owner {
    /// The context behind a pointer.
    ///
    /// # Safety
    /// `ctx` is null or a live handle.
    pub(crate) unsafe fn of_context(ctx: *const SSL_CTX) -> Result<Self, Error> {
        // SAFETY: null or a live handle, by the caller.
        unsafe { context::share(ctx) }.map(Self::Context)
    }

    /// The connection behind a pointer.
    ///
    /// # Safety
    /// `ssl` is null or a live handle.
    pub(crate) unsafe fn of_connection(ssl: *const SSL) -> Result<Self, Error> {
        // SAFETY: null or a live handle, by the caller.
        unsafe { connection::share(ssl) }.map(Self::Connection)
    }

    /// The settings now.
    pub(crate) fn config(&self) -> Arc<Config> {
        match self {
            Self::Context(context) => context.config(),
            Self::Connection(ssl) => ssl.config(),
        }
    }

    fn edit<T>(&self, change: impl FnOnce(&mut Config) -> T) -> T {
        match self {
            Self::Context(context) => context.edit(change),
            Self::Connection(ssl) => ssl.edit(change),
        }
    }

    /// Sets how passwords are asked for.
    pub(crate) fn edit_password(&self, change: impl FnOnce(&mut Password)) {
        self.edit(|config| change(&mut config.password));
    }

    /// The certificates now, with the current slot as the handshake may have chosen it.
    pub(crate) fn certificates(&self) -> Arc<Certificates> {
        let certificates = self.config().certificates.clone();
        match self {
            Self::Connection(ssl) if ssl.current_slot() != certificates.current => {
                Arc::new(Certificates { current: ssl.current_slot(), ..(*certificates).clone() })
            }
            _ => certificates,
        }
    }

    /// The current slot.
    pub(crate) fn current(&self) -> Slot {
        let at = match self {
            Self::Context(context) => context.config().certificates.current,
            Self::Connection(ssl) => ssl.current_slot(),
        };
        self.config().certificates.slot(at).clone()
    }

    /// Changes the certificates; on failure they stay as they are. Nothing is locked while `change` runs, because it
    /// calls libcrypto.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Certificates) -> Result<T, Error>) -> Result<T, Error> {
        let mut certificates = (*self.certificates()).clone();
        let value = change(&mut certificates)?;
        let certificates = Arc::new(certificates);
        let old = self.edit(|config| std::mem::replace(&mut config.certificates, certificates));
        if let Self::Connection(ssl) = self {
            ssl.own.forget();
        }
        drop(old);
        Ok(value)
    }

    /// The library context for calls into libcrypto.
    pub(crate) fn lib_ctx(&self) -> LibCtx {
        match self {
            Self::Context(context) => context.lib_ctx.clone(),
            Self::Connection(ssl) => ssl.context().lib_ctx.clone(),
        }
    }

    /// The store that completes chains.
    pub(crate) fn chain_store(&self) -> Option<Store> {
        self.config().verify.chain_store.clone().or_else(|| match self {
            Self::Context(context) => context.trust.store(),
            Self::Connection(ssl) => ssl.context().trust.store(),
        })
    }

    /// Whether the security level, or the callback, allows a certificate as a leaf, or else as one of a chain.
    pub(crate) fn allows(&self, certificate: &OwnCertificate, leaf: bool) -> Result<(), Error> {
        security_check::own_certificate(self, certificate, leaf)
    }
}
