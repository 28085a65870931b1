//! Compressed certificates (RFC 8879), since OpenSSL 3.2.

use crate::openssl::refusal::refuse;
use crate::openssl::types::{SSL, SSL_CTX};
use std::ffi::{c_int, c_uchar};

/// `SSL_CTX_set1_cert_comp_preference(3)`: sets the algorithms to offer and use. 0 is failure.
///
/// Status: refused: certificate compression is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set1_cert_comp_preference(_ctx: *mut SSL_CTX, _algs: *mut c_int, _len: usize) -> c_int {
    refuse("SSL_CTX_set1_cert_comp_preference", 0)
}

/// `SSL_set1_cert_comp_preference(3)`: sets the algorithms to offer and use. 0 is failure.
///
/// Status: refused: certificate compression is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set1_cert_comp_preference(_ssl: *mut SSL, _algs: *mut c_int, _len: usize) -> c_int {
    refuse("SSL_set1_cert_comp_preference", 0)
}

/// `SSL_CTX_compress_certs(3)`: compresses the context's certificates ahead of use. 0 is failure.
///
/// Status: refused: certificate compression is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_compress_certs(_ctx: *mut SSL_CTX, _alg: c_int) -> c_int {
    refuse("SSL_CTX_compress_certs", 0)
}

/// `SSL_compress_certs(3)`: compresses the connection's certificates ahead of use. 0 is failure.
///
/// Status: refused: certificate compression is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_compress_certs(_ssl: *mut SSL, _alg: c_int) -> c_int {
    refuse("SSL_compress_certs", 0)
}

/// `SSL_CTX_get1_compressed_cert(3)`: copies the compressed certificate out and returns its length. 0 is failure.
///
/// Status: refused: certificate compression is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get1_compressed_cert(
    _ctx: *mut SSL_CTX,
    _alg: c_int,
    _data: *mut *mut c_uchar,
    _orig_len: *mut usize,
) -> usize {
    refuse("SSL_CTX_get1_compressed_cert", 0)
}

/// `SSL_get1_compressed_cert(3)`: copies the compressed certificate out and returns its length. 0 is failure.
///
/// Status: refused: certificate compression is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get1_compressed_cert(
    _ssl: *mut SSL,
    _alg: c_int,
    _data: *mut *mut c_uchar,
    _orig_len: *mut usize,
) -> usize {
    refuse("SSL_get1_compressed_cert", 0)
}

/// `SSL_CTX_set1_compressed_cert(3)`: sets the compressed form of the current certificate. 0 is failure.
///
/// Status: refused: certificate compression is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set1_compressed_cert(
    _ctx: *mut SSL_CTX,
    _algorithm: c_int,
    _comp_data: *mut c_uchar,
    _comp_length: usize,
    _orig_length: usize,
) -> c_int {
    refuse("SSL_CTX_set1_compressed_cert", 0)
}

/// `SSL_set1_compressed_cert(3)`: sets the compressed form of the current certificate. 0 is failure.
///
/// Status: refused: certificate compression is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set1_compressed_cert(
    _ssl: *mut SSL,
    _algorithm: c_int,
    _comp_data: *mut c_uchar,
    _comp_length: usize,
    _orig_length: usize,
) -> c_int {
    refuse("SSL_set1_compressed_cert", 0)
}
