//! Values that a handshake leaves: randoms, Finished, temporary keys, exported keys.

use super::config::{TLS1_2, TLS1_3};
use super::connection::{Connection, share};
use super::error::{Error, INTERNAL_ERROR, guard};
use super::reason;
use super::types::SSL;
use crate::libcrypto::pkey::Pkey;
use crate::libcrypto::public_key;
use crate::seam::arg;
use crate::tls::exchange::Record;
use std::ffi::{c_char, c_int, c_long, c_uchar, c_void};

/// Copies as much of `value` as there is room for.
///
/// # Safety
/// `out` is null or writable for `room` bytes.
unsafe fn copy(value: &[u8], out: *mut u8, room: usize) -> usize {
    // SAFETY: null or writable for as many bytes, by the caller.
    let out = unsafe { arg::bytes_mut(out, room.min(value.len())) };
    out.iter_mut().zip(value).for_each(|(to, from)| *to = *from);
    room.min(value.len())
}

/// What TLS code has noted of the connection's handshake.
fn noted<T>(ssl: &Connection, read: impl FnOnce(&Record) -> T) -> Option<T> {
    ssl.exchange.read().as_ref().map(|exchange| read(&exchange.record.lock()))
}

/// Whether the peer says that it renegotiates securely. A TLS 1.3 server has nothing to say about it; of its clients,
/// OpenSSL's say so even if TLS 1.3 is all they offer, and rustls's would if there were anything to renegotiate.
pub(crate) fn peer_renegotiates_securely(ssl: &Connection) -> bool {
    if ssl.is_server() {
        let facts = ssl.facts.read();
        let is_tls13 = facts.agreed.as_ref().is_some_and(|agreed| agreed.version == TLS1_3);
        return is_tls13 || facts.hello.as_ref().is_some_and(|hello| hello.renegotiates_securely());
    }
    noted(ssl, |record| record.server_hello.is_some_and(|hello| hello.renegotiation_info)).unwrap_or(false)
}

/// The length of a random, bytes (RFC 5246, section 7.4.1.2).
const RANDOM_LEN: usize = 32;

/// A random; zeros before it is known.
fn random(ssl: &Connection, server: bool) -> [u8; RANDOM_LEN] {
    let known = {
        let facts = ssl.facts.read();
        if server { facts.server_random } else { facts.client_random }
    };
    let noted = || {
        noted(ssl, |record| if server { record.server_hello.map(|hello| hello.random) } else { record.client_random })
            .flatten()
    };
    known.or_else(noted).unwrap_or_default()
}

/// # Safety
/// `ssl` is null or a live handle; `out` is null or writable for `room` bytes.
unsafe fn get_random(ssl: *const SSL, out: *mut c_uchar, room: usize, server: bool) -> usize {
    guard(0, || {
        if room == 0 {
            return Ok(RANDOM_LEN);
        }
        // SAFETY: null or a live handle, by the caller.
        let ssl = unsafe { share(ssl) }?;
        let random = random(&ssl, server);
        // SAFETY: null or writable, by the caller.
        Ok(unsafe { copy(&random, out, room) })
    })
}

/// `SSL_get_client_random(3)`: copies at most `outlen` bytes of the client's random; returns how many, or with an
/// `outlen` of 0 how many there are.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `out` is writable for `outlen` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_client_random(ssl: *const SSL, out: *mut c_uchar, outlen: usize) -> usize {
    // SAFETY: as the manual says.
    unsafe { get_random(ssl, out, outlen, false) }
}

/// `SSL_get_client_random(3)`: as `SSL_get_client_random`, of the server's random.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `out` is writable for `outlen` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_server_random(ssl: *const SSL, out: *mut c_uchar, outlen: usize) -> usize {
    // SAFETY: as the manual says.
    unsafe { get_random(ssl, out, outlen, true) }
}

/// # Safety
/// `ssl` is null or a live handle; `buf` is null or writable for `count` bytes.
unsafe fn get_finished(ssl: *const SSL, buf: *mut c_void, count: usize, peers: bool) -> usize {
    guard(0, || {
        // SAFETY: null or a live handle, by the caller.
        let ssl = unsafe { share(ssl) }?;
        let facts = ssl.facts.read();
        let Some((client, server)) = &facts.finished else { return Ok(0) };
        let value = if ssl.is_server() == peers { client } else { server };
        // SAFETY: null or writable, by the caller.
        unsafe { copy(value, buf.cast(), count) };
        Ok(value.len())
    })
}

