//! The thread's error queue.

use super::sys;
use std::ffi::{CStr, c_int, c_ulong};

/// `ERR_LIB_SSL`.
pub const LIB_SSL: c_int = 20;
/// `ERR_LIB_SYS`.
pub const LIB_SYS: c_int = 2;

/// Appends an entry to the queue; `data` becomes its additional text (`ERR_get_error_all`).
pub fn push(lib: c_int, reason: c_int, data: Option<&CStr>) {
    // SAFETY: plain calls that work on the calling thread's queue; the format string takes exactly the one string
    // that is passed, and libcrypto copies it.
    unsafe {
        sys::ERR_new();
        sys::ERR_set_debug(c"".as_ptr(), 0, c"".as_ptr());
        match data {
            Some(data) => sys::ERR_set_error(lib, reason, c"%s".as_ptr(), data.as_ptr()),
            None => sys::ERR_set_error(lib, reason, std::ptr::null()),
        }
    }
}

/// The oldest entry of the queue, 0 when it is empty.
pub fn peek() -> c_ulong {
    // SAFETY: reads the calling thread's queue.
    unsafe { sys::ERR_peek_error() }
}

/// The newest entry of the queue, 0 when it is empty.
pub fn peek_last() -> c_ulong {
    // SAFETY: reads the calling thread's queue.
    unsafe { sys::ERR_peek_last_error() }
}

/// Empties the queue.
pub fn clear() {
    // SAFETY: works on the calling thread's queue.
    unsafe { sys::ERR_clear_error() }
}

/// Marks the newest entry of the queue.
pub fn mark() {
    // SAFETY: works on the calling thread's queue.
    unsafe { sys::ERR_set_mark() };
}

/// Drops all entries that are newer than the mark, and the mark.
pub fn pop_to_mark() {
    // SAFETY: works on the calling thread's queue.
    unsafe { sys::ERR_pop_to_mark() };
}

/// Drops the mark and keeps the entries.
pub fn forget_mark() {
    // SAFETY: works on the calling thread's queue.
    unsafe { sys::ERR_clear_last_mark() };
}

/// Runs `body` and drops the entries it added to the queue.
pub fn discarding<T>(body: impl FnOnce() -> T) -> T {
    // SAFETY: works on the calling thread's queue.
    unsafe { sys::ERR_set_mark() };
    let value = body();
    // SAFETY: the mark was set just above.
    unsafe { sys::ERR_pop_to_mark() };
    value
}

/// The library number in an error code (`ERR_GET_LIB`).
pub fn lib(code: c_ulong) -> c_int {
    if code & 0x8000_0000 != 0 { LIB_SYS } else { ((code >> 23) & 0xff) as c_int }
}

/// The reason number in an error code (`ERR_GET_REASON`).
pub fn reason(code: c_ulong) -> c_int {
    if code & 0x8000_0000 != 0 { (code & 0x7fff_ffff) as c_int } else { (code & 0x7f_ffff) as c_int }
}

/// An error code from library and reason (`ERR_PACK`).
pub const fn pack(lib: c_int, reason: c_int) -> c_ulong {
    ((lib as c_ulong & 0xff) << 23) | (reason as c_ulong & 0x7f_ffff)
}
