//! What `SSL_CTX_x` and `SSL_x` have in common: both hold the settings of connections.

use super::config::Config;
use super::connection::Connection;
use super::context::Context;
use std::sync::Arc;

/// A context or a connection.
pub(crate) trait Holder {
    /// The settings now.
    fn settings(&self) -> Arc<Config>;

    /// Changes the settings.
    fn change<T>(&self, change: impl FnOnce(&mut Config) -> T) -> T;
}

impl Holder for Context {
    fn settings(&self) -> Arc<Config> {
        self.config()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Config) -> T) -> T {
        self.edit(change)
    }
}

impl Holder for Connection {
    fn settings(&self) -> Arc<Config> {
        self.config()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Config) -> T) -> T {
        self.edit(change)
    }
}
