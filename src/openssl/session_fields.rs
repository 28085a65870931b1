//! What an `SSL_SESSION` says about itself, and what a program may change in it.

use super::cipher;
use super::error::{Error, guard};
use super::reason;
use super::session_object::{Bytes32, Fields, Session, share};
use super::types::{SSL_CIPHER, SSL_SESSION};
use crate::libcrypto::lib_ctx::LibCtx;
use crate::libcrypto::sys;
use crate::seam::{Handle, arg};
use std::ffi::{c_char, c_int, c_long, c_uchar, c_uint, c_ulong, c_void};
use std::ptr;

/// The longest master key a session holds (`TLS13_MAX_RESUMPTION_PSK_LENGTH`).
const MAX_MASTER_KEY: usize = 512;

/// Reads a field of a session; null is `failed`.
///
/// # Safety
/// `session` is null or a live handle.
unsafe fn read<T>(session: *const SSL_SESSION, failed: T, read: impl FnOnce(&Fields) -> T) -> T {
    // SAFETY: null or a live handle, by the caller.
    guard(failed, || Ok(read(&unsafe { share(session) }?.fields.read())))
}

/// Changes fields of a session; null is `failed`.
///
/// # Safety
/// `session` is null or a live handle.
unsafe fn change<T>(session: *mut SSL_SESSION, failed: T, change: impl FnOnce(&mut Fields) -> Result<T, Error>) -> T {
    // SAFETY: null or a live handle, by the caller.
    guard(failed, || change(&mut unsafe { share(session) }?.fields.write()))
}

/// The address of bytes in a session; null for none.
fn address(bytes: &[u8]) -> *const c_uchar {
    if bytes.is_empty() { ptr::null() } else { bytes.as_ptr() }
}

/// `SSL_SESSION_get_time(3)`: when the session began, seconds since 1970.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_time(s: *const SSL_SESSION) -> c_long {
    // SAFETY: null or a live handle, by the manual.
    unsafe { read(s, 0, |fields| fields.time) }
}

/// `SSL_SESSION_get_time(3)`: when the session began, seconds since 1970.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_time_ex(s: *const SSL_SESSION) -> libc::time_t {
    // SAFETY: null or a live handle, by the manual.
    unsafe { read(s, 0, |fields| fields.time) }
}

/// `SSL_SESSION_get_time(3)`: how long the session is good for, seconds.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_timeout(s: *const SSL_SESSION) -> c_long {
    // SAFETY: null or a live handle, by the manual.
    unsafe { read(s, 0, |fields| fields.timeout) }
}

/// `SSL_SESSION_get_protocol_version(3)`: the protocol version, 0 when not known.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_protocol_version(s: *const SSL_SESSION) -> c_int {
    // SAFETY: null or a live handle, by the manual.
    unsafe { read(s, 0, |fields| fields.version) }
}

/// `SSL_SESSION_get0_cipher(3)`: the cipher suite; null when not known.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get0_cipher(s: *const SSL_SESSION) -> *const SSL_CIPHER {
    // SAFETY: null or a live handle, by the manual.
    unsafe { read(s, ptr::null(), |fields| fields.cipher().map_or(ptr::null(), cipher::to_c)) }
}

/// `SSL_SESSION_has_ticket(3)`: 1 when the session has a ticket.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_has_ticket(s: *const SSL_SESSION) -> c_int {
    // SAFETY: null or a live handle, by the manual.
    unsafe { read(s, 0, |fields| (!fields.ticket.is_empty()).into()) }
}

/// `SSL_SESSION_has_ticket(3)`: how long the server says its ticket is good for, seconds.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_ticket_lifetime_hint(s: *const SSL_SESSION) -> c_ulong {
    // SAFETY: null or a live handle, by the manual.
    unsafe { read(s, 0, |fields| fields.lifetime_hint) }
}

/// `SSL_SESSION_get_max_early_data(3)`: how many bytes of early data the server allows.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_max_early_data(s: *const SSL_SESSION) -> u32 {
    // SAFETY: null or a live handle, by the manual.
    unsafe { read(s, 0, |fields| fields.max_early_data) }
}

/// `SSL_CTX_set_tlsext_max_fragment_length(3)`: the code of the maximum fragment length that was agreed on.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_max_fragment_length(s: *const SSL_SESSION) -> u8 {
    // SAFETY: null or a live handle, by the manual.
    unsafe { read(s, 0, |fields| fields.fragment_code()) }
}

