//! `BIO_f_ssl(3)`: a connection as a filter BIO, and the chains made with it.

use super::absent::renegotiation::SSL_renegotiate;
use super::connection::{self, share};
use super::duplicate::SSL_copy_session_id;
use super::error::{Error, guard};
use super::handshake::{SSL_do_handshake, SSL_set_accept_state, SSL_set_connect_state};
use super::io::{SSL_pending, SSL_read, SSL_shutdown, SSL_write};
use super::status::SSL_get_error;
use super::transport::{SSL_get_rbio, SSL_get_wbio, SSL_set_bio};
use super::types::{SSL, SSL_CTX};

use crate::libcrypto::sys;
use crate::seam::arg;
use std::ffi::{c_char, c_int, c_long, c_void};
use std::ptr;
use std::sync::OnceLock;
use std::time::Instant;

/// What a filter BIO holds. The connection's count is given back only when the BIO was told to close it.
struct Filter {
    ssl: *mut SSL,
    limits: Limits,
}

/// When a filter asks for a renegotiation by itself. That is refused, and the refusal queued, as OpenSSL does in TLS 1.3.
#[derive(Clone, Default)]
struct Limits {
    /// After so many bytes; 0 for never.
    bytes: c_long,
    /// Bytes moved since the last time.
    moved: c_long,
    /// After so many seconds; 0 for never.
    timeout: c_long,
    /// When that began.
    since: Option<Instant>,
    /// How often it was asked for.
    asked: c_long,
}

impl Limits {
    /// Counts `moved` bytes; whether a renegotiation is due.
    fn is_due(&mut self, moved: usize) -> bool {
        let mut due = false;
        if self.bytes > 0 {
            self.moved = self.moved.saturating_add(c_long::try_from(moved).unwrap_or(c_long::MAX));
            due = self.moved > self.bytes;
            if due {
                self.moved = 0;
            }
        }
        if !due && self.timeout > 0 && self.since.is_none_or(|since| since.elapsed().as_secs() > self.timeout as u64) {
            self.since = Some(Instant::now());
            due = true;
        }
        self.asked += c_long::from(due);
        due
    }
}

/// `SSL_ERROR_*` that a filter turns into retry flags.
mod code {
    use std::ffi::c_int;
    pub(super) const WANT_READ: c_int = 2;
    pub(super) const WANT_WRITE: c_int = 3;
    pub(super) const WANT_X509_LOOKUP: c_int = 4;
    pub(super) const WANT_CONNECT: c_int = 7;
    pub(super) const WANT_ACCEPT: c_int = 8;
}

/// The filter of a BIO of ours.
///
/// # Safety
/// `bio` is null or live, and of this file's method.
unsafe fn filter<'a>(bio: *mut sys::BIO) -> Option<&'a mut Filter> {
    if bio.is_null() {
        return None;
    }
    // SAFETY: `create` put a filter there, which `destroy` alone takes away. One thread uses a BIO at a time.
    unsafe { sys::BIO_get_data(bio).cast::<Filter>().as_mut() }
}

unsafe extern "C" fn create(bio: *mut sys::BIO) -> c_int {
    let filter = Box::new(Filter { ssl: ptr::null_mut(), limits: Limits::default() });
    // SAFETY: `bio` is a fresh BIO of our method.
    unsafe {
        sys::BIO_set_init(bio, 0);
        sys::BIO_set_data(bio, Box::into_raw(filter).cast());
        sys::BIO_clear_flags(bio, !0);
    }
    1
}

unsafe extern "C" fn destroy(bio: *mut sys::BIO) -> c_int {
    if bio.is_null() {
        return 0;
    }
    // SAFETY: the filter that `create` put there, taken once: libcrypto destroys a BIO once.
    unsafe {
        let data = sys::BIO_get_data(bio).cast::<Filter>();
        if data.is_null() {
            return 0;
        }
        sys::BIO_set_data(bio, ptr::null_mut());
        let filter = Box::from_raw(data);
        release(bio, filter.ssl);
    }
    1
}

