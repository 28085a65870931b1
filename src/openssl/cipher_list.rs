//! `SSL_CTX_set_cipher_list(3)`, `SSL_get_ciphers(3)`: which cipher suites may be used.

use super::cipher;
use super::config::{Config, TLS1_2};
use super::connection::{self, Connection};
use super::context;
use super::error::{Error, MALLOC_FAILURE, PASSED_NULL_PARAMETER, guard};
use super::reason;
use super::types::{SSL, SSL_CIPHER, SSL_CTX, stack_st_SSL_CIPHER};
use crate::libcrypto::stack::PtrStack;
use crate::seam::{Failure, Handle, arg};
use crate::tls::cipher::{Suite, by_id};
use crate::tls::cipher_list::{self, CipherList, SuiteB};
use crate::tls::hello::Hello;
use parking_lot::Mutex;
use std::ffi::{c_char, c_int, c_uchar};
use std::sync::{Arc, LazyLock, OnceLock};

/// `SSL_CERT_FLAG_SUITEB_128_LOS_ONLY`.
const SUITE_B_128_ONLY: u32 = 0x1_0000;
/// `SSL_CERT_FLAG_SUITEB_192_LOS`.
const SUITE_B_192: u32 = 0x2_0000;
/// `SSL_CERT_FLAG_SUITEB_128_LOS`, which is both of them.
const SUITE_B_128: u32 = SUITE_B_128_ONLY | SUITE_B_192;

/// The Suite B mode in a set of `SSL_CERT_FLAG_*` bits.
pub(crate) fn suite_b(cert_flags: u32) -> Option<SuiteB> {
    match cert_flags & SUITE_B_128 {
        SUITE_B_128_ONLY => Some(SuiteB::Only128),
        SUITE_B_192 => Some(SuiteB::Only192),
        SUITE_B_128 => Some(SuiteB::From128),
        _ => None,
    }
}

/// The suites of a context or a connection. Shared until it is replaced as a whole, because programs hold the pointer
/// that `SSL_get_ciphers` gives.
#[derive(Debug, Default)]
pub(crate) struct CipherChoice {
    /// The TLS 1.3 suites, as set.
    tls13: Vec<&'static Suite>,
    /// All suites in order of preference, those of TLS 1.3 first.
    list: Vec<&'static Suite>,
    stack: OnceLock<Option<PtrStack>>,
}

impl CipherChoice {
    fn new(tls13: Vec<&'static Suite>, older: &[&'static Suite]) -> Arc<Self> {
        let list = cipher_list::with_tls13_suites(&tls13, older);
        Arc::new(Self { tls13, list, stack: OnceLock::new() })
    }

    /// What a context begins with.
    pub(crate) fn default_choice() -> Arc<Self> {
        static CHOICE: LazyLock<Arc<CipherChoice>> = LazyLock::new(|| {
            CipherChoice::new(cipher_list::default_tls13_suites().to_vec(), cipher_list::default_suites())
        });
        CHOICE.clone()
    }

    /// All suites in order of preference.
    pub(crate) fn suites(&self) -> &[&'static Suite] {
        &self.list
    }

    /// The list as C knows it, living as long as `self`.
    fn as_stack(&self) -> *mut stack_st_SSL_CIPHER {
        let stack = self.stack.get_or_init(|| cipher::stack(&self.list));
        stack.as_ref().map_or(std::ptr::null_mut(), |stack| stack.as_ptr().cast())
    }
}

/// The list of suites that a client offered, kept for the pointer that `SSL_get_client_ciphers` gives.
#[derive(Debug, Default)]
pub(crate) struct ClientCiphers(Mutex<Option<(Arc<Hello>, PtrStack)>>);

/// What setting a list came to: how many commands could not be read, and whether the list is usable.
type Outcome = (u32, Result<(), Error>);