/// `SSL_SESSION_get0_hostname(3)`: the server name of the session, until another one is set; null for none.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get0_hostname(s: *const SSL_SESSION) -> *const c_char {
    // SAFETY: null or a live handle, by the manual.
    unsafe { read(s, ptr::null(), |fields| fields.hostname.as_ref().map_or(ptr::null(), |name| name.as_ptr())) }
}

/// `SSL_SESSION_get_compress_id(3)`: the compression method: 0, none, but in sessions that were not made here.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_compress_id(s: *const SSL_SESSION) -> c_uint {
    // SAFETY: null or a live handle, by the manual.
    unsafe { read(s, 0, |fields| fields.compression.into()) }
}

/// `SSL_SESSION_is_resumable(3)`: 1 when the session may be resumed.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_is_resumable(s: *const SSL_SESSION) -> c_int {
    // SAFETY: null or a live handle, by the manual.
    guard(0, || Ok(unsafe { share(s) }?.is_resumable().into()))
}

/// Where `part` of a session's fields is, for as long as the session lives.
fn place(session: &Session, part: impl FnOnce(&Fields) -> &Bytes32) -> (*const c_uchar, c_uint) {
    let fields = session.fields.read();
    let bytes = part(&fields).as_slice();
    (bytes.as_ptr(), c_uint::try_from(bytes.len()).unwrap_or(0))
}

/// `SSL_SESSION_get_id(3)`: the session's id and, in `*len`, its length; valid as long as the session.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle; `len` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_id(s: *const SSL_SESSION, len: *mut c_uint) -> *const c_uchar {
    guard(ptr::null(), || {
        // SAFETY: null or a live handle, by the manual.
        let (id, size) = place(&*unsafe { share(s) }?, |fields| &fields.id);
        // SAFETY: null or writable, by the manual.
        unsafe { arg::set(len, size) };
        Ok(id)
    })
}

/// `SSL_SESSION_get0_id_context(3)`: the session's id context and, in `*len`, its length; valid as long as the session.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle; `len` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get0_id_context(s: *const SSL_SESSION, len: *mut c_uint) -> *const c_uchar {
    guard(ptr::null(), || {
        // SAFETY: null or a live handle, by the manual.
        let (context, size) = place(&*unsafe { share(s) }?, |fields| &fields.id_context);
        // SAFETY: null or writable, by the manual.
        unsafe { arg::set(len, size) };
        Ok(context)
    })
}

/// `SSL_SESSION_get0_ticket(3)`: puts the ticket's address and length in `*tick` and `*len`; null and 0 for none.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle; `tick` and `len` are null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get0_ticket(s: *const SSL_SESSION, tick: *mut *const c_uchar, len: *mut usize) {
    // SAFETY: null or a live handle, by the manual.
    let (ticket, size) = unsafe { read(s, (ptr::null(), 0), |fields| (address(&fields.ticket), fields.ticket.len())) };
    // SAFETY: null or writable, by the manual.
    unsafe {
        arg::set(tick, ticket);
        arg::set(len, size);
    }
}

/// `SSL_SESSION_get0_alpn_selected(3)`: puts the protocol's address and length in `*alpn` and `*len`, valid until
/// another one is set; null and 0 for none.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle; `alpn` and `len` are null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get0_alpn_selected(
    s: *const SSL_SESSION,
    alpn: *mut *const c_uchar,
    len: *mut usize,
) {
    // SAFETY: null or a live handle, by the manual.
    let (name, size) = unsafe { read(s, (ptr::null(), 0), |fields| (address(&fields.alpn), fields.alpn.len())) };
    // SAFETY: null or writable, by the manual.
    unsafe {
        arg::set(alpn, name);
        arg::set(len, size);
    }
}

/// `SSL_SESSION_get0_ticket_appdata(3)`: puts address and length of the program's data in the ticket in `*data` and
/// `*len`, valid until other data is set; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ss` is null or a live handle; `data` and `len` are null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get0_ticket_appdata(
    ss: *mut SSL_SESSION,
    data: *mut *mut c_void,
    len: *mut usize,
) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let session = unsafe { share(ss) }?;
        let fields = session.fields.read();
        // SAFETY: null or writable, by the manual.
        unsafe {
            arg::set(data, address(&fields.ticket_appdata).cast_mut().cast());
            arg::set(len, fields.ticket_appdata.len());
        }
        Ok(1)
    })
}

/// `SSL_SESSION_get0_peer(3)`: the peer's certificate, valid as long as the session; null for none.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get0_peer(s: *mut SSL_SESSION) -> *mut sys::X509 {
    guard(ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let peer = unsafe { share(s) }?.peer(&LibCtx::default());
        Ok(peer.map_or(ptr::null_mut(), |certificate| certificate.as_ptr()))
    })
}

