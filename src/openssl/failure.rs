//! The end of a connection that goes wrong, in OpenSSL's terms: the entry in the error queue, the alert, and the state
//! that later calls see.

use super::callbacks;
use super::config::{TLS1_3, op};
use super::connection::{Connection, shut, want};
use super::error::{Error, INTERNAL_ERROR};
use super::failure_reason::{of_misstep, of_record, of_rustls};
use super::{reason, session};
use crate::libcrypto::bio::{BioFailure, BioTransport};
use crate::seam::Failure;
use crate::tls::error::{Error as TlsError, Misstep};
use rustls::Error as Rustls;
use rustls::error::{AlertDescription, InvalidMessage, PeerMisbehaved};
use std::ffi::c_int;
use std::sync::atomic::Ordering;

/// `SSL_R_*` of an alert received: the alert's number above this.
const ALERT_OFFSET: c_int = 1000;
/// How many warnings in a row are too many.
const WARNINGS_MAX: u32 = 5;

/// Levels of alerts (RFC 5246, section 7.2).
mod level {
    pub(super) const WARNING: u8 = 1;
    pub(super) const FATAL: u8 = 2;
}

/// What ends a connection: an entry for the queue, and the alert for the peer.
#[derive(Debug)]
pub(crate) struct Verdict {
    error: Error,
    alert: Option<AlertDescription>,
    /// It was found in a record, before a message was made of it: a handshake is still said to be reading then.
    pub(crate) in_record: bool,
}

impl Verdict {
    /// An entry of library SSL, and an alert.
    pub(crate) fn new(reason: c_int, alert: AlertDescription) -> Self {
        Self::of(Error::Ssl(reason), alert)
    }

    /// Any entry, and an alert.
    pub(crate) fn of(error: Error, alert: AlertDescription) -> Self {
        Self { error, alert: Some(alert), in_record: false }
    }

    fn in_record(self) -> Self {
        Self { in_record: true, ..self }
    }

    /// Whether the peer is told nothing.
    pub(crate) fn is_silent(&self) -> bool {
        self.alert.is_none()
    }

    /// An entry, and nothing for the peer.
    pub(crate) fn silent(reason: c_int) -> Self {
        Self { error: Error::Ssl(reason), alert: None, in_record: false }
    }
}

/// Ends the connection: from now on every call fails without saying why again. `send` sends the alert: whether the
/// transport has taken it, or none if there was nothing to be sent.
pub(crate) fn end(ssl: &Connection, verdict: Verdict, send: impl FnOnce(Option<AlertDescription>) -> Option<bool>) {
    ssl.fail();
    verdict.error.report();
    // After a goodbye the peer is told nothing any more.
    let alert = verdict.alert.filter(|_| !ssl.has_shutdown(shut::SENT));
    if alert.is_some() {
        session::connection_failed(ssl);
    }
    let sent = send(alert);
    callbacks::at_end(ssl);
    match (sent, alert) {
        (Some(true), Some(alert)) => {
            ssl.set_want(want::NOTHING);
            callbacks::alert_sent(ssl, level::FATAL, alert.0);
        }
        (Some(false), Some(_)) => ssl.set_want(want::WRITING),
        _ => {}
    }
}

/// What a failure of the TLS code means.
pub(crate) fn verdict(ssl: &Connection, failure: &TlsError) -> Verdict {
    let (error, alert) = match failure {
        TlsError::Rustls(Rustls::AlertReceived(alert))
        | TlsError::Rustls(Rustls::PeerMisbehaved(PeerMisbehaved::IllegalWarningAlert(alert))) => {
            return alert_received(ssl, *alert);
        }
        // After a goodbye only another one is awaited.
        TlsError::Rustls(Rustls::InvalidMessage(InvalidMessage::InvalidContentType))
            if ssl.has_shutdown(shut::SENT) =>
        {
            return Verdict::silent(reason::APPLICATION_DATA_AFTER_CLOSE_NOTIFY);
        }
        TlsError::Rustls(error) => of_rustls(ssl, error),
        TlsError::Record(error) => {
            let (reason, alert) = of_record(*error);
            (Error::Ssl(reason), alert)
        }
        TlsError::Misstep(misstep) => {
            let (reason, alert) = of_misstep(*misstep);
            (Error::Ssl(reason), alert)
        }
        // Who made the decision has queued its entry.
        TlsError::Application(alert) => (Error::Queued, *alert),
        TlsError::BadWriteRetry => (Error::Ssl(reason::BAD_WRITE_RETRY), Some(AlertDescription::InternalError)),
        TlsError::BadWriteLength => (Error::Ssl(reason::BAD_LENGTH), Some(AlertDescription::InternalError)),
        TlsError::Transport | TlsError::State => (Error::Ssl(INTERNAL_ERROR), Some(AlertDescription::InternalError)),
    };
    Verdict { error, alert, in_record: is_in_record(failure) }
}