/// Says goodbye, and gives the connection's count back if the BIO owns it.
///
/// # Safety
/// `bio` is live; `ssl` is null or live.
unsafe fn release(bio: *mut sys::BIO, ssl: *mut SSL) {
    if !ssl.is_null() {
        // SAFETY: live, by the caller.
        crate::libcrypto::err::discarding(|| unsafe { SSL_shutdown(ssl) });
    }
    // SAFETY: `bio` is live; the count is the BIO's when it was set with BIO_CLOSE.
    unsafe {
        if sys::BIO_get_shutdown(bio) != 0 {
            if sys::BIO_get_init(bio) != 0 {
                connection::SSL_free(ssl);
            }
            sys::BIO_clear_flags(bio, !0);
            sys::BIO_set_init(bio, 0);
        }
    }
}

/// Turns what a call waits for into the BIO's retry flags.
///
/// # Safety
/// Both are live.
unsafe fn set_retry(bio: *mut sys::BIO, ssl: *mut SSL, value: c_int) {
    // SAFETY: live, by the caller; `next` is read only when there is one.
    unsafe {
        let (flags, reason) = match SSL_get_error(ssl, value) {
            code::WANT_READ => (sys::BIO_FLAGS_READ, 0),
            code::WANT_WRITE => (sys::BIO_FLAGS_WRITE, 0),
            code::WANT_X509_LOOKUP => (sys::BIO_FLAGS_IO_SPECIAL, sys::BIO_RR_SSL_X509_LOOKUP),
            code::WANT_CONNECT => (sys::BIO_FLAGS_IO_SPECIAL, sys::BIO_RR_CONNECT),
            code::WANT_ACCEPT => (sys::BIO_FLAGS_IO_SPECIAL, sys::BIO_RR_ACCEPT),
            _ => (0, 0),
        };
        if flags != 0 {
            sys::BIO_set_flags(bio, flags | sys::BIO_FLAGS_SHOULD_RETRY);
        }
        sys::BIO_set_retry_reason(bio, reason);
    }
}

/// A count given out by its address. Failures keep their value, unlike with `SSL_read_ex`: below 0 tells a caller of
/// `BIO_read` that this is not the end.
///
/// # Safety
/// `bio` is a live BIO of ours, and `count` is writable.
unsafe fn counted(bio: *mut sys::BIO, value: c_int, count: *mut usize) -> c_int {
    match usize::try_from(value) {
        Ok(moved @ 1..) => {
            // SAFETY: by the caller.
            unsafe {
                *count = moved;
                if let Some(filter) = filter(bio)
                    && filter.limits.is_due(moved)
                {
                    SSL_renegotiate(filter.ssl);
                }
            }
            1
        }
        _ => value,
    }
}

unsafe extern "C" fn read_ex(bio: *mut sys::BIO, buf: *mut c_char, len: usize, read: *mut usize) -> c_int {
    guard(0, || {
        if buf.is_null() {
            return Ok(0);
        }
        // SAFETY: libcrypto calls with a live BIO of ours and a buffer of `len` bytes.
        unsafe {
            let ssl = filter(bio).ok_or(Error::Silent)?.ssl;
            sys::BIO_clear_flags(bio, sys::BIO_FLAGS_ALL);
            let value = SSL_read(ssl, buf.cast(), c_int::try_from(len).unwrap_or(c_int::MAX));
            set_retry(bio, ssl, value);
            Ok(counted(bio, value, read))
        }
    })
}

unsafe extern "C" fn write_ex(bio: *mut sys::BIO, buf: *const c_char, len: usize, written: *mut usize) -> c_int {
    guard(0, || {
        if buf.is_null() {
            return Ok(0);
        }
        // SAFETY: libcrypto calls with a live BIO of ours and data of `len` bytes.
        unsafe {
            let ssl = filter(bio).ok_or(Error::Silent)?.ssl;
            sys::BIO_clear_flags(bio, sys::BIO_FLAGS_ALL);
            let value = SSL_write(ssl, buf.cast(), c_int::try_from(len).unwrap_or(c_int::MAX));
            set_retry(bio, ssl, value);
            Ok(counted(bio, value, written))
        }
    })
}

