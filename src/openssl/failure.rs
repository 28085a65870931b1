//! What a failure of the TLS code means in OpenSSL's terms: reason, alert, and the connection's state after it.

use super::callbacks;
use super::config::op;
use super::connection::{Connection, shut, want};
use super::error::{Error, INTERNAL_ERROR};
use super::reason;
use crate::libcrypto::bio::{BioFailure, BioTransport};
use crate::tls::error::Error as TlsError;
use crate::tls::record::RecordError;
use rustls::Error as Rustls;
use rustls::error::{AlertDescription, InvalidMessage, PeerIncompatible, PeerMisbehaved};
use std::ffi::c_int;

/// `SSL_R_*` of an alert received: the alert's number above this.
const ALERT_OFFSET: c_int = 1000;

/// Reports a failure: sets what later calls see and gives the entry for the error queue. The return value of the call
/// that failed is 0 only at a silent end of the stream.
pub(crate) fn report(ssl: &Connection, error: &TlsError, transport: &BioTransport) -> (c_int, Error) {
    match error {
        TlsError::UnexpectedEof => end_of_stream(ssl),
        TlsError::Transport => transport_failed(transport),
        // Who made the decision has queued its entry.
        TlsError::Application(alert) => {
            ssl.fail();
            if let Some(alert) = alert {
                callbacks::alert_sent(ssl, 2, alert.0);
            }
            (-1, Error::Queued)
        }
        TlsError::BadWriteRetry => (-1, Error::Ssl(reason::BAD_WRITE_RETRY)),
        TlsError::State => {
            ssl.fail();
            (-1, Error::Ssl(INTERNAL_ERROR))
        }
        TlsError::Record(error) => {
            ssl.fail();
            if let Some(alert) = error.alert() {
                callbacks::alert_sent(ssl, 2, alert.0);
            }
            (-1, Error::Ssl(record(*error)))
        }
        TlsError::RustlsWith(error, alert) => {
            ssl.fail();
            callbacks::alert_sent(ssl, 2, alert.0);
            (-1, rustls(ssl, error))
        }
        TlsError::Rustls(error) => {
            ssl.fail();
            if let Rustls::AlertReceived(alert) = error {
                return alert_received(ssl, *alert);
            }
            if let Ok(alert) = AlertDescription::try_from(error) {
                callbacks::alert_sent(ssl, 2, alert.0);
            }
            (-1, rustls(ssl, error))
        }
    }
}

/// The peer went away without close_notify.
fn end_of_stream(ssl: &Connection) -> (c_int, Error) {
    ssl.set_want(want::READING);
    if ssl.has_option(op::IGNORE_UNEXPECTED_EOF) {
        ssl.add_shutdown(shut::RECEIVED);
        ssl.close_notify.store(true, std::sync::atomic::Ordering::Relaxed);
        return (0, Error::Silent);
    }
    ssl.fail();
    (0, Error::Ssl(reason::UNEXPECTED_EOF_WHILE_READING))
}

fn transport_failed(transport: &BioTransport) -> (c_int, Error) {
    match transport.failure {
        Some(BioFailure::Unset) => {
            let missing = if transport.read.is_none() { reason::READ_BIO_NOT_SET } else { reason::BIO_NOT_SET };
            (-1, Error::Ssl(missing))
        }
        // The reason is in errno or in the BIO's own entries.
        Some(BioFailure::Returned(value)) => (value.min(0), Error::Silent),
        None => (-1, Error::Silent),
    }
}

fn record(error: RecordError) -> c_int {
    match error {
        RecordError::HttpRequest => reason::HTTP_REQUEST,
        RecordError::HttpsProxyRequest => reason::HTTPS_PROXY_REQUEST,
        RecordError::TooLong => reason::PACKET_LENGTH_TOO_LONG,
        RecordError::NotTls | RecordError::WrongVersion => reason::WRONG_VERSION_NUMBER,
    }
}

fn alert_received(ssl: &Connection, alert: AlertDescription) -> (c_int, Error) {
    callbacks::alert_received(ssl, 2, alert.0);
    ssl.add_shutdown(shut::RECEIVED);
    // As in OpenSSL: once the queue is empty, a connection that a fatal alert has ended looks closed.
    ssl.close_notify.store(true, std::sync::atomic::Ordering::Relaxed);
    let number = c_int::from(alert.0);
    let text = format!("SSL alert number {number}");
    (0, Error::SslData(ALERT_OFFSET + number, text))
}

