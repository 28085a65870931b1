//! Errors of the TLS code in OpenSSL's terms: the reason for the error queue, and the alert that OpenSSL sends.

use super::connection::Connection;
use super::error::{Error, INTERNAL_ERROR};
use super::reason;
use crate::tls::error::Misstep;
use crate::tls::record::RecordError;
use rustls::Error as Rustls;
use rustls::enums::ContentType;
use rustls::error::{AlertDescription as Alert, CertificateError, InvalidMessage, PeerIncompatible, PeerMisbehaved};
use std::ffi::c_int;

/// A reason and the alert that goes with it.
type Named = (c_int, Option<Alert>);

/// What is wrong with a record's header.
pub(super) fn of_record(error: RecordError) -> Named {
    match error {
        // What does not look like TLS is not answered.
        RecordError::HttpRequest => (reason::HTTP_REQUEST, None),
        RecordError::HttpsProxyRequest => (reason::HTTPS_PROXY_REQUEST, None),
        RecordError::NotTls => (reason::WRONG_VERSION_NUMBER, None),
        RecordError::Ssl2Hello => (reason::UNSUPPORTED_PROTOCOL, Some(Alert::ProtocolVersion)),
        RecordError::WrongVersion => (reason::WRONG_VERSION_NUMBER, Some(Alert::ProtocolVersion)),
        RecordError::WrongLegacyVersion => (reason::WRONG_VERSION_NUMBER, Some(Alert::DecodeError)),
        RecordError::WrongType => (reason::BAD_RECORD_TYPE, Some(Alert::UnexpectedMessage)),
        RecordError::TooLong => (reason::PACKET_LENGTH_TOO_LONG, Some(Alert::RecordOverflow)),
        RecordError::CiphertextTooLong => (reason::ENCRYPTED_LENGTH_TOO_LONG, Some(Alert::RecordOverflow)),
    }
}

/// What the peer did out of turn.
pub(super) fn of_misstep(misstep: Misstep) -> Named {
    match misstep {
        Misstep::UnexpectedMessage | Misstep::RecordBeforeHello => {
            (reason::UNEXPECTED_MESSAGE, Some(Alert::UnexpectedMessage))
        }
        Misstep::UnexpectedRecord => (reason::UNEXPECTED_RECORD, Some(Alert::UnexpectedMessage)),
        Misstep::RecordTooLong => (reason::DATA_LENGTH_TOO_LONG, Some(Alert::RecordOverflow)),
        Misstep::MessageTooLong => (reason::EXCESSIVE_MESSAGE_SIZE, Some(Alert::IllegalParameter)),
        Misstep::KeyUpdateTooShort => (reason::BAD_KEY_UPDATE, Some(Alert::DecodeError)),
        Misstep::KeyUpdateNotLast => (reason::NOT_ON_RECORD_BOUNDARY, Some(Alert::UnexpectedMessage)),
        Misstep::MixedMessages => (reason::MIXED_HANDSHAKE_AND_NON_HANDSHAKE_DATA, Some(Alert::UnexpectedMessage)),
        Misstep::EmptyRecord => (reason::BAD_LENGTH, Some(Alert::UnexpectedMessage)),
        Misstep::UnknownInnerType => (reason::BAD_RECORD_TYPE, Some(Alert::UnexpectedMessage)),
        Misstep::InvalidAlert => (reason::INVALID_ALERT, Some(Alert::UnexpectedMessage)),
        Misstep::BadCipherChange => (reason::BAD_CHANGE_CIPHER_SPEC, Some(Alert::UnexpectedMessage)),
        Misstep::InvalidCipherChange => (reason::INVALID_CCS_MESSAGE, Some(Alert::IllegalParameter)),
        Misstep::TooManyCipherChanges => (reason::UNEXPECTED_CCS_MESSAGE, Some(Alert::UnexpectedMessage)),
        Misstep::TooManyEmptyRecords => (reason::RECORD_TOO_SMALL, Some(Alert::UnexpectedMessage)),
    }
}

/// What rustls found: the entry for the queue and the alert.
pub(super) fn of_rustls(ssl: &Connection, error: &Rustls) -> (Error, Option<Alert>) {
    let (reason, alert) = match error {
        // Who verified has queued the entry of his own; these are what was found before he was asked.
        Rustls::InvalidCertificate(error) => of_certificate(error),
        Rustls::DecryptError => (reason::DECRYPTION_FAILED_OR_BAD_RECORD_MAC, Some(Alert::BadRecordMac)),
        Rustls::PeerSentOversizedRecord => (reason::DATA_LENGTH_TOO_LONG, Some(Alert::RecordOverflow)),
        Rustls::NoApplicationProtocol => (reason::NO_APPLICATION_PROTOCOL, Some(Alert::NoApplicationProtocol)),
        Rustls::InappropriateMessage { got_type: ContentType::ApplicationData, .. } => {
            (reason::UNEXPECTED_RECORD, Some(Alert::UnexpectedMessage))
        }
        Rustls::InappropriateMessage { .. } | Rustls::InappropriateHandshakeMessage { .. } => {
            (reason::UNEXPECTED_MESSAGE, Some(Alert::UnexpectedMessage))
        }
        Rustls::InvalidMessage(error) => of_message(ssl, *error),
        Rustls::PeerIncompatible(error) => of_incompatible(ssl, *error),
        Rustls::PeerMisbehaved(error) => of_misbehaved(ssl, error),
        _ => return (Error::SslData(INTERNAL_ERROR, error.to_string()), Some(Alert::InternalError)),
    };
    (Error::Ssl(reason), alert.or_else(|| Alert::try_from(error).ok()))
}

