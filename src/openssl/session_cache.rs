//! A context's session cache.

use super::context::Context;
use super::error::Error;
use std::sync::Arc;

/// Cache, modes, counters and callbacks of a context.
#[derive(Debug)]
pub(crate) struct ContextSessions {}

impl ContextSessions {
    /// An empty cache with OpenSSL's defaults.
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self {})
    }
}

/// The last count of a context is about to go: its sessions are removed, with the callback.
pub(crate) fn context_freed(context: &Arc<Context>) {
    let _ = context;
}
