//! Names of accepted issuers: what is sent to the peer, and what it sent.

use super::connection::{self, Connection};
use super::context::{self, Context};
use super::error::{Error, guard};
use super::types::{SSL, SSL_CTX};
use crate::libcrypto::names::{Name, NameStack};
use crate::libcrypto::sys;
use crate::libcrypto::x509::X509;
use crate::seam::Handle;
use crate::tls::hello::Hello;
use parking_lot::Mutex;
use rustls::DistinguishedName;
use std::ffi::c_int;
use std::sync::Arc;

/// A list as the program sees it. It keeps its address until it is replaced.
#[derive(Debug, Default)]
pub(crate) struct CaList {
    names: Mutex<Option<NameStack>>,
    encoded: Mutex<Option<Encoded>>,
}

/// The names as they are sent, and how many there were.
#[derive(Debug)]
struct Encoded {
    len: usize,
    names: Arc<[DistinguishedName]>,
}

impl CaList {
    fn empty() -> Self {
        Self { names: Mutex::new(NameStack::new()), encoded: Mutex::default() }
    }

    fn as_ptr(&self) -> Option<*mut sys::stack_st_X509_NAME> {
        self.names.lock().as_ref().map(NameStack::as_ptr)
    }

    fn replace(&self, names: Option<NameStack>) {
        // What was there is freed with the lock given back.
        let _old = std::mem::replace(&mut *self.names.lock(), names);
        *self.encoded.lock() = None;
    }

    /// Appends a certificate's subject.
    fn add(&self, certificate: &X509) -> Result<c_int, Error> {
        let name = Name::of_subject(certificate).ok_or(Error::Silent)?;
        let mut names = self.names.lock();
        if names.is_none() {
            *names = NameStack::new();
        }
        let added = names.as_mut().is_some_and(|names| names.push(name));
        Ok(added.into())
    }

    /// The names as they are sent; none when there are none.
    fn encoded(&self) -> Option<Arc<[DistinguishedName]>> {
        let names = self.names.lock();
        let stack = names.as_ref().filter(|stack| !stack.is_empty())?;
        let mut encoded = self.encoded.lock();
        if let Some(known) = encoded.as_ref().filter(|known| known.len == stack.len()) {
            return Some(known.names.clone());
        }
        let names: Arc<[DistinguishedName]> = stack.to_der().into_iter().map(DistinguishedName::from).collect();
        *encoded = Some(Encoded { len: stack.len(), names: names.clone() });
        Some(names)
    }

    fn copy_from(&self, other: &Self) {
        // SAFETY: the stack is live while it is locked.
        self.replace(other.names.lock().as_ref().and_then(|names| unsafe { NameStack::copy(names.as_ptr()) }));
    }
}

/// The lists of a context or a connection.
#[derive(Debug, Default)]
pub(crate) struct CaLists {
    /// For clients and servers.
    general: CaList,
    /// For servers only.
    client: CaList,
}

impl CaLists {
    /// A context's: empty lists.
    pub(crate) fn of_context() -> Self {
        Self { general: CaList::empty(), client: CaList::empty() }
    }

    /// Takes over another connection's (`SSL_dup`).
    pub(crate) fn copy_from(&self, other: &Self) {
        self.general.copy_from(&other.general);
        self.client.copy_from(&other.client);
    }
}

/// What the peer has sent of issuers, and the stack that the program has been given of it.
#[derive(Debug, Default)]
pub(crate) struct PeerIssuers {
    received: Option<Vec<Vec<u8>>>,
    stack: Option<NameStack>,
}

impl PeerIssuers {
    /// The names of a CertificateRequest; none when it had no room for them.
    pub(crate) fn new(received: Option<Vec<Vec<u8>>>) -> Self {
        Self { received, stack: None }
    }