unsafe extern "C" fn puts(bio: *mut sys::BIO, text: *const c_char) -> c_int {
    // SAFETY: libcrypto calls with a live BIO and a C string.
    unsafe {
        let len = arg::c_str(text).map_or(0, |text| text.count_bytes());
        sys::BIO_write(bio, text.cast(), c_int::try_from(len).unwrap_or(c_int::MAX))
    }
}

unsafe extern "C" fn ctrl(bio: *mut sys::BIO, command: c_int, larg: c_long, parg: *mut c_void) -> c_long {
    // SAFETY: libcrypto calls with a live BIO of ours and what the command takes.
    guard(0, || unsafe { command_of(bio, command, larg, parg) })
}

/// # Safety
/// `bio` is a live BIO of ours; `parg` is what the command takes.
unsafe fn command_of(bio: *mut sys::BIO, command: c_int, larg: c_long, parg: *mut c_void) -> Result<c_long, Error> {
    // SAFETY: by the caller, here and below.
    unsafe {
        let filter = filter(bio).ok_or(Error::Silent)?;
        let ssl = filter.ssl;
        if ssl.is_null() && command != sys::BIO_C_SET_SSL {
            return Ok(0);
        }
        Ok(match command {
            sys::BIO_CTRL_RESET => reset(bio, ssl, larg, parg)?,
            sys::BIO_CTRL_INFO | sys::BIO_CTRL_SET_CALLBACK => 0,
            sys::BIO_C_SSL_MODE => {
                if larg != 0 {
                    SSL_set_connect_state(ssl)
                } else {
                    SSL_set_accept_state(ssl)
                }
                1
            }
            sys::BIO_C_SET_SSL_RENEGOTIATE_TIMEOUT => {
                filter.limits.since = Some(Instant::now());
                std::mem::replace(&mut filter.limits.timeout, if larg < 60 { 5 } else { larg })
            }
            sys::BIO_C_SET_SSL_RENEGOTIATE_BYTES => {
                let old = filter.limits.bytes;
                if larg >= 512 {
                    filter.limits.bytes = larg;
                }
                old
            }
            sys::BIO_C_GET_SSL_NUM_RENEGOTIATES => filter.limits.asked,
            sys::BIO_C_SET_SSL => set_ssl(bio, filter, larg, parg.cast()),
            sys::BIO_C_GET_SSL => {
                arg::set(parg.cast::<*mut SSL>(), ssl);
                (!parg.is_null()).into()
            }
            sys::BIO_CTRL_GET_CLOSE => sys::BIO_get_shutdown(bio).into(),
            sys::BIO_CTRL_SET_CLOSE => {
                sys::BIO_set_shutdown(bio, larg as c_int);
                1
            }
            sys::BIO_CTRL_WPENDING => sys::BIO_ctrl(SSL_get_wbio(ssl), command, larg, parg),
            sys::BIO_CTRL_PENDING => match SSL_pending(ssl) {
                0 => sys::BIO_ctrl(SSL_get_rbio(ssl), command, 0, ptr::null_mut()),
                pending => pending.into(),
            },
            sys::BIO_CTRL_FLUSH => {
                sys::BIO_clear_flags(bio, sys::BIO_FLAGS_ALL);
                let value = sys::BIO_ctrl(SSL_get_wbio(ssl), command, larg, parg);
                sys::BIO_copy_next_retry(bio);
                value
            }
            sys::BIO_CTRL_PUSH => {
                let next = sys::BIO_next(bio);
                if !next.is_null() && next != SSL_get_rbio(ssl) {
                    // The connection and the chain each own a count.
                    sys::BIO_up_ref(next);
                    SSL_set_bio(ssl, next, next);
                }
                1
            }
            sys::BIO_CTRL_POP => {
                if bio.cast() == parg {
                    SSL_set_bio(ssl, ptr::null_mut(), ptr::null_mut());
                }
                1
            }
            sys::BIO_C_DO_STATE_MACHINE => {
                sys::BIO_clear_flags(bio, sys::BIO_FLAGS_ALL);
                let value = SSL_do_handshake(ssl);
                set_retry(bio, ssl, value);
                value.into()
            }
            sys::BIO_CTRL_DUP => duplicate(filter, parg.cast()),
            _ => sys::BIO_ctrl(SSL_get_rbio(ssl), command, larg, parg),
        })
    }
}

