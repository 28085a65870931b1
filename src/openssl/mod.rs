//! The OpenSSL face: the exported functions of `libssl.so.3`, one file per group of manual pages.
//!
//! Every export carries a line `Status: full.`, `Status: partial: <the difference>.` or
//! `Status: refused: <the reason>.` in its docstring; `docs/compatibility.md` is generated from these lines.

pub mod absent;
pub mod alpn;
pub mod bio;
pub mod ca_list;
pub mod callback_types;
pub mod callbacks;
pub mod certificate;
pub mod certificate_callback;
pub mod certificate_chain;
pub mod certificate_choice;
pub mod certificate_file;
pub mod certificate_slot;
pub mod cipher;
pub mod cipher_list;
pub mod client_hello;
pub mod conf;
pub mod conf_command;
pub mod config;
pub mod connection;
pub mod context;
pub mod ctrl;
pub mod duplicate;
pub mod error;
pub mod ex_data;
pub mod facts;
pub mod failure;
pub mod group;
pub mod handshake;
pub mod handshake_values;
pub mod holder;
pub mod host;
pub mod init;
pub mod io;
pub mod method;
pub mod ocsp;
pub mod options;
pub mod peer;
pub mod private_key;
pub mod progress;
pub mod reason;
pub mod refusal;
pub mod server_name;
pub mod session;
pub mod session_cache;
pub mod sigalg;
pub mod status;
pub mod strings;
pub mod ticket;
pub mod tmp_dh;
pub mod transport;
pub mod trust_store;
pub mod types;
pub mod verify;
