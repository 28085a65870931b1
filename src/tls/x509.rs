//! The little of X.509 that TLS itself needs: the subject's public key of a certificate (RFC 5280, section 4.1).
//! Strict DER, with no opinion on anything else: what the certificate means is the verifier's business.

/// A DER cursor.
#[derive(Clone, Copy)]
pub(super) struct Der<'a>(pub(super) &'a [u8]);

impl<'a> Der<'a> {
    /// The next element: tag, content, and the whole encoding.
    pub(super) fn next(&mut self) -> Option<(u8, &'a [u8], &'a [u8])> {
        let all = self.0;
        let (&tag, rest) = all.split_first()?;
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (&first, rest) = rest.split_first()?;
        let (len, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let len = bytes.iter().fold(0usize, |len, &b| len << 8 | usize::from(b));
                // DER wants the shortest form.
                if bytes.first() == Some(&0) || len < 0x80 {
                    return None;
                }
                (len, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(len)?;
        self.0 = rest;
        let whole = all.get(..all.len() - rest.len())?;
        Some((tag, content, whole))
    }

    /// The content of the next element, which must have this tag.
    pub(super) fn expect(&mut self, wanted: u8) -> Option<&'a [u8]> {
        let (tag, content, _) = self.next()?;
        (tag == wanted).then_some(content)
    }

    /// The content of the only element, which must have this tag.
    pub(super) fn only(mut self, wanted: u8) -> Option<&'a [u8]> {
        let content = self.expect(wanted)?;
        self.0.is_empty().then_some(content)
    }
}

/// Universal tags of DER (X.690).
#[expect(missing_docs, reason = "the names are the standard's")]
pub mod tag {
    pub const BOOLEAN: u8 = 0x01;
    pub const INTEGER: u8 = 0x02;
    pub const BIT_STRING: u8 = 0x03;
    pub const OCTET_STRING: u8 = 0x04;
    pub const NULL: u8 = 0x05;
    pub const OID: u8 = 0x06;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;
}

use tag::{BIT_STRING, INTEGER, OID, SEQUENCE};

/// The version of a certificate.
const VERSION: u8 = 0xa0;

/// The kinds of public key that TLS signatures are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// `rsaEncryption`.
    Rsa,
    /// `id-RSASSA-PSS`.
    RsaPss,
    /// `id-ecPublicKey` on P-256.
    P256,
    /// On P-384.
    P384,
    /// On P-521.
    P521,
    /// `id-Ed25519`.
    Ed25519,
    /// `id-Ed448`.
    Ed448,
    /// `id-ecPublicKey` on any other curve.
    OtherCurve,
    /// Any other.
    Other,
}

/// A SubjectPublicKeyInfo taken apart.
#[derive(Debug, Clone, Copy)]
pub struct PublicKey<'a> {
    /// Which algorithm.
    pub kind: KeyKind,
    /// The key's bits.
    pub bits: &'a [u8],
    /// The whole SubjectPublicKeyInfo, DER.
    pub spki: &'a [u8],
}

/// The subject's public key of a certificate in DER.
pub fn subject_public_key(certificate: &[u8]) -> Option<PublicKey<'_>> {
    let mut outer = Der(certificate);
    let mut body = Der(outer.expect(SEQUENCE)?);
    if !outer.0.is_empty() {
        return None;
    }
    let mut tbs = Der(body.expect(SEQUENCE)?);
    if tbs.0.first() == Some(&VERSION) {
        tbs.next()?;
    }
    // serialNumber, signature, issuer, validity, subject
    for _ in 0..5 {
        tbs.next()?;
    }
    let (tag, content, whole) = tbs.next()?;
    (tag == SEQUENCE).then_some(())?;
    public_key(content, whole)
}

/// A SubjectPublicKeyInfo in DER (raw public keys, RFC 7250).
pub fn raw_public_key(spki: &[u8]) -> Option<PublicKey<'_>> {
    let mut outer = Der(spki);
    let (tag, content, whole) = outer.next()?;
    (tag == SEQUENCE && outer.0.is_empty()).then_some(())?;
    public_key(content, whole)
}

impl PublicKey<'_> {
    /// The curve of an EC key as TLS numbers it, 0 for those that are not supported; none for other keys.
    pub fn curve(&self) -> Option<u16> {
        match self.kind {
            KeyKind::P256 => Some(23),
            KeyKind::P384 => Some(24),
            KeyKind::P521 => Some(25),
            KeyKind::OtherCurve => Some(0),
            _ => None,
        }
    }

    /// The size of an RSA key's modulus, bits; 0 for other keys.
    pub fn rsa_bits(&self) -> usize {
        let modulus = || {
            let mut key = Der(self.bits);
            let mut numbers = Der(key.expect(SEQUENCE)?);
            numbers.expect(INTEGER)
        };
        match (self.kind, modulus()) {
            (KeyKind::Rsa | KeyKind::RsaPss, Some(modulus)) => {
                let mut significant = modulus.iter().skip_while(|&&byte| byte == 0);
                let first = significant.next().map_or(0, |first| 8 - first.leading_zeros() as usize);
                significant.count() * 8 + first
            }
            _ => 0,
        }
    }
}

fn public_key<'a>(content: &'a [u8], spki: &'a [u8]) -> Option<PublicKey<'a>> {
    let mut info = Der(content);
    let mut algorithm = Der(info.expect(SEQUENCE)?);
    let oid = algorithm.expect(OID)?;
    let (&unused, bits) = info.expect(BIT_STRING)?.split_first()?;
    if unused != 0 {
        return None;
    }
    let kind = match oid {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01] => KeyKind::Rsa,
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a] => KeyKind::RsaPss,
        [0x2b, 0x65, 0x70] => KeyKind::Ed25519,
        [0x2b, 0x65, 0x71] => KeyKind::Ed448,
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01] => match algorithm.expect(OID) {
            Some([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]) => KeyKind::P256,
            Some([0x2b, 0x81, 0x04, 0x00, 0x22]) => KeyKind::P384,
            Some([0x2b, 0x81, 0x04, 0x00, 0x23]) => KeyKind::P521,
            _ => KeyKind::OtherCurve,
        },
        _ => KeyKind::Other,
    };
    Some(PublicKey { kind, bits, spki })
}
