//! Signature algorithms: schemes with their names and numbers, and the lists in which programs choose among them.

use super::cipher::security_bits;

/// The kind of key that a scheme signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA, `rsaEncryption`.
    Rsa,
    /// RSA, `RSASSA-PSS`.
    RsaPss,
    /// ECDSA.
    Ec,
    /// DSA.
    Dsa,
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
}

/// The digest of a scheme, with bits of strength against collisions as OpenSSL counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// libcrypto's number.
    pub const fn nid(self) -> i32 {
        match self {
            Hash::Sha1 => 64,
            Hash::Sha224 => 675,
            Hash::Sha256 => 672,
            Hash::Sha384 => 673,
            Hash::Sha512 => 674,
        }
    }

    const fn security_bits(self) -> u32 {
        match self {
            Hash::Sha1 => 64,
            Hash::Sha224 => 112,
            Hash::Sha256 => 128,
            Hash::Sha384 => 192,
            Hash::Sha512 => 256,
        }
    }
}

/// libcrypto's number of RSA as a signature algorithm.
pub const NID_RSA: i32 = 6;
/// The same of RSA-PSS, whichever kind of key it is done with.
pub const NID_RSA_PSS: i32 = 912;
/// The same of ECDSA.
pub const NID_EC: i32 = 408;
/// The same of DSA.
pub const NID_DSA: i32 = 116;
/// The same of Ed25519.
pub const NID_ED25519: i32 = 1087;
/// The same of Ed448.
pub const NID_ED448: i32 = 1088;

/// A signature algorithm of TLS. The table holds those that OpenSSL knows, too, because their names must resolve.
#[derive(Debug, PartialEq, Eq)]
pub struct SigAlg {
    /// Number on the wire.
    pub scheme: u16,
    /// Name of the scheme in TLS 1.3, if it has one there.
    pub name: Option<&'static str>,
    /// The kind of key it signs with.
    pub key: KeyKind,
    /// The digest; none for EdDSA.
    pub hash: Option<Hash>,
    /// libcrypto's number of the signature algorithm.
    pub sign_nid: i32,
    /// libcrypto's number of signature and digest together; 0 when there is none.
    pub both_nid: i32,
}

impl SigAlg {
    /// Whether it can be used here.
    pub const fn supported(&self) -> bool {
        let weak = matches!(self.hash, Some(Hash::Sha1 | Hash::Sha224));
        !weak && !matches!(self.key, KeyKind::Dsa)
    }

    /// libcrypto's number of the digest; 0 when there is none.
    pub fn hash_nid(&self) -> i32 {
        self.hash.map_or(0, Hash::nid)
    }

    /// Whether it may be used at a security level from 0 to 5.
    pub fn allowed_at(&self, level: u8) -> bool {
        self.security_bits() >= security_bits(level)
    }

    /// Its bits of strength.
    pub fn security_bits(&self) -> u32 {
        match self.key {
            KeyKind::Ed25519 => 128,
            KeyKind::Ed448 => 224,
            _ => self.hash.map_or(0, Hash::security_bits),
        }
    }
}

const fn row(
    scheme: u16,
    name: Option<&'static str>,
    key: KeyKind,
    hash: Option<Hash>,
    sign_nid: i32,
    both_nid: i32,
) -> SigAlg {
    SigAlg { scheme, name, key, hash, sign_nid, both_nid }
}