/// `SSL_SESSION_get_master_key(3)`: copies at most `outlen` bytes of the master secret to `out` and returns how many;
/// with an `outlen` of 0 how many there are. In TLS 1.3 it is the key for resumption.
///
/// Status: full.
///
/// # Safety
/// `session` is null or a live handle; `out` is writable for `outlen` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_master_key(
    session: *const SSL_SESSION,
    out: *mut c_uchar,
    outlen: usize,
) -> usize {
    let copy = |fields: &Fields| {
        let key = &fields.master_key;
        if outlen == 0 {
            return key.len();
        }
        // SAFETY: writable for `outlen` bytes, by the manual.
        let out = unsafe { arg::bytes_mut(out, outlen.min(key.len())) };
        out.iter_mut().zip(key.iter()).for_each(|(to, from)| *to = *from);
        out.len()
    };
    // SAFETY: null or a live handle, by the manual.
    unsafe { read(session, 0, copy) }
}

/// Sets when a session began or how long it is good for, and tells the cache it is in.
///
/// # Safety
/// `session` is null or a live handle.
unsafe fn change_end(session: *mut SSL_SESSION, change: impl FnOnce(&mut Fields)) -> Result<(), Error> {
    // SAFETY: null or a live handle, by the caller.
    let session = unsafe { share(session) }?;
    change(&mut session.fields.write());
    session.moved();
    Ok(())
}

/// `SSL_SESSION_set_time(3)`: sets when the session began, seconds since 1970; returns it, 0 for a null session.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set_time(s: *mut SSL_SESSION, t: c_long) -> c_long {
    // SAFETY: null or a live handle, by the manual.
    guard(0, || unsafe { change_end(s, |fields| fields.time = t) }.map(|()| t))
}

/// `SSL_SESSION_set_time(3)`: sets when the session began, seconds since 1970; returns it, 0 for a null session.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set_time_ex(s: *mut SSL_SESSION, t: libc::time_t) -> libc::time_t {
    // SAFETY: null or a live handle, by the manual.
    guard(0, || unsafe { change_end(s, |fields| fields.time = t) }.map(|()| t))
}

/// `SSL_SESSION_set_timeout(3)`: sets how long the session is good for, seconds; 1 on success, 0 for a null session or a
/// time below 0.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set_timeout(s: *mut SSL_SESSION, t: c_long) -> c_long {
    guard(0, || {
        if t < 0 {
            return Err(Error::Silent);
        }
        // SAFETY: null or a live handle, by the manual.
        unsafe { change_end(s, |fields| fields.timeout = t) }.map(|()| 1)
    })
}

/// `SSL_SESSION_set1_id(3)`: sets the id, at most 32 bytes; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle; `sid` is readable for `sid_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set1_id(s: *mut SSL_SESSION, sid: *const c_uchar, sid_len: c_uint) -> c_int {
    let set = |fields: &mut Fields| {
        if sid_len > 32 {
            return Err(Error::Ssl(reason::SSL_SESSION_ID_TOO_LONG));
        }
        // SAFETY: readable for `sid_len` bytes, by the manual.
        fields.id = Bytes32::new(unsafe { arg::bytes(sid, sid_len as usize) }).unwrap_or_default();
        Ok(1)
    };
    // SAFETY: null or a live handle, by the manual.
    unsafe { change(s, 0, set) }
}

/// `SSL_SESSION_set1_id_context(3)`: sets the id context, at most 32 bytes; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle; `sid_ctx` is readable for `sid_ctx_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set1_id_context(
    s: *mut SSL_SESSION,
    sid_ctx: *const c_uchar,
    sid_ctx_len: c_uint,
) -> c_int {
    let set = |fields: &mut Fields| {
        if sid_ctx_len > 32 {
            return Err(Error::Ssl(reason::SSL_SESSION_ID_CONTEXT_TOO_LONG));
        }
        // SAFETY: readable for `sid_ctx_len` bytes, by the manual.
        fields.id_context = Bytes32::new(unsafe { arg::bytes(sid_ctx, sid_ctx_len as usize) }).unwrap_or_default();
        Ok(1)
    };
    // SAFETY: null or a live handle, by the manual.
    unsafe { change(s, 0, set) }
}

