//! A part of an object that one call at a time works on, with nothing locked meanwhile.

use super::thread::{self, Mark};
use parking_lot::{Condvar, Mutex};
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};

/// The place of the part. It is lent out for a call; a call of another thread waits until it is back.
#[derive(Debug)]
pub struct Slot<T> {
    content: Mutex<Content<T>>,
    back: Condvar,
}

#[derive(Debug)]
struct Content<T> {
    part: Option<Box<T>>,
    /// Who works on the part; 0 when nobody does.
    lent_to: Mark,
    waiting: u32,
    /// Changes when the part is replaced: what was lent before does not come back.
    age: u64,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        let content = Content { part: None, lent_to: 0, waiting: 0, age: 0 };
        Self { content: Mutex::new(content), back: Condvar::new() }
    }
}

/// Why a part is not lent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlent {
    /// There is none.
    Empty,
    /// The calling thread works on it already: it calls again from inside a callback.
    Nested,
    /// Another thread works on it.
    Elsewhere,
}

impl<T> Slot<T> {
    /// Puts a new part in the place of the old one, which the caller drops with nothing locked.
    pub fn replace(&self, part: Option<Box<T>>) -> Option<Box<T>> {
        let mut content = self.content.lock();
        content.age += 1;
        content.lent_to = 0;
        let old = std::mem::replace(&mut content.part, part);
        if content.waiting > 0 {
            self.back.notify_all();
        }
        old
    }

    /// Borrows the part. Where another thread works on it: waits, if `wait` says so.
    ///
    /// # Errors
    /// There is no part, or it cannot be waited for.
    pub fn lend(&self, wait: bool) -> Result<Lent<'_, T>, Unlent> {
        let me = thread::mark();
        let mut content = self.content.lock();
        loop {
            match (content.part.take(), content.lent_to) {
                (Some(part), _) => {
                    content.lent_to = me;
                    let age = content.age;
                    return Ok(Lent { slot: self, part: ManuallyDrop::new(part), age });
                }
                (None, 0) => return Err(Unlent::Empty),
                (None, other) if other == me => return Err(Unlent::Nested),
                (None, _) if !wait => return Err(Unlent::Elsewhere),
                (None, _) => {
                    content.waiting += 1;
                    self.back.wait(&mut content);
                    content.waiting -= 1;
                }
            }
        }
    }

    /// Whether the calling thread works on the part.
    pub fn is_mine(&self) -> bool {
        self.content.lock().lent_to == thread::mark()
    }

    /// Looks at the part, if nobody works on it.
    pub fn look<R>(&self, look: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.content.lock().part.as_deref_mut().map(look)
    }

    /// A part comes back, or does not any more.
    fn give_back(&self, part: Option<Box<T>>, age: u64) {
        let mut content = self.content.lock();
        if content.age != age {
            // Dropped with nothing locked.
            drop(content);
            return drop(part);
        }
        content.part = part;
        content.lent_to = 0;
        if content.waiting > 0 {
            self.back.notify_all();
        }
    }
}

/// A part that has been lent. Dropping it gives it back, unless the call panicked: then it may be half changed.
#[derive(Debug)]
pub struct Lent<'a, T> {
    slot: &'a Slot<T>,
    part: ManuallyDrop<Box<T>>,
    age: u64,
}

impl<T> Lent<'_, T> {
    /// Leaves the slot empty.
    pub fn discard(mut self) {
        // SAFETY: taken once, because the destructor that also takes it does not run.
        let part = unsafe { ManuallyDrop::take(&mut self.part) };
        let (slot, age) = (self.slot, self.age);
        std::mem::forget(self);
        slot.give_back(None, age);
        drop(part);
    }
}

impl<T> Deref for Lent<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.part
    }
}

impl<T> DerefMut for Lent<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.part
    }
}

impl<T> Drop for Lent<'_, T> {
    fn drop(&mut self) {
        // SAFETY: taken once: nothing uses the part after its destructor, and `discard` forgets the value.
        let part = unsafe { ManuallyDrop::take(&mut self.part) };
        let part = if std::thread::panicking() { None } else { Some(part) };
        self.slot.give_back(part, self.age);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn one_at_a_time() {
        let slot = Slot::default();
        assert_eq!(slot.lend(true).err(), Some(Unlent::Empty));
        slot.replace(Some(Box::new(1)));
        let mut lent = slot.lend(true).unwrap();
        assert_eq!(slot.lend(true).err(), Some(Unlent::Nested));
        assert!(slot.is_mine() && slot.look(|_| ()).is_none());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                assert_eq!(slot.lend(false).err(), Some(Unlent::Elsewhere));
                assert!(!slot.is_mine());
            });
        });
        *lent = 2;
        drop(lent);
        assert_eq!(slot.look(|part| *part), Some(2));
        slot.lend(true).unwrap().discard();
        assert_eq!(slot.lend(true).err(), Some(Unlent::Empty));
    }

    #[test]
    fn waits_and_counts() {
        let slot = Slot::default();
        slot.replace(Some(Box::new(0)));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..500).for_each(|_| *slot.lend(true).unwrap() += 1));
            }
        });
        assert_eq!(slot.look(|part| *part), Some(2000));
    }

    #[test]
    fn what_was_replaced_does_not_come_back() {
        let slot = Slot::default();
        slot.replace(Some(Box::new(1)));
        let lent = slot.lend(true).unwrap();
        assert!(slot.replace(None).is_none());
        drop(lent);
        assert_eq!(slot.look(|part| *part), None);
    }

    #[test]
    fn a_panic_takes_the_part_with_it() {
        let slot = Slot::default();
        slot.replace(Some(Box::new(1)));
        let body = || {
            let _lent = slot.lend(true).unwrap();
            std::panic::resume_unwind(Box::new("no message on stderr"));
        };
        assert!(catch_unwind(AssertUnwindSafe(body)).is_err());
        assert_eq!(slot.lend(true).err(), Some(Unlent::Empty));
    }
}
