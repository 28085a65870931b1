//! Certificates of the usual form, read strictly (RFC 5280): what a program's own certificate must be to be used without
//! another parser having seen it. Whatever is unusual is none of these, although it may be a good certificate.

use super::sigalg::{Hash, KeyKind};
use super::x509::tag::{BIT_STRING, BOOLEAN, INTEGER, NULL, OCTET_STRING, OID, SEQUENCE, SET};
use super::x509::{self, Der, PublicKey};
use aws_lc_rs::signature::{self, ParsedPublicKey, VerificationAlgorithm};
use std::ops::Range;

const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const IA5_STRING: u8 = 0x16;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// Context tags, primitive and constructed.
const CONTEXT: u8 = 0x80;
const CONSTRUCTED: u8 = 0x20;

/// What a certificate of the usual form says, as far as it matters for showing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainCertificate {
    /// The type of its key.
    pub kind: KeyKind,
    /// The key's strength, bits.
    pub key_strength: u32,
    /// The key's bits, as a place in the certificate.
    pub key: Range<usize>,
    /// The digest of the signature on it; none for EdDSA.
    pub signed_hash: Option<Hash>,
    /// The type of key that signed it.
    pub signed_by: KeyKind,
    /// Issuer and subject are the same.
    pub is_self_issued: bool,
    /// Its key may make signatures: it has no key usage, or one with `digitalSignature`.
    pub may_sign: bool,
}

impl PlainCertificate {
    /// Reads a certificate that fills `der`. None when anything about it is unusual.
    pub fn parse(der: &[u8]) -> Option<Self> {
        let mut outer = Der(der);
        let mut body = Der(outer.expect(SEQUENCE)?);
        let mut tbs = Der(body.expect(SEQUENCE)?);
        let (signed_hash, signed_by) = signature_algorithm(&mut body)?;
        bits(body.expect(BIT_STRING)?)?;
        ended(body)?;
        ended(outer)?;

        let version = Der(tbs.expect(CONTEXT | CONSTRUCTED)?).only(INTEGER)?;
        (version == [2]).then_some(())?;
        integer(tbs.expect(INTEGER)?)?;
        (signature_algorithm(&mut tbs)? == (signed_hash, signed_by)).then_some(())?;
        let issuer = name(&mut tbs)?;
        validity(Der(tbs.expect(SEQUENCE)?))?;
        let subject = name(&mut tbs)?;
        let (_, content, spki) = tbs.next()?;
        let (kind, key_strength, key) = public_key(content, spki)?;
        let extensions = match tbs.0.is_empty() {
            true => Extensions::default(),
            false => Extensions::parse(Der(tbs.expect(CONTEXT | CONSTRUCTED | 3)?).only(SEQUENCE)?)?,
        };
        ended(tbs)?;
        let start = key.as_ptr() as usize - der.as_ptr() as usize;
        Some(Self {
            kind,
            key_strength,
            key: start..start + key.len(),
            signed_hash,
            signed_by,
            is_self_issued: issuer == subject,
            may_sign: extensions.may_sign.unwrap_or(true),
        })
    }

    /// The strength of the signature on it, bits.
    pub fn signature_strength(&self) -> u32 {
        match self.signed_hash {
            Some(Hash::Sha256) | None => 128,
            Some(Hash::Sha384) => 192,
            Some(Hash::Sha512) => 256,
            Some(Hash::Sha1 | Hash::Sha224) => 0,
        }
    }
}

fn ended(der: Der<'_>) -> Option<()> {
    der.0.is_empty().then_some(())
}

/// The content of an INTEGER: not empty, and in its shortest form.
fn integer(content: &[u8]) -> Option<&[u8]> {
    match content {
        [] | [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => None,
        _ => Some(content),
    }
}

/// The bits of a BIT STRING without unused ones.
fn bits(content: &[u8]) -> Option<&[u8]> {
    match content {
        [0, bits @ ..] if !bits.is_empty() => Some(bits),
        _ => None,
    }
}

/// An OBJECT IDENTIFIER: whole numbers in their shortest form.
fn oid(content: &[u8]) -> Option<&[u8]> {
    let begins_badly = |pair: &[u8]| matches!(pair, [0..=0x7f, 0x80]);
    let ends = content.last().is_some_and(|last| last & 0x80 == 0);
    (ends && content.first() != Some(&0x80) && !content.windows(2).any(begins_badly)).then_some(content)
}

fn signature_algorithm(der: &mut Der<'_>) -> Option<(Option<Hash>, KeyKind)> {
    let mut algorithm = Der(der.expect(SEQUENCE)?);
    let (hash, key) = match algorithm.expect(OID)? {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b] => (Some(Hash::Sha256), KeyKind::Rsa),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c] => (Some(Hash::Sha384), KeyKind::Rsa),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d] => (Some(Hash::Sha512), KeyKind::Rsa),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02] => (Some(Hash::Sha256), KeyKind::Ec),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03] => (Some(Hash::Sha384), KeyKind::Ec),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04] => (Some(Hash::Sha512), KeyKind::Ec),
        [0x2b, 0x65, 0x70] => (None, KeyKind::Ed25519),
        _ => return None,
    };
    if key == KeyKind::Rsa {
        algorithm.expect(NULL)?.is_empty().then_some(())?;
    }
    ended(algorithm)?;
    Some((hash, key))
}

