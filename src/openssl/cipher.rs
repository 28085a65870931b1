//! `SSL_CIPHER_get_name(3)` and relatives: what a cipher suite is called and made of.
//!
//! An `SSL_CIPHER *` points to a row of the static table in `tls::cipher`; nothing is ever freed.

use std::ffi::{CStr, c_char, c_int, c_uchar};

use super::error::{Error, MALLOC_FAILURE, PASSED_NULL_PARAMETER, guard};
use super::types::{SSL, SSL_CIPHER, stack_st_SSL_CIPHER};
use crate::libcrypto::stack::PtrStack;
use crate::libcrypto::sys;
use crate::seam::arg;
use crate::tls::cipher::{self, Auth, Digest, Enc, Kx, Mac, MinVersion, Suite};

/// What the getters call a suite that is none.
const NONE: &CStr = c"(NONE)";
/// `NID_undef`.
const UNDEF: c_int = 0;
/// The room that `SSL_CIPHER_description` asks for.
const DESCRIPTION_SIZE: c_int = 128;

/// The pointer that C knows for `suite`.
pub(crate) fn to_c(suite: &'static Suite) -> *const SSL_CIPHER {
    std::ptr::from_ref(suite).cast()
}

/// The suite behind C's pointer.
///
/// # Safety
/// `cipher` is null or came from this library.
pub(crate) unsafe fn from_c(cipher: *const SSL_CIPHER) -> Option<&'static Suite> {
    // SAFETY: all pointers this library gives out point to rows of static tables.
    unsafe { cipher.cast::<Suite>().as_ref() }
}

/// The same where OpenSSL takes no null.
///
/// # Safety
/// As for [`from_c`].
unsafe fn required(cipher: *const SSL_CIPHER) -> Result<&'static Suite, Error> {
    // SAFETY: passed on from the caller.
    unsafe { from_c(cipher) }.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))
}

/// A stack of these suites.
pub(crate) fn stack(suites: &[&'static Suite]) -> Option<PtrStack> {
    PtrStack::of(suites.iter().map(|&suite| to_c(suite).cast()))
}

/// Gives a stack to the program as `STACK_OF(SSL_CIPHER) *`.
pub(crate) fn give_stack(stack: PtrStack) -> *mut stack_st_SSL_CIPHER {
    stack.into_raw().cast()
}

/// `SSL_CIPHER_get_name(3)`: returns OpenSSL's name of the suite, `(NONE)` for null. The string is static.
///
/// Status: full.
///
/// # Safety
/// `cipher` is null or came from this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CIPHER_get_name(cipher: *const SSL_CIPHER) -> *const c_char {
    guard(NONE.as_ptr(), || {
        // SAFETY: null or a row of the table, by the caller.
        let suite = unsafe { from_c(cipher) };
        Ok(suite.map_or(NONE, |suite| suite.name).as_ptr())
    })
}

/// `SSL_CIPHER_standard_name(3)`: returns the suite's name in the RFC, `(NONE)` for null, null when it has none there.
///
/// Status: full.
///
/// # Safety
/// `cipher` is null or came from this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CIPHER_standard_name(cipher: *const SSL_CIPHER) -> *const c_char {
    guard(NONE.as_ptr(), || {
        // SAFETY: null or a row of the table, by the caller.
        let suite = unsafe { from_c(cipher) };
        Ok(match suite {
            None => NONE.as_ptr(),
            Some(suite) if suite.standard_name.is_empty() => std::ptr::null(),
            Some(suite) => suite.standard_name.as_ptr(),
        })
    })
}

/// `OPENSSL_cipher_name(3)`: returns OpenSSL's name of the suite that an RFC calls `stdname`, `(NONE)` when there is
/// no such suite.
///
/// Status: full.
///
/// # Safety
/// `stdname` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OPENSSL_cipher_name(stdname: *const c_char) -> *const c_char {
    guard(NONE.as_ptr(), || {
        // SAFETY: null or a C string, by the caller.
        let name = unsafe { arg::c_str(stdname) };
        let suite = name.and_then(|name| cipher::by_standard_name(name.to_bytes()));
        Ok(suite.map_or(NONE, |suite| suite.name).as_ptr())
    })
}