    /// The names of a ClientHello's certificate_authorities extension (RFC 8446, section 4.2.4).
    pub(crate) fn of_client(hello: &Hello) -> Self {
        const CERTIFICATE_AUTHORITIES: u16 = 47;
        let vector = |bytes: &mut &[u8]| -> Option<Vec<u8>> {
            let (len, rest) = bytes.split_first_chunk::<2>()?;
            let (vector, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
            *bytes = rest;
            Some(vector.to_vec())
        };
        let list = hello.extension(CERTIFICATE_AUTHORITIES).and_then(|mut content| vector(&mut content));
        Self::new(list.map(|list| {
            let mut rest = list.as_slice();
            std::iter::from_fn(|| vector(&mut rest)).collect()
        }))
    }

    /// Whether the peer has spoken of them already.
    pub(crate) fn is_known(&self) -> bool {
        self.received.is_some()
    }

    /// The names as libcrypto's objects.
    pub(crate) fn names(&self) -> Vec<Name> {
        self.received.iter().flatten().filter_map(|der| Name::from_der(der)).collect()
    }

    fn as_ptr(&mut self) -> *mut sys::stack_st_X509_NAME {
        let Some(received) = &self.received else { return std::ptr::null_mut() };
        if self.stack.is_none() {
            self.stack = NameStack::new().and_then(|mut stack| {
                let mut names = received.iter().filter_map(|der| Name::from_der(der));
                names.all(|name| stack.push(name)).then_some(stack)
            });
        }
        self.stack.as_ref().map_or(std::ptr::null_mut(), NameStack::as_ptr)
    }
}

/// The names that a server's request carries: the list for clients, else the general one. A client's hello carries the
/// general one.
pub(crate) fn to_send(ssl: &Connection) -> Arc<[DistinguishedName]> {
    const DISABLE_CA_NAMES: u64 = 1 << 9;
    if ssl.has_option(DISABLE_CA_NAMES) {
        return Arc::default();
    }
    let context = ssl.context();
    // A list of the connection, even an empty one, stands before the context's.
    let list = |own: &CaList, inherited: &CaList| match own.as_ptr() {
        Some(_) => own.encoded(),
        None => inherited.encoded(),
    };
    let for_clients = ssl.is_server().then(|| list(&ssl.ca_lists.client, &context.ca_lists.client));
    for_clients.flatten().or_else(|| list(&ssl.ca_lists.general, &context.ca_lists.general)).unwrap_or_default()
}

/// The part of [`CaLists`] that a function is about.
type Which = fn(&CaLists) -> &CaList;

const GENERAL: Which = |lists| &lists.general;
const CLIENT: Which = |lists| &lists.client;

fn of_context(context: &Context, which: Which) -> *mut sys::stack_st_X509_NAME {
    which(&context.ca_lists).as_ptr().unwrap_or(std::ptr::null_mut())
}

fn of_connection(ssl: &Connection, which: Which) -> *mut sys::stack_st_X509_NAME {
    which(&ssl.ca_lists).as_ptr().unwrap_or_else(|| of_context(&ssl.context(), which))
}

/// # Safety
/// `ctx` is null or a live handle; `names` is null or a live stack, which becomes ours.
unsafe fn set_of_context(ctx: *mut SSL_CTX, names: *mut sys::stack_st_X509_NAME, which: Which) {
    guard((), || {
        // SAFETY: null or live, by the caller.
        let context = unsafe { context::share(ctx) }?;
        // SAFETY: as above; the stack is ours now.
        which(&context.ca_lists).replace(unsafe { NameStack::from_owned(names) });
        Ok(())
    });
}

/// # Safety
/// `ssl` is null or a live handle; `names` is null or a live stack, which becomes ours.
unsafe fn set_of_connection(ssl: *mut SSL, names: *mut sys::stack_st_X509_NAME, which: Which) {
    guard((), || {
        // SAFETY: null or live, by the caller.
        let ssl = unsafe { connection::share(ssl) }?;
        // SAFETY: as above; the stack is ours now.
        which(&ssl.ca_lists).replace(unsafe { NameStack::from_owned(names) });
        Ok(())
    });
}

/// # Safety
/// `ctx` is null or a live handle, `x` null or a live certificate.
unsafe fn add_to_context(ctx: *mut SSL_CTX, x: *const sys::X509, which: Which) -> c_int {
    guard(0, || {
        // SAFETY: null or live, by the caller.
        let certificate = unsafe { X509::from_borrowed(x.cast_mut()) }.ok_or(Error::Silent)?;
        // SAFETY: as above.
        which(&unsafe { context::share(ctx) }?.ca_lists).add(&certificate)
    })
}

/// # Safety
/// `ssl` is null or a live handle, `x` null or a live certificate.
unsafe fn add_to_connection(ssl: *mut SSL, x: *const sys::X509, which: Which) -> c_int {
    guard(0, || {
        // SAFETY: null or live, by the caller.
        let certificate = unsafe { X509::from_borrowed(x.cast_mut()) }.ok_or(Error::Silent)?;
        // SAFETY: as above.
        which(&unsafe { connection::share(ssl) }?.ca_lists).add(&certificate)
    })
}

/// `SSL_CTX_set_client_CA_list(3)`: the names that servers send to clients; takes the stack over.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `name_list` is null or a live stack, which becomes ours.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_client_CA_list(ctx: *mut SSL_CTX, name_list: *mut sys::stack_st_X509_NAME) {
    // SAFETY: passed on from the caller.
    unsafe { set_of_context(ctx, name_list, CLIENT) };
}

