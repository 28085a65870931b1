//! Cipher suites: what each one is made of and which of them can be negotiated here.
//!
//! The table holds every suite that OpenSSL 3.0 knows, because names must resolve, aliases must select and
//! descriptions must print for all of them. Only the suites for which [`Suite::supported`] holds are ever offered.

use std::ffi::CStr;

use super::cipher_table::{SIGNALLING, TLS12, TLS13};

macro_rules! property {
    ($(#[$doc:meta])* $name:ident: $($(#[$variant_doc:meta])* $variant:ident,)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// This value as one bit of a selection mask.
            pub const fn bit(self) -> u32 {
                1 << self as u32
            }
        }
    };
}

property! {
    /// How the secret is agreed on.
    Kx:
    /// RSA key transport.
    Rsa,
    /// Ephemeral finite-field Diffie-Hellman.
    Dhe,
    /// Ephemeral elliptic-curve Diffie-Hellman.
    Ecdhe,
    /// Pre-shared key alone.
    Psk,
    /// Pre-shared key with RSA key transport.
    RsaPsk,
    /// Pre-shared key with ECDHE.
    EcdhePsk,
    /// Pre-shared key with DHE.
    DhePsk,
    /// Secure remote password.
    Srp,
    /// GOST R 34.10 key transport.
    Gost,
    /// GOST key transport of 2018.
    Gost18,
    /// Not part of the suite (TLS 1.3).
    Any,
}

property! {
    /// How the server proves who it is.
    Auth:
    /// RSA certificate.
    Rsa,
    /// DSA certificate.
    Dss,
    /// Not at all.
    Null,
    /// ECDSA (or EdDSA) certificate.
    Ecdsa,
    /// Pre-shared key.
    Psk,
    /// Secure remote password.
    Srp,
    /// GOST R 34.10-2001 certificate.
    Gost01,
    /// GOST R 34.10-2012 certificate.
    Gost12,
    /// Certificate of either GOST generation.
    Gost12Or01,
    /// Not part of the suite (TLS 1.3).
    Any,
}

property! {
    /// How records are encrypted.
    Enc:
    /// Not at all.
    Null,
    /// IDEA, CBC.
    Idea,
    /// SEED, CBC.
    Seed,
    /// AES-128, CBC.
    Aes128Cbc,
    /// AES-256, CBC.
    Aes256Cbc,
    /// AES-128, GCM.
    Aes128Gcm,
    /// AES-256, GCM.
    Aes256Gcm,
    /// AES-128, CCM.
    Aes128Ccm,
    /// AES-256, CCM.
    Aes256Ccm,
    /// AES-128, CCM with tags of 8 bytes.
    Aes128Ccm8,
    /// AES-256, CCM with tags of 8 bytes.
    Aes256Ccm8,
    /// Camellia-128, CBC.
    Camellia128Cbc,
    /// Camellia-256, CBC.
    Camellia256Cbc,
    /// ARIA-128, GCM.
    Aria128Gcm,
    /// ARIA-256, GCM.
    Aria256Gcm,
    /// ChaCha20 with Poly1305.
    ChaCha20Poly1305,
    /// GOST 28147-89, counter mode.
    Gost89,
    /// The same with the parameters of 2012.
    Gost89V12,
    /// Kuznyechik, counter mode.
    Kuznyechik,
    /// Magma, counter mode.
    Magma,
}

impl Enc {
    /// Bits of the key, which are also the bits of strength.
    pub const fn bits(self) -> u32 {
        match self {
            Enc::Null => 0,
            Enc::Idea | Enc::Seed | Enc::Aes128Cbc | Enc::Aes128Gcm | Enc::Aes128Ccm | Enc::Aes128Ccm8 => 128,
            Enc::Camellia128Cbc | Enc::Aria128Gcm => 128,
            _ => 256,
        }
    }
}

property! {
    /// How records are authenticated.
    Mac:
    /// By the cipher itself.
    Aead,
    /// HMAC-MD5.
    Md5,
    /// HMAC-SHA-1.
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-384.
    Sha384,
    /// HMAC with GOST R 34.11-94.
    Gost94,
    /// HMAC with GOST R 34.11-2012.
    Gost12,
    /// GOST 28147-89 MAC.
    Gost89,
    /// The same with the parameters of 2012.
    Gost89V12,
    /// Kuznyechik OMAC.
    KuznyechikOmac,
    /// Magma OMAC.
    MagmaOmac,
    /// Signalling values have none.
    Unknown,
}

property! {
    /// The hash of transcript and key derivation, as the table has it: a suite from before TLS 1.2 says
    /// `Md5Sha1`, although TLS 1.2 runs it with SHA-256.
    Digest:
    /// MD5 and SHA-1 side by side.
    Md5Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// GOST R 34.11-94.
    Gost94,
    /// GOST R 34.11-2012.
    Gost12,
    /// Signalling values have none.
    Unknown,
}

/// The oldest protocol version that has the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MinVersion {
    /// Signalling values belong to none.
    Unknown,
    /// SSL 3.0.
    Ssl3,
    /// TLS 1.0.
    Tls10,
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

