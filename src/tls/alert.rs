//! The alert that ends a connection. rustls sends the one that belongs to the error it found; it is taken back, and the
//! application's goes out in its place.

use super::aead::FATAL;
use super::exchange::Exchange;
use rustls::Error;
use rustls::error::{AlertDescription, CertificateError};

/// The level of other alerts.
const WARNING: u8 = 1;

/// A fatal alert record in clear; `minor` is the lower byte of the record's version.
pub(super) fn plain(alert: AlertDescription, minor: u8) -> [u8; 7] {
    [21, 3, minor, 0, 2, FATAL, alert.0]
}

/// A warning in clear, before any key has been agreed.
pub(super) fn plain_warning(alert: AlertDescription) -> [u8; 7] {
    [21, 3, 3, 0, 2, WARNING, alert.0]
}

/// The error that rustls is given when the application refuses.
pub(super) fn refusal() -> Error {
    CertificateError::ApplicationVerificationFailure.into()
}

/// Takes rustls's own alert off the end of `pending` and puts `wanted` there, protected if a key is in use. False when
/// there is no alert in the end. A record in clear gets the version `minor`.
pub(super) fn replace(exchange: &Exchange, pending: &mut Vec<u8>, wanted: Option<AlertDescription>, minor: u8) -> bool {
    let (held, sealer) = {
        let mut record = exchange.record.lock();
        (record.held_alert.take(), record.sealer.clone())
    };
    let superfluous = match (held, &sealer, pending.last_chunk::<7>()) {
        (Some(len), ..) => len,
        (None, None, Some([21, 3, 1..=3, 0, 2, FATAL, _])) => 7,
        (None, ..) => 0,
    };
    pending.truncate(pending.len().saturating_sub(superfluous));
    match (wanted, sealer) {
        (None, _) => false,
        (Some(alert), Some(sealer)) => sealer.seal_alert(exchange, FATAL, alert, pending),
        (Some(alert), None) => {
            pending.extend(plain(alert, minor));
            true
        }
    }
}

/// Appends close_notify to `pending`, with the key in use; false when there is none.
pub(super) fn goodbye(exchange: &Exchange, pending: &mut Vec<u8>) -> bool {
    let sealer = exchange.record.lock().sealer.clone();
    sealer.is_some_and(|sealer| sealer.seal_alert(exchange, WARNING, AlertDescription::CloseNotify, pending))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::exchange::{Application, CredentialAnswer, HelloAnswer, VerifyAnswer};
    use crate::tls::gate::TLS1_2_MINOR;
    use crate::tls::hello::Hello;
    use rustls::crypto::{SelectedCredential, SignatureScheme};
    use rustls::pki_types::CertificateDer;

    struct Nobody;

    impl Application for Nobody {
        fn client_hello(&self, _: &Hello) -> HelloAnswer {
            HelloAnswer::Abort(None)
        }

        fn verify_peer(&self, _: &[CertificateDer<'_>], _: &[u8]) -> VerifyAnswer {
            VerifyAnswer::Accept
        }

        fn server_credential(&self, _: &[SignatureScheme]) -> Result<SelectedCredential, Error> {
            Err(refusal())
        }

        fn client_credential(&self) -> CredentialAnswer {
            CredentialAnswer::Nothing
        }
    }

    #[test]
    fn an_alert_in_clear_is_replaced() {
        let exchange = Exchange::new(Box::new(Nobody));
        let mut pending = [&[1, 2][..], &plain(AlertDescription::CertificateRequired, TLS1_2_MINOR)].concat();
        assert!(replace(&exchange, &mut pending, Some(AlertDescription::HandshakeFailure), TLS1_2_MINOR));
        assert_eq!(pending, [&[1, 2][..], &plain(AlertDescription::HandshakeFailure, TLS1_2_MINOR)].concat());
        assert!(!replace(&exchange, &mut pending, None, TLS1_2_MINOR));
        assert_eq!(pending, [1, 2]);
        assert!(replace(&exchange, &mut pending, Some(AlertDescription::DecodeError), TLS1_2_MINOR));
        assert_eq!(pending, [&[1, 2][..], &plain(AlertDescription::DecodeError, TLS1_2_MINOR)].concat());
    }

    #[test]
    fn an_alert_in_clear_has_the_version_wanted() {
        let exchange = Exchange::new(Box::new(Nobody));
        let mut pending = Vec::new();
        assert!(replace(&exchange, &mut pending, Some(AlertDescription::DecodeError), 1));
        assert_eq!(pending, [21, 3, 1, 0, 2, 2, 50]);
    }

    #[test]
    fn what_is_held_back_is_taken_out() {
        let exchange = Exchange::new(Box::new(Nobody));
        exchange.record.lock().held_alert = Some(24);
        let mut pending = vec![0; 30];
        assert!(!replace(&exchange, &mut pending, None, TLS1_2_MINOR));
        assert_eq!(pending.len(), 6);
    }
}
