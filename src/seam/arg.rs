//! C arguments as safe Rust values: pointer and length, strings, out-pointers.

use std::ffi::{CStr, c_char};

/// The bytes at `ptr`; null or a zero length is the empty slice.
///
/// # Safety
/// `ptr` is null or readable for `len` bytes for as long as the result is used.
pub unsafe fn bytes<'a>(ptr: *const u8, len: usize) -> &'a [u8] {
    if ptr.is_null() || len == 0 {
        return &[];
    }
    // SAFETY: readable for `len` bytes, by the caller.
    unsafe { std::slice::from_raw_parts(ptr, len) }
}

/// The writable bytes at `ptr`; null or a zero length is the empty slice.
///
/// The memory may be uninitialised: the slice is only ever written to by the callers.
///
/// # Safety
/// `ptr` is null or writable for `len` bytes, and nothing else uses them meanwhile.
pub unsafe fn bytes_mut<'a>(ptr: *mut u8, len: usize) -> &'a mut [u8] {
    if ptr.is_null() || len == 0 {
        return &mut [];
    }
    // SAFETY: writable for `len` bytes and unaliased, by the caller.
    unsafe { std::slice::from_raw_parts_mut(ptr, len) }
}

/// The values at `ptr`; null or a zero length is the empty slice.
///
/// # Safety
/// `ptr` is null, or aligned and readable for `len` values for as long as the result is used.
pub unsafe fn slice<'a, T>(ptr: *const T, len: usize) -> &'a [T] {
    if ptr.is_null() || len == 0 {
        return &[];
    }
    // SAFETY: readable for `len` values, by the caller.
    unsafe { std::slice::from_raw_parts(ptr, len) }
}

/// Copies `values` to `out` unless it is null.
///
/// # Safety
/// `out` is null or has room for the values.
pub unsafe fn fill<T: Copy>(out: *mut T, values: &[T]) {
    if !out.is_null() {
        // SAFETY: room for all of them, by the caller, who owns it alone.
        unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), out, values.len()) };
    }
}

/// The bytes of a C string without its NUL; null gives `None`.
///
/// # Safety
/// `ptr` is null or a NUL-terminated string that lives as long as the result is used.
pub unsafe fn c_str<'a>(ptr: *const c_char) -> Option<&'a CStr> {
    if ptr.is_null() {
        return None;
    }
    // SAFETY: NUL-terminated, by the caller.
    Some(unsafe { CStr::from_ptr(ptr) })
}

/// Writes `value` to `out` unless it is null.
///
/// # Safety
/// `out` is null or valid for a write of `T`.
pub unsafe fn set<T>(out: *mut T, value: T) {
    if !out.is_null() {
        // SAFETY: valid for a write, by the caller.
        unsafe { out.write(value) };
    }
}
