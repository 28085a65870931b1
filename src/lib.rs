//! ferrossl: OpenSSL's `libssl.so.3` on top of rustls, as an ABI drop-in.
//!
//! ```text
//! C program -> openssl/ (the face) -> tls/ (safe Rust) -> rustls
//!                  |                     |
//!                  +------- seam/ -------+-> libcrypto/ (the only foreign declarations)
//! ```

pub mod libcrypto;
pub mod openssl;
pub mod seam;
pub mod tls;
