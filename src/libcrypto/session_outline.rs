//! OpenSSL's outline of a session for libcrypto's own ASN.1 code, which reads encodings that are not DER and says in its
//! words what is wrong with others.

use super::sys::{self, ASN1_ITEM, ASN1_ITEM_EXP, ASN1_TEMPLATE};
use std::ffi::{CStr, c_long, c_uchar, c_void};
use std::mem::offset_of;
use std::ptr;
use zeroize::Zeroizing;

/// What libcrypto puts the fields into; only libcrypto looks at them.
#[repr(C)]
struct Outline {
    version: u32,
    ssl_version: i32,
    cipher: *mut c_void,
    session_id: *mut c_void,
    master_key: *mut c_void,
    key_arg: *mut c_void,
    time: i64,
    timeout: i64,
    peer: *mut c_void,
    session_id_context: *mut c_void,
    verify_result: i32,
    tlsext_hostname: *mut c_void,
    psk_identity_hint: *mut c_void,
    psk_identity: *mut c_void,
    tlsext_tick_lifetime_hint: u64,
    tlsext_tick: *mut c_void,
    comp_id: *mut c_void,
    srp_username: *mut c_void,
    flags: u64,
    tlsext_tick_age_add: u32,
    max_early_data: u32,
    alpn_selected: *mut c_void,
    tlsext_max_fragment_len_mode: u32,
    ticket_appdata: *mut c_void,
    kex_group: u32,
}

const NEEDED: u64 = 0;
const NUMBER: u64 = sys::ASN1_TFLG_EMBED;
const TAGGED: u64 = sys::ASN1_TFLG_EXPLICIT | sys::ASN1_TFLG_OPTIONAL;
const TAGGED_NUMBER: u64 = TAGGED | NUMBER;

const fn field(flags: u64, tag: c_long, offset: usize, name: &'static CStr, item: ASN1_ITEM_EXP) -> ASN1_TEMPLATE {
    ASN1_TEMPLATE { flags, tag, offset: offset as u64, field_name: name.as_ptr(), item }
}

macro_rules! fields {
    ($($flags:expr, $tag:literal, $name:ident, $text:literal, $item:ident;)*) => {
        [$(field($flags, $tag, offset_of!(Outline, $name), $text, sys::$item)),*]
    };
}

/// The structure and its fields, which point to one another.
struct Item(ASN1_ITEM, [ASN1_TEMPLATE; FIELDS]);

// SAFETY: nobody changes it, and what it points to is static.
unsafe impl Sync for Item {}

const FIELDS: usize = 25;

static SESSION: Item = Item(
    ASN1_ITEM {
        itype: sys::ASN1_ITYPE_SEQUENCE,
        utype: sys::V_ASN1_SEQUENCE,
        templates: SESSION.1.as_ptr(),
        tcount: FIELDS as c_long,
        funcs: ptr::null(),
        size: size_of::<Outline>() as c_long,
        sname: c"SSL_SESSION_ASN1".as_ptr(),
    },
    fields![
        NUMBER, 0, version, c"version", UINT32_it;
        NUMBER, 0, ssl_version, c"ssl_version", INT32_it;
        NEEDED, 0, cipher, c"cipher", ASN1_OCTET_STRING_it;
        NEEDED, 0, session_id, c"session_id", ASN1_OCTET_STRING_it;
        NEEDED, 0, master_key, c"master_key", ASN1_OCTET_STRING_it;
        sys::ASN1_TFLG_IMPLICIT | sys::ASN1_TFLG_OPTIONAL, 0, key_arg, c"key_arg", ASN1_OCTET_STRING_it;
        TAGGED_NUMBER, 1, time, c"time", ZINT64_it;
        TAGGED_NUMBER, 2, timeout, c"timeout", ZINT64_it;
        TAGGED, 3, peer, c"peer", X509_it;
        TAGGED, 4, session_id_context, c"session_id_context", ASN1_OCTET_STRING_it;
        TAGGED_NUMBER, 5, verify_result, c"verify_result", ZINT32_it;
        TAGGED, 6, tlsext_hostname, c"tlsext_hostname", ASN1_OCTET_STRING_it;
        TAGGED, 7, psk_identity_hint, c"psk_identity_hint", ASN1_OCTET_STRING_it;
        TAGGED, 8, psk_identity, c"psk_identity", ASN1_OCTET_STRING_it;
        TAGGED_NUMBER, 9, tlsext_tick_lifetime_hint, c"tlsext_tick_lifetime_hint", ZUINT64_it;
        TAGGED, 10, tlsext_tick, c"tlsext_tick", ASN1_OCTET_STRING_it;
        TAGGED, 11, comp_id, c"comp_id", ASN1_OCTET_STRING_it;
        TAGGED, 12, srp_username, c"srp_username", ASN1_OCTET_STRING_it;
        TAGGED_NUMBER, 13, flags, c"flags", ZUINT64_it;
        TAGGED_NUMBER, 14, tlsext_tick_age_add, c"tlsext_tick_age_add", ZUINT32_it;
        TAGGED_NUMBER, 15, max_early_data, c"max_early_data", ZUINT32_it;
        TAGGED, 16, alpn_selected, c"alpn_selected", ASN1_OCTET_STRING_it;
        TAGGED_NUMBER, 17, tlsext_max_fragment_len_mode, c"tlsext_max_fragment_len_mode", ZUINT32_it;
        TAGGED, 18, ticket_appdata, c"ticket_appdata", ASN1_OCTET_STRING_it;
        TAGGED_NUMBER, 19, kex_group, c"kex_group", UINT32_it;
    ],
);

/// The session that `len` bytes at `data` begin with, in DER, and how many bytes it takes. None where it has not the
/// outline of a session: libcrypto has queued why.
///
/// # Safety
/// `data` is readable for `len` bytes, if that is more than 0.
pub unsafe fn normalise(data: *const c_uchar, len: c_long) -> Option<(Zeroizing<Vec<u8>>, usize)> {
    let mut at = data;
    // SAFETY: readable for `len` bytes, by the caller; the item describes the structure that libcrypto makes.
    let value = unsafe { sys::ASN1_item_d2i(ptr::null_mut(), &raw mut at, len, &raw const SESSION.0) };
    if value.is_null() {
        return None;
    }
    let der = encode(value);
    // SAFETY: made just above, and not used again.
    unsafe { sys::ASN1_item_free(value, &raw const SESSION.0) };
    Some((der?, (at as usize).wrapping_sub(data as usize)))
}

fn encode(value: *mut c_void) -> Option<Zeroizing<Vec<u8>>> {
    // SAFETY: a structure that libcrypto has made by this item; without a place only its length is given.
    let len = unsafe { sys::ASN1_item_i2d(value, ptr::null_mut(), &raw const SESSION.0) };
    let mut der = Zeroizing::new(vec![0; usize::try_from(len).ok()?]);
    let mut to = der.as_mut_ptr();
    // SAFETY: there is room for as many bytes as it has said.
    let written = unsafe { sys::ASN1_item_i2d(value, &raw mut to, &raw const SESSION.0) };
    (written == len).then_some(der)
}
