//! `SSL_CTX`: what connections are made from.

use super::ca_list::CaLists;
use super::callbacks::ContextCallbacks;
use super::certificate::ContextCertificates;
use super::config::Config;
use super::error::{Error, PASSED_NULL_PARAMETER, guard};
use super::method::{Method, Side};
use super::session_cache::ContextSessions;
use super::types::{SSL_CTX, SSL_METHOD};
use super::verify::ContextTrust;
use crate::libcrypto::ex_data::ExData;
use crate::libcrypto::lib_ctx::LibCtx;
use crate::libcrypto::sys;
use crate::seam::{Handle, Owned, Owning, arg};
use crate::tls::config::{self, Settings};
use parking_lot::{Mutex, RwLock};
use rustls::{ClientConfig, ServerConfig};
use smallvec::SmallVec;
use std::ffi::{c_char, c_int};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

impl Handle for SSL_CTX {
    type Inner = Context;
}

/// The object behind an `SSL_CTX *`.
pub struct Context {
    owners: AtomicUsize,
    /// The method it was made with, or was given by `SSL_CTX_set_ssl_version`.
    pub(crate) method: RwLock<&'static Method>,
    /// Library context and property query for all calls into libcrypto made for it.
    pub(crate) lib_ctx: LibCtx,
    /// What its connections inherit.
    config: RwLock<Arc<Config>>,
    /// Trust anchors and verification parameters.
    pub(crate) trust: ContextTrust,
    /// What its connections look up here of own certificates.
    pub(crate) certificates: ContextCertificates,
    /// Names of accepted issuers.
    pub(crate) ca_lists: CaLists,
    /// Session cache and ticket keys.
    pub(crate) sessions: ContextSessions,
    /// Callbacks that are looked up here when they are needed.
    pub(crate) callbacks: RwLock<ContextCallbacks>,
    /// Application data.
    pub(crate) ex_data: ExData,
    built: Built,
}

/// Configurations made for this context's connections: few, because connections rarely differ.
#[derive(Default)]
struct Built {
    client: Mutex<SmallVec<[ClientEntry; 1]>>,
    server: Mutex<SmallVec<[ServerEntry; 2]>>,
}

/// A client's configuration and what it was built from.
type ClientEntry = (Arc<Settings>, Arc<ClientConfig>);

struct ServerEntry {
    settings: Arc<Settings>,
    alpn: Vec<u8>,
    config: Arc<ServerConfig>,
}

/// More configurations than this are not kept.
const BUILT_MAX: usize = 16;

fn same(a: &Arc<Settings>, b: &Arc<Settings>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

impl Context {
    /// What connections inherit now.
    pub(crate) fn config(&self) -> Arc<Config> {
        self.config.read().clone()
    }

    /// Changes what later connections inherit.
    pub(crate) fn edit<T>(&self, change: impl FnOnce(&mut Config) -> T) -> T {
        let (value, _old) = Config::edit(&mut self.config.write(), change);
        value
    }

    /// rustls's configuration for a client with these settings.
    pub(crate) fn client_config(&self, settings: &Arc<Settings>) -> Result<Arc<ClientConfig>, rustls::Error> {
        if let Some((_, found)) = self.built.client.lock().iter().find(|(key, _)| same(key, settings)) {
            return Ok(found.clone());
        }
        let made = config::client(settings)?;
        let mut kept = self.built.client.lock();
        if kept.len() >= BUILT_MAX {
            kept.remove(0);
        }
        kept.push((settings.clone(), made.clone()));
        Ok(made)
    }

    /// rustls's configuration for a server with these settings that answers ALPN with `alpn`.
    pub(crate) fn server_config(
        &self,
        settings: &Arc<Settings>,
        alpn: &[u8],
    ) -> Result<Arc<ServerConfig>, rustls::Error> {
        let is_it = |entry: &&ServerEntry| entry.alpn == alpn && same(&entry.settings, settings);
        if let Some(found) = self.built.server.lock().iter().find(is_it) {
            return Ok(found.config.clone());
        }
        let made = config::server(settings, alpn)?;
        let mut kept = self.built.server.lock();
        if kept.len() >= BUILT_MAX {
            kept.remove(0);
        }
        kept.push(ServerEntry { settings: settings.clone(), alpn: alpn.to_vec(), config: made.clone() });
        Ok(made)
    }

    /// The side its method is for.
    pub(crate) fn side(&self) -> Side {
        self.method.read().side
    }
}

impl Owned for Context {
    fn owners(&self) -> &AtomicUsize {
        &self.owners
    }

    /// Runs what may call the program back with this context.
    fn last_owner_gone(this: &Arc<Self>) {
        super::session_cache::context_freed(this);
        this.ex_data.detach(SSL_CTX::peek(this).cast());
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // Owned again after its last owner had let go: there is no pointer any more that callbacks could use.
        self.ex_data.detach(std::ptr::null_mut());
    }
}

/// Takes a context apart from its pointer, or fails as most functions do on null.
///
/// # Safety
/// `ctx` is null or a live handle.
pub(crate) unsafe fn share(ctx: *const SSL_CTX) -> Result<Arc<Context>, Error> {
    // SAFETY: null or a live handle, by the caller.
    unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))
}