/// `SSL_CIPHER_get_id(3)`: returns the suite's number with `0x03000000` added to the two bytes on the wire.
///
/// Status: full.
///
/// # Safety
/// `cipher` is null (returns 0) or came from this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CIPHER_get_id(cipher: *const SSL_CIPHER) -> u32 {
    guard(0, || {
        // SAFETY: null or a row of the table, by the caller.
        let suite = unsafe { required(cipher) }?;
        Ok(0x0300_0000 | u32::from(suite.id))
    })
}

/// `SSL_CIPHER_get_protocol_id(3)`: returns the two bytes that name the suite on the wire.
///
/// Status: full.
///
/// # Safety
/// `cipher` is null (returns 0) or came from this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CIPHER_get_protocol_id(cipher: *const SSL_CIPHER) -> u16 {
    guard(0, || {
        // SAFETY: null or a row of the table, by the caller.
        Ok(unsafe { required(cipher) }?.id)
    })
}

/// `SSL_CIPHER_get_bits(3)`: returns the bits of strength, and in `*alg_bits` the bits of the key. 0 for null, which
/// leaves `*alg_bits` alone.
///
/// Status: full.
///
/// # Safety
/// `cipher` is null or came from this library; `alg_bits` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CIPHER_get_bits(cipher: *const SSL_CIPHER, alg_bits: *mut c_int) -> c_int {
    guard(0, || {
        // SAFETY: null or a row of the table, by the caller.
        let Some(suite) = (unsafe { from_c(cipher) }) else { return Ok(0) };
        let bits = suite.enc.bits() as c_int;
        // SAFETY: null or writable, by the caller.
        unsafe { arg::set(alg_bits, bits) };
        Ok(bits)
    })
}

/// `SSL_CIPHER_get_version(3)`: returns the name of the oldest protocol version that has the suite, `(NONE)` for null.
///
/// Status: full.
///
/// # Safety
/// `cipher` is null or came from this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CIPHER_get_version(cipher: *const SSL_CIPHER) -> *const c_char {
    guard(NONE.as_ptr(), || {
        // SAFETY: null or a row of the table, by the caller.
        let suite = unsafe { from_c(cipher) };
        Ok(suite
            .map_or(NONE, |suite| match suite.min_version {
                MinVersion::Unknown => c"unknown",
                MinVersion::Ssl3 => c"SSLv3",
                MinVersion::Tls10 => c"TLSv1.0",
                MinVersion::Tls12 => c"TLSv1.2",
                MinVersion::Tls13 => c"TLSv1.3",
            })
            .as_ptr())
    })
}

/// `SSL_CIPHER_is_aead(3)`: returns 1 if the suite's records are sealed by an AEAD cipher.
///
/// Status: full.
///
/// # Safety
/// `cipher` is null (returns 0) or came from this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CIPHER_is_aead(cipher: *const SSL_CIPHER) -> c_int {
    guard(0, || {
        // SAFETY: null or a row of the table, by the caller.
        Ok((unsafe { required(cipher) }?.mac == Mac::Aead).into())
    })
}

/// `SSL_CIPHER_get_cipher_nid(3)`: returns the NID of the record cipher, `NID_undef` for null or when there is none.
///
/// Status: full.
///
/// # Safety
/// `cipher` is null or came from this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CIPHER_get_cipher_nid(cipher: *const SSL_CIPHER) -> c_int {
    guard(UNDEF, || {
        // SAFETY: null or a row of the table, by the caller.
        let suite = unsafe { from_c(cipher) };
        Ok(suite.map_or(UNDEF, |suite| enc_nid(suite.enc)))
    })
}

/// `SSL_CIPHER_get_digest_nid(3)`: returns the NID of the record MAC's digest, `NID_undef` for AEAD suites.
///
/// Status: full.
///
/// # Safety
/// `cipher` is null (returns `NID_undef`) or came from this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CIPHER_get_digest_nid(cipher: *const SSL_CIPHER) -> c_int {
    guard(UNDEF, || {
        // SAFETY: null or a row of the table, by the caller.
        Ok(mac_nid(unsafe { required(cipher) }?.mac))
    })
}