/// `SSL_get_finished`: copies at most `count` bytes of our Finished value; returns its length, 0 before the handshake
/// is complete.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `buf` is writable for `count` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_finished(ssl: *const SSL, buf: *mut c_void, count: usize) -> usize {
    // SAFETY: as the manual says.
    unsafe { get_finished(ssl, buf, count, false) }
}

/// `SSL_get_finished`: as `SSL_get_finished`, of the peer's Finished value.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `buf` is writable for `count` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_peer_finished(ssl: *const SSL, buf: *mut c_void, count: usize) -> usize {
    // SAFETY: as the manual says.
    unsafe { get_finished(ssl, buf, count, true) }
}

/// `SSL_get_peer_tmp_key(3)` and `SSL_get_tmp_key`: the temporary key of the peer, or ours; none where libcrypto has no
/// such keys, as for X25519MLKEM768.
fn temporary_key(ssl: &Connection, peers: bool) -> Option<Pkey> {
    // OpenSSL lets go of TLS 1.2's once they have been used, but for the server's on the client's side.
    if ssl.facts.read().version() == TLS1_2 && (ssl.is_server() || !peers) {
        return None;
    }
    let shares = noted(ssl, |record| record.key_shares.clone())??;
    let bytes = if peers { shares.peer? } else { shares.own };
    public_key::of_group(shares.group, &bytes, &ssl.context().lib_ctx)
}

/// The commands of `SSL_ctrl` for what a handshake leaves; none: another's command.
///
/// # Safety
/// `parg` is what the command's macro passes.
pub(crate) unsafe fn command(ssl: &Connection, command: c_int, parg: *mut c_void) -> Option<c_long> {
    Some(match command {
        109 | 133 => match temporary_key(ssl, command == 109) {
            Some(key) => {
                // SAFETY: null or valid for a write of a pointer, by the caller; its count is the program's.
                unsafe { arg::set(parg.cast(), key.into_raw()) };
                1
            }
            None => 0,
        },
        122 => match &ssl.facts.read().agreed {
            Some(agreed) => (agreed.extended_master_secret == Some(true)).into(),
            None => -1,
        },
        _ => return None,
    })
}

/// Labels that TLS 1.2 uses itself (RFC 5705, section 4, and RFC 7627); what begins like one is taken for it.
const RESERVED: [&[u8]; 5] =
    [b"client finished", b"server finished", b"master secret", b"extended master secret", b"key expansion"];
/// The longest label in TLS 1.3 (RFC 8446, section 7.1: 255 with its prefix).
const LABEL_MAX: usize = 249;

fn export(ssl: &Connection, label: &[u8], context: Option<&[u8]>, out: &mut [u8]) -> Result<c_int, Error> {
    // OpenSSL has a session to derive from once the handshake has begun.
    if ssl.exchange.read().is_none() {
        return Ok(-1);
    }
    let exporter = ssl.exporter.lock();
    let exporter = exporter.as_ref().ok_or(Error::Ssl(INTERNAL_ERROR))?;
    let tls13 = ssl.facts.read().version() == TLS1_3;
    let illegal = if tls13 { label.len() > LABEL_MAX } else { RESERVED.iter().any(|own| label.starts_with(own)) };
    if illegal {
        return Err(Error::Ssl(reason::TLS_ILLEGAL_EXPORTER_LABEL));
    }
    if out.is_empty() && tls13 {
        return Ok(1);
    }
    exporter.derive(label, context, out).map_err(|error| Error::SslData(INTERNAL_ERROR, error.to_string()))?;
    Ok(1)
}

/// `SSL_export_keying_material(3)`: derives `olen` bytes from the connection's secrets (RFC 5705, RFC 8446 section 7.5);
/// 1 on success, -1 before the handshake has begun.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `out` is writable for `olen` bytes, `label` readable for `llen`, and `context`, if
/// `use_context` is set, for `contextlen`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_export_keying_material(
    ssl: *mut SSL,
    out: *mut c_uchar,
    olen: usize,
    label: *const c_char,
    llen: usize,
    context: *const c_uchar,
    contextlen: usize,
    use_context: c_int,
) -> c_int {
    guard(-1, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        // SAFETY: writable and readable for their lengths, by the manual.
        let (out, label) = unsafe { (arg::bytes_mut(out, olen), arg::bytes(label.cast(), llen)) };
        // SAFETY: as above.
        let context = (use_context != 0).then(|| unsafe { arg::bytes(context, contextlen) });
        export(&ssl, label, context, out).or_else(|error| {
            crate::seam::Failure::report(error);
            Ok(0)
        })
    })
}