/// Strength mark: not rated, which is said of the suites without encryption.
pub const UNRATED: u32 = 1;
/// Strength mark: selected by `LOW`.
pub const LOW: u32 = 2;
/// Strength mark: selected by `MEDIUM`.
pub const MEDIUM: u32 = 4;
/// Strength mark: selected by `HIGH`.
pub const HIGH: u32 = 8;
/// Strength mark: selected by `FIPS`.
pub const FIPS: u32 = 16;
/// Mark: not part of `DEFAULT`, although part of `ALL`.
pub const EXTRA: u32 = 32;

/// A cipher suite.
#[derive(Debug, PartialEq, Eq)]
pub struct Suite {
    /// The two bytes that name it on the wire.
    pub id: u16,
    /// OpenSSL's name.
    pub name: &'static CStr,
    /// The name in the RFC; empty when it has none.
    pub standard_name: &'static CStr,
    /// How the secret is agreed on.
    pub kx: Kx,
    /// How the server proves who it is.
    pub auth: Auth,
    /// How records are encrypted.
    pub enc: Enc,
    /// How records are authenticated.
    pub mac: Mac,
    /// The oldest version that has the suite.
    pub min_version: MinVersion,
    /// The hash of transcript and key derivation.
    pub digest: Digest,
    /// Strength marks ([`HIGH`], [`FIPS`], ...).
    pub marks: u32,
}

impl Suite {
    /// Whether it can be negotiated here.
    pub const fn supported(&self) -> bool {
        matches!(self.id, 0x1301..=0x1303 | 0xc02b | 0xc02c | 0xc02f | 0xc030 | 0xcca8 | 0xcca9)
    }

    /// Whether a system's OpenSSL without extra providers and engines has it in its lists.
    ///
    /// Rules work on these suites, so that orders and effects are the same there and here.
    pub(super) const fn listed(&self) -> bool {
        !matches!(self.enc, Enc::Idea | Enc::Seed) && !matches!(self.kx, Kx::Gost | Kx::Gost18)
    }

    /// Whether it is a signal in a client's list and not a suite.
    pub const fn is_signal(&self) -> bool {
        matches!(self.min_version, MinVersion::Unknown)
    }

    /// Whether it belongs to TLS 1.3 and so is configured apart from the older ones.
    pub const fn is_tls13(&self) -> bool {
        matches!(self.min_version, MinVersion::Tls13)
    }

    /// Whether it may be used at a security level from 0 to 5 (`SSL_CTX_set_security_level(3)`).
    pub fn allowed_at(&self, level: u8) -> bool {
        let bits = security_bits(level);
        let forward_secret = self.is_tls13() || matches!(self.kx, Kx::Dhe | Kx::Ecdhe);
        level == 0
            || (self.enc.bits() >= bits
                && self.auth != Auth::Null
                && self.mac != Mac::Md5
                && (bits <= 160 || self.mac != Mac::Sha1)
                && (level < 3 || forward_secret))
    }
}

/// The bits of strength that a security level asks for. Levels above 5 count as 5.
pub const fn security_bits(level: u8) -> u32 {
    match level {
        0 => 0,
        1 => 80,
        2 => 112,
        3 => 128,
        4 => 192,
        _ => 256,
    }
}

/// All suites, signalling values included.
pub fn all() -> impl Iterator<Item = &'static Suite> {
    TLS13.iter().chain(TLS12.iter()).chain(SIGNALLING.iter())
}

/// The suite with this number on the wire, supported or not.
pub fn by_id(id: u16) -> Option<&'static Suite> {
    let find =
        |table: &'static [Suite]| table.binary_search_by_key(&id, |suite| suite.id).ok().and_then(|i| table.get(i));
    find(TLS13).or_else(|| find(TLS12)).or_else(|| find(SIGNALLING))
}

/// The suite with this name of an RFC, supported or not.
pub fn by_standard_name(name: &[u8]) -> Option<&'static Suite> {
    all().find(|suite| !name.is_empty() && suite.standard_name.to_bytes() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_complete() {
        for table in [TLS12, TLS13, SIGNALLING] {
            assert!(table.is_sorted_by(|a, b| a.id < b.id));
        }
        assert_eq!((TLS12.len(), TLS13.len(), SIGNALLING.len()), (167, 5, 2));
        assert!(all().all(|suite| by_id(suite.id) == Some(suite)));
        assert_eq!(all().filter(|suite| suite.supported()).count(), 9);
        assert_eq!(by_id(0x1399), None);
    }

    #[test]
    fn names() {
        let name = |id| by_id(id).map(|suite| suite.name);
        assert_eq!(name(0xc02f), Some(c"ECDHE-RSA-AES128-GCM-SHA256"));
        assert_eq!(by_standard_name(b"TLS_AES_128_GCM_SHA256").map(|suite| suite.id), Some(0x1301));
        assert_eq!(by_standard_name(b""), None);
    }

    #[test]
    fn security_levels() {
        let allowed = |id, level| by_id(id).is_some_and(|suite| suite.allowed_at(level));
        assert!(allowed(0xc02f, 3) && !allowed(0xc02f, 4));
        assert!(allowed(0x1302, 5) && !allowed(0x1301, 4));
        assert!(allowed(0x009c, 2) && !allowed(0x009c, 3), "static RSA has no forward secrecy");
        assert!(allowed(0xc018, 0) && !allowed(0xc018, 1), "anonymous");
        assert!(allowed(0xc00a, 3) && !allowed(0xc00a, 4), "SHA-1 is 160 bits strong");
    }
}