/// `SSL_CIPHER_get_kx_nid(3)`: returns the NID of the key exchange, `NID_kx_any` for TLS 1.3.
///
/// Status: full.
///
/// # Safety
/// `cipher` is null (returns `NID_undef`) or came from this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CIPHER_get_kx_nid(cipher: *const SSL_CIPHER) -> c_int {
    guard(UNDEF, || {
        // SAFETY: null or a row of the table, by the caller.
        Ok(kx_nid(unsafe { required(cipher) }?.kx))
    })
}

/// `SSL_CIPHER_get_auth_nid(3)`: returns the NID of the authentication, `NID_auth_any` for TLS 1.3.
///
/// Status: full.
///
/// # Safety
/// `cipher` is null (returns `NID_undef`) or came from this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CIPHER_get_auth_nid(cipher: *const SSL_CIPHER) -> c_int {
    guard(UNDEF, || {
        // SAFETY: null or a row of the table, by the caller.
        Ok(auth_nid(unsafe { required(cipher) }?.auth))
    })
}

/// `SSL_CIPHER_get_handshake_digest(3)`: returns the digest of the handshake's transcript as the table has it
/// (`MD5-SHA1` for suites from before TLS 1.2).
///
/// Status: full.
///
/// # Safety
/// `cipher` is null (returns null) or came from this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CIPHER_get_handshake_digest(cipher: *const SSL_CIPHER) -> *const sys::EVP_MD {
    guard(std::ptr::null(), || {
        // SAFETY: null or a row of the table, by the caller.
        let name = digest_name(unsafe { required(cipher) }?.digest);
        // SAFETY: a C string.
        Ok(unsafe { sys::EVP_get_digestbyname(name.as_ptr()) })
    })
}

/// `SSL_CIPHER_find(3)`: returns the suite that two bytes on the wire name, null when there is none. Suites that
/// cannot be negotiated are found too.
///
/// Status: full.
///
/// # Safety
/// `ptr` is null (returns null) or readable for two bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CIPHER_find(_ssl: *mut SSL, ptr: *const c_uchar) -> *const SSL_CIPHER {
    guard(std::ptr::null(), || {
        // SAFETY: null or readable for two bytes, by the caller.
        let &[high, low] = (unsafe { arg::bytes(ptr, 2) }) else { return Err(Error::Ssl(PASSED_NULL_PARAMETER)) };
        Ok(cipher::by_id(u16::from_be_bytes([high, low])).map_or(std::ptr::null(), to_c))
    })
}

/// `SSL_CIPHER_description(3)`: writes a line about the suite to `buf` and returns `buf`, or null when it has less than
/// 128 bytes. With a null `buf` the line is put into new memory, which the program frees with `OPENSSL_free`.
///
/// Status: full.
///
/// # Safety
/// `cipher` is null (returns null) or came from this library; `buf` is null or writable for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CIPHER_description(
    cipher: *const SSL_CIPHER,
    buf: *mut c_char,
    size: c_int,
) -> *mut c_char {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null or a row of the table, by the caller.
        let line = description(unsafe { required(cipher) }?);
        let size = if buf.is_null() { DESCRIPTION_SIZE } else { size };
        if size < DESCRIPTION_SIZE {
            return Err(Error::Silent);
        }
        let mut to = buf.cast::<u8>();
        if to.is_null() {
            // SAFETY: plain allocation; null is looked at below.
            to = unsafe { sys::CRYPTO_malloc(DESCRIPTION_SIZE as usize, c"".as_ptr(), 0) }.cast();
        }
        if to.is_null() {
            return Err(Error::Ssl(MALLOC_FAILURE));
        }
        let len = line.len().min(size as usize - 1);
        // SAFETY: `to` has `size` bytes, allocated above or promised by the caller; `len` is less.
        unsafe {
            std::ptr::copy_nonoverlapping(line.as_ptr(), to, len);
            to.add(len).write(0);
        }
        Ok(to.cast())
    })
}

/// `OSSL_default_cipher_list(3)`: returns the cipher string that is used unless a program sets another.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn OSSL_default_cipher_list() -> *const c_char {
    c"ALL:!COMPLEMENTOFDEFAULT:!eNULL".as_ptr()
}

/// `OSSL_default_ciphersuites(3)`: returns the TLS 1.3 suites that are used unless a program sets others.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn OSSL_default_ciphersuites() -> *const c_char {
    c"TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256".as_ptr()
}

