//! What `SSL_CTX_x` and `SSL_x` have in common: both hold the settings of connections.

use super::config::Config;
use super::connection::Connection;
use super::context::Context;
use super::types::{SSL, SSL_CTX};
use std::sync::Arc;

/// A context or a connection.
pub(crate) trait Holder {
    /// The settings now.
    fn settings(&self) -> Arc<Config>;

    /// The pointers that C knows, for callbacks: of the connection or else of the context; the other is null.
    fn handles(&self) -> (*const SSL, *const SSL_CTX);

    /// Changes the settings.
    fn change<T>(&self, change: impl FnOnce(&mut Config) -> T) -> T;
}

impl Holder for Context {
    fn settings(&self) -> Arc<Config> {
        self.config()
    }

    fn handles(&self) -> (*const SSL, *const SSL_CTX) {
        (std::ptr::null(), std::ptr::from_ref(self).cast())
    }

    fn change<T>(&self, change: impl FnOnce(&mut Config) -> T) -> T {
        self.edit(change)
    }
}

impl Holder for Connection {
    fn settings(&self) -> Arc<Config> {
        self.config()
    }

    fn handles(&self) -> (*const SSL, *const SSL_CTX) {
        (self.as_ptr(), std::ptr::null())
    }

    fn change<T>(&self, change: impl FnOnce(&mut Config) -> T) -> T {
        self.edit(change)
    }
}
