//! Signature schemes of contexts and connections.

use super::config::Config;
use rustls::crypto::SignatureScheme;
use std::sync::Arc;

/// The schemes accepted from the peer, in order of preference.
pub(crate) fn accepted(config: &Config) -> Arc<[SignatureScheme]> {
    const DEFAULT: [u16; 13] =
        [0x0403, 0x0503, 0x0603, 0x0807, 0x0809, 0x080a, 0x080b, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601];
    config.sigalgs.as_deref().unwrap_or(&DEFAULT).iter().map(|&scheme| SignatureScheme(scheme)).collect()
}
