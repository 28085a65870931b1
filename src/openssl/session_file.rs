//! Sessions written out and read back: `d2i_SSL_SESSION(3)`, PEM, and text for people.

use super::error::{BUF_LIB, Error, guard};
use super::session_object::{FLAG_EXTMS, Fields, Session, share};
use super::types::SSL_SESSION;
use crate::libcrypto::bio::Bio;
use crate::libcrypto::lib_ctx::LibCtx;
use crate::libcrypto::x509::X509;
use crate::libcrypto::{err, memory, session_outline, sys};
use crate::seam::{Handle, arg};
use std::ffi::{CStr, c_char, c_int, c_long, c_uchar, c_void};
use std::fmt::Write;
use std::ptr;
use std::sync::Arc;

/// What a PEM file calls a session.
const PEM_NAME: &CStr = c"SSL SESSION PARAMETERS";

/// `d2i_SSL_SESSION(3)`: encodes a session in DER. With a null `pp` only says how long that is; with a null `*pp` allocates;
/// else writes to `*pp` and moves it on. 0 when there is no cipher suite to write.
///
/// Status: full.
///
/// # Safety
/// `in` is null or a live handle; `pp` is null, or `*pp` is null or has room for the encoding.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn i2d_SSL_SESSION(r#in: *const SSL_SESSION, pp: *mut *mut c_uchar) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let der = unsafe { share(r#in) }?.fields.read().to_der().ok_or(Error::Silent)?;
        let len = c_int::try_from(der.len()).map_err(|_| Error::Silent)?;
        if pp.is_null() {
            return Ok(len);
        }
        // SAFETY: not null, so it points to a pointer, by the manual.
        let to = unsafe { *pp };
        if to.is_null() {
            let copy = memory::copy(&der);
            if copy.is_null() {
                return Err(Error::Ssl(super::error::MALLOC_FAILURE));
            }
            // SAFETY: as above.
            unsafe { *pp = copy };
            return Ok(len);
        }
        // SAFETY: `to` has room for the encoding, by the manual; the pointer moves to just after it.
        unsafe {
            arg::bytes_mut(to, der.len()).copy_from_slice(&der);
            *pp = to.add(der.len());
        }
        Ok(len)
    })
}

/// `d2i_SSL_SESSION(3)`: decodes a session from DER and moves `*pp` on. With a session in `*a` that one is filled; else a
/// new one is made, and put there if `a` is not null.
///
/// Status: full.
///
/// # Safety
/// `a` is null, or `*a` is null or a live handle; `*pp` is readable for `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn d2i_SSL_SESSION(
    a: *mut *mut SSL_SESSION,
    pp: *mut *const c_uchar,
    length: c_long,
) -> *mut SSL_SESSION {
    guard(ptr::null_mut(), || {
        // SAFETY: by the caller.
        unsafe { decode_into(a, pp, length, &LibCtx::default()) }
    })
}

/// A session read, its peer's certificate, and how many bytes it took.
type Decoded = (Fields, Option<X509>, usize);

fn decode(der: &[u8], lib_ctx: &LibCtx) -> Result<Decoded, Error> {
    let (fields, used) = Fields::from_der(der)?;
    let peer = match fields.peer_chain.first() {
        Some(der) => Some(X509::from_der(der, lib_ctx).ok_or(Error::Silent)?),
        None => None,
    };
    Ok((fields, peer, used))
}

/// # Safety
/// As for `d2i_SSL_SESSION`.
unsafe fn decode_into(
    a: *mut *mut SSL_SESSION,
    pp: *mut *const c_uchar,
    length: c_long,
    lib_ctx: &LibCtx,
) -> Result<*mut SSL_SESSION, Error> {
    if pp.is_null() {
        return Err(Error::Silent);
    }
    // SAFETY: not null, so it points to a pointer, by the caller.
    let from = unsafe { *pp };
    // SAFETY: readable for `length` bytes, by the caller.
    let der = unsafe { arg::bytes(from, usize::try_from(length).unwrap_or(0)) };
    let (fields, peer, used) = match err::discarding(|| decode(der, lib_ctx)) {
        Ok(decoded) => decoded,
        Err(_) => {
            // What is wrong is libcrypto's to say first, of the whole; and it reads more than DER.
            // SAFETY: as above.
            let (der, used) = unsafe { session_outline::normalise(from, length) }.ok_or(Error::Queued)?;
            let (fields, peer, _) = decode(&der, lib_ctx)?;
            (fields, peer, used)
        }
    };
    // SAFETY: null or a place for a session, by the caller.
    let given = if a.is_null() { ptr::null_mut() } else { unsafe { *a } };
    // SAFETY: null or a live handle, by the caller.
    let made = match unsafe { SSL_SESSION::share(given) } {
        Some(session) => {
            session.refill(fields, peer);
            given
        }
        None => {
            let session = Session::new(fields)?;
            if let Some(peer) = peer {
                session.set_peer(peer);
            }
            SSL_SESSION::give(session)
        }
    };
    // SAFETY: `*pp` may move within what it was readable for; `a` is null or writable.
    unsafe {
        *pp = from.add(used);
        arg::set(a, made);
    }
    Ok(made)
}

