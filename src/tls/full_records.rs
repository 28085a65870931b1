//! Records as full as TLS allows.
//!
//! rustls takes what protection adds off its limit for a record, so that a write of 16384 bytes becomes two records, the
//! second with a handful of bytes. OpenSSL's limit, and that of RFC 8446 (section 5.1), is for plaintext. rustls asks the
//! encrypter for the length of an empty record to learn what protection adds, and for nothing else: it never seals one.

use rustls::ConnectionTrafficSecrets;
use rustls::Error;
use rustls::crypto::cipher::{
    AeadKey, KeyBlockShape, OutboundPlain, Record, RecordDecrypter, RecordEncrypter, Tls12AeadAlgorithm,
    UnsupportedOperationError,
};
use rustls::pki_types::FipsStatus;

/// The length of a record's sealed payload, but 0 for an empty one.
pub(super) fn payload_len(encrypter: &dyn RecordEncrypter, plaintext: usize) -> usize {
    if plaintext == 0 { 0 } else { encrypter.encrypted_payload_len(plaintext) }
}

/// A TLS 1.2 AEAD that fills its records.
pub(super) struct FullRecords(pub(super) &'static dyn Tls12AeadAlgorithm);

impl Tls12AeadAlgorithm for FullRecords {
    fn encrypter(&self, key: AeadKey, iv: &[u8], extra: &[u8]) -> Box<dyn RecordEncrypter> {
        Box::new(Encrypter(self.0.encrypter(key, iv, extra)))
    }

    fn decrypter(&self, key: AeadKey, iv: &[u8]) -> Box<dyn RecordDecrypter> {
        self.0.decrypter(key, iv)
    }

    fn key_block_shape(&self) -> KeyBlockShape {
        self.0.key_block_shape()
    }

    fn extract_keys(
        &self,
        key: AeadKey,
        iv: &[u8],
        explicit: &[u8],
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        self.0.extract_keys(key, iv, explicit)
    }

    fn fips(&self) -> FipsStatus {
        self.0.fips()
    }
}

struct Encrypter(Box<dyn RecordEncrypter>);

impl RecordEncrypter for Encrypter {
    fn encrypt<'a>(
        &mut self,
        record: Record<OutboundPlain<'_>>,
        seq: u64,
        out: &'a mut [u8],
    ) -> Result<Record<&'a [u8]>, Error> {
        self.0.encrypt(record, seq, out)
    }

    fn encrypted_payload_len(&self, plaintext: usize) -> usize {
        payload_len(&*self.0, plaintext)
    }
}
