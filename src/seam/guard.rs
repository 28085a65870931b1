//! Runs the body of an exported function and turns an error or a panic into the failing value.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What an exported function's body may fail with.
pub trait Failure {
    /// Tells the program, by the means of its API (OpenSSL: an entry in the thread's error queue).
    fn report(self);
    /// The failure that stands for a panic in the body.
    fn panicked() -> Self;
}

/// Runs `body`; on an error or a panic reports it and returns `failed`.
///
/// The failing values of one manual differ (0, -1, 1, null), so each export names its own.
pub fn guard<T, E: Failure>(failed: T, body: impl FnOnce() -> Result<T, E>) -> T {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => value,
        Ok(Err(error)) => {
            error.report();
            failed
        }
        Err(payload) => {
            // Dropping a panic's payload may itself panic; it is small and rare, so it is leaked.
            std::mem::forget(payload);
            E::panicked().report();
            failed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    thread_local!(static REPORTS: Cell<u32> = const { Cell::new(0) });

    struct Counted;
    impl Failure for Counted {
        fn report(self) {
            REPORTS.with(|r| r.set(r.get() + 1));
        }
        fn panicked() -> Self {
            Counted
        }
    }

    #[test]
    fn success_error_and_panic() {
        assert_eq!(guard(0, || Ok::<_, Counted>(7)), 7);
        assert_eq!(REPORTS.with(Cell::get), 0);
        assert_eq!(guard(-1, || Err::<i32, _>(Counted)), -1);
        assert_eq!(REPORTS.with(Cell::get), 1);
        let out = guard(-2, || -> Result<i32, Counted> { std::panic::resume_unwind(Box::new("no message on stderr")) });
        assert_eq!(out, -2);
        assert_eq!(REPORTS.with(Cell::get), 2);
    }
}