/// `d2i_SSL_SESSION(3)`: as `d2i_SSL_SESSION`; library context and properties are for the peer's certificate.
///
/// Status: full.
///
/// # Safety
/// As for `d2i_SSL_SESSION`; the library context is null or outlives the session, `propq` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn d2i_SSL_SESSION_ex(
    a: *mut *mut SSL_SESSION,
    pp: *mut *const c_uchar,
    length: c_long,
    libctx: *mut sys::OSSL_LIB_CTX,
    propq: *const c_char,
) -> *mut SSL_SESSION {
    guard(ptr::null_mut(), || {
        // SAFETY: null or a C string, by the manual.
        let lib_ctx = LibCtx::new(libctx, unsafe { arg::c_str(propq) });
        // SAFETY: by the caller.
        unsafe { decode_into(a, pp, length, &lib_ctx) }
    })
}

unsafe extern "C" fn encode(session: *const c_void, out: *mut *mut c_uchar) -> c_int {
    // SAFETY: libcrypto passes on the session it was given, and a place as `i2d_SSL_SESSION` wants it.
    unsafe { i2d_SSL_SESSION(session.cast(), out) }
}

unsafe extern "C" fn decode_pem(a: *mut *mut c_void, data: *mut *const c_uchar, len: c_long) -> *mut c_void {
    // SAFETY: libcrypto passes on what the program gave for the session, and the bytes of the file.
    unsafe { d2i_SSL_SESSION(a.cast(), data, len) }.cast()
}

/// `PEM_read_bio_SSL_SESSION(3)`: writes a session in PEM; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `out` is a live BIO; `x` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PEM_write_bio_SSL_SESSION(out: *mut sys::BIO, x: *const SSL_SESSION) -> c_int {
    let (none, no_callback) = (ptr::null_mut(), None);
    // SAFETY: a live BIO and session, by the manual; nothing is encrypted.
    unsafe {
        let name = PEM_NAME.as_ptr();
        sys::PEM_ASN1_write_bio(encode, name, out, x.cast(), ptr::null(), ptr::null(), 0, no_callback, none)
    }
}

/// `PEM_read_bio_SSL_SESSION(3)`: writes a session in PEM; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `out` is an open file; `x` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PEM_write_SSL_SESSION(out: *mut libc::FILE, x: *const SSL_SESSION) -> c_int {
    let (none, no_callback) = (ptr::null_mut(), None);
    if out.is_null() {
        return 0;
    }
    // SAFETY: an open file and a live session, by the manual; nothing is encrypted.
    unsafe {
        let name = PEM_NAME.as_ptr();
        sys::PEM_ASN1_write(encode, name, out, x.cast(), ptr::null(), ptr::null(), 0, no_callback, none)
    }
}

/// `PEM_read_bio_SSL_SESSION(3)`: reads a session in PEM, as `d2i_SSL_SESSION` does with what is in it.
///
/// Status: full.
///
/// # Safety
/// `out` is a live BIO; `x` is as for `d2i_SSL_SESSION`; `cb` is null or gives a password.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PEM_read_bio_SSL_SESSION(
    out: *mut sys::BIO,
    x: *mut *mut SSL_SESSION,
    cb: sys::pem_password_cb,
    u: *mut c_void,
) -> *mut SSL_SESSION {
    // SAFETY: a live BIO and a place for a session, by the manual.
    unsafe { sys::PEM_ASN1_read_bio(decode_pem, PEM_NAME.as_ptr(), out, x.cast(), cb, u) }.cast()
}

/// `PEM_read_bio_SSL_SESSION(3)`: reads a session in PEM, as `d2i_SSL_SESSION` does with what is in it.
///
/// Status: full.
///
/// # Safety
/// `out` is an open file; `x` is as for `d2i_SSL_SESSION`; `cb` is null or gives a password.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PEM_read_SSL_SESSION(
    out: *mut libc::FILE,
    x: *mut *mut SSL_SESSION,
    cb: sys::pem_password_cb,
    u: *mut c_void,
) -> *mut SSL_SESSION {
    if out.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: an open file and a place for a session, by the manual.
    unsafe { sys::PEM_ASN1_read(decode_pem, PEM_NAME.as_ptr(), out, x.cast(), cb, u) }.cast()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02X}");
        text
    })
}

fn protocol(version: c_int) -> &'static str {
    match version {
        0x304 => "TLSv1.3",
        0x303 => "TLSv1.2",
        0x302 => "TLSv1.1",
        0x301 => "TLSv1",
        0x300 => "SSLv3",
        0x100 => "DTLSv0.9",
        0xfeff => "DTLSv1",
        0xfefd => "DTLSv1.2",
        _ => "unknown",
    }
}

