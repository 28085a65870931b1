//! Opaque counted pointers: what C holds as `SSL *` is one count of an `Arc`.

use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering, fence};

/// An object that C and other objects own.
///
/// Calls under way keep it alive too, but do not own it: when the last owner lets go, what the program is told of the
/// object's end is told at once, by exactly one thread, and while the object can still be used.
pub trait Owned {
    /// How many own it; 0 at first.
    fn owners(&self) -> &AtomicUsize;

    /// The last owner lets go. It may come to be owned again, if a call under way gives it to somebody.
    fn last_owner_gone(this: &Arc<Self>) {
        let _ = this;
    }
}

/// One owner's count.
#[derive(Debug)]
pub struct Owning<T: Owned>(ManuallyDrop<Arc<T>>);

impl<T: Owned> Owning<T> {
    /// Adds an owner.
    pub fn new(object: Arc<T>) -> Self {
        object.owners().fetch_add(1, Ordering::Relaxed);
        Self(ManuallyDrop::new(object))
    }

    /// Gives the count away as a pointer.
    fn into_raw(self) -> *const T {
        Arc::as_ptr(&ManuallyDrop::new(self).0)
    }
}

impl<T: Owned> Clone for Owning<T> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(self))
    }
}

impl<T: Owned> Deref for Owning<T> {
    type Target = Arc<T>;

    fn deref(&self) -> &Arc<T> {
        &self.0
    }
}

impl<T: Owned> Drop for Owning<T> {
    fn drop(&mut self) {
        if self.owners().fetch_sub(1, Ordering::Release) == 1 {
            // As `Arc` does: what other owners did happens before the end.
            fence(Ordering::Acquire);
            T::last_owner_gone(&self.0);
        }
        // SAFETY: dropped once, here, and not used afterwards.
        unsafe { ManuallyDrop::drop(&mut self.0) };
    }
}

/// An empty type that C sees through a pointer; one pointer owns one count of `Arc<Inner>`, and is one owner.
pub trait Handle: Sized {
    /// What the pointer really points to.
    type Inner: Owned;

    /// Gives one count to C.
    fn give(inner: Owning<Self::Inner>) -> *mut Self {
        inner.into_raw().cast_mut().cast()
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
        // SAFETY: the caller says `inner` is a live count given away by `give`; the count added here belongs to
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
    unsafe fn take(ptr: *mut Self) -> Option<Owning<Self::Inner>> {
        if ptr.is_null() {
            return None;
        }
        // SAFETY: C's count, which `give` took out of an owner, is put into one again.
        Some(Owning(ManuallyDrop::new(unsafe { Arc::from_raw(ptr.cast::<Self::Inner>()) })))
    }

    /// Adds a count for C (`*_up_ref`). Returns false for null.
    ///
    /// # Safety
    /// As for [`Handle::share`].
    unsafe fn up_ref(ptr: *mut Self) -> bool {
        if ptr.is_null() {
            return false;
        }
        // SAFETY: live count, by the caller.
        let shared = unsafe { Self::share(ptr) };
        shared.map(|inner| Self::give(Owning::new(inner))).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Inner {
        owners: AtomicUsize,
        ends: AtomicUsize,
    }
    impl Owned for Inner {
        fn owners(&self) -> &AtomicUsize {
            &self.owners
        }
        fn last_owner_gone(this: &Arc<Self>) {
            this.ends.fetch_add(1, Ordering::Relaxed);
        }
    }

    struct Opaque;
    impl Handle for Opaque {
        type Inner = Inner;
    }

    fn counts(object: &Arc<Inner>) -> (usize, usize, usize) {
        let of = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        (Arc::strong_count(object), of(&object.owners), of(&object.ends))
    }

    #[test]
    fn owners_and_users() {
        let object = Arc::new(Inner::default());
        let raw = Opaque::give(Owning::new(object.clone()));
        assert_eq!(counts(&object), (2, 1, 0));
        // SAFETY: `raw` came from `give` just above and its count is still held.
        let shared = unsafe { Opaque::share(raw) };
        assert_eq!(counts(&object), (3, 1, 0));
        drop(shared);
        // SAFETY: as above.
        assert!(unsafe { Opaque::up_ref(raw) });
        assert_eq!(counts(&object), (3, 2, 0));
        // SAFETY: as above; one of two counts.
        drop(unsafe { Opaque::take(raw) });
        assert_eq!(counts(&object), (2, 1, 0));
        // SAFETY: as above; the pointer is not used afterwards.
        drop(unsafe { Opaque::take(raw) });
        assert_eq!(counts(&object), (1, 0, 1));
        // SAFETY: null is allowed.
        assert!(unsafe { Opaque::share(std::ptr::null()) }.is_none());
    }

    #[test]
    fn one_thread_sees_the_end() {
        let object = Arc::new(Inner::default());
        for round in 1..=200 {
            let owners: Vec<_> = (0..3).map(|_| Owning::new(object.clone())).collect();
            std::thread::scope(|scope| {
                owners.into_iter().for_each(|owner| drop(scope.spawn(|| drop(owner))));
            });
            assert_eq!(counts(&object), (1, 0, round));
        }
    }
}
