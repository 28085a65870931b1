//! SSL_CONF

use super::types::SSL_CTX;

/// Applies `system_default` of libcrypto's configuration.
pub(crate) fn apply_system_default(ctx: *mut SSL_CTX) {
    let _ = ctx;
}
