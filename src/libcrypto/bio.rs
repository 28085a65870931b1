//! Basic I/O objects of the program, used as transports.

use super::sys;
use crate::tls::transport::{Io, Transport};
use std::ffi::{c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// One count of a BIO chain, freed with it (`BIO_free_all`).
#[derive(Debug)]
pub struct Bio(NonNull<sys::BIO>);

// SAFETY: a BIO may be used from any thread, by one at a time; as with OpenSSL the program sees to that.
unsafe impl Send for Bio {}
// SAFETY: as above.
unsafe impl Sync for Bio {}

impl Drop for Bio {
    fn drop(&mut self) {
        // SAFETY: the count given to `from_owned` is ours.
        unsafe { sys::BIO_free_all(self.0.as_ptr()) };
    }
}

impl Bio {
    /// Takes over one count; null gives none.
    ///
    /// # Safety
    /// `bio` is null or a live BIO of which the caller owns a count.
    pub unsafe fn from_owned(bio: *mut sys::BIO) -> Option<Arc<Self>> {
        NonNull::new(bio).map(|bio| Arc::new(Self(bio)))
    }

    /// A socket BIO around `fd`, which stays the program's.
    pub fn socket(fd: c_int) -> Option<Arc<Self>> {
        // SAFETY: a fresh BIO of libcrypto's socket method, owned by the result.
        let bio = unsafe { Self::from_owned(sys::BIO_new(sys::BIO_s_socket())) }?;
        // SAFETY: the BIO is live; BIO_C_SET_FD reads the int that BIO_int_ctrl passes by address.
        unsafe { sys::BIO_int_ctrl(bio.as_ptr(), sys::BIO_C_SET_FD, sys::BIO_NOCLOSE.into(), fd) };
        Some(bio)
    }

    /// Whether this is a plain socket BIO around `fd`.
    pub fn is_socket(&self, fd: c_int) -> bool {
        // SAFETY: the BIO is live.
        let kind = unsafe { sys::BIO_method_type(self.as_ptr()) };
        kind == sys::BIO_TYPE_SOCKET && self.ctrl(sys::BIO_C_GET_FD) == fd.into()
    }

    /// Whether this is a socket BIO that nothing of the program's looks at or changes.
    ///
    /// Two threads may use one, the one reading and the other writing. Its flags may then be the other thread's; errno
    /// is not.
    pub fn is_plain_socket(&self) -> bool {
        // SAFETY: the BIO is live.
        unsafe {
            sys::BIO_method_type(self.as_ptr()) == sys::BIO_TYPE_SOCKET
                && sys::BIO_get_callback_ex(self.as_ptr()).is_none()
                && sys::BIO_get_callback(self.as_ptr()).is_none()
        }
    }

    /// What a read or write that returned `result`, 0 or below, has met. To be asked right after it.
    fn stopped(&self, result: c_int) -> Io {
        if self.is_plain_socket() {
            // SAFETY: looks at errno only.
            return match unsafe { sys::BIO_sock_should_retry(result) != 0 } {
                true => Io::WouldBlock,
                false if result == 0 => Io::Eof,
                false => Io::Failed,
            };
        }
        match self.should_retry() {
            true => Io::WouldBlock,
            false if self.at_eof() => Io::Eof,
            false => Io::Failed,
        }
    }

    /// What libcrypto does when it is asked for the descriptor of no BIO: it complains in the error queue.
    pub fn no_descriptor() -> c_int {
        // SAFETY: null is allowed.
        unsafe { sys::BIO_find_type(ptr::null_mut(), sys::BIO_TYPE_DESCRIPTOR) };
        -1
    }

    /// The descriptor of the first BIO in the chain that has one, else -1.
    pub fn descriptor(&self) -> c_int {
        // SAFETY: the BIO is live; the chain is followed by libcrypto.
        let found = unsafe { sys::BIO_find_type(self.as_ptr(), sys::BIO_TYPE_DESCRIPTOR) };
        if found.is_null() {
            return -1;
        }
        // SAFETY: `found` is part of our live chain; the command takes no argument.
        let fd = unsafe { sys::BIO_ctrl(found, sys::BIO_C_GET_FD, 0, ptr::null_mut()) };
        c_int::try_from(fd).unwrap_or(-1)
    }

    /// The pointer the program knows.
    pub fn as_ptr(&self) -> *mut sys::BIO {
        self.0.as_ptr()
    }

    /// Whether any of these flags is set.
    pub fn test_flags(&self, flags: c_int) -> bool {
        // SAFETY: the BIO is live.
        unsafe { sys::BIO_test_flags(self.as_ptr(), flags) != 0 }
    }

    /// Whether the last call failed only for now.
    pub fn should_retry(&self) -> bool {
        self.test_flags(sys::BIO_FLAGS_SHOULD_RETRY)
    }

    /// The reason of an I/O special condition (`BIO_RR_*`).
    pub fn retry_reason(&self) -> c_int {
        // SAFETY: the BIO is live.
        unsafe { sys::BIO_get_retry_reason(self.as_ptr()) }
    }

    /// Whether the source is at its end.
    pub fn at_eof(&self) -> bool {
        self.ctrl(sys::BIO_CTRL_EOF) != 0
    }

    fn ctrl(&self, command: c_int) -> std::ffi::c_long {
        // SAFETY: the BIO is live, and the commands used here take no argument.
        unsafe { sys::BIO_ctrl(self.as_ptr(), command, 0, ptr::null_mut()) }
    }

    fn read(&self, buf: &mut [u8]) -> c_int {
        let len = c_int::try_from(buf.len()).unwrap_or(c_int::MAX);
        clear_errno();
        // SAFETY: the BIO is live and `buf` is writable for `len` bytes.
        unsafe { sys::BIO_read(self.as_ptr(), buf.as_mut_ptr().cast::<c_void>(), len) }
    }

    /// Writes all of `data`.
    pub fn put(&self, data: &[u8]) -> bool {
        usize::try_from(self.write(data)) == Ok(data.len())
    }

    fn write(&self, data: &[u8]) -> c_int {
        let len = c_int::try_from(data.len()).unwrap_or(c_int::MAX);
        // SAFETY: the BIO is live and `data` is readable for `len` bytes.
        unsafe { sys::BIO_write(self.as_ptr(), data.as_ptr().cast::<c_void>(), len) }
    }
}

/// Forgets what earlier calls left in errno: programs print it together with a TLS error, which mostly has nothing to do
/// with it.
pub fn clear_errno() {
    // SAFETY: the C library's address of this thread's errno, always valid.
    unsafe { *libc::__errno_location() = 0 };
}

/// Whether the last system call found no peer any more.
fn is_connection_ended() -> bool {
    matches!(std::io::Error::last_os_error().raw_os_error(), Some(libc::EPIPE | libc::ECONNRESET))
}

/// How a BIO call went wrong, for the call's own return value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BioFailure {
    /// There is no BIO to read from.
    NoReader,
    /// There is no BIO to write to.
    NoWriter,
    /// The call returned this, 0 or below.
    Returned(c_int),
}