/// # Safety
/// Both are live; `parg` is what the next BIO's reset takes.
unsafe fn reset(bio: *mut sys::BIO, ssl: *mut SSL, larg: c_long, parg: *mut c_void) -> Result<c_long, Error> {
    // SAFETY: live, by the caller.
    unsafe {
        SSL_shutdown(ssl);
        let connection = share(ssl)?;
        if connection.is_server() {
            SSL_set_accept_state(ssl)
        } else {
            SSL_set_connect_state(ssl)
        }
        if connection::SSL_clear(ssl) == 0 {
            return Ok(0);
        }
        let below = [sys::BIO_next(bio), SSL_get_rbio(ssl)].into_iter().find(|below| !below.is_null());
        Ok(below.map_or(1, |below| sys::BIO_ctrl(below, sys::BIO_CTRL_RESET, larg, parg)))
    }
}

/// Puts a connection into the filter, and its read BIO below it.
///
/// # Safety
/// `bio` is live; `ssl` is live, with a count for the BIO if `close` says so.
unsafe fn set_ssl(bio: *mut sys::BIO, filter: &mut Filter, close: c_long, ssl: *mut SSL) -> c_long {
    // SAFETY: by the caller; the old connection is the filter's.
    unsafe {
        if !filter.ssl.is_null() {
            release(bio, filter.ssl);
        }
        sys::BIO_set_shutdown(bio, close as c_int);
        filter.ssl = ssl;
        let below = SSL_get_rbio(ssl);
        if !below.is_null() {
            let next = sys::BIO_next(bio);
            if !next.is_null() {
                sys::BIO_push(below, next);
            }
            sys::BIO_set_next(bio, below);
            sys::BIO_up_ref(below);
        }
        sys::BIO_set_init(bio, 1);
    }
    1
}

/// # Safety
/// The connection of `from` is live; `to` is a live BIO of ours.
unsafe fn duplicate(from: &Filter, to: *mut sys::BIO) -> c_long {
    // SAFETY: by the caller.
    unsafe {
        let Some(target) = filter(to) else { return 0 };
        if !target.ssl.is_null() {
            connection::SSL_free(target.ssl);
        }
        target.ssl = super::duplicate::SSL_dup(from.ssl);
        target.limits = from.limits.clone();
        (!target.ssl.is_null()).into()
    }
}

unsafe extern "C" fn callback_ctrl(bio: *mut sys::BIO, command: c_int, callback: sys::BIO_info_cb) -> c_long {
    guard(0, || {
        // SAFETY: libcrypto calls with a live BIO of ours.
        unsafe {
            let ssl = filter(bio).ok_or(Error::Silent)?.ssl;
            Ok(match command {
                sys::BIO_CTRL_SET_CALLBACK => sys::BIO_callback_ctrl(SSL_get_rbio(ssl), command, callback),
                _ => 0,
            })
        }
    })
}

/// A pointer to libcrypto's object, made once and kept.
struct MethodPtr(*mut sys::BIO_METHOD);
// SAFETY: a method is not changed once it is made.
unsafe impl Send for MethodPtr {}
// SAFETY: as above.
unsafe impl Sync for MethodPtr {}

/// `BIO_f_ssl(3)`: the filter method.
///
/// Status: partial: where the renegotiation limits ask for one in TLS 1.2, it is refused with an entry in the error queue.
#[unsafe(no_mangle)]
pub extern "C" fn BIO_f_ssl() -> *const sys::BIO_METHOD {
    static METHOD: OnceLock<MethodPtr> = OnceLock::new();
    // SAFETY: a fresh method is filled with functions of the types it takes.
    let made = METHOD.get_or_init(|| unsafe {
        let method = sys::BIO_meth_new(sys::BIO_TYPE_SSL, c"ssl".as_ptr());
        if !method.is_null() {
            sys::BIO_meth_set_write_ex(method, write_ex);
            sys::BIO_meth_set_read_ex(method, read_ex);
            sys::BIO_meth_set_puts(method, puts);
            sys::BIO_meth_set_ctrl(method, ctrl);
            sys::BIO_meth_set_create(method, create);
            sys::BIO_meth_set_destroy(method, destroy);
            sys::BIO_meth_set_callback_ctrl(method, callback_ctrl);
        }
        MethodPtr(method)
    });
    made.0
}

