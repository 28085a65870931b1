//! The OpenSSL face: the exported functions of `libssl.so.3`, one file per group of manual pages.
//!
//! Every export carries a line `Status: full.`, `Status: partial: <the difference>.` or
//! `Status: refused: <the reason>.` in its docstring; `docs/compatibility.md` is generated from these lines.

pub mod absent;
pub mod callback_types;
pub mod cipher;
pub mod error;
pub mod init;
pub mod reason;
pub mod refusal;
pub mod strings;
pub mod types;