/// The two BIOs of a connection as a transport, and what their last calls said.
#[derive(Debug)]
pub struct BioTransport {
    /// Where records come from.
    pub read: Option<Arc<Bio>>,
    /// Where records go to.
    pub write: Option<Arc<Bio>>,
    /// What is behind an `Io` that is not `Done`.
    pub failure: Option<BioFailure>,
    /// The last failure to write was one of a connection that the peer has ended.
    pub broken: bool,
}

impl BioTransport {
    /// Makes the read BIO say that a read should be retried, where the library stops short of reading.
    pub fn set_retry_read(&self) {
        if let Some(bio) = &self.read {
            // SAFETY: the BIO is live.
            unsafe {
                sys::BIO_clear_flags(bio.as_ptr(), sys::BIO_FLAGS_ALL);
                sys::BIO_set_flags(bio.as_ptr(), sys::BIO_FLAGS_READ | sys::BIO_FLAGS_SHOULD_RETRY);
            }
        }
    }

    /// Whether a write would have to wait, or take nothing, as far as a plain socket can tell.
    pub fn would_block_writing(&self) -> bool {
        let Some(socket) = self.write.as_ref().filter(|bio| bio.is_plain_socket()) else { return false };
        let mut fd = libc::pollfd { fd: socket.descriptor(), events: libc::POLLOUT, revents: 0 };
        // SAFETY: one entry, live for the call, which does not wait.
        unsafe { libc::poll(&raw mut fd, 1, 0) == 0 }
    }
}

impl Transport for BioTransport {
    fn recv(&mut self, buf: &mut [u8]) -> Io {
        let Some(bio) = &self.read else {
            self.failure = Some(BioFailure::NoReader);
            return Io::Failed;
        };
        match bio.read(buf) {
            n @ 1.. => Io::Done(n.unsigned_abs() as usize),
            n => {
                self.failure = Some(BioFailure::Returned(n));
                bio.stopped(n)
            }
        }
    }

    fn send(&mut self, data: &[u8]) -> Io {
        let Some(bio) = &self.write else {
            self.failure = Some(BioFailure::NoWriter);
            return Io::Failed;
        };
        clear_errno();
        match bio.write(data) {
            n @ 1.. => Io::Done(n.unsigned_abs() as usize),
            n => {
                self.broken = is_connection_ended();
                self.failure = Some(BioFailure::Returned(n));
                match bio.stopped(n) {
                    Io::WouldBlock => Io::WouldBlock,
                    _ => Io::Failed,
                }
            }
        }
    }

    fn peer_is_gone(&self) -> bool {
        self.broken
    }

    fn flush(&mut self) -> Io {
        clear_errno();
        match &self.write {
            Some(bio) if bio.ctrl(sys::BIO_CTRL_FLUSH) <= 0 => {
                self.broken = is_connection_ended();
                if bio.should_retry() {
                    Io::WouldBlock
                } else {
                    self.failure = Some(BioFailure::Returned(-1));
                    Io::Failed
                }
            }
            _ => Io::Done(0),
        }
    }
}