/// `BIO_f_ssl(3)`: a filter around a new connection of `ctx`, a client's when `client` is not 0; null on failure.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn BIO_new_ssl(ctx: *mut SSL_CTX, client: c_int) -> *mut sys::BIO {
    // SAFETY: a fresh BIO and a fresh connection, whose count the BIO takes over (BIO_CLOSE).
    unsafe {
        let bio = sys::BIO_new(BIO_f_ssl());
        if bio.is_null() {
            return ptr::null_mut();
        }
        let ssl = connection::SSL_new(ctx);
        if ssl.is_null() {
            sys::BIO_free_all(bio);
            return ptr::null_mut();
        }
        if client != 0 {
            SSL_set_connect_state(ssl)
        } else {
            SSL_set_accept_state(ssl)
        }
        sys::BIO_ctrl(bio, sys::BIO_C_SET_SSL, 1, ssl.cast());
        bio
    }
}

/// `BIO_f_ssl(3)`: a client's filter above a connect BIO; null on failure.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn BIO_new_ssl_connect(ctx: *mut SSL_CTX) -> *mut sys::BIO {
    // SAFETY: fresh BIOs; pushing gives the lower one's count to the chain.
    unsafe {
        let below = sys::BIO_new(sys::BIO_s_connect());
        if below.is_null() {
            return ptr::null_mut();
        }
        let bio = BIO_new_ssl(ctx, 1);
        if bio.is_null() {
            sys::BIO_free_all(below);
            return ptr::null_mut();
        }
        sys::BIO_push(bio, below)
    }
}

/// `BIO_f_ssl(3)`: a buffer above a client's filter above a connect BIO; null on failure.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn BIO_new_buffer_ssl_connect(ctx: *mut SSL_CTX) -> *mut sys::BIO {
    // SAFETY: fresh BIOs; pushing gives the lower one's count to the chain.
    unsafe {
        let buffer = sys::BIO_new(sys::BIO_f_buffer());
        if buffer.is_null() {
            return ptr::null_mut();
        }
        let bio = BIO_new_ssl_connect(ctx);
        if bio.is_null() {
            sys::BIO_free_all(buffer);
            return ptr::null_mut();
        }
        sys::BIO_push(buffer, bio)
    }
}

/// `BIO_f_ssl(3)`: copies the session of one chain's connection to another's; 1 on success.
///
/// Status: full.
///
/// # Safety
/// Both are null or live chains.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn BIO_ssl_copy_session_id(to: *mut sys::BIO, from: *mut sys::BIO) -> c_int {
    // SAFETY: null or live chains, by the manual; what is found in them is ours.
    unsafe {
        match (ssl_in_chain(to), ssl_in_chain(from)) {
            (Some(to), Some(from)) => SSL_copy_session_id(to, from),
            _ => 0,
        }
    }
}

/// The first connection in a chain.
///
/// # Safety
/// `bio` is null or a live chain.
unsafe fn ssl_in_chain(bio: *mut sys::BIO) -> Option<*mut SSL> {
    if bio.is_null() {
        return None;
    }
    // SAFETY: by the caller; BIOs of this type are ours.
    unsafe {
        let found = sys::BIO_find_type(bio, sys::BIO_TYPE_SSL);
        filter(found).map(|filter| filter.ssl).filter(|ssl| !ssl.is_null())
    }
}

/// `BIO_f_ssl(3)`: says goodbye on every connection of a chain.
///
/// Status: full.
///
/// # Safety
/// `bio` is null or a live chain.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn BIO_ssl_shutdown(bio: *mut sys::BIO) {
    let mut next = bio;
    while !next.is_null() {
        // SAFETY: null or a live chain, by the manual; BIOs of this type are ours.
        unsafe {
            if sys::BIO_method_type(next) == sys::BIO_TYPE_SSL
                && let Some(filter) = filter(next).filter(|filter| !filter.ssl.is_null())
            {
                SSL_shutdown(filter.ssl);
            }
            next = sys::BIO_next(next);
        }
    }
}
