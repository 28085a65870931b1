//! Names of features that are not supported: there to link with, and refusing aloud when called.
//!
//! A function that only takes a setting back (null, zero, the default) succeeds, since that holds already, and a getter
//! answers that there is nothing. Everything else fails as its manual page says failing looks like, with an entry in the
//! error queue that names the function. Arguments are not looked at, so most of these functions are safe.

use super::refusal::refuse;

pub mod async_job;
pub mod cert_compression;
pub mod compression;
pub mod ct;
pub mod custom_ext;
pub mod dane;
pub mod dtls;
pub mod eap_fast;
pub mod early_data;
pub mod other;
pub mod padding;
pub mod post_handshake;
pub mod psk;
pub mod quic;
pub mod quic_object;
pub mod quic_types;
pub mod raw_public_key;
pub mod renegotiation;
pub mod srp;
pub mod srtp;

/// Answers `done` when the program asks for what holds anyway (`off`), and refuses `what` with `failed` otherwise.
fn unless_off<T>(off: bool, what: &'static str, done: T, failed: T) -> T {
    if off { done } else { refuse(what, failed) }
}