fn rustls(ssl: &Connection, error: &Rustls) -> Error {
    Error::Ssl(match error {
        // The verdict has queued its own entry.
        Rustls::InvalidCertificate(rustls::error::CertificateError::BadSignature) => reason::BAD_SIGNATURE,
        Rustls::InvalidCertificate(rustls::error::CertificateError::BadEncoding) => reason::CERT_LENGTH_MISMATCH,
        Rustls::InvalidCertificate(_) => reason::CERTIFICATE_VERIFY_FAILED,
        Rustls::DecryptError => reason::DECRYPTION_FAILED_OR_BAD_RECORD_MAC,
        Rustls::PeerSentOversizedRecord => reason::DATA_LENGTH_TOO_LONG,
        Rustls::NoApplicationProtocol => reason::NO_APPLICATION_PROTOCOL,
        Rustls::InappropriateMessage { .. } | Rustls::InappropriateHandshakeMessage { .. } => {
            reason::UNEXPECTED_MESSAGE
        }
        Rustls::InvalidMessage(error) => invalid_message(*error),
        Rustls::PeerIncompatible(error) => incompatible(ssl, *error),
        Rustls::PeerMisbehaved(error) => misbehaved(error),
        _ => return Error::SslData(INTERNAL_ERROR, error.to_string()),
    })
}

fn invalid_message(error: InvalidMessage) -> c_int {
    match error {
        InvalidMessage::MessageTooLarge | InvalidMessage::HandshakePayloadTooLarge => reason::EXCESSIVE_MESSAGE_SIZE,
        InvalidMessage::CertificatePayloadTooLarge => reason::EXCESSIVE_MESSAGE_SIZE,
        InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion => reason::WRONG_VERSION_NUMBER,
        InvalidMessage::InvalidCcs => reason::BAD_CHANGE_CIPHER_SPEC,
        InvalidMessage::InvalidServerName => reason::BAD_EXTENSION,
        InvalidMessage::DuplicateExtension(_) => reason::BAD_EXTENSION,
        InvalidMessage::MissingData(_) | InvalidMessage::MessageTooShort => reason::LENGTH_MISMATCH,
        _ => reason::BAD_PACKET,
    }
}

fn incompatible(ssl: &Connection, error: PeerIncompatible) -> c_int {
    match error {
        PeerIncompatible::NoCipherSuitesInCommon => reason::NO_SHARED_CIPHER,
        PeerIncompatible::NoKxGroupsInCommon if ssl.facts.read().version() == 0x304 => reason::NO_SUITABLE_KEY_SHARE,
        PeerIncompatible::NoKxGroupsInCommon => reason::NO_SHARED_CIPHER,
        PeerIncompatible::NoSignatureSchemesInCommon
        | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => reason::NO_SUITABLE_SIGNATURE_ALGORITHM,
        PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled
        | PeerIncompatible::SupportedVersionsExtensionRequired
        | PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::ServerSentHelloRetryRequestWithUnknownExtension => reason::UNSUPPORTED_PROTOCOL,
        PeerIncompatible::NullCompressionRequired => reason::NO_COMPRESSION_SPECIFIED,
        PeerIncompatible::SignatureAlgorithmsExtensionRequired => reason::MISSING_SIGALGS_EXTENSION,
        PeerIncompatible::ExtendedMainSecretExtensionRequired => reason::INCONSISTENT_EXTMS,
        _ => reason::UNSUPPORTED_PROTOCOL,
    }
}

fn misbehaved(error: &PeerMisbehaved) -> c_int {
    match error {
        PeerMisbehaved::NoCertificatesPresented => reason::PEER_DID_NOT_RETURN_A_CERTIFICATE,
        PeerMisbehaved::IncorrectFinished => reason::DIGEST_CHECK_FAILED,
        PeerMisbehaved::IncorrectBinder => reason::BINDER_DOES_NOT_VERIFY,
        PeerMisbehaved::SelectedUnofferedCipherSuite => reason::WRONG_CIPHER_RETURNED,
        PeerMisbehaved::SelectedUnofferedKxGroup => reason::WRONG_CURVE,
        PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme | PeerMisbehaved::SignedKxWithWrongAlgorithm => {
            reason::WRONG_SIGNATURE_TYPE
        }
        PeerMisbehaved::SelectedUnofferedApplicationProtocol => reason::BAD_EXTENSION,
        PeerMisbehaved::AttemptedDowngradeToTls12WhenTls13IsSupported => reason::INAPPROPRIATE_FALLBACK,
        PeerMisbehaved::TooManyWarningAlertsReceived => reason::TOO_MANY_WARN_ALERTS,
        PeerMisbehaved::IllegalAlertLevel(..) => reason::UNKNOWN_ALERT_TYPE,
        PeerMisbehaved::InvalidKeyShare => reason::BAD_KEY_SHARE,
        PeerMisbehaved::IllegalTlsInnerPlaintext => reason::BAD_RECORD_TYPE,
        PeerMisbehaved::EmptyFragment | PeerMisbehaved::TooManyEmptyFragments => reason::BAD_LENGTH,
        PeerMisbehaved::MissingKeyShare => reason::NO_SUITABLE_KEY_SHARE,
        _ => reason::BAD_EXTENSION,
    }
}