/// `SSL_SESSION_set_protocol_version(3)`: sets the protocol version; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set_protocol_version(s: *mut SSL_SESSION, version: c_int) -> c_int {
    let set = |fields: &mut Fields| {
        fields.version = version;
        Ok(1)
    };
    // SAFETY: null or a live handle, by the manual.
    unsafe { change(s, 0, set) }
}

/// `SSL_SESSION_set_cipher(3)`: sets the cipher suite; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle; `cipher` is null or came from this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set_cipher(s: *mut SSL_SESSION, cipher: *const SSL_CIPHER) -> c_int {
    let set = |fields: &mut Fields| {
        // SAFETY: null or from this library, by the manual.
        fields.suite = unsafe { cipher::from_c(cipher) }.map(|suite| suite.id);
        Ok(1)
    };
    // SAFETY: null or a live handle, by the manual.
    unsafe { change(s, 0, set) }
}

/// `SSL_SESSION_set1_hostname(3)`: sets the server name, null for none; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle; `hostname` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set1_hostname(s: *mut SSL_SESSION, hostname: *const c_char) -> c_int {
    let set = |fields: &mut Fields| {
        // SAFETY: null or a C string, by the manual.
        fields.hostname = unsafe { arg::c_str(hostname) }.map(ToOwned::to_owned);
        Ok(1)
    };
    // SAFETY: null or a live handle, by the manual.
    unsafe { change(s, 0, set) }
}

/// `SSL_SESSION_set1_alpn_selected(3)`: sets the application protocol, null or empty for none; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle; `alpn` is readable for `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set1_alpn_selected(
    s: *mut SSL_SESSION,
    alpn: *const c_uchar,
    len: usize,
) -> c_int {
    let set = |fields: &mut Fields| {
        // SAFETY: readable for `len` bytes, by the manual.
        fields.alpn = unsafe { arg::bytes(alpn, len) }.to_vec();
        Ok(1)
    };
    // SAFETY: null or a live handle, by the manual.
    unsafe { change(s, 0, set) }
}

/// `SSL_SESSION_get_max_early_data(3)`: sets how many bytes of early data the server allows; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `s` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set_max_early_data(s: *mut SSL_SESSION, max_early_data: u32) -> c_int {
    let set = |fields: &mut Fields| {
        fields.max_early_data = max_early_data;
        Ok(1)
    };
    // SAFETY: null or a live handle, by the manual.
    unsafe { change(s, 0, set) }
}

/// `SSL_SESSION_set1_master_key(3)`: sets the master secret, at most 512 bytes; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `sess` is null or a live handle; `key` is readable for `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set1_master_key(sess: *mut SSL_SESSION, key: *const c_uchar, len: usize) -> c_int {
    let set = |fields: &mut Fields| {
        if len > MAX_MASTER_KEY {
            return Err(Error::Silent);
        }
        // SAFETY: readable for `len` bytes, by the manual.
        fields.master_key = unsafe { arg::bytes(key, len) }.to_vec().into();
        Ok(1)
    };
    // SAFETY: null or a live handle, by the manual.
    unsafe { change(sess, 0, set) }
}

/// `SSL_SESSION_set1_ticket_appdata(3)`: sets what the program keeps in the ticket, null or empty for nothing; 1 on
/// success.
///
/// Status: full.
///
/// # Safety
/// `ss` is null or a live handle; `data` is readable for `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set1_ticket_appdata(
    ss: *mut SSL_SESSION,
    data: *const c_void,
    len: usize,
) -> c_int {
    let set = |fields: &mut Fields| {
        // SAFETY: readable for `len` bytes, by the manual.
        fields.ticket_appdata = unsafe { arg::bytes(data.cast(), len) }.to_vec();
        Ok(1)
    };
    // SAFETY: null or a live handle, by the manual.
    unsafe { change(ss, 0, set) }
}

/// `SSL_SESSION_set_ex_data(3)`: sets a slot of application data; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ss` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set_ex_data(ss: *mut SSL_SESSION, idx: c_int, data: *mut c_void) -> c_int {
    // SAFETY: null or a live handle, by the manual.
    guard(0, || Ok(unsafe { share(ss) }?.ex_data.set(idx, data).into()))
}

/// `SSL_SESSION_set_ex_data(3)`: the value of a slot of application data.
///
/// Status: full.
///
/// # Safety
/// `ss` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_ex_data(ss: *const SSL_SESSION, idx: c_int) -> *mut c_void {
    // SAFETY: null or a live handle, by the manual.
    guard(ptr::null_mut(), || Ok(unsafe { SSL_SESSION::share(ss) }.ok_or(Error::Silent)?.ex_data.get(idx)))
}
