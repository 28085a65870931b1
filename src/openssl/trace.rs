//! `SSL_trace`: a message callback that prints what it is shown.

use super::config::TLS1_3;
use super::connection::{Connection, share};
use super::error::{Error, guard};
use super::strings;
use super::trace_message::{self, Circumstances, Page};
use super::trace_names as names;
use super::types::SSL;
use crate::libcrypto::sys;
use crate::libcrypto::x509::X509;
use crate::seam::arg;
use std::ffi::{CStr, c_int, c_long, c_void};
use std::ptr;

/// What a message callback may be shown: content types, and OpenSSL's own for what is no content.
mod shown {
    pub(super) const CIPHER_CHANGE: i32 = 20;
    pub(super) const ALERT: i32 = 21;
    pub(super) const HANDSHAKE: i32 = 22;
    pub(super) const HEADER: i32 = 256;
    pub(super) const INNER_TYPE: i32 = 257;
}

/// `XN_FLAG_ONELINE`.
const ONE_LINE: u64 = 0x0082_031f;

/// A page in a BIO that outlives it.
struct BioPage<'a> {
    bio: *mut sys::BIO,
    ssl: &'a Connection,
}

impl Page for BioPage<'_> {
    fn text(&mut self, text: &str) {
        if let Ok(len) = c_int::try_from(text.len()) {
            // SAFETY: the BIO is live, by whoever made the page; the text is readable for its length.
            unsafe { sys::BIO_write(self.bio, text.as_ptr().cast(), len) };
        }
    }

    fn dump(&mut self, indent: usize, bytes: &[u8]) {
        if let (Ok(len), Ok(indent)) = (c_int::try_from(bytes.len()), c_int::try_from(indent)) {
            // SAFETY: as above.
            unsafe { sys::BIO_dump_indent(self.bio, bytes.as_ptr().cast(), len, indent) };
        }
    }

    fn certificate(&mut self, der: &[u8]) -> usize {
        let Some((certificate, len)) = X509::from_der_prefix(der, &self.ssl.context().lib_ctx) else {
            self.text("<UNPARSABLE CERTIFICATE>\n");
            return 0;
        };
        self.text("\n------details-----\n");
        // SAFETY: both are live.
        unsafe { sys::X509_print_ex(self.bio, certificate.as_ptr(), ONE_LINE, 0) };
        // SAFETY: as above.
        unsafe { sys::PEM_write_bio_X509(self.bio, certificate.as_ptr()) };
        self.text("------------------\n");
        len
    }

    fn distinguished_name(&mut self, der: &[u8]) {
        let Ok(len) = c_long::try_from(der.len()) else { return };
        let mut at = der.as_ptr();
        // SAFETY: `at` is readable for `len` bytes; the name made is ours.
        let name = unsafe { sys::d2i_X509_NAME(ptr::null_mut(), &raw mut at, len) };
        if name.is_null() {
            return self.text("<UNPARSABLE DN>\n");
        }
        // SAFETY: the BIO is live, and the name is the one made above.
        unsafe { sys::X509_NAME_print_ex(self.bio, name, 0, ONE_LINE) };
        // SAFETY: made above, and used by nobody else.
        unsafe { sys::X509_NAME_free(name) };
        self.text("\n");
    }
}

fn tell(page: &mut BioPage<'_>, written: bool, what: c_int, bytes: &[u8]) {
    match (what, bytes) {
        (shown::HEADER, &[kind, high, low, .., len_high, len_low]) if bytes.len() >= 5 => {
            let (version, len) = (u16::from_be_bytes([high, low]), u16::from_be_bytes([len_high, len_low]));
            let (direction, version_name) = (if written { "Sent" } else { "Received" }, names::version(version));
            let content = format!("  Content Type = {} ({kind})\n  Length = {len}", names::content_type(kind));
            page.text(&format!("{direction} Record\nHeader:\n  Version = {version_name} (0x{version:x})\n{content}"));
        }
        (shown::HEADER, short) => {
            page.text(if written { "Sent" } else { "Received" });
            trace_message::hex(page, 0, " too short message", short);
        }
        (shown::INNER_TYPE, &[kind, ..]) => {
            page.text(&format!("  Inner Content Type = {} ({kind})", names::content_type(kind)));
        }
        (shown::HANDSHAKE, message) => {
            let by_server = page.ssl.is_server() == written;
            let about = Circumstances { by_server, tls13: page.ssl.facts.read().version() == TLS1_3 };
            if trace_message::tell(page, about, message).is_none() {
                page.text("Message length parse error!\n");
            }
        }
        (shown::CIPHER_CHANGE, [1]) => page.text("    change_cipher_spec (1)\n"),
        (shown::CIPHER_CHANGE, other) => trace_message::hex(page, 4, "unknown value", other),
        (shown::ALERT, &[level, alert]) => {
            let level_name = text(strings::SSL_alert_type_string_long(c_int::from(level) << 8));
            let name = text(strings::SSL_alert_desc_string_long(alert.into()));
            page.text(&format!("    Level={level_name}({level}), description={name}({alert})\n"));
        }
        (shown::ALERT, _) => page.text("    Illegal Alert Length\n"),
        _ => {}
    }
    page.text("\n");
}

/// A static string of this library's.
fn text(string: *const std::ffi::c_char) -> String {
    // SAFETY: a static C string.
    unsafe { CStr::from_ptr(string) }.to_string_lossy().into_owned()
}

/// `SSL_CTX_set_msg_callback(3)`: a message callback that prints what it is shown into the BIO that is its argument.
///
/// Status: full.
///
/// # Safety
/// As for any message callback; `arg` is null or a live BIO.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_trace(
    write_p: c_int,
    _version: c_int,
    content_type: c_int,
    buf: *const c_void,
    len: usize,
    ssl: *mut SSL,
    arg: *mut c_void,
) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        if arg.is_null() {
            return Err(Error::Silent);
        }
        // SAFETY: readable for `len` bytes, by the manual.
        let bytes = unsafe { arg::bytes(buf.cast(), len) };
        tell(&mut BioPage { bio: arg.cast(), ssl: &ssl }, write_p != 0, content_type, bytes);
        Ok(())
    });
}