/// `SSL_set_client_CA_list(3)`: as `SSL_CTX_set_client_CA_list`, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `name_list` is null or a live stack, which becomes ours.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_client_CA_list(ssl: *mut SSL, name_list: *mut sys::stack_st_X509_NAME) {
    // SAFETY: passed on from the caller.
    unsafe { set_of_connection(ssl, name_list, CLIENT) };
}

/// `SSL_CTX_set0_CA_list(3)`: the names that clients send, and servers where there are none for clients; takes the stack
/// over.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `name_list` is null or a live stack, which becomes ours.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set0_CA_list(ctx: *mut SSL_CTX, name_list: *mut sys::stack_st_X509_NAME) {
    // SAFETY: passed on from the caller.
    unsafe { set_of_context(ctx, name_list, GENERAL) };
}

/// `SSL_set0_CA_list(3)`: as `SSL_CTX_set0_CA_list`, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `name_list` is null or a live stack, which becomes ours.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set0_CA_list(ssl: *mut SSL, name_list: *mut sys::stack_st_X509_NAME) {
    // SAFETY: passed on from the caller.
    unsafe { set_of_connection(ssl, name_list, GENERAL) };
}

/// `SSL_CTX_add_client_CA(3)`: adds a certificate's subject to the names for clients; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle, `x` null or a live certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_add_client_CA(ctx: *mut SSL_CTX, x: *mut sys::X509) -> c_int {
    // SAFETY: passed on from the caller.
    unsafe { add_to_context(ctx, x, CLIENT) }
}

/// `SSL_add_client_CA(3)`: as `SSL_CTX_add_client_CA`, for one connection, whose list then stands in the context's place.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle, `x` null or a live certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_add_client_CA(ssl: *mut SSL, x: *mut sys::X509) -> c_int {
    // SAFETY: passed on from the caller.
    unsafe { add_to_connection(ssl, x, CLIENT) }
}

/// `SSL_CTX_add1_to_CA_list(3)`: adds a certificate's subject to the general list; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle, `x` null or a live certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_add1_to_CA_list(ctx: *mut SSL_CTX, x: *const sys::X509) -> c_int {
    // SAFETY: passed on from the caller.
    unsafe { add_to_context(ctx, x, GENERAL) }
}

/// `SSL_add1_to_CA_list(3)`: as `SSL_CTX_add1_to_CA_list`, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle, `x` null or a live certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_add1_to_CA_list(ssl: *mut SSL, x: *const sys::X509) -> c_int {
    // SAFETY: passed on from the caller.
    unsafe { add_to_connection(ssl, x, GENERAL) }
}

/// `SSL_CTX_get_client_CA_list(3)`: the names for clients, still owned by the context.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_client_CA_list(ctx: *const SSL_CTX) -> *mut sys::stack_st_X509_NAME {
    // SAFETY: null or a live handle, by the manual.
    guard(std::ptr::null_mut(), || Ok(of_context(&*unsafe { context::share(ctx) }?, CLIENT)))
}

/// `SSL_get_client_CA_list(3)`: a server's names for clients; a client's are what the server has sent.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_client_CA_list(ssl: *const SSL) -> *mut sys::stack_st_X509_NAME {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { connection::share(ssl) }?;
        Ok(if ssl.is_server() { of_connection(&ssl, CLIENT) } else { ssl.own.issuers.lock().as_ptr() })
    })
}

/// `SSL_CTX_get0_CA_list(3)`: the general list, still owned by the context.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get0_CA_list(ctx: *const SSL_CTX) -> *const sys::stack_st_X509_NAME {
    // SAFETY: null or a live handle, by the manual.
    guard(std::ptr::null(), || Ok(of_context(&*unsafe { context::share(ctx) }?, GENERAL).cast_const()))
}

/// `SSL_get0_CA_list(3)`: the general list of a connection or its context, still owned by it.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_CA_list(ssl: *const SSL) -> *const sys::stack_st_X509_NAME {
    // SAFETY: null or a live handle, by the manual.
    guard(std::ptr::null(), || Ok(of_connection(&*unsafe { connection::share(ssl) }?, GENERAL).cast_const()))
}

/// `SSL_get0_peer_CA_list(3)`: the names that the peer has sent, still owned by the connection; null when it has not.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_peer_CA_list(ssl: *const SSL) -> *const sys::stack_st_X509_NAME {
    guard(std::ptr::null(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        let issuers = ssl.own.issuers.lock().as_ptr();
        Ok(issuers.cast_const())
    })
}
