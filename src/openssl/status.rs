//! How a call ended and where a connection stands.

use super::callback_types::OSSL_HANDSHAKE_STATE;
use super::config::{TLS1_2, TLS1_3};
use super::connection::{Connection, share, shut, want};
use super::error::{Error, guard};
use super::types::SSL;
use crate::libcrypto::bio::Bio;
use crate::libcrypto::{err, sys};
use crate::seam::Handle;
use std::ffi::{CStr, c_char, c_int};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// `SSL_ERROR_*` (`SSL_get_error(3)`).
mod code {
    use std::ffi::c_int;
    pub(super) const NONE: c_int = 0;
    pub(super) const SSL: c_int = 1;
    pub(super) const WANT_READ: c_int = 2;
    pub(super) const WANT_WRITE: c_int = 3;
    pub(super) const WANT_X509_LOOKUP: c_int = 4;
    pub(super) const SYSCALL: c_int = 5;
    pub(super) const ZERO_RETURN: c_int = 6;
    pub(super) const WANT_CONNECT: c_int = 7;
    pub(super) const WANT_ACCEPT: c_int = 8;
    pub(super) const WANT_CLIENT_HELLO_CB: c_int = 11;
    pub(super) const WANT_RETRY_VERIFY: c_int = 12;
}

/// `SSL_get_error(3)`: what a return value of the last call on this connection means (`SSL_ERROR_*`).
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_error(ssl: *const SSL, ret: c_int) -> c_int {
    guard(code::SSL, || {
        if ret > 0 {
            return Ok(code::NONE);
        }
        match err::peek() {
            0 => {}
            queued if err::lib(queued) == err::LIB_SYS => return Ok(code::SYSCALL),
            _ => return Ok(code::SSL),
        }
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(stopped_by(&ssl))
    })
}

/// Why a call stopped that left nothing in the error queue.
fn stopped_by(ssl: &Connection) -> c_int {
    let bios = ssl.bios.read().clone();
    let left = ssl.want.own();
    // Where two threads use a socket its flags may be the other thread's.
    let told = |bio: &Option<Arc<Bio>>| {
        left & want::BLOCKED != 0 && ssl.want.is_shared() && bio.as_ref().is_some_and(|bio| bio.is_plain_socket())
    };
    let waiting = match left & !want::BLOCKED {
        want::READING if told(&bios.read) => Some(code::WANT_READ),
        want::READING => waits_for(bios.read.as_ref(), [READS, WRITES]),
        want::WRITING if told(&bios.write) => Some(code::WANT_WRITE),
        want::WRITING => waits_for(bios.write.as_ref(), [WRITES, READS]),
        want::X509_LOOKUP => Some(code::WANT_X509_LOOKUP),
        want::RETRY_VERIFY => Some(code::WANT_RETRY_VERIFY),
        want::CLIENT_HELLO_CB => Some(code::WANT_CLIENT_HELLO_CB),
        _ => None,
    };
    waiting.unwrap_or_else(|| {
        // No warning counts as the close_notify that has the number 0.
        if ssl.has_shutdown(shut::RECEIVED) && ssl.warning.load(Ordering::Relaxed) == 0 {
            code::ZERO_RETURN
        } else {
            code::SYSCALL
        }
    })
}

const READS: (c_int, c_int) = (sys::BIO_FLAGS_READ, code::WANT_READ);
const WRITES: (c_int, c_int) = (sys::BIO_FLAGS_WRITE, code::WANT_WRITE);

/// What a BIO waits for, by its own word: it may be a chain that must write before it can read. Where both flags are up,
/// one of them from an earlier call, the `likely` order counts.
fn waits_for(bio: Option<&Arc<Bio>>, likely: [(c_int, c_int); 2]) -> Option<c_int> {
    let bio = bio?;
    if let Some((_, answer)) = likely.into_iter().find(|&(flag, _)| bio.test_flags(flag)) {
        Some(answer)
    } else if bio.test_flags(sys::BIO_FLAGS_IO_SPECIAL) {
        Some(match bio.retry_reason() {
            sys::BIO_RR_CONNECT => code::WANT_CONNECT,
            sys::BIO_RR_ACCEPT => code::WANT_ACCEPT,
            _ => code::SYSCALL,
        })
    } else {
        None
    }
}