fn new(lib_ctx: LibCtx, method: *const SSL_METHOD) -> Result<*mut SSL_CTX, Error> {
    super::init::ensure()?;
    let method = Method::from_ptr(method).ok_or(Error::Ssl(super::reason::NULL_SSL_METHOD_PASSED))?;
    method.usable()?;
    let context = Arc::new(Context {
        owners: AtomicUsize::new(0),
        method: RwLock::new(method),
        trust: ContextTrust::new(&lib_ctx)?,
        certificates: ContextCertificates::default(),
        ca_lists: CaLists::of_context(),
        sessions: ContextSessions::new()?,
        lib_ctx,
        config: RwLock::new(Arc::new(Config::new(method.versions))),
        callbacks: RwLock::default(),
        ex_data: ExData::new(sys::CRYPTO_EX_INDEX_SSL_CTX),
        built: Built::default(),
    });
    if !context.ex_data.attach(SSL_CTX::peek(&context).cast()) {
        return Err(Error::Ssl(super::error::MALLOC_FAILURE));
    }
    let ctx = SSL_CTX::give(Owning::new(context));
    super::conf::apply_system_default(ctx);
    Ok(ctx)
}

/// `SSL_CTX_new(3)`: makes a context; null when the method is not supported.
///
/// Status: full.
///
/// # Safety
/// `method` is null or came from one of the method functions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_new(method: *const SSL_METHOD) -> *mut SSL_CTX {
    guard(std::ptr::null_mut(), || new(LibCtx::default(), method))
}

/// `SSL_CTX_new_ex(3)`: as `SSL_CTX_new`, with a library context and a property query of its own.
///
/// Status: full.
///
/// # Safety
/// `libctx` is null or outlives the context; `propq` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_new_ex(
    libctx: *mut sys::OSSL_LIB_CTX,
    propq: *const c_char,
    method: *const SSL_METHOD,
) -> *mut SSL_CTX {
    // SAFETY: null or a C string, by the manual.
    let propq = unsafe { arg::c_str(propq) };
    guard(std::ptr::null_mut(), || new(LibCtx::new(libctx, propq), method))
}

/// `SSL_CTX_up_ref(3)`: adds a count; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_up_ref(ctx: *mut SSL_CTX) -> c_int {
    // SAFETY: null or a live handle, by the manual.
    guard(0, || Ok(unsafe { SSL_CTX::up_ref(ctx) }.into()))
}

/// `SSL_CTX_free(3)`: gives a count back; null is allowed.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle, not used again by this owner.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_free(ctx: *mut SSL_CTX) {
    guard((), || {
        // SAFETY: null or a live handle whose count is given up, by the manual.
        drop(unsafe { SSL_CTX::take(ctx) });
        Ok(())
    });
}
