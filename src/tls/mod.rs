//! TLS in safe Rust over rustls: knows no C, no OpenSSL object and no error queue.
//!
//! A face makes a [`handshake::Handshake`] from a configuration ([`config`]) and an [`exchange::Exchange`], drives it
//! over a [`transport::Transport`], and goes on with the [`traffic`] halves it ends in. What only the application can
//! decide is asked through [`exchange::Application`].
#![forbid(unsafe_code)]

mod aead;
mod alert;
pub mod certificate_request;
pub mod cipher;
pub mod cipher_list;
mod cipher_table;
pub mod config;
pub mod credentials;
pub mod error;
pub mod exchange;
pub mod extension_list;
mod forge;
mod gate;
pub mod group;
pub mod handshake;
pub mod handshake_type;
pub mod hello;
pub mod key_share;
pub mod new_ticket;
pub mod p521;
pub mod pem;
pub mod plain_certificate;
pub mod plain_key;
pub mod provider;
pub mod record;
pub mod replay;
pub mod rewritten_hello;
pub mod session;
pub mod sigalg;
pub mod tap;
#[cfg(test)]
mod tests;
pub mod ticket_key;
pub mod ticket_ring;
pub mod traffic;
pub mod transport;
pub mod verifier;
pub mod x509;
