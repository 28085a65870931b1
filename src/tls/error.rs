//! Why a call failed.

use super::record::RecordError;
use rustls::error::AlertDescription;

/// A failure of the TLS code. A face translates it into its API's terms.
#[derive(Debug, Clone)]
pub enum Error {
    /// rustls refused what the peer sent, or what it was asked to do; an alert may have been queued.
    Rustls(rustls::Error),
    /// What arrived is not a TLS record.
    Record(RecordError),
    /// The transport ended before the peer said goodbye.
    UnexpectedEof,
    /// The transport failed; it knows why.
    Transport,
    /// rustls refused what the peer sent, and another alert than its own has been queued.
    RustlsWith(rustls::Error, AlertDescription),
    /// The application ended the handshake, with this alert; it has said why.
    Application(Option<AlertDescription>),
    /// A write that was cut short by would-block was not repeated with the same data.
    BadWriteRetry,
    /// The call makes no sense in this state.
    State,
}

impl From<rustls::Error> for Error {
    fn from(error: rustls::Error) -> Self {
        Error::Rustls(error)
    }
}

impl From<RecordError> for Error {
    fn from(error: RecordError) -> Self {
        Error::Record(error)
    }
}
