//! Which thread is calling, and what each of two threads was told last.

use parking_lot::Mutex;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// A thread's number, never that of another thread; 0 is nobody's.
pub type Mark = u64;

/// The calling thread.
pub fn mark() -> Mark {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    // Without a destructor, so that it can be used to a thread's very end.
    thread_local!(static MARK: Cell<Mark> = const { Cell::new(0) });
    MARK.with(|mark| {
        if mark.get() == 0 {
            mark.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        mark.get()
    })
}

/// A value below 256 that the last call on an object has left, and that of the last call of another thread: where one
/// thread reads and another writes, each finds what its own call has left.
#[derive(Debug)]
pub struct LastOfEach {
    last: AtomicU64,
    other: AtomicU64,
    /// Held while another thread than before takes over `last`.
    change: Mutex<()>,
}

fn pack(mark: Mark, value: u8) -> u64 {
    mark << 8 | u64::from(value)
}

fn mark_of(packed: u64) -> Mark {
    packed >> 8
}

fn value_of(packed: u64) -> u8 {
    packed.to_le_bytes()[0]
}

impl LastOfEach {
    /// `value`, left by nobody.
    pub fn new(value: u8) -> Self {
        Self { last: AtomicU64::new(pack(0, value)), other: AtomicU64::new(0), change: Mutex::new(()) }
    }

    /// The calling thread's call leaves `value`.
    pub fn set(&self, value: u8) {
        let new = pack(mark(), value);
        let last = self.last.load(Ordering::Relaxed);
        let own = mark_of(last) == mark_of(new);
        if own && self.last.compare_exchange(last, new, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            return;
        }
        let _change = self.change.lock();
        // What the other thread has left is in its place before it is taken from `last`, so that it always finds it;
        // should it leave something else meanwhile, that is what is kept.
        let _ = self.last.fetch_update(Ordering::Release, Ordering::Relaxed, |last| {
            if mark_of(last) != mark_of(new) {
                self.other.store(last, Ordering::Relaxed);
            }
            Some(new)
        });
    }

    /// `value` for all threads.
    pub fn reset(&self, value: u8) {
        let _change = self.change.lock();
        self.other.store(0, Ordering::Relaxed);
        self.last.store(pack(mark(), value), Ordering::Release);
    }

    /// Whether a thread other than the last has left something.
    pub fn is_shared(&self) -> bool {
        mark_of(self.other.load(Ordering::Relaxed)) != 0
    }

    /// What the last call has left, whoever made it.
    pub fn last(&self) -> u8 {
        value_of(self.last.load(Ordering::Relaxed))
    }

    /// What the calling thread's last call has left, if it is one of the last two threads; else as [`Self::last`].
    pub fn own(&self) -> u8 {
        let last = self.last.load(Ordering::Acquire);
        let other = self.other.load(Ordering::Relaxed);
        if mark_of(last) != mark() && mark_of(other) == mark() { value_of(other) } else { value_of(last) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thread_finds_its_own() {
        let left = LastOfEach::new(1);
        assert_eq!((left.own(), left.last()), (1, 1));
        left.set(2);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                assert_eq!(left.own(), 2);
                left.set(3);
                assert_eq!((left.own(), left.last()), (3, 3));
            });
        });
        assert_eq!((left.own(), left.last()), (2, 3));
        assert!(left.is_shared());
        left.reset(4);
        assert_eq!((left.own(), left.last()), (4, 4));
    }

    #[test]
    fn two_threads_at_once() {
        let left = LastOfEach::new(0);
        std::thread::scope(|scope| {
            for id in [1u8, 2] {
                let left = &left;
                scope.spawn(move || {
                    for round in 0..20_000u32 {
                        let value = id << 7 | (round % 100) as u8;
                        left.set(value);
                        assert_eq!(left.own(), value);
                    }
                });
            }
        });
    }
}
