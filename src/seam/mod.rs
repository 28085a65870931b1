//! How calls cross between C and Rust. Shared by all faces; knows neither TLS nor OpenSSL's objects.

pub mod arg;
pub mod guard;
pub mod handle;
pub mod random;
pub mod slot;
pub mod thread;

pub(crate) use guard::{Failure, guard};
pub(crate) use handle::{Handle, Owned, Owning};