/// A Name: its whole encoding.
fn name<'a>(der: &mut Der<'a>) -> Option<&'a [u8]> {
    let (tag, content, whole) = der.next()?;
    (tag == SEQUENCE).then_some(())?;
    let mut parts = Der(content);
    while !parts.0.is_empty() {
        // More than one value in a set is unusual.
        let mut part = Der(Der(parts.expect(SET)?).only(SEQUENCE)?);
        oid(part.expect(OID)?)?;
        let (tag, value, _) = part.next()?;
        ended(part)?;
        let good = match tag {
            UTF8_STRING => std::str::from_utf8(value).is_ok(),
            PRINTABLE_STRING | IA5_STRING => value.is_ascii(),
            _ => false,
        };
        (good && !value.is_empty() && !value.contains(&0)).then_some(())?;
    }
    Some(whole)
}

fn validity(mut der: Der<'_>) -> Option<()> {
    for _ in 0..2 {
        let (tag, content, _) = der.next()?;
        let len = match tag {
            UTC_TIME => 13,
            GENERALIZED_TIME => 15,
            _ => return None,
        };
        let (&end, digits) = content.split_last()?;
        (content.len() == len && end == b'Z' && digits.iter().all(u8::is_ascii_digit)).then_some(())?;
        let two = |at: usize| -> Option<u8> {
            let pair = digits.get(at..at + 2)?;
            std::str::from_utf8(pair).ok()?.parse().ok()
        };
        let month = len - 11;
        let in_range = (1..=12).contains(&two(month)?)
            && (1..=28).contains(&two(month + 2)?.min(28))
            && two(month + 2)? <= 31
            && two(month + 4)? < 24
            && two(month + 6)? < 60
            && two(month + 8)? < 60;
        in_range.then_some(())?;
    }
    ended(der)
}

/// Type, strength and bits of a public key of a usual type and size, which is a real one.
fn public_key<'a>(content: &'a [u8], spki: &'a [u8]) -> Option<(KeyKind, u32, &'a [u8])> {
    let PublicKey { kind, bits, .. } = x509::raw_public_key(spki)?;
    let mut info = Der(content);
    let mut algorithm = Der(info.expect(SEQUENCE)?);
    info.expect(BIT_STRING)?;
    ended(info)?;
    algorithm.expect(OID)?;
    let ec = |algorithm: &'static dyn VerificationAlgorithm, strength| {
        // Uncompressed points only, and on the curve.
        (bits.first() == Some(&4) && ParsedPublicKey::new(algorithm, bits).is_ok()).then_some((
            KeyKind::Ec,
            strength,
            bits,
        ))
    };
    match kind {
        x509::KeyKind::Rsa => {
            (algorithm.expect(NULL)?.is_empty() && algorithm.0.is_empty()).then_some(())?;
            let mut numbers = Der(Der(bits).only(SEQUENCE)?);
            let (modulus, exponent) = (integer(numbers.expect(INTEGER)?)?, integer(numbers.expect(INTEGER)?)?);
            ended(numbers)?;
            let odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1) && number.first() < Some(&0x80);
            // 2^16 + 1 is what everybody uses.
            (odd(modulus) && exponent == [1, 0, 1]).then_some(())?;
            let strength = match x509::raw_public_key(spki)?.rsa_bits() {
                2048 => 112,
                3072 => 128,
                4096 => 152,
                _ => return None,
            };
            Some((KeyKind::Rsa, strength, bits))
        }
        x509::KeyKind::P256 => ec(&signature::ECDSA_P256_SHA256_ASN1, 128),
        x509::KeyKind::P384 => ec(&signature::ECDSA_P384_SHA384_ASN1, 192),
        x509::KeyKind::P521 => ec(&signature::ECDSA_P521_SHA512_ASN1, 256),
        x509::KeyKind::Ed25519 => (algorithm.0.is_empty() && bits.len() == 32).then_some((KeyKind::Ed25519, 128, bits)),
        _ => None,
    }
}

/// What extensions say.
#[derive(Default)]
struct Extensions {
    may_sign: Option<bool>,
}

