//! Private keys of the usual forms, read strictly into aws-lc-rs. Whatever is unusual is left to readers that know more.

use super::credentials::{NativeKey, P256, P384, P521};
use super::sigalg::KeyKind;
use super::x509::Der;
use super::x509::tag::{INTEGER, NULL, OCTET_STRING, OID, SEQUENCE};
use aws_lc_rs::signature::{EcdsaKeyPair, RsaKeyPair};

/// The `parameters` of an ECPrivateKey (RFC 5915).
const PARAMETERS: u8 = 0xa0;

/// What a PEM block's label promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `PRIVATE KEY` (RFC 5958).
    Pkcs8,
    /// `RSA PRIVATE KEY` (RFC 8017).
    Rsa,
    /// `EC PRIVATE KEY` (RFC 5915).
    Ec,
}

impl Form {
    /// The form that a label stands for.
    pub fn labelled(label: &str) -> Option<Self> {
        match label {
            "PRIVATE KEY" => Some(Self::Pkcs8),
            "RSA PRIVATE KEY" => Some(Self::Rsa),
            "EC PRIVATE KEY" => Some(Self::Ec),
            _ => None,
        }
    }
}

/// A key with its type and, for EC keys, its curve.
#[derive(Debug)]
pub struct PlainKey {
    /// Its type.
    pub kind: KeyKind,
    /// The TLS number of an EC key's curve.
    pub curve: Option<u16>,
    /// The key.
    pub key: NativeKey,
}

impl PlainKey {
    /// Reads a key; none when it is unusual, or not one that aws-lc-rs takes.
    pub fn parse(form: Form, der: &[u8]) -> Option<Self> {
        match form {
            Form::Rsa => {
                let key = NativeKey::Rsa(RsaKeyPair::from_der(der).ok()?);
                Some(Self { kind: KeyKind::Rsa, curve: None, key })
            }
            Form::Ec => Self::ec(der),
            Form::Pkcs8 => Self::pkcs8(der),
        }
    }

    fn ec(der: &[u8]) -> Option<Self> {
        let mut fields = Der(Der(der).only(SEQUENCE)?);
        (fields.expect(INTEGER)? == [1]).then_some(())?;
        fields.expect(OCTET_STRING)?;
        let curve = curve(Der(fields.expect(PARAMETERS)?).only(OID)?)?;
        let (algorithm, scheme) = NativeKey::ecdsa(curve)?;
        let pair = EcdsaKeyPair::from_private_key_der(algorithm, der).ok()?;
        Some(Self { kind: KeyKind::Ec, curve: Some(curve), key: NativeKey::Ecdsa(pair, scheme) })
    }

    fn pkcs8(der: &[u8]) -> Option<Self> {
        let mut fields = Der(Der(der).only(SEQUENCE)?);
        // Version 2 and attributes are unusual.
        (fields.expect(INTEGER)? == [0]).then_some(())?;
        let mut algorithm = Der(fields.expect(SEQUENCE)?);
        fields.expect(OCTET_STRING)?;
        fields.0.is_empty().then_some(())?;
        let (kind, curve) = match algorithm.expect(OID)? {
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01] => {
                algorithm.only(NULL)?.is_empty().then_some((KeyKind::Rsa, None))?
            }
            [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01] => (KeyKind::Ec, Some(curve(algorithm.only(OID)?)?)),
            [0x2b, 0x65, 0x70] => algorithm.0.is_empty().then_some((KeyKind::Ed25519, None))?,
            _ => return None,
        };
        Some(Self { kind, curve, key: NativeKey::from_pkcs8(kind, curve, der)? })
    }
}

/// The TLS number of a curve.
fn curve(oid: &[u8]) -> Option<u16> {
    match oid {
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07] => Some(P256),
        [0x2b, 0x81, 0x04, 0x00, 0x22] => Some(P384),
        [0x2b, 0x81, 0x04, 0x00, 0x23] => Some(P521),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = include_bytes!("testdata/p256.key.der");

    #[test]
    fn usual_and_unusual() {
        let plain = PlainKey::parse(Form::Pkcs8, KEY);
        assert_eq!(plain.map(|plain| (plain.kind, plain.curve)), Some((KeyKind::Ec, Some(P256))));
        for len in 0..KEY.len() {
            assert!(PlainKey::parse(Form::Pkcs8, KEY.get(..len).unwrap_or_default()).is_none(), "{len}");
        }
        assert!(PlainKey::parse(Form::Pkcs8, &[KEY, &[0]].concat()).is_none());
        assert!(PlainKey::parse(Form::Rsa, KEY).is_none());
        assert!(PlainKey::parse(Form::Ec, KEY).is_none());
    }
}