fn description(suite: &Suite) -> String {
    let version = match suite.min_version {
        MinVersion::Unknown => "unknown",
        MinVersion::Ssl3 => "SSLv3",
        MinVersion::Tls10 => "TLSv1",
        MinVersion::Tls12 => "TLSv1.2",
        MinVersion::Tls13 => "TLSv1.3",
    };
    let signal = suite.min_version == MinVersion::Unknown;
    let enc = if signal { "unknown" } else { enc_text(suite.enc) };
    format!(
        "{:<30} {version:<7} Kx={:<8} Au={:<5} Enc={enc:<22} Mac={:<4}\n",
        suite.name.to_str().unwrap_or_default(),
        kx_text(suite.kx),
        auth_text(suite.auth),
        mac_text(suite.mac),
    )
}

fn kx_text(kx: Kx) -> &'static str {
    match kx {
        Kx::Rsa => "RSA",
        Kx::Dhe => "DH",
        Kx::Ecdhe => "ECDH",
        Kx::Psk => "PSK",
        Kx::RsaPsk => "RSAPSK",
        Kx::EcdhePsk => "ECDHEPSK",
        Kx::DhePsk => "DHEPSK",
        Kx::Srp => "SRP",
        Kx::Gost => "GOST",
        Kx::Gost18 => "GOST18",
        Kx::Any => "any",
    }
}

fn auth_text(auth: Auth) -> &'static str {
    match auth {
        Auth::Rsa => "RSA",
        Auth::Dss => "DSS",
        Auth::Null => "None",
        Auth::Ecdsa => "ECDSA",
        Auth::Psk => "PSK",
        Auth::Srp => "SRP",
        Auth::Gost01 => "GOST01",
        Auth::Gost12 => "unknown",
        Auth::Gost12Or01 => "GOST12",
        Auth::Any => "any",
    }
}

fn enc_text(enc: Enc) -> &'static str {
    match enc {
        Enc::Null => "None",
        Enc::Idea => "IDEA(128)",
        Enc::Seed => "SEED(128)",
        Enc::Aes128Cbc => "AES(128)",
        Enc::Aes256Cbc => "AES(256)",
        Enc::Aes128Gcm => "AESGCM(128)",
        Enc::Aes256Gcm => "AESGCM(256)",
        Enc::Aes128Ccm => "AESCCM(128)",
        Enc::Aes256Ccm => "AESCCM(256)",
        Enc::Aes128Ccm8 => "AESCCM8(128)",
        Enc::Aes256Ccm8 => "AESCCM8(256)",
        Enc::Camellia128Cbc => "Camellia(128)",
        Enc::Camellia256Cbc => "Camellia(256)",
        Enc::Aria128Gcm => "ARIAGCM(128)",
        Enc::Aria256Gcm => "ARIAGCM(256)",
        Enc::ChaCha20Poly1305 => "CHACHA20/POLY1305(256)",
        Enc::Gost89 | Enc::Gost89V12 => "GOST89(256)",
        Enc::Kuznyechik => "KUZNYECHIK",
        Enc::Magma => "MAGMA",
    }
}

fn mac_text(mac: Mac) -> &'static str {
    match mac {
        Mac::Aead => "AEAD",
        Mac::Md5 => "MD5",
        Mac::Sha1 => "SHA1",
        Mac::Sha256 => "SHA256",
        Mac::Sha384 => "SHA384",
        Mac::Gost94 => "GOST94",
        Mac::Gost12 => "GOST2012",
        Mac::Gost89 | Mac::Gost89V12 => "GOST89",
        Mac::KuznyechikOmac | Mac::MagmaOmac | Mac::Unknown => "unknown",
    }
}

/// NIDs of obj_mac.h.
fn enc_nid(enc: Enc) -> c_int {
    match enc {
        Enc::Null => UNDEF,
        Enc::Idea => 34,
        Enc::Seed => 777,
        Enc::Aes128Cbc => 419,
        Enc::Aes256Cbc => 427,
        Enc::Aes128Gcm => 895,
        Enc::Aes256Gcm => 901,
        Enc::Aes128Ccm | Enc::Aes128Ccm8 => 896,
        Enc::Aes256Ccm | Enc::Aes256Ccm8 => 902,
        Enc::Camellia128Cbc => 751,
        Enc::Camellia256Cbc => 753,
        Enc::Aria128Gcm => 1123,
        Enc::Aria256Gcm => 1125,
        Enc::ChaCha20Poly1305 => 1018,
        Enc::Gost89 => 814,
        Enc::Gost89V12 => 975,
        Enc::Kuznyechik => 1177,
        Enc::Magma => 1174,
    }
}

