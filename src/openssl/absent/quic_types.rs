//! The structures of the QUIC functions, as far as this library looks into them; the header has them in full.

use std::ffi::{c_int, c_void};

macro_rules! opaque {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $(
            $(#[$doc])*
            #[repr(C)]
            pub struct $name {
                _opaque: [u8; 0],
            }
        )*
    };
}

opaque! {
    /// Why a QUIC connection ended.
    SSL_CONN_CLOSE_INFO;
    /// How a QUIC connection is to end.
    SSL_SHUTDOWN_EX_ARGS;
    /// How a stream is to be reset.
    SSL_STREAM_RESET_ARGS;
    /// An object to wait for and its events.
    SSL_POLL_ITEM;
}

/// `BIO_POLL_DESCRIPTOR_TYPE_SOCK_FD`.
pub(super) const TYPE_SOCK_FD: u32 = 1;

/// What to wait for: a kind and its value. (In libcrypto's bio.h since 3.2.)
#[repr(C)]
pub struct BIO_POLL_DESCRIPTOR {
    /// `BIO_POLL_DESCRIPTOR_TYPE_*`.
    pub kind: u32,
    /// Depends on the kind.
    pub value: BIO_POLL_VALUE,
}

/// The value of a [`BIO_POLL_DESCRIPTOR`].
#[repr(C)]
pub union BIO_POLL_VALUE {
    /// A socket's descriptor.
    pub fd: c_int,
    /// The program's own.
    pub custom: *mut c_void,
}