impl Extensions {
    /// All extensions, each at most once. Those that other parsers look into must be of their usual form.
    fn parse(content: &[u8]) -> Option<Self> {
        let mut list = Der(content);
        let mut seen: Vec<&[u8]> = Vec::new();
        let mut extensions = Self::default();
        while !list.0.is_empty() {
            let mut extension = Der(list.expect(SEQUENCE)?);
            let id = oid(extension.expect(OID)?)?;
            if extension.0.first() == Some(&BOOLEAN) {
                (extension.expect(BOOLEAN)? == [0xff]).then_some(())?;
            }
            let value = extension.expect(OCTET_STRING)?;
            ended(extension)?;
            if seen.contains(&id) {
                return None;
            }
            seen.push(id);
            extensions.note(id, value)?;
        }
        (!seen.is_empty()).then_some(extensions)
    }

    fn note(&mut self, id: &[u8], value: &[u8]) -> Option<()> {
        match id {
            // keyUsage
            [0x55, 0x1d, 0x0f] => {
                let (&unused, usage) = Der(value).only(BIT_STRING)?.split_first()?;
                (unused < 8 && (1..=2).contains(&usage.len())).then_some(())?;
                self.may_sign = Some(usage.first().is_some_and(|first| first & 0x80 != 0));
                Some(())
            }
            // basicConstraints
            [0x55, 0x1d, 0x13] => {
                let mut constraints = Der(Der(value).only(SEQUENCE)?);
                if constraints.0.first() == Some(&BOOLEAN) {
                    (constraints.expect(BOOLEAN)? == [0xff]).then_some(())?;
                    if !constraints.0.is_empty() {
                        let length = integer(constraints.expect(INTEGER)?)?;
                        matches!(length, [0..=0x7f]).then_some(())?;
                    }
                }
                ended(constraints)
            }
            // extKeyUsage
            [0x55, 0x1d, 0x25] => {
                let mut uses = Der(Der(value).only(SEQUENCE)?);
                while !uses.0.is_empty() {
                    oid(uses.expect(OID)?)?;
                }
                Some(())
            }
            // subjectKeyIdentifier
            [0x55, 0x1d, 0x0e] => Der(value).only(OCTET_STRING).map(drop),
            // authorityKeyIdentifier, of the key alone
            [0x55, 0x1d, 0x23] => Der(Der(value).only(SEQUENCE)?).only(CONTEXT).map(drop),
            // subjectAltName
            [0x55, 0x1d, 0x11] => general_names(Der(value).only(SEQUENCE)?),
            // cRLDistributionPoints
            [0x55, 0x1d, 0x1f] => {
                let mut points = Der(Der(value).only(SEQUENCE)?);
                while !points.0.is_empty() {
                    let point = Der(points.expect(SEQUENCE)?).only(CONTEXT | CONSTRUCTED)?;
                    general_names(Der(point).only(CONTEXT | CONSTRUCTED)?)?;
                }
                Some(())
            }
            // certificatePolicies, authorityInfoAccess, the list of SCTs: looked into by nobody at this time
            [0x55, 0x1d, 0x20]
            | [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01]
            | [0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x02] => Some(()),
            _ => None,
        }
    }
}

/// Names of hosts, addresses, mailboxes and URIs.
fn general_names(content: &[u8]) -> Option<()> {
    let mut names = Der(content);
    (!names.0.is_empty()).then_some(())?;
    while !names.0.is_empty() {
        let (tag, value, _) = names.next()?;
        let good = match tag ^ CONTEXT {
            1 | 2 | 6 => value.is_ascii() && !value.contains(&0),
            7 => value.len() == 4 || value.len() == 16,
            _ => false,
        };
        good.then_some(())?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &[u8] = include_bytes!("testdata/p256.cert.der");

    #[test]
    fn a_usual_certificate() {
        let plain = PlainCertificate::parse(CERTIFICATE);
        let expected = (KeyKind::Ec, 128, Some(Hash::Sha256), KeyKind::Ec);
        let found = plain.as_ref().map(|plain| (plain.kind, plain.key_strength, plain.signed_hash, plain.signed_by));
        assert_eq!(found, Some(expected));
        let key = plain.and_then(|plain| CERTIFICATE.get(plain.key));
        assert_eq!(key.map(<[u8]>::len), Some(65));
    }

    /// Cut or changed, a certificate is not one of the usual form, or it still is one of the same outline.
    #[test]
    fn other_bytes() {
        for len in 0..CERTIFICATE.len() {
            assert_eq!(PlainCertificate::parse(CERTIFICATE.get(..len).unwrap_or_default()), None, "{len}");
        }
        let longer = [CERTIFICATE, &[0]].concat();
        assert_eq!(PlainCertificate::parse(&longer), None);
        for at in 0..CERTIFICATE.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut changed = CERTIFICATE.to_vec();
                if let Some(byte) = changed.get_mut(at) {
                    *byte ^= flip;
                }
                if let Some(plain) = PlainCertificate::parse(&changed) {
                    assert_eq!((plain.kind, plain.key.len()), (KeyKind::Ec, 65), "{at}");
                }
            }
        }
    }
}
