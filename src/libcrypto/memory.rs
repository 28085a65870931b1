//! Memory of libcrypto's allocator, for what C frees with `OPENSSL_free`.

use super::sys;
use std::ptr;

/// Copies `values` into new memory of libcrypto's; null when there is none.
pub fn copy<T: Copy>(values: &[T]) -> *mut T {
    let size = size_of_val(values);
    // SAFETY: a plain allocation; libcrypto aligns as malloc does.
    let memory = unsafe { sys::CRYPTO_malloc(size, c"".as_ptr(), 0) }.cast::<T>();
    if !memory.is_null() {
        // SAFETY: fresh memory of `size` bytes.
        unsafe { ptr::copy_nonoverlapping(values.as_ptr(), memory, values.len()) };
    }
    memory
}
