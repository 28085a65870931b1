//! The structures of the QUIC functions, as far as this library looks into them; the header has them in full.

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
    /// How a stream is to be reset.
    SSL_STREAM_RESET_ARGS;
    /// An object to wait for and its events.
    SSL_POLL_ITEM;
}
