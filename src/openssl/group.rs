//! Key exchange groups of contexts and connections.

use super::config::Config;

/// X25519MLKEM768, X25519, P-256, P-384.
const DEFAULT: [u16; 4] = [0x11ec, 0x001d, 0x0017, 0x0018];

/// The groups that may be used: those set by the program, or the default.
pub(crate) fn enabled(set: Option<&[u16]>, security_level: u8) -> Vec<u16> {
    let _ = security_level;
    set.unwrap_or(&DEFAULT).to_vec()
}

/// Server: whether its own order of groups decides.
pub(crate) fn server_decides(config: &Config) -> bool {
    config.options & super::config::op::CIPHER_SERVER_PREFERENCE != 0
}
