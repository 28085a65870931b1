//! Why a call failed.

use super::record::RecordError;
use rustls::error::AlertDescription;

/// What a peer did that rustls is not asked about any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misstep {
    /// A message that cannot come now.
    UnexpectedMessage,
    /// A record of a type that cannot come now.
    UnexpectedRecord,
    /// The same before a hello.
    RecordBeforeHello,
    /// A handshake message longer than its kind may be.
    MessageTooLong,
    /// A KeyUpdate without its one byte.
    KeyUpdateTooShort,
    /// A KeyUpdate with more behind it that is protected with the old key.
    KeyUpdateNotLast,
    /// Other records between those of one handshake message (TLS 1.3).
    MixedMessages,
    /// A protected record without content, of a type that must have some (TLS 1.3).
    EmptyRecord,
    /// A protected record of a type that does not exist (TLS 1.3).
    UnknownInnerType,
    /// A record in clear that is longer than any may be.
    RecordTooLong,
    /// An alert that is not two bytes long.
    InvalidAlert,
    /// A change_cipher_spec that is not what it must be.
    BadCipherChange,
    /// The same where it is there for middleboxes only (TLS 1.3).
    InvalidCipherChange,
    /// More change_cipher_spec for middleboxes than anybody needs.
    TooManyCipherChanges,
    /// More records without content than anybody needs.
    TooManyEmptyRecords,
}

/// A failure of the TLS code. A face translates it into its API's terms, and decides on the alert.
#[derive(Debug, Clone)]
pub enum Error {
    /// rustls refused what the peer sent, or what it was asked to do.
    Rustls(rustls::Error),
    /// What arrived is not a TLS record.
    Record(RecordError),
    /// The peer did what it may not.
    Misstep(Misstep),
    /// The transport failed; it knows why.
    Transport,
    /// The application ended the handshake, with this alert; it has said why.
    Application(Option<AlertDescription>),
    /// A write that was cut short by would-block was repeated with less data.
    BadWriteLength,
    /// A write that was cut short by would-block was repeated with other data.
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

impl From<Misstep> for Error {
    fn from(misstep: Misstep) -> Self {
        Error::Misstep(misstep)
    }
}