/// Applies a cipher string. Like OpenSSL it keeps an empty result, and a security level even from a bad string.
fn apply_rules(config: &mut Config, rules: &[u8]) -> Outcome {
    let parsed = CipherList::parse(rules, suite_b(config.cert_flags));
    if let Some(mode) = parsed.suite_b {
        config.cert_flags = config.cert_flags & !SUITE_B_128
            | match mode {
                SuiteB::Only128 => SUITE_B_128_ONLY,
                SuiteB::From128 => SUITE_B_128,
                SuiteB::Only192 => SUITE_B_192,
            };
    }
    if let Some(level) = parsed.security_level {
        config.security_level = level.into();
    }
    if parsed.invalid_commands > 0 {
        return (parsed.invalid_commands, Err(Error::Silent));
    }
    config.ciphers = CipherChoice::new(config.ciphers.tls13.clone(), &parsed.suites);
    if config.ciphers.list.iter().all(|suite| suite.is_tls13()) {
        return (0, Err(Error::Ssl(reason::NO_CIPHER_MATCH)));
    }
    (0, Ok(()))
}

fn finish((invalid_commands, result): Outcome) -> Result<c_int, Error> {
    for _ in 0..invalid_commands {
        Error::Ssl(reason::INVALID_COMMAND).report();
    }
    result.map(|()| 1)
}

fn apply_ciphersuites(config: &mut Config, list: &[u8]) -> Result<c_int, Error> {
    let tls13 = cipher_list::parse_ciphersuites(list).ok_or(Error::Ssl(reason::NO_CIPHER_MATCH))?;
    config.ciphers = CipherChoice::new(tls13, &config.ciphers.list);
    Ok(1)
}

/// Takes over the context's suites, unless the connection was given its own: OpenSSL looks them up there.
pub(crate) fn follow_context(ssl: &Connection) {
    let own = ssl.config();
    let context = ssl.context().config();
    if !own.own_ciphers && !Arc::ptr_eq(&own.ciphers, &context.ciphers) {
        ssl.edit(|config| config.ciphers = context.ciphers.clone());
    }
}

/// `SSL_CTX_set_cipher_list(3)`: chooses the suites of TLS 1.2 by a string in the language of `openssl-ciphers(1)`;
/// returns 1, or 0 when nothing in it can be used.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `str` is null (fails) or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_cipher_list(ctx: *mut SSL_CTX, str: *const c_char) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { context::share(ctx) }?;
        // SAFETY: null or a C string, by the manual.
        let rules = unsafe { arg::c_str(str) }.ok_or(Error::Silent)?;
        finish(context.edit(|config| apply_rules(config, rules.to_bytes())))
    })
}

/// `SSL_set_cipher_list(3)`: as `SSL_CTX_set_cipher_list`, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `str` is null (fails) or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_cipher_list(ssl: *mut SSL, str: *const c_char) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { connection::share(ssl) }?;
        // SAFETY: null or a C string, by the manual.
        let rules = unsafe { arg::c_str(str) }.ok_or(Error::Silent)?;
        finish(ssl.edit(|config| {
            config.own_ciphers = true;
            apply_rules(config, rules.to_bytes())
        }))
    })
}

/// `SSL_CTX_set_ciphersuites(3)`: chooses the suites of TLS 1.3 by name; returns 1, or 0 when none can be used.
/// Unknown names are skipped; an empty string means none.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `str` is null (fails) or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_ciphersuites(ctx: *mut SSL_CTX, str: *const c_char) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { context::share(ctx) }?;
        // SAFETY: null or a C string, by the manual.
        let list = unsafe { arg::c_str(str) }.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))?;
        context.edit(|config| apply_ciphersuites(config, list.to_bytes()))
    })
}

/// `SSL_set_ciphersuites(3)`: as `SSL_CTX_set_ciphersuites`, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `str` is null (fails) or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_ciphersuites(ssl: *mut SSL, str: *const c_char) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { connection::share(ssl) }?;
        // SAFETY: null or a C string, by the manual.
        let list = unsafe { arg::c_str(str) }.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))?;
        follow_context(&ssl);
        ssl.edit(|config| {
            config.own_ciphers = true;
            apply_ciphersuites(config, list.to_bytes())
        })
    })
}

/// `SSL_CTX_get_ciphers(3)`: returns the context's suites in order of preference. The context owns the list, which
/// lives until a cipher list is set again.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null (returns null) or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_ciphers(ctx: *const SSL_CTX) -> *mut stack_st_SSL_CIPHER {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Silent)?;
        Ok(context.config().ciphers.as_stack())
    })
}