/// What is printed before the ticket and after it.
fn describe(fields: &Fields) -> Result<(String, String), std::fmt::Error> {
    let mut head = String::from("SSL-Session:\n");
    let tls13 = fields.is_tls13();
    writeln!(head, "    Protocol  : {}", protocol(fields.version))?;
    match fields.cipher() {
        Some(suite) => writeln!(head, "    Cipher    : {}", suite.name.to_string_lossy())?,
        None => writeln!(head, "    Cipher    : {:04X}", fields.suite.unwrap_or(0))?,
    }
    writeln!(head, "    Session-ID: {}", hex(fields.id.as_slice()))?;
    writeln!(head, "    Session-ID-ctx: {}", hex(fields.id_context.as_slice()))?;
    let key = if tls13 { "Resumption PSK" } else { "Master-Key" };
    writeln!(head, "    {key}: {}", hex(&fields.master_key))?;
    let [hint, identity, user] = &fields.foreign;
    let text = |value: &Option<Vec<u8>>| {
        value.as_ref().map_or("None".to_owned(), |value| String::from_utf8_lossy(value).into_owned())
    };
    writeln!(head, "    PSK identity: {}", text(identity))?;
    writeln!(head, "    PSK identity hint: {}", text(hint))?;
    write!(head, "    SRP username: {}", text(user))?;
    if fields.lifetime_hint != 0 {
        write!(head, "\n    TLS session ticket lifetime hint: {} (seconds)", fields.lifetime_hint)?;
    }
    if !fields.ticket.is_empty() {
        write!(head, "\n    TLS session ticket:\n")?;
    }
    let mut tail = String::new();
    if fields.compression != 0 {
        write!(tail, "\n    Compression: {}", fields.compression)?;
    }
    if fields.time != 0 {
        write!(tail, "\n    Start Time: {}", fields.time)?;
    }
    if fields.timeout != 0 {
        write!(tail, "\n    Timeout   : {} (sec)", fields.timeout)?;
    }
    // SAFETY: any number has a text, which is a static string.
    let result = unsafe { CStr::from_ptr(sys::X509_verify_cert_error_string(fields.verify_result)) };
    let result = result.to_string_lossy();
    writeln!(tail, "\n    Verify return code: {} ({result})", fields.verify_result)?;
    let extended = if fields.flags & FLAG_EXTMS != 0 { "yes" } else { "no" };
    writeln!(tail, "    Extended master secret: {extended}")?;
    if tls13 {
        writeln!(tail, "    Max Early Data: {}", fields.max_early_data)?;
    }
    Ok((head, tail))
}

fn print(bio: &Bio, session: &Session) -> Result<c_int, Error> {
    let fields = session.fields.read().clone();
    let (head, tail) = describe(&fields).map_err(|_| Error::Silent)?;
    if !bio.put(head.as_bytes()) {
        return Err(Error::Silent);
    }
    if let Ok(len @ 1..) = c_int::try_from(fields.ticket.len()) {
        // SAFETY: the BIO is live and the ticket readable for its length. As in OpenSSL a failure here does not count.
        unsafe { sys::BIO_dump_indent(bio.as_ptr(), fields.ticket.as_ptr().cast(), len, 4) };
    }
    if bio.put(tail.as_bytes()) { Ok(1) } else { Err(Error::Silent) }
}

/// One more count of the program's BIO.
///
/// # Safety
/// `bio` is null or live.
unsafe fn counted(bio: *mut sys::BIO) -> Result<Arc<Bio>, Error> {
    if bio.is_null() {
        return Err(Error::Silent);
    }
    // SAFETY: live, by the caller; the count added here is given to the wrapper.
    unsafe {
        sys::BIO_up_ref(bio);
        Bio::from_owned(bio)
    }
    .ok_or(Error::Silent)
}

/// `SSL_SESSION_print(3)`: writes what a session consists of, as text; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `fp` is null or a live BIO; `ses` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_print(fp: *mut sys::BIO, ses: *const SSL_SESSION) -> c_int {
    // SAFETY: null or live, by the manual.
    guard(0, || unsafe { print(&*counted(fp)?, &*share(ses)?) })
}

/// `SSL_SESSION_print(3)`: the same to a file.
///
/// Status: full.
///
/// # Safety
/// `fp` is an open file; `ses` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_print_fp(fp: *mut libc::FILE, ses: *const SSL_SESSION) -> c_int {
    guard(0, || {
        // SAFETY: an open file, by the manual; the BIO leaves it open, and its count is given to the wrapper.
        let bio = unsafe { Bio::from_owned(sys::BIO_new_fp(fp, sys::BIO_NOCLOSE)) }.ok_or(Error::Ssl(BUF_LIB))?;
        // SAFETY: null or live, by the manual.
        print(&bio, &*unsafe { share(ses) }?)
    })
}

/// `SSL_SESSION_print(3)`: writes id and master key as a line of a key log; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `bp` is null or a live BIO; `x` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_print_keylog(bp: *mut sys::BIO, x: *const SSL_SESSION) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let session = unsafe { share(x) }?;
        let fields = session.fields.read().clone();
        if fields.id.is_empty() || fields.master_key.is_empty() {
            return Err(Error::Silent);
        }
        let line = format!("RSA Session-ID:{} Master-Key:{}\n", hex(fields.id.as_slice()), hex(&fields.master_key));
        // SAFETY: null or live, by the manual.
        let bio = unsafe { counted(bp) }?;
        if bio.put(line.as_bytes()) { Ok(1) } else { Err(Error::Silent) }
    })
}