/// Whether a failure is one of the record layer.
fn is_in_record(failure: &TlsError) -> bool {
    match failure {
        TlsError::Record(_) => true,
        TlsError::Misstep(misstep) => {
            !matches!(misstep, Misstep::UnexpectedMessage | Misstep::MessageTooLong | Misstep::BadCipherChange)
        }
        TlsError::Rustls(error) => matches!(error, Rustls::DecryptError | Rustls::PeerSentOversizedRecord),
        _ => false,
    }
}

/// The peer went away without close_notify. None: the program does not mind.
pub(crate) fn end_of_stream(ssl: &Connection) -> Option<Verdict> {
    ssl.set_want(want::READING);
    if ssl.has_option(op::IGNORE_UNEXPECTED_EOF) {
        // As if close_notify had come; OpenSSL forgets here what it has sent itself.
        ssl.shutdown.store(shut::RECEIVED, Ordering::Relaxed);
        ssl.warning.store(0, Ordering::Relaxed);
        return None;
    }
    Some(Verdict::new(reason::UNEXPECTED_EOF_WHILE_READING, AlertDescription::DecodeError).in_record())
}

/// The transport failed. It may get over it, but for a BIO that is not there.
pub(crate) fn missing_bio(transport: &BioTransport) -> Option<Verdict> {
    match transport.failure {
        Some(BioFailure::NoReader) => Some(reason::READ_BIO_NOT_SET),
        Some(BioFailure::NoWriter) => Some(reason::BIO_NOT_SET),
        Some(BioFailure::Returned(_)) | None => None,
    }
    .map(|reason| Verdict::new(reason, AlertDescription::InternalError).in_record())
}

/// The return value of a call whose transport failed, ended, or would block: the BIO's own.
pub(crate) fn value(transport: &BioTransport) -> c_int {
    match transport.failure {
        Some(BioFailure::Returned(value)) => value.min(0),
        _ => -1,
    }
}

/// What an alert does to a connection.
#[derive(Debug)]
pub(crate) enum Heard {
    /// Nothing.
    Ignored,
    /// The peer sends nothing more.
    Goodbye,
    /// It ends.
    Fatal(Verdict),
}

/// An alert has come.
pub(crate) fn hear(ssl: &Connection, alert: &[u8]) -> Heard {
    let fatal = |reason, alert| Heard::Fatal(Verdict::new(reason, alert).in_record());
    let &[level, number] = alert else {
        return fatal(reason::INVALID_ALERT, AlertDescription::UnexpectedMessage);
    };
    callbacks::alert_received(ssl, level, number);
    let tls13 = ssl.facts.read().version() == TLS1_3;
    let description = AlertDescription(number);
    if level == level::WARNING || (tls13 && description == AlertDescription::UserCanceled) {
        ssl.warning.store(number.into(), Ordering::Relaxed);
        if ssl.warnings.fetch_add(1, Ordering::Relaxed) + 1 >= WARNINGS_MAX {
            return fatal(reason::TOO_MANY_WARN_ALERTS, AlertDescription::UnexpectedMessage);
        }
    }
    match description {
        AlertDescription::UserCanceled if tls13 => Heard::Ignored,
        AlertDescription::CloseNotify if tls13 || level == level::WARNING => {
            ssl.set_want(want::NOTHING);
            ssl.add_shutdown(shut::RECEIVED);
            Heard::Goodbye
        }
        _ if tls13 || level == level::FATAL => Heard::Fatal(alert_received(ssl, description)),
        AlertDescription::NoRenegotiation => fatal(reason::NO_RENEGOTIATION, AlertDescription::HandshakeFailure),
        _ if level == level::WARNING => Heard::Ignored,
        _ => fatal(reason::UNKNOWN_ALERT_TYPE, AlertDescription::IllegalParameter),
    }
}

/// The alerts that came in protected records since the last time; the first that does something decides.
pub(crate) fn hear_protected(ssl: &Connection) -> Heard {
    let Some(exchange) = ssl.exchange.read().clone() else { return Heard::Ignored };
    let alerts = std::mem::take(&mut exchange.record.lock().alerts);
    for alert in alerts {
        match hear(ssl, &alert) {
            Heard::Ignored => {}
            heard => return heard,
        }
    }
    Heard::Ignored
}

/// The peer has ended the connection.
fn alert_received(ssl: &Connection, alert: AlertDescription) -> Verdict {
    ssl.set_want(want::NOTHING);
    ssl.add_shutdown(shut::RECEIVED);
    session::connection_failed(ssl);
    let number = c_int::from(alert.0);
    let error = Error::SslData(ALERT_OFFSET + number, format!("SSL alert number {number}"));
    Verdict { error, alert: None, in_record: true }
}