fn of_certificate(error: &CertificateError) -> Named {
    match error {
        CertificateError::BadSignature => (reason::BAD_SIGNATURE, None),
        CertificateError::BadEncoding => (reason::CERT_LENGTH_MISMATCH, None),
        _ => (reason::CERTIFICATE_VERIFY_FAILED, None),
    }
}

fn of_message(ssl: &Connection, error: InvalidMessage) -> Named {
    match error {
        InvalidMessage::MessageTooLarge
        | InvalidMessage::HandshakePayloadTooLarge
        | InvalidMessage::CertificatePayloadTooLarge => (reason::EXCESSIVE_MESSAGE_SIZE, Some(Alert::IllegalParameter)),
        InvalidMessage::InvalidContentType if ssl.facts.read().agreed.is_some() => {
            (reason::UNEXPECTED_RECORD, Some(Alert::UnexpectedMessage))
        }
        InvalidMessage::InvalidContentType => (reason::UNEXPECTED_MESSAGE, Some(Alert::UnexpectedMessage)),
        InvalidMessage::UnknownProtocolVersion => (reason::WRONG_VERSION_NUMBER, Some(Alert::ProtocolVersion)),
        InvalidMessage::InvalidCcs => (reason::BAD_CHANGE_CIPHER_SPEC, Some(Alert::UnexpectedMessage)),
        InvalidMessage::InvalidKeyUpdate => (reason::BAD_KEY_UPDATE, Some(Alert::IllegalParameter)),
        InvalidMessage::InvalidServerName => (reason::BAD_EXTENSION, None),
        InvalidMessage::DuplicateExtension(_) | InvalidMessage::MisplacedExtension(_) => {
            (reason::BAD_EXTENSION, Some(Alert::IllegalParameter))
        }
        InvalidMessage::PreSharedKeyIsNotFinalExtension => (reason::BAD_EXTENSION, Some(Alert::IllegalParameter)),
        InvalidMessage::UnsupportedCompression => {
            (reason::UNSUPPORTED_COMPRESSION_ALGORITHM, Some(Alert::IllegalParameter))
        }
        InvalidMessage::UnsupportedCurveType => (reason::WRONG_CURVE, Some(Alert::IllegalParameter)),
        InvalidMessage::MissingData(_) | InvalidMessage::MessageTooShort | InvalidMessage::TrailingData(_) => {
            (reason::LENGTH_MISMATCH, None)
        }
        _ => (reason::BAD_PACKET, None),
    }
}

fn of_incompatible(ssl: &Connection, error: PeerIncompatible) -> Named {
    match error {
        PeerIncompatible::NoCipherSuitesInCommon => (reason::NO_SHARED_CIPHER, None),
        PeerIncompatible::NoKxGroupsInCommon if ssl.facts.read().version() == 0x304 => {
            (reason::NO_SUITABLE_KEY_SHARE, None)
        }
        PeerIncompatible::NoKxGroupsInCommon => (reason::NO_SHARED_CIPHER, None),
        PeerIncompatible::NoSignatureSchemesInCommon
        | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => {
            (reason::NO_SUITABLE_SIGNATURE_ALGORITHM, None)
        }
        PeerIncompatible::NullCompressionRequired if ssl.facts.read().version() == 0x304 => {
            (reason::INVALID_COMPRESSION_ALGORITHM, None)
        }
        PeerIncompatible::NullCompressionRequired => (reason::NO_COMPRESSION_SPECIFIED, Some(Alert::DecodeError)),
        PeerIncompatible::SignatureAlgorithmsExtensionRequired => {
            (reason::MISSING_SIGALGS_EXTENSION, Some(Alert::MissingExtension))
        }
        PeerIncompatible::ExtendedMainSecretExtensionRequired => (reason::INCONSISTENT_EXTMS, None),
        PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled
        | PeerIncompatible::SupportedVersionsExtensionRequired
        | PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig => {
            (reason::UNSUPPORTED_PROTOCOL, Some(Alert::ProtocolVersion))
        }
        _ => (reason::UNSUPPORTED_PROTOCOL, None),
    }
}