fn mac_nid(mac: Mac) -> c_int {
    match mac {
        Mac::Aead => UNDEF,
        Mac::Md5 => 4,
        Mac::Sha1 => 64,
        Mac::Sha256 => 672,
        Mac::Sha384 => 673,
        Mac::Gost94 => 809,
        Mac::Gost12 => 982,
        Mac::Gost89 => 815,
        Mac::Gost89V12 => 976,
        Mac::KuznyechikOmac => 1017,
        Mac::MagmaOmac => 1192,
        Mac::Unknown => 114,
    }
}

fn kx_nid(kx: Kx) -> c_int {
    match kx {
        Kx::Rsa => 1037,
        Kx::Ecdhe => 1038,
        Kx::Dhe => 1039,
        Kx::EcdhePsk => 1040,
        Kx::DhePsk => 1041,
        Kx::RsaPsk => 1042,
        Kx::Psk => 1043,
        Kx::Srp => 1044,
        Kx::Gost => 1045,
        Kx::Gost18 => 1218,
        Kx::Any => 1063,
    }
}

fn auth_nid(auth: Auth) -> c_int {
    match auth {
        Auth::Rsa => 1046,
        Auth::Ecdsa => 1047,
        Auth::Psk => 1048,
        Auth::Dss => 1049,
        Auth::Gost01 => 1050,
        Auth::Gost12 => 1051,
        Auth::Gost12Or01 => UNDEF,
        Auth::Srp => 1052,
        Auth::Null => 1053,
        Auth::Any => 1064,
    }
}

fn digest_name(digest: Digest) -> &'static CStr {
    match digest {
        Digest::Md5Sha1 => c"MD5-SHA1",
        Digest::Sha256 => c"SHA256",
        Digest::Sha384 => c"SHA384",
        Digest::Gost94 => c"md_gost94",
        Digest::Gost12 => c"md_gost12_256",
        Digest::Unknown => c"MD5",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn descriptions_equal_the_systems() {
        let output = Command::new("openssl")
            .args(["ciphers", "-v", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"])
            .env_remove("LD_PRELOAD")
            .env_remove("LD_LIBRARY_PATH")
            .output();
        let Some(output) = output.ok().filter(|output| output.status.success()) else {
            eprintln!("skipped: no `openssl` to compare with");
            return;
        };
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.lines().count() > 100);
        for line in text.lines() {
            let name = line.split_whitespace().next().unwrap_or_default();
            let suite = cipher::all().find(|suite| suite.name.to_bytes() == name.as_bytes());
            assert_eq!(suite.map(description).unwrap_or_default().trim_end(), line.trim_end());
        }
    }

    #[test]
    fn short_buffers_and_nulls() {
        let suite = cipher::by_id(0xc02f).map_or(std::ptr::null(), to_c);
        let mut buf = [1 as c_char; 128];
        // SAFETY: rows of the table or null, and buffers of the sizes said.
        unsafe {
            assert!(SSL_CIPHER_description(suite, buf.as_mut_ptr(), 127).is_null());
            assert_eq!(SSL_CIPHER_description(suite, buf.as_mut_ptr(), 128), buf.as_mut_ptr());
            assert_eq!(CStr::from_ptr(buf.as_ptr()).to_bytes().last(), Some(&b'\n'));
            assert!(SSL_CIPHER_description(std::ptr::null(), buf.as_mut_ptr(), 128).is_null());
            assert_eq!(SSL_CIPHER_get_id(std::ptr::null()), 0);
            assert_eq!(CStr::from_ptr(SSL_CIPHER_get_name(std::ptr::null())), NONE);
            assert!(SSL_CIPHER_find(std::ptr::null_mut(), std::ptr::null()).is_null());
        }
        crate::libcrypto::err::clear();
    }
}
