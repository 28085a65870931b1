//! Alerts that the application decides on. rustls sends the alert that belongs to the error it is given, and knows no
//! other way; so an error is chosen for its alert, and where none fits the alert is corrected while it is still in clear.

use rustls::Error;
use rustls::error::{AlertDescription, CertificateError, InvalidMessage, OtherError, PeerIncompatible, PeerMisbehaved};

/// A fatal alert record in clear: only before any key has been agreed.
pub(super) fn plain(alert: AlertDescription) -> [u8; 7] {
    [21, 3, 3, 0, 2, 2, alert.0]
}

/// An error for which rustls sends `alert`, or one near it: there is none for internal_error and others, in place of
/// which a TLS 1.3 peer gets certificate_unknown.
pub(super) fn error_for(alert: AlertDescription) -> Error {
    match alert {
        AlertDescription::BadCertificate => CertificateError::BadEncoding.into(),
        AlertDescription::CertificateExpired => CertificateError::Expired.into(),
        AlertDescription::CertificateRevoked => CertificateError::Revoked.into(),
        AlertDescription::UnknownCa => CertificateError::UnknownIssuer.into(),
        AlertDescription::BadCertificateStatusResponse => CertificateError::InvalidOcspResponse.into(),
        AlertDescription::DecryptError => CertificateError::BadSignature.into(),
        AlertDescription::UnsupportedCertificate => CertificateError::InvalidPurpose.into(),
        AlertDescription::AccessDenied => CertificateError::ApplicationVerificationFailure.into(),
        AlertDescription::HandshakeFailure => PeerIncompatible::NoCipherSuitesInCommon.into(),
        AlertDescription::DecodeError => InvalidMessage::InvalidCertRequest.into(),
        AlertDescription::CertificateRequired => PeerMisbehaved::NoCertificatesPresented.into(),
        AlertDescription::IllegalParameter => PeerMisbehaved::InvalidKeyShare.into(),
        _ => CertificateError::Other(OtherError::new(Decided)).into(),
    }
}

/// Makes the alert that `pending` ends with `alert`, if it is in clear.
pub(super) fn amend(pending: &mut [u8], alert: AlertDescription) -> bool {
    match pending.last_chunk_mut::<7>() {
        Some([21, 3, 1..=3, 0, 2, 2, description]) => {
            *description = alert.0;
            true
        }
        _ => false,
    }
}

/// What the application decided stays with it.
#[derive(Debug)]
struct Decided;

impl std::fmt::Display for Decided {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("refused by the application")
    }
}

impl std::error::Error for Decided {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_send_their_alerts() {
        for number in [40, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 113, 116] {
            let alert = AlertDescription(number);
            assert_eq!(AlertDescription::try_from(&error_for(alert)), Ok(alert));
        }
        let nearest = AlertDescription::try_from(&error_for(AlertDescription::InternalError));
        assert_eq!(nearest, Ok(AlertDescription::CertificateUnknown));
    }

    #[test]
    fn only_alerts_in_clear_are_amended() {
        let mut clear = [&[1, 2][..], &plain(AlertDescription::CertificateRequired)].concat();
        assert!(amend(&mut clear, AlertDescription::HandshakeFailure));
        assert_eq!(clear.last(), Some(&40));
        let mut sealed = [23, 3, 3, 0, 2, 2, 9];
        assert!(!amend(&mut sealed, AlertDescription::HandshakeFailure));
        assert!(!amend(&mut [], AlertDescription::HandshakeFailure));
    }
}