/// `SSL_get_ciphers(3)`: returns the connection's suites in order of preference: its own, or its context's. The list
/// lives until a cipher list is set again.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null (returns null) or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_ciphers(ssl: *const SSL) -> *mut stack_st_SSL_CIPHER {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        follow_context(&ssl);
        Ok(ssl.config().ciphers.as_stack())
    })
}

/// `SSL_get1_supported_ciphers(3)`: returns those of the connection's suites that its versions, security level and
/// signature algorithms leave. The program frees the list with `sk_SSL_CIPHER_free`; null when it would be empty.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null (returns null) or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get1_supported_ciphers(ssl: *mut SSL) -> *mut stack_st_SSL_CIPHER {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        follow_context(&ssl);
        if !ssl.has_begun() {
            super::security_check::ask(&ssl);
        }
        let usable = ssl.config().usable_suites();
        if usable.is_empty() {
            return Err(Error::Silent);
        }
        Ok(cipher::give_stack(cipher::stack(&usable).ok_or(Error::Ssl(MALLOC_FAILURE))?))
    })
}

/// `SSL_get_client_ciphers(3)`: returns the suites that the client offered, as far as they have names here; null on
/// a client and before its hello has come. The connection owns the list.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null (returns null) or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_client_ciphers(ssl: *const SSL) -> *mut stack_st_SSL_CIPHER {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        let hello = client_hello(&ssl).ok_or(Error::Silent)?;
        let mut kept = ssl.client_ciphers.0.lock();
        match &*kept {
            Some((of, stack)) if Arc::ptr_eq(of, &hello) => Ok(stack.as_ptr().cast()),
            _ => {
                let stack = cipher::stack(&offered(&hello)).ok_or(Error::Ssl(MALLOC_FAILURE))?;
                Ok(kept.insert((hello, stack)).1.as_ptr().cast())
            }
        }
    })
}

/// The client's hello, on a server, once its suites count: a resumed session needs none, and for TLS 1.3 one of them
/// must be shared.
fn client_hello(ssl: &Connection) -> Option<Arc<Hello>> {
    const TLS13: u16 = 0x0304;
    if !ssl.is_server() {
        return None;
    }
    let (hello, agreed) = {
        let facts = ssl.facts.read();
        (facts.hello.clone()?, facts.agreed.clone())
    };
    let config = ssl.config();
    let is_tls13 = config.versions().1 && hello.supported_versions().is_some_and(|versions| versions.contains(&TLS13));
    let shares = |suite: &Suite| suite.is_tls13() && config.ciphers.list.contains(&suite);
    let none_shared = is_tls13 && !offered(&hello).into_iter().any(shares);
    (!none_shared && !agreed.is_some_and(|agreed| agreed.resumed)).then_some(hello)
}

/// The suites in a client's hello that have names, without signalling values.
fn offered(hello: &Hello) -> Vec<&'static Suite> {
    hello.suites().filter_map(by_id).filter(|suite| !suite.is_signal()).collect()
}

/// `SSL_get_shared_ciphers(3)`: writes the names of the suites that both sides have, in the client's order and
/// separated by colons, as many as fit into `size` bytes; returns `buf`, or null when there are none.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null (returns null) or a live handle; `buf` is writable for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_shared_ciphers(ssl: *const SSL, buf: *mut c_char, size: c_int) -> *mut c_char {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        let hello = client_hello(&ssl).ok_or(Error::Silent)?;
        let size = usize::try_from(size).ok().filter(|&size| size >= 2 && !buf.is_null()).ok_or(Error::Silent)?;
        follow_context(&ssl);
        let own = ssl.config().ciphers.clone();
        let mut text: Vec<u8> = Vec::new();
        for suite in offered(&hello).into_iter().filter(|suite| own.list.contains(suite)) {
            let name = suite.name.to_bytes();
            if text.len() + name.len() >= size {
                break;
            }
            text.extend_from_slice(name);
            text.push(b':');
        }
        // The last colon makes room for the end of the string.
        text.pop().ok_or(Error::Silent)?;
        text.push(0);
        // SAFETY: writable for `size` bytes, by the manual; the text is not longer.
        unsafe { std::ptr::copy_nonoverlapping(text.as_ptr().cast(), buf, text.len()) };
        Ok(buf)
    })
}

