//! Refusing aloud: each refused function or setting gets a reason text of its own in the error queue.

use crate::libcrypto::{err, sys};
use crate::seam::guard;
use parking_lot::Mutex;
use std::ffi::{CString, c_int};

use super::error::Error;

/// Reason numbers from here up are ours; OpenSSL's own end below 1300.
const FIRST_REASON: c_int = 4000;

/// A refused name with the text that libcrypto's string table points to, and its table entry. Never dropped.
struct Refusal {
    what: &'static str,
    reason: c_int,
    _text: CString,
    _table: Box<[sys::ERR_STRING_DATA; 2]>,
}

static KNOWN: Mutex<Vec<Refusal>> = Mutex::new(Vec::new());

/// Appends an SSL-library entry whose reason text is "`what`: not supported by ferrossl".
pub(crate) fn push(what: &'static str) {
    err::push(err::LIB_SSL, reason(what), None);
}

/// The reason number of `what`, registered with its text on first use.
fn reason(what: &'static str) -> c_int {
    let mut known = KNOWN.lock();
    if let Some(found) = known.iter().find(|refusal| refusal.what == what) {
        return found.reason;
    }
    let reason = FIRST_REASON + known.len() as c_int;
    let Ok(text) = CString::new(format!("{what}: not supported by ferrossl")) else {
        return super::error::INTERNAL_ERROR;
    };
    let table = Box::new([
        sys::ERR_STRING_DATA { error: err::pack(err::LIB_SSL, reason), string: text.as_ptr() },
        sys::ERR_STRING_DATA { error: 0, string: std::ptr::null() },
    ]);
    // SAFETY: the table and its text are kept for ever in `KNOWN`, which libcrypto's hash table relies on.
    unsafe { sys::ERR_load_strings_const(table.as_ptr()) };
    known.push(Refusal { what, reason, _text: text, _table: table });
    reason
}

/// The body of an export that is not supported: queues the refusal and returns the failing value.
pub(crate) fn refuse<T>(what: &'static str, failed: T) -> T {
    guard(failed, || Err(Error::Refused(what)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_its_reason() {
        let (a, b) = (reason("SSL_one"), reason("SSL_two"));
        assert_ne!(a, b);
        assert_eq!(a, reason("SSL_one"));
        assert_eq!(refuse("SSL_one", -1), -1);
        let code = err::peek_last();
        assert_eq!((err::lib(code), err::reason(code)), (err::LIB_SSL, a));
        err::clear();
    }
}
