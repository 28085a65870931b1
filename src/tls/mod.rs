//! TLS in safe Rust over rustls: knows no C, no OpenSSL object and no error queue.
#![forbid(unsafe_code)]

pub mod cipher;
pub mod cipher_list;
mod cipher_table;