/// `SSL_want(3)`: what the last call waits for (`SSL_NOTHING`, `SSL_READING`, ...).
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_want(ssl: *const SSL) -> c_int {
    guard(want::NOTHING.into(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok((ssl.want.last() & !want::BLOCKED).into())
    })
}

/// `SSL_set_shutdown(3)`: which of the two close_notify alerts count as sent and received.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_shutdown(ssl: *const SSL) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(ssl.shutdown.load(Ordering::Relaxed))
    })
}

/// `SSL_set_shutdown(3)`: sets which of the two close_notify alerts count as sent and received.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_shutdown(ssl: *mut SSL, mode: c_int) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        ssl.shutdown.store(mode, Ordering::Relaxed);
        Ok(())
    });
}

/// `TLS_ANY_VERSION`: the version of a connection that has not begun.
const TLS_ANY_VERSION: c_int = 0x10000;

/// `SSL_get_version(3)`: the version's number: what was agreed, or the highest there can be.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_version(ssl: *const SSL) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(version(&ssl).into())
    })
}

/// The version agreed on, else the highest that a client has offered or the method has.
pub(super) fn version(ssl: &Connection) -> u16 {
    let agreed = ssl.facts.read().version();
    if agreed != 0 {
        return agreed;
    }
    match ssl.config().versions() {
        (true, false) if !ssl.is_server() && ssl.has_begun() && ssl.state() != super::strings::State::Before => TLS1_2,
        _ => ssl.method.read().versions.1.min(TLS1_3),
    }
}

/// `SSL_get_version(3)`: the version's name, a static string.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_version(ssl: *const SSL) -> *const c_char {
    guard(c"unknown".as_ptr(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(version_name(version(&ssl)).as_ptr())
    })
}

/// A version's name as OpenSSL prints it.
pub(crate) fn version_name(version: u16) -> &'static CStr {
    match version {
        0x0304 => c"TLSv1.3",
        0x0303 => c"TLSv1.2",
        0x0302 => c"TLSv1.1",
        0x0301 => c"TLSv1",
        0x0300 => c"SSLv3",
        _ => c"unknown",
    }
}

/// `SSL_get_version(3)`: the version in the ClientHello's own field, which TLS 1.3 freezes at TLS 1.2.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_client_version(ssl: *const SSL) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        let sent = !ssl.is_server() && ssl.exchange.read().is_some();
        let facts = ssl.facts.read();
        Ok(match &facts.hello {
            Some(hello) => hello.version.into(),
            None if sent || ssl.method.read().versions.0 == super::config::TLS1_2 => {
                version(&ssl).min(super::config::TLS1_2).into()
            }
            None => TLS_ANY_VERSION,
        })
    })
}

/// `SSL_in_init(3)`: where the handshake stands (`OSSL_HANDSHAKE_STATE`).
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_state(ssl: *const SSL) -> OSSL_HANDSHAKE_STATE {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(ssl.state().number())
    })
}

/// `SSL_in_init(3)`: whether a handshake has not begun, is under way, or has failed.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_in_init(ssl: *const SSL) -> c_int {
    guard(1, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok((ssl.in_init() || ssl.session.takes_ticket()).into())
    })
}

/// `SSL_in_init(3)`: whether the handshake is complete.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_is_init_finished(ssl: *const SSL) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok((!ssl.in_init() && !ssl.session.takes_ticket()).into())
    })
}

/// `SSL_in_init(3)`: whether no handshake has begun.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_in_before(ssl: *const SSL) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(ssl.is_before().into())
    })
}

/// `SSL_is_tls(3)`: whether the connection speaks TLS: always.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_is_tls(_s: *const SSL) -> c_int {
    1
}

/// `SSL_get_handshake_rtt(3)`: the round-trip time seen in the handshake, microseconds; 1 on success.
///
/// Status: refused: round-trip times are not measured.
///
/// # Safety
/// `s` is null or a live handle; `rtt` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_handshake_rtt(_s: *const SSL, _rtt: *mut u64) -> c_int {
    super::refusal::refuse("SSL_get_handshake_rtt", -1)
}
