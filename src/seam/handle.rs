//! Opaque counted pointers: what C holds as `SSL *` is one count of an `Arc`.

use std::sync::Arc;

/// An empty type that C sees through a pointer; one pointer owns one count of `Arc<Inner>`.
pub trait Handle: Sized {
    /// What the pointer really points to.
    type Inner;

    /// Gives one count to C.
    fn give(inner: Arc<Self::Inner>) -> *mut Self {
        Arc::into_raw(inner).cast_mut().cast()
    }

    /// The pointer C knows for `inner`, without giving it a count.
    fn peek(inner: &Arc<Self::Inner>) -> *mut Self {
        Arc::as_ptr(inner).cast_mut().cast()
    }

    /// Adds a count for the length of a call, so that a callback may free the object. Null gives `None`.
    ///
    /// # Safety
    /// `ptr` is null or came from [`Handle::give`] and C still owns a count of it.
    unsafe fn share(ptr: *const Self) -> Option<Arc<Self::Inner>> {
        if ptr.is_null() {
            return None;
        }
        let inner = ptr.cast::<Self::Inner>();
        // SAFETY: the caller says `inner` is a live count made by `Arc::into_raw`; the count added here belongs to
        // the `Arc` returned.
        unsafe {
            Arc::increment_strong_count(inner);
            Some(Arc::from_raw(inner))
        }
    }

    /// Takes back the count that C gives up. Null gives `None`.
    ///
    /// # Safety
    /// As for [`Handle::share`]; C does not use the pointer again, unless it owns another count.
    unsafe fn take(ptr: *mut Self) -> Option<Arc<Self::Inner>> {
        if ptr.is_null() {
            return None;
        }
        // SAFETY: C's count, made by `Arc::into_raw` in `give`, becomes the returned `Arc`'s.
        Some(unsafe { Arc::from_raw(ptr.cast::<Self::Inner>()) })
    }

    /// Adds a count for C (`*_up_ref`). Returns false for null.
    ///
    /// # Safety
    /// As for [`Handle::share`].
    unsafe fn up_ref(ptr: *mut Self) -> bool {
        if ptr.is_null() {
            return false;
        }
        // SAFETY: live count, by the caller; the new count is C's.
        unsafe { Arc::increment_strong_count(ptr.cast::<Self::Inner>()) };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Opaque;
    impl Handle for Opaque {
        type Inner = u32;
    }

    #[test]
    fn counts() {
        let object = Arc::new(5);
        let raw = Opaque::give(object.clone());
        assert_eq!(Arc::strong_count(&object), 2);
        // SAFETY: `raw` came from `give` just above and its count is still held.
        let shared = unsafe { Opaque::share(raw) };
        assert_eq!(shared.as_deref(), Some(&5));
        assert_eq!(Arc::strong_count(&object), 3);
        drop(shared);
        // SAFETY: as above; the pointer is not used afterwards.
        drop(unsafe { Opaque::take(raw) });
        assert_eq!(Arc::strong_count(&object), 1);
        // SAFETY: null is allowed.
        assert!(unsafe { Opaque::share(std::ptr::null()) }.is_none());
    }
}