fn of_misbehaved(ssl: &Connection, error: &PeerMisbehaved) -> Named {
    let unexpected = Some(Alert::UnexpectedMessage);
    match error {
        PeerMisbehaved::NoCertificatesPresented if !ssl.is_server() => {
            (reason::LENGTH_MISMATCH, Some(Alert::DecodeError))
        }
        // certificate_required is not known in TLS 1.2.
        PeerMisbehaved::NoCertificatesPresented if ssl.facts.read().version() != 0x304 => {
            (reason::PEER_DID_NOT_RETURN_A_CERTIFICATE, Some(Alert::HandshakeFailure))
        }
        PeerMisbehaved::NoCertificatesPresented => (reason::PEER_DID_NOT_RETURN_A_CERTIFICATE, None),
        PeerMisbehaved::IncorrectFinished => (reason::DIGEST_CHECK_FAILED, None),
        PeerMisbehaved::IncorrectBinder => (reason::BINDER_DOES_NOT_VERIFY, Some(Alert::IllegalParameter)),
        PeerMisbehaved::ResumptionOfferedWithVariedCipherSuite => (reason::OLD_SESSION_CIPHER_NOT_RETURNED, None),
        PeerMisbehaved::ResumptionOfferedWithIncompatibleCipherSuite => (reason::CIPHERSUITE_DIGEST_HAS_CHANGED, None),
        PeerMisbehaved::ResumptionOfferedWithVariedEms => (reason::INCONSISTENT_EXTMS, Some(Alert::HandshakeFailure)),
        PeerMisbehaved::SelectedInvalidPsk => (reason::BAD_PSK_IDENTITY, None),
        PeerMisbehaved::SelectedUnofferedCipherSuite => (reason::WRONG_CIPHER_RETURNED, None),
        PeerMisbehaved::SelectedUnofferedKxGroup => (reason::WRONG_CURVE, None),
        PeerMisbehaved::SelectedUnofferedCompression => (reason::UNSUPPORTED_COMPRESSION_ALGORITHM, None),
        PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme => {
            (reason::WRONG_SIGNATURE_TYPE, Some(Alert::HandshakeFailure))
        }
        PeerMisbehaved::SignedKxWithWrongAlgorithm => (reason::WRONG_SIGNATURE_TYPE, None),
        PeerMisbehaved::AttemptedDowngradeToTls12WhenTls13IsSupported => (reason::INAPPROPRIATE_FALLBACK, None),
        PeerMisbehaved::TooManyWarningAlertsReceived => (reason::TOO_MANY_WARN_ALERTS, unexpected),
        PeerMisbehaved::IllegalAlertLevel(..) => (reason::UNKNOWN_ALERT_TYPE, None),
        PeerMisbehaved::InvalidKeyShare => (reason::BAD_KEY_SHARE, None),
        PeerMisbehaved::MissingKeyShare => (reason::NO_SUITABLE_KEY_SHARE, None),
        PeerMisbehaved::IllegalTlsInnerPlaintext | PeerMisbehaved::IllegalTls13ContentType => {
            (reason::BAD_RECORD_TYPE, unexpected)
        }
        PeerMisbehaved::IllegalMiddleboxChangeCipherSpec => (reason::BAD_RECORD_TYPE, unexpected),
        PeerMisbehaved::EmptyFragment => (reason::BAD_LENGTH, unexpected),
        PeerMisbehaved::TooManyEmptyFragments => (reason::RECORD_TOO_SMALL, unexpected),
        PeerMisbehaved::MessageInterleavedWithHandshakeMessage if ssl.facts.read().version() == 0x304 => {
            (reason::MIXED_HANDSHAKE_AND_NON_HANDSHAKE_DATA, unexpected)
        }
        PeerMisbehaved::MessageInterleavedWithHandshakeMessage => (reason::UNEXPECTED_RECORD, unexpected),
        PeerMisbehaved::KeyEpochWithPendingFragment => (reason::NOT_ON_RECORD_BOUNDARY, unexpected),
        PeerMisbehaved::TooManyConsecutiveHandshakeMessagesAfterHandshake => (reason::TOO_MANY_KEY_UPDATES, unexpected),
        PeerMisbehaved::TooManyRenegotiationRequests => (reason::NO_RENEGOTIATION, Some(Alert::HandshakeFailure)),
        PeerMisbehaved::UnsolicitedServerHelloExtension
        | PeerMisbehaved::UnsolicitedEncryptedExtension
        | PeerMisbehaved::UnsolicitedCertExtension
        | PeerMisbehaved::UnexpectedCleartextExtension => (reason::UNSOLICITED_EXTENSION, None),
        PeerMisbehaved::UnmatchedSessionId | PeerMisbehaved::ServerEchoedCompatibilitySessionId => {
            (reason::INVALID_SESSION_ID, None)
        }
        _ => (reason::BAD_EXTENSION, None),
    }
}
