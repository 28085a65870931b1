//! TLS record compression: removed from TLS 1.3, and not there in Debian's OpenSSL either.

use crate::libcrypto::sys::{self, COMP_METHOD};
use crate::openssl::refusal::refuse;
use crate::openssl::types::{SSL, SSL_COMP, stack_st_SSL_COMP};
use std::ffi::{c_char, c_int};
use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The process's list of methods: empty, as in an OpenSSL without zlib, unless the program puts another in its place.
static METHODS: AtomicPtr<stack_st_SSL_COMP> = AtomicPtr::new(ptr::null_mut());
/// The empty list is made once; a program that sets null afterwards keeps null.
static MADE: Once = Once::new();

fn methods() -> &'static AtomicPtr<stack_st_SSL_COMP> {
    MADE.call_once(|| {
        // SAFETY: takes nothing and gives a new stack, or null when there is no memory.
        METHODS.store(unsafe { sys::OPENSSL_sk_new_null() }.cast(), Ordering::Release);
    });
    &METHODS
}

/// `SSL_COMP_get_compression_methods(3)`: the process's list of methods, owned by the library. It has no entry.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_COMP_get_compression_methods() -> *mut stack_st_SSL_COMP {
    methods().load(Ordering::Acquire)
}

/// Puts a list in the place of the process's list, whose owner the caller becomes (no manual page).
///
/// Status: partial: no method of the list is ever used.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_COMP_set0_compression_methods(meths: *mut stack_st_SSL_COMP) -> *mut stack_st_SSL_COMP {
    methods().swap(meths, Ordering::AcqRel)
}

/// `SSL_COMP_add_compression_method(3)`: adds a method to the list. 0 is success, 1 failure.
///
/// Status: refused: compression is not supported, by design.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_COMP_add_compression_method(_id: c_int, _cm: *mut COMP_METHOD) -> c_int {
    refuse("SSL_COMP_add_compression_method", 1)
}

/// `SSL_COMP_get0_name(3)`: the name of an entry of the list; null on failure.
///
/// Status: partial: the list has no entry.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_COMP_get0_name(_comp: *const SSL_COMP) -> *const c_char {
    ptr::null()
}

/// `SSL_COMP_get_id(3)`: the number of an entry of the list; -1 on failure.
///
/// Status: partial: the list has no entry.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_COMP_get_id(_comp: *const SSL_COMP) -> c_int {
    -1
}

/// The name of one of libcrypto's compression methods (no manual page); null for null.
///
/// Status: full.
///
/// # Safety
/// `comp` is null or a method of libcrypto.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_COMP_get_name(comp: *const COMP_METHOD) -> *const c_char {
    if comp.is_null() {
        return ptr::null();
    }
    // SAFETY: a method of libcrypto, by the caller.
    unsafe { sys::COMP_get_name(comp) }
}

/// The compression of what a connection sends (no manual page); null for none.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_current_compression(_s: *const SSL) -> *const COMP_METHOD {
    ptr::null()
}

/// The compression of what a connection receives (no manual page); null for none.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_current_expansion(_s: *const SSL) -> *const COMP_METHOD {
    ptr::null()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_kept_and_swapped() {
        let list = SSL_COMP_get_compression_methods();
        assert!(!list.is_null());
        assert_eq!(SSL_COMP_get_compression_methods(), list);
        assert_eq!(SSL_COMP_set0_compression_methods(ptr::null_mut()), list);
        assert!(SSL_COMP_get_compression_methods().is_null());
        assert!(SSL_COMP_set0_compression_methods(list).is_null());
    }
}
