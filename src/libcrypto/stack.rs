//! Stacks (`STACK_OF(T)`): arrays of pointers that libcrypto's macros work on.

use super::sys;
use std::ffi::c_void;
use std::ptr::NonNull;

/// A stack that owns its array but not what the pointers in it point to.
#[derive(Debug)]
pub struct PtrStack(NonNull<sys::OPENSSL_STACK>);

impl PtrStack {
    /// A stack of these pointers; `None` when memory is short.
    pub fn of(pointers: impl IntoIterator<Item = *const c_void>) -> Option<PtrStack> {
        // SAFETY: plain call; a null result is turned into `None`.
        let stack = PtrStack(NonNull::new(unsafe { sys::OPENSSL_sk_new_null() })?);
        for pointer in pointers {
            // SAFETY: the stack is live and only stores the pointer.
            if unsafe { sys::OPENSSL_sk_push(stack.0.as_ptr(), pointer) } <= 0 {
                return None;
            }
        }
        Some(stack)
    }

    /// Takes a stack over.
    ///
    /// # Safety
    /// `stack` is live, and owned by the caller.
    pub unsafe fn from_owned(stack: NonNull<sys::OPENSSL_STACK>) -> PtrStack {
        PtrStack(stack)
    }

    /// The stack for C, still owned by `self`.
    pub fn as_ptr(&self) -> *mut sys::OPENSSL_STACK {
        self.0.as_ptr()
    }

    /// Gives the stack to C, which frees it with `sk_free`.
    pub fn into_raw(self) -> *mut sys::OPENSSL_STACK {
        let raw = self.0.as_ptr();
        std::mem::forget(self);
        raw
    }
}

impl Drop for PtrStack {
    fn drop(&mut self) {
        // SAFETY: the stack is ours; its elements are not touched.
        unsafe { sys::OPENSSL_sk_free(self.0.as_ptr()) };
    }
}

// SAFETY: a stack is not bound to a thread, and `&PtrStack` gives no way to change it.
unsafe impl Send for PtrStack {}
// SAFETY: as above.
unsafe impl Sync for PtrStack {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order() {
        let pair = [1, 2];
        let stack = PtrStack::of(pair.iter().map(|number| std::ptr::from_ref(number).cast())).map(PtrStack::into_raw);
        let raw = stack.unwrap_or(std::ptr::null_mut());
        // SAFETY: null or the live stack made above, which is freed here and not used again.
        let (count, second) = unsafe {
            let answers = (sys::OPENSSL_sk_num(raw), sys::OPENSSL_sk_value(raw, 1));
            sys::OPENSSL_sk_free(raw);
            answers
        };
        assert_eq!(count, 2);
        assert!(std::ptr::eq(second.cast(), &raw const pair[1]));
    }
}