/// Of schemes with the same signature and digest, `SIGNATURE+DIGEST` means the first.
#[rustfmt::skip]
static SIGALGS: &[SigAlg] = &[
    row(0x0403, Some("ecdsa_secp256r1_sha256"), KeyKind::Ec, Some(Hash::Sha256), NID_EC, 794),
    row(0x0503, Some("ecdsa_secp384r1_sha384"), KeyKind::Ec, Some(Hash::Sha384), NID_EC, 795),
    row(0x0603, Some("ecdsa_secp521r1_sha512"), KeyKind::Ec, Some(Hash::Sha512), NID_EC, 796),
    row(0x0807, Some("ed25519"), KeyKind::Ed25519, None, NID_ED25519, 0),
    row(0x0808, Some("ed448"), KeyKind::Ed448, None, NID_ED448, 0),
    row(0x0303, None, KeyKind::Ec, Some(Hash::Sha224), NID_EC, 793),
    row(0x0203, None, KeyKind::Ec, Some(Hash::Sha1), NID_EC, 416),
    row(0x0804, Some("rsa_pss_rsae_sha256"), KeyKind::Rsa, Some(Hash::Sha256), NID_RSA_PSS, 0),
    row(0x0805, Some("rsa_pss_rsae_sha384"), KeyKind::Rsa, Some(Hash::Sha384), NID_RSA_PSS, 0),
    row(0x0806, Some("rsa_pss_rsae_sha512"), KeyKind::Rsa, Some(Hash::Sha512), NID_RSA_PSS, 0),
    row(0x0809, Some("rsa_pss_pss_sha256"), KeyKind::RsaPss, Some(Hash::Sha256), NID_RSA_PSS, 0),
    row(0x080a, Some("rsa_pss_pss_sha384"), KeyKind::RsaPss, Some(Hash::Sha384), NID_RSA_PSS, 0),
    row(0x080b, Some("rsa_pss_pss_sha512"), KeyKind::RsaPss, Some(Hash::Sha512), NID_RSA_PSS, 0),
    row(0x0401, Some("rsa_pkcs1_sha256"), KeyKind::Rsa, Some(Hash::Sha256), NID_RSA, 668),
    row(0x0501, Some("rsa_pkcs1_sha384"), KeyKind::Rsa, Some(Hash::Sha384), NID_RSA, 669),
    row(0x0601, Some("rsa_pkcs1_sha512"), KeyKind::Rsa, Some(Hash::Sha512), NID_RSA, 670),
    row(0x0301, Some("rsa_pkcs1_sha224"), KeyKind::Rsa, Some(Hash::Sha224), NID_RSA, 671),
    row(0x0201, Some("rsa_pkcs1_sha1"), KeyKind::Rsa, Some(Hash::Sha1), NID_RSA, 65),
    row(0x0402, None, KeyKind::Dsa, Some(Hash::Sha256), NID_DSA, 803),
    row(0x0502, None, KeyKind::Dsa, Some(Hash::Sha384), NID_DSA, 0),
    row(0x0602, None, KeyKind::Dsa, Some(Hash::Sha512), NID_DSA, 0),
    row(0x0302, None, KeyKind::Dsa, Some(Hash::Sha224), NID_DSA, 0),
    row(0x0202, None, KeyKind::Dsa, Some(Hash::Sha1), NID_DSA, 113),
];

/// The schemes that are on unless a program chooses others, best first.
const DEFAULT: [u16; 14] =
    [0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601];

/// The scheme with this number on the wire, supported or not.
pub fn by_scheme(scheme: u16) -> Option<&'static SigAlg> {
    SIGALGS.iter().find(|sigalg| sigalg.scheme == scheme)
}

/// The schemes that are on unless a program chooses others, best first.
pub fn default_sigalgs() -> impl Iterator<Item = &'static SigAlg> {
    DEFAULT.iter().filter_map(|&scheme| by_scheme(scheme))
}

/// All schemes that can be used here.
pub fn supported_sigalgs() -> impl Iterator<Item = &'static SigAlg> {
    SIGALGS.iter().filter(|sigalg| sigalg.supported())
}

/// What is wrong with a list of signature algorithms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListError {
    /// An unknown, empty or overlong name, one that is named twice, or an odd number of numbers.
    Malformed,
    /// The list is empty.
    Empty,
    /// The list is right, but none of its schemes can be used here.
    NoneSupported,
}

/// Room for a name in OpenSSL's parser.
const LONGEST_NAME: usize = 39;

/// Reads the list of `SSL_CTX_set1_sigalgs_list(3)`: names between colons, as TLS 1.3 has them or
/// `SIGNATURE+DIGEST` in either order. The result holds the supported ones and is never empty.
///
/// # Errors
/// See [`ListError`].
pub fn parse(list: &[u8]) -> Result<Vec<&'static SigAlg>, ListError> {
    let mut sigalgs: Vec<&'static SigAlg> = Vec::new();
    for element in list.split(|&byte| byte == b':').map(<[u8]>::trim_ascii) {
        let sigalg = std::str::from_utf8(element).ok().and_then(named).ok_or(ListError::Malformed)?;
        if sigalgs.contains(&sigalg) {
            return Err(ListError::Malformed);
        }
        sigalgs.push(sigalg);
    }
    supported(sigalgs)
}

/// Reads the list of `SSL_CTX_set1_sigalgs(3)`: libcrypto's numbers of digest and signature by turns.
///
/// # Errors
/// See [`ListError`].
pub fn from_nids(nids: &[i32]) -> Result<Vec<&'static SigAlg>, ListError> {
    let (pairs, rest) = nids.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(ListError::Malformed);
    }
    if pairs.is_empty() {
        return Err(ListError::Empty);
    }
    let find = |&[hash, sign]: &[i32; 2]| with_nids(hash, sign).ok_or(ListError::Malformed);
    supported(pairs.iter().map(find).collect::<Result<_, _>>()?)
}

