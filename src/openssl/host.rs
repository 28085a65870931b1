//! Verification parameters: expected names, depth, purpose and trust (`X509_VERIFY_PARAM`).

use super::connection::share;
use super::context::share as share_context;
use super::error::{Error, guard};
use super::types::{SSL, SSL_CTX};
use crate::libcrypto::sys;
use crate::libcrypto::verify_param::VerifyParam;
use std::ffi::{c_char, c_int, c_uint};

/// Where the parameters are.
#[derive(Clone, Copy)]
enum Of {
    Context(*const SSL_CTX),
    Connection(*const SSL),
}

/// Hands the parameters of a context or a connection, to be changed, to `body`.
///
/// # Safety
/// The pointer is null or a live handle.
unsafe fn with_param<T>(of: Of, failed: T, body: impl FnOnce(*mut sys::X509_VERIFY_PARAM) -> Result<T, Error>) -> T {
    guard(failed, || match of {
        // SAFETY: null or a live handle, by the caller.
        Of::Context(ctx) => body(unsafe { share_context(ctx) }?.trust.param_mut().as_ptr()),
        // SAFETY: as above.
        Of::Connection(ssl) => body(unsafe { share(ssl) }?.trust.param()?.as_ptr()),
    })
}

/// `SSL_CTX_get0_param(3)`: the verification parameters, to be read or changed by `X509_VERIFY_PARAM_*`; they stay the
/// context's.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get0_param(ctx: *mut SSL_CTX) -> *mut sys::X509_VERIFY_PARAM {
    // SAFETY: null or a live handle, by the manual.
    unsafe { with_param(Of::Context(ctx), std::ptr::null_mut(), Ok) }
}

/// `SSL_CTX_get0_param(3)`: the verification parameters of a connection; they stay the connection's.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_param(ssl: *mut SSL) -> *mut sys::X509_VERIFY_PARAM {
    // SAFETY: null or a live handle, by the manual.
    unsafe { with_param(Of::Connection(ssl), std::ptr::null_mut(), Ok) }
}

/// `SSL_CTX_get0_param(3)`: takes over what is set in `param`; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `param` is null or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set1_param(ctx: *mut SSL_CTX, param: *mut sys::X509_VERIFY_PARAM) -> c_int {
    // SAFETY: null or live, by the manual; null changes nothing.
    unsafe { with_param(Of::Context(ctx), 0, |own| Ok(sys::X509_VERIFY_PARAM_set1(own, param))) }
}

/// `SSL_CTX_get0_param(3)`: takes over what is set in `param` for one connection; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `param` is null or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set1_param(ssl: *mut SSL, param: *mut sys::X509_VERIFY_PARAM) -> c_int {
    // SAFETY: null or live, by the manual; null changes nothing.
    unsafe { with_param(Of::Connection(ssl), 0, |own| Ok(sys::X509_VERIFY_PARAM_set1(own, param))) }
}

/// `SSL_CTX_set_verify(3)`: how many certificates may be between the peer's and a trusted one.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_verify_depth(ctx: *mut SSL_CTX, depth: c_int) {
    // SAFETY: null or a live handle, by the manual.
    unsafe {
        with_param(Of::Context(ctx), (), |own| {
            sys::X509_VERIFY_PARAM_set_depth(own, depth);
            Ok(())
        });
    }
}

/// `SSL_CTX_set_verify(3)`: how many certificates may be between the peer's and a trusted one, for one connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_verify_depth(ssl: *mut SSL, depth: c_int) {
    // SAFETY: null or a live handle, by the manual.
    unsafe {
        with_param(Of::Connection(ssl), (), |own| {
            sys::X509_VERIFY_PARAM_set_depth(own, depth);
            Ok(())
        });
    }
}

/// The depth of parameters that nobody has set.
const DEPTH_UNSET: c_int = -1;

/// `SSL_CTX_get_verify_mode(3)`: the depth, -1 where none was set.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_verify_depth(ctx: *const SSL_CTX) -> c_int {
    guard(DEPTH_UNSET, || {
        // SAFETY: null or a live handle, by the manual.
        Ok(unsafe { share_context(ctx) }?.trust.param().depth())
    })
}

/// `SSL_CTX_get_verify_mode(3)`: the depth of a connection, -1 where none was set.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_verify_depth(ssl: *const SSL) -> c_int {
    guard(DEPTH_UNSET, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        Ok(ssl.trust.param_if_any().map_or(DEPTH_UNSET, VerifyParam::depth))
    })
}

