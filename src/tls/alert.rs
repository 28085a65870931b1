//! Alerts that the application decides on. rustls sends the alert that belongs to the error it is given, and knows no
//! other way, so the alert is amended on its way out: in clear where no key has been agreed, else before it is sealed.

use super::exchange::Exchange;
use super::full_records;
use rustls::crypto::cipher::{
    AeadKey, Iv, OutboundPlain, Record, RecordDecrypter, RecordEncrypter, Tls13AeadAlgorithm, UnsupportedOperationError,
};
use rustls::enums::ContentType;
use rustls::error::{AlertDescription, CertificateError};
use rustls::pki_types::FipsStatus;
use rustls::{ConnectionTrafficSecrets, Error};

/// The level of alerts that end a connection.
const FATAL: u8 = 2;

/// A fatal alert record in clear: only before any key has been agreed.
pub(super) fn plain(alert: AlertDescription) -> [u8; 7] {
    [21, 3, 3, 0, 2, FATAL, alert.0]
}

/// A warning in clear, before any key has been agreed.
pub(super) fn plain_warning(alert: AlertDescription) -> [u8; 7] {
    [21, 3, 3, 0, 2, 1, alert.0]
}

/// The error that rustls is given when the application refuses: it makes rustls send an alert, to be amended.
pub(super) fn refusal() -> Error {
    CertificateError::ApplicationVerificationFailure.into()
}

/// Makes the alert that `pending` ends with `alert`, if it is in clear.
pub(super) fn amend(pending: &mut [u8], alert: AlertDescription) -> bool {
    match pending.last_chunk_mut::<7>() {
        Some([21, 3, 1..=3, 0, 2, FATAL, description]) => {
            *description = alert.0;
            true
        }
        _ => false,
    }
}

/// The alert that the application has decided on, for the connection that is being worked on.
fn decided() -> Option<AlertDescription> {
    Exchange::current()?.record.lock().refused
}

/// A TLS 1.3 AEAD that seals the alert which was decided on in place of rustls's own, and fills its records.
pub(super) struct AmendingAead(pub(super) &'static dyn Tls13AeadAlgorithm);

impl Tls13AeadAlgorithm for AmendingAead {
    fn encrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn RecordEncrypter> {
        Box::new(AmendingEncrypter(self.0.encrypter(key, iv)))
    }

    fn decrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn RecordDecrypter> {
        self.0.decrypter(key, iv)
    }

    fn key_len(&self) -> usize {
        self.0.key_len()
    }

    fn iv_len(&self) -> usize {
        self.0.iv_len()
    }

    fn extract_keys(&self, key: AeadKey, iv: Iv) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        self.0.extract_keys(key, iv)
    }

    fn fips(&self) -> FipsStatus {
        self.0.fips()
    }
}

struct AmendingEncrypter(Box<dyn RecordEncrypter>);

impl RecordEncrypter for AmendingEncrypter {
    fn encrypt<'a>(
        &mut self,
        record: Record<OutboundPlain<'_>>,
        seq: u64,
        out: &'a mut [u8],
    ) -> Result<Record<&'a [u8]>, Error> {
        let decided = if record.typ == ContentType::Alert { decided() } else { None };
        match decided {
            Some(alert) => {
                let amended = [FATAL, alert.0];
                let record = Record::new(record.typ, record.version, OutboundPlain::Single(&amended));
                self.0.encrypt(record, seq, out)
            }
            None => self.0.encrypt(record, seq, out),
        }
    }

    fn encrypted_payload_len(&self, payload_len: usize) -> usize {
        full_records::payload_len(&*self.0, payload_len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_alerts_in_clear_are_amended() {
        let mut clear = [&[1, 2][..], &plain(AlertDescription::CertificateRequired)].concat();
        assert!(amend(&mut clear, AlertDescription::HandshakeFailure));
        assert_eq!(clear.last(), Some(&40));
        let mut sealed = [23, 3, 3, 0, 2, 2, 9];
        assert!(!amend(&mut sealed, AlertDescription::HandshakeFailure));
        assert!(!amend(&mut [], AlertDescription::HandshakeFailure));
    }

    #[test]
    fn a_refusal_makes_an_alert() {
        assert!(AlertDescription::try_from(&refusal()).is_ok());
    }
}