fn supported(mut sigalgs: Vec<&'static SigAlg>) -> Result<Vec<&'static SigAlg>, ListError> {
    sigalgs.retain(|sigalg| sigalg.supported());
    if sigalgs.is_empty() { Err(ListError::NoneSupported) } else { Ok(sigalgs) }
}

fn with_nids(hash: i32, sign: i32) -> Option<&'static SigAlg> {
    SIGALGS.iter().find(|sigalg| sigalg.hash_nid() == hash && sigalg.sign_nid == sign)
}

fn named(name: &str) -> Option<&'static SigAlg> {
    if name.len() > LONGEST_NAME {
        return None;
    }
    let Some((first, second)) = name.split_once('+') else {
        return SIGALGS.iter().find(|sigalg| sigalg.name == Some(name));
    };
    let (mut sign, mut hash) = (None, None);
    for half in [first, second] {
        match sign_named(half) {
            Some(nid) => sign = Some(nid),
            None => hash = Some(hash_named(half)?),
        }
    }
    with_nids(hash?.nid(), sign?)
}

fn sign_named(name: &str) -> Option<i32> {
    Some(match name {
        "RSA" => NID_RSA,
        "RSA-PSS" | "PSS" => NID_RSA_PSS,
        "DSA" => NID_DSA,
        "ECDSA" => NID_EC,
        _ => return None,
    })
}

/// libcrypto's short and long names of the digests.
fn hash_named(name: &str) -> Option<Hash> {
    Some(match name {
        "SHA1" | "sha1" => Hash::Sha1,
        "SHA224" | "sha224" => Hash::Sha224,
        "SHA256" | "sha256" => Hash::Sha256,
        "SHA384" | "sha384" => Hash::Sha384,
        "SHA512" | "sha512" => Hash::Sha512,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schemes(list: &str) -> Result<Vec<u16>, ListError> {
        parse(list.as_bytes()).map(|list| list.iter().map(|sigalg| sigalg.scheme).collect())
    }

    #[test]
    fn names() {
        for (name, scheme) in [
            ("RSA+SHA256", 0x0401),
            ("SHA256+RSA", 0x0401),
            ("RSA-PSS+SHA256", 0x0804),
            ("PSS+SHA384", 0x0805),
            ("rsa_pss_pss_sha256", 0x0809),
            ("ECDSA+SHA512", 0x0603),
            ("ed25519", 0x0807),
            ("RSA+sha512", 0x0601),
        ] {
            assert_eq!(schemes(name), Ok(vec![scheme]), "{name}");
        }
        assert_eq!(schemes(" RSA+SHA256 : ECDSA+SHA384"), Ok(vec![0x0401, 0x0503]));
        assert_eq!(schemes("RSA+SHA512:ed25519:DSA+SHA1"), Ok(vec![0x0601, 0x0807]));
    }

    #[test]
    fn failures() {
        for list in [
            "",
            ":",
            "ED25519",
            "ecdsa_sha1",
            "RSA+MD5",
            "rsa+SHA256",
            "RSA+SHA256:",
            "RSA+SHA256:FOO",
            "RSA+",
            "RSA",
            "+SHA256",
            "RSA+SHA256:rsa_pkcs1_sha256",
            "RSA+SHA256+SHA384",
            "ed25519+SHA256",
            "RSA +SHA256",
            "ECDSA+RSA",
        ] {
            assert_eq!(schemes(list), Err(ListError::Malformed), "{list}");
        }
        assert_eq!(schemes("ECDSA+SHA1:DSA+SHA256"), Err(ListError::NoneSupported));
    }

    #[test]
    fn numbers() {
        let schemes = |nids: &[i32]| from_nids(nids).map(|list| list.iter().map(|s| s.scheme).collect::<Vec<_>>());
        assert_eq!(schemes(&[672, NID_RSA, 0, NID_ED25519, 672, NID_RSA]), Ok(vec![0x0401, 0x0807, 0x0401]));
        assert_eq!(schemes(&[672, NID_RSA_PSS]), Ok(vec![0x0804]));
        assert_eq!(schemes(&[672]), Err(ListError::Malformed));
        assert_eq!(schemes(&[]), Err(ListError::Empty));
        assert_eq!(schemes(&[0, NID_RSA]), Err(ListError::Malformed));
        assert_eq!(schemes(&[64, NID_RSA]), Err(ListError::NoneSupported));
    }

    #[test]
    fn levels() {
        let at =
            |level| default_sigalgs().filter(|sigalg| sigalg.allowed_at(level)).map(|s| s.scheme).collect::<Vec<_>>();
        assert_eq!(at(2), DEFAULT);
        assert_eq!(at(4), [0x0503, 0x0603, 0x0808, 0x080a, 0x080b, 0x0805, 0x0806, 0x0501, 0x0601]);
        assert_eq!(at(5), [0x0603, 0x080b, 0x0806, 0x0601]);
        assert!(default_sigalgs().all(SigAlg::supported));
    }
}