/// `SSL_CTX_set_purpose`: what the peer's certificate must be good for (`X509_PURPOSE_*`); 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_purpose(ctx: *mut SSL_CTX, purpose: c_int) -> c_int {
    // SAFETY: null or a live handle, by the manual.
    unsafe { with_param(Of::Context(ctx), 0, |own| Ok(sys::X509_VERIFY_PARAM_set_purpose(own, purpose))) }
}

/// `SSL_set_purpose`: what the peer's certificate must be good for (`X509_PURPOSE_*`), on one connection; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_purpose(ssl: *mut SSL, purpose: c_int) -> c_int {
    // SAFETY: null or a live handle, by the manual.
    unsafe { with_param(Of::Connection(ssl), 0, |own| Ok(sys::X509_VERIFY_PARAM_set_purpose(own, purpose))) }
}

/// `SSL_CTX_set_trust`: what a trusted certificate must be trusted for (`X509_TRUST_*`); 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_trust(ctx: *mut SSL_CTX, trust: c_int) -> c_int {
    // SAFETY: null or a live handle, by the manual.
    unsafe { with_param(Of::Context(ctx), 0, |own| Ok(sys::X509_VERIFY_PARAM_set_trust(own, trust))) }
}

/// `SSL_set_trust`: what a trusted certificate must be trusted for (`X509_TRUST_*`), on one connection; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_trust(ssl: *mut SSL, trust: c_int) -> c_int {
    // SAFETY: null or a live handle, by the manual.
    unsafe { with_param(Of::Connection(ssl), 0, |own| Ok(sys::X509_VERIFY_PARAM_set_trust(own, trust))) }
}

/// Whether a name is the text of an address.
///
/// # Safety
/// `name` is null or a C string.
unsafe fn is_address(name: *const c_char) -> bool {
    if name.is_null() {
        return false;
    }
    // SAFETY: a C string, by the caller; the object made is freed at once.
    unsafe {
        let address = sys::a2i_IPADDRESS(name);
        sys::ASN1_OCTET_STRING_free(address);
        !address.is_null()
    }
}

/// `SSL_set1_host(3)`: the name the peer's certificate must be for, in place of earlier names; null or empty: any name.
/// An address must be in the certificate besides, in place of an earlier one. 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `name` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set1_host(ssl: *mut SSL, name: *const c_char) -> c_int {
    // SAFETY: null or a live handle and null or a C string, by the manual; length 0 means up to the NUL.
    unsafe {
        with_param(Of::Connection(ssl), 0, |own| {
            if is_address(name) {
                return Ok(sys::X509_VERIFY_PARAM_set1_ip_asc(own, name));
            }
            Ok(sys::X509_VERIFY_PARAM_set1_host(own, name, 0))
        })
    }
}

/// `SSL_set1_host(3)`: another name the peer's certificate may be for; 1 on success. Of addresses there can be only one.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `name` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_add1_host(ssl: *mut SSL, name: *const c_char) -> c_int {
    // SAFETY: null or a live handle and null or a C string, by the manual; length 0 means up to the NUL.
    unsafe {
        with_param(Of::Connection(ssl), 0, |own| {
            if !is_address(name) {
                return Ok(sys::X509_VERIFY_PARAM_add1_host(own, name, 0));
            }
            let earlier = sys::X509_VERIFY_PARAM_get1_ip_asc(own);
            if earlier.is_null() {
                return Ok(sys::X509_VERIFY_PARAM_set1_ip_asc(own, name));
            }
            sys::CRYPTO_free(earlier.cast(), c"".as_ptr(), 0);
            Ok(0)
        })
    }
}

/// `SSL_set1_host(3)`: how names are compared (`X509_CHECK_FLAG_*`).
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_hostflags(ssl: *mut SSL, flags: c_uint) {
    // SAFETY: null or a live handle, by the manual.
    unsafe {
        with_param(Of::Connection(ssl), (), |own| {
            sys::X509_VERIFY_PARAM_set_hostflags(own, flags);
            Ok(())
        });
    }
}

/// `SSL_set1_host(3)`: the name of the certificate that matched, owned by the connection; null before, and where no
/// name was wanted.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_peername(ssl: *mut SSL) -> *const c_char {
    guard(std::ptr::null(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        let own = ssl.trust.param_if_any();
        // SAFETY: the parameters are live, and their strings belong to them.
        Ok(own
            .map_or(std::ptr::null(), |own| unsafe { sys::X509_VERIFY_PARAM_get0_peername(own.as_ptr()).cast_const() }))
    })
}
