//! Why an exported function failed, and how the program learns of it: the thread's error queue.

use crate::libcrypto::err;
use crate::seam::Failure;
use std::ffi::{CString, c_int};

/// A failed call of the OpenSSL face.
#[derive(Debug)]
pub(crate) enum Error {
    /// An entry of library SSL with this `SSL_R_*` (or `ERR_R_*`) reason.
    Ssl(c_int),
    /// The same, with additional text.
    SslData(c_int, String),
    /// An entry of another library.
    Other(c_int, c_int),
    /// libcrypto has put its own entries in the queue already.
    Queued,
    /// The failing value says it all; OpenSSL leaves the queue alone here too.
    Silent,
    /// The function, or this use of it, is not supported: the reason text names it.
    Refused(&'static str),
    /// A panic was caught at the seam.
    Panicked,
}

/// `ERR_R_PASSED_NULL_PARAMETER`.
pub(crate) const PASSED_NULL_PARAMETER: c_int = 258 | (1 << 18) | (2 << 18);
/// `ERR_R_SHOULD_NOT_HAVE_BEEN_CALLED`.
pub(crate) const SHOULD_NOT_HAVE_BEEN_CALLED: c_int = 257 | (1 << 18) | (2 << 18);
/// `ERR_R_INTERNAL_ERROR`.
pub(crate) const INTERNAL_ERROR: c_int = 259 | (1 << 18) | (2 << 18);
/// `ERR_R_X509_LIB`.
pub(crate) const X509_LIB: c_int = 11 | (2 << 18);
/// `ERR_R_ASN1_LIB`.
pub(crate) const ASN1_LIB: c_int = 13 | (2 << 18);
/// `ERR_R_BUF_LIB`.
pub(crate) const BUF_LIB: c_int = 7 | (2 << 18);
/// `ERR_R_MALLOC_FAILURE`.
pub(crate) const MALLOC_FAILURE: c_int = 256 | (1 << 18) | (2 << 18);

impl Failure for Error {
    fn report(self) {
        // Programs look texts up without ever having initialised the library.
        super::init::ensure_strings();
        match self {
            Error::Ssl(reason) => err::push(err::LIB_SSL, reason, None),
            Error::SslData(reason, text) => {
                err::push(err::LIB_SSL, reason, CString::new(text).ok().as_deref());
            }
            Error::Other(lib, reason) => err::push(lib, reason, None),
            Error::Queued | Error::Silent => {}
            Error::Refused(what) => super::refusal::push(what),
            Error::Panicked => err::push(err::LIB_SSL, INTERNAL_ERROR, Some(c"panic caught at the seam")),
        }
    }

    fn panicked() -> Self {
        Error::Panicked
    }
}

/// [`crate::seam::guard`] with this face's errors: runs an export's body, and reports what goes wrong.
pub(crate) fn guard<T>(failed: T, body: impl FnOnce() -> Result<T, Error>) -> T {
    crate::seam::guard(failed, body)
}