/// `SSL_get_cipher_list(3)`: returns the name of the suite at place `n` of `SSL_get_ciphers`, null past its end.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null (returns null) or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_cipher_list(ssl: *const SSL, n: c_int) -> *const c_char {
    guard(std::ptr::null(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        follow_context(&ssl);
        let config = ssl.config();
        let suite = usize::try_from(n).ok().and_then(|n| config.ciphers.list.get(n)).ok_or(Error::Silent)?;
        Ok(suite.name.as_ptr())
    })
}

/// `SSL_get_current_cipher(3)`: returns the suite of the session in use or to be offered, null where there is none.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null (returns null) or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_current_cipher(ssl: *const SSL) -> *const SSL_CIPHER {
    guard(std::ptr::null(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        let of_session = || ssl.session.current()?.fields.read().cipher();
        let known = if pends(&ssl) { None } else { agreed(&ssl) };
        Ok(known.or_else(of_session).map_or(std::ptr::null(), cipher::to_c))
    })
}

/// `SSL_get_pending_cipher(3)`: returns the suite that was chosen in the handshake, null before.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null (returns null) or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_pending_cipher(ssl: *const SSL) -> *const SSL_CIPHER {
    guard(std::ptr::null(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        let chosen = ssl.facts.read().chosen.and_then(|(_, suite)| by_id(suite));
        Ok(chosen.or_else(|| agreed(&ssl)).map_or(std::ptr::null(), cipher::to_c))
    })
}

/// Whether a TLS 1.2 handshake has chosen a suite that is not in use yet: a session gets its suite when the keys change,
/// right before Finished.
fn pends(ssl: &Connection) -> bool {
    let under_way = {
        let facts = ssl.facts.read();
        facts.agreed.is_none() && facts.version() == TLS1_2
    };
    under_way && ssl.exchange.read().as_ref().is_some_and(|exchange| exchange.record.lock().finished.is_empty())
}

fn agreed(ssl: &Connection) -> Option<&'static Suite> {
    by_id(ssl.facts.read().suite())
}

/// `SSL_bytes_to_cipher_list(3)`: makes lists of suites and of signalling values from `len` bytes as a hello has them
/// (two bytes each, or three in SSL 2's form); returns 1. The program frees the lists it asked for.
///
/// Status: full.
///
/// # Safety
/// `bytes` is readable for `len` bytes; `sk` and `scsvs` are null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_bytes_to_cipher_list(
    _ssl: *mut SSL,
    bytes: *const c_uchar,
    len: usize,
    isv2format: c_int,
    sk: *mut *mut stack_st_SSL_CIPHER,
    scsvs: *mut *mut stack_st_SSL_CIPHER,
) -> c_int {
    guard(0, || {
        // SAFETY: readable for `len` bytes, by the manual.
        let bytes = unsafe { arg::bytes(bytes, len) };
        let (suites, signals) = from_bytes(bytes, isv2format != 0)?;
        let suites = cipher::stack(&suites).ok_or(Error::Ssl(MALLOC_FAILURE))?;
        let signals = cipher::stack(&signals).ok_or(Error::Ssl(MALLOC_FAILURE))?;
        for (out, stack) in [(sk, suites), (scsvs, signals)] {
            if !out.is_null() {
                // SAFETY: writable, by the manual.
                unsafe { out.write(cipher::give_stack(stack)) };
            }
        }
        Ok(1)
    })
}

type Suites = Vec<&'static Suite>;

/// Suites and signalling values in a hello's list.
fn from_bytes(bytes: &[u8], v2: bool) -> Result<(Suites, Suites), Error> {
    let size = if v2 { 3 } else { 2 };
    if bytes.is_empty() {
        return Err(Error::Ssl(reason::NO_CIPHERS_SPECIFIED));
    }
    if !bytes.len().is_multiple_of(size) {
        return Err(Error::Ssl(reason::ERROR_IN_RECEIVED_CIPHER_LIST));
    }
    let known = bytes.chunks_exact(size).filter_map(|entry| match *entry {
        [high, low] | [0, high, low] => by_id(u16::from_be_bytes([high, low])),
        _ => None,
    });
    Ok(known.partition(|suite| !suite.is_signal()))
}
