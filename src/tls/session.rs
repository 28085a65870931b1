//! A resumable session as plain fields, and its way into and out of rustls.
//!
//! rustls keeps sessions in objects and encodings of its own: `Tls12Session` and `Tls13Session` on a client (which
//! can be written out; only the former can be read back, see [`super::forge`]), and an opaque value on a server. The
//! layouts read and written here are those of the pinned rustls version; the tests hold them against it.

use super::exchange::Offer;
use super::{forge, provider};
use aws_lc_rs::digest;
use rustls::client::Tls12Session;
use rustls::pki_types::DnsName;
use zeroize::Zeroizing;

/// `ProtocolVersion` of TLS 1.2.
pub const TLS1_2: u16 = 0x0303;
/// `ProtocolVersion` of TLS 1.3.
pub const TLS1_3: u16 = 0x0304;

/// What resumption needs to know.
#[derive(Debug, Clone, Default)]
pub struct Resumable {
    /// [`TLS1_2`] or [`TLS1_3`].
    pub version: u16,
    /// The cipher suite.
    pub suite: u16,
    /// TLS 1.2: the master secret, 48 bytes. TLS 1.3: the pre-shared key, as long as the suite's hash.
    pub secret: Zeroizing<Vec<u8>>,
    /// TLS 1.2: the extended master secret was used (RFC 7627).
    pub extended_master_secret: bool,
    /// TLS 1.2 client: the id the server gave, empty when it gave none.
    pub session_id: Vec<u8>,
    /// Client: the ticket, empty when there is none.
    pub ticket: Vec<u8>,
    /// TLS 1.3: what is added to the age a client tells, milliseconds.
    pub age_add: u32,
    /// TLS 1.3: how much early data is allowed, bytes.
    pub max_early_data: u32,
    /// When the session began, seconds since 1970.
    pub time: u64,
    /// Client: how long the ticket is good for as the server says, seconds; 0: not said.
    pub lifetime: u64,
    /// The peer's certificates, leaf first, DER.
    pub peer_chain: Vec<Vec<u8>>,
    /// Server: the name the client asked for.
    pub server_name: Option<Vec<u8>>,
    /// The application protocol; empty: none.
    pub alpn: Vec<u8>,
}

/// The id by which a client knows a session that has a ticket: the ticket's SHA-256, none without a ticket.
pub fn ticket_id(ticket: &[u8]) -> Vec<u8> {
    if ticket.is_empty() {
        return Vec::new();
    }
    digest::digest(&digest::SHA256, ticket).as_ref().to_vec()
}

/// Whether two TLS 1.3 suites have the same hash, so that a session of one can be resumed with the other.
pub fn hashes_alike(one: u16, other: u16) -> bool {
    let tls13 = |suite: u16| suite >> 8 == 0x13;
    tls13(one) && tls13(other) && hash_len(one) == hash_len(other)
}

/// How long the hash of a TLS 1.3 suite is, bytes.
pub fn hash_len(suite: u16) -> usize {
    const SHA384: u16 = 0x1302;
    if suite == SHA384 { 48 } else { 32 }
}

/// 32 random bytes, to name a session by.
pub fn random_id() -> Option<[u8; 32]> {
    let mut id = [0; 32];
    aws_lc_rs::rand::fill(&mut id).ok()?;
    Some(id)
}

/// A cursor over an encoding.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }

    fn number(&mut self, bytes: usize) -> Option<u64> {
        Some(self.take(bytes)?.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
    }

    fn u16(&mut self) -> Option<u16> {
        u16::try_from(self.number(2)?).ok()
    }

    fn u32(&mut self) -> Option<u32> {
        u32::try_from(self.number(4)?).ok()
    }

    /// Bytes after their length, which itself takes `prefix` bytes.
    fn vec(&mut self, prefix: usize) -> Option<&'a [u8]> {
        let len = usize::try_from(self.number(prefix)?).ok()?;
        self.take(len)
    }

    fn flag(&mut self) -> Option<bool> {
        Some(self.number(1)? == 1)
    }

    /// A peer's identity: X.509 only.
    fn identity(&mut self) -> Option<Vec<Vec<u8>>> {
        if self.number(1)? != 0 {
            return None;
        }
        let mut chain = vec![self.vec(3)?.to_vec()];
        let mut rest = Reader(self.vec(3)?);
        while !rest.0.is_empty() {
            chain.push(rest.vec(3)?.to_vec());
        }
        Some(chain)
    }
}

fn put_vec(out: &mut Vec<u8>, prefix: usize, bytes: &[u8]) {
    let len = (bytes.len() as u64).to_be_bytes();
    out.extend(len.iter().skip(8 - prefix));
    out.extend_from_slice(bytes);
}

fn put_identity(out: &mut Vec<u8>, chain: &[Vec<u8>]) {
    let (leaf, rest) = match chain {
        [leaf, rest @ ..] => (leaf.as_slice(), rest),
        // rustls has no client session without a peer, and does not look at this one.
        [] => (&[0x30, 0x00][..], &[][..]),
    };
    out.push(0);
    put_vec(out, 3, leaf);
    let mut intermediates = Vec::new();
    for certificate in rest {
        put_vec(&mut intermediates, 3, certificate);
    }
    put_vec(out, 3, &intermediates);
}

impl Resumable {
    /// The fields of a client's session.
    pub fn from_offer(offer: &Offer) -> Option<Self> {
        let mut encoded = Zeroizing::new(Vec::new());
        match offer {
            Offer::Tls12(session) => session.encode(&mut encoded),
            Offer::Tls13(session) => session.encode(&mut encoded),
        }
        let mut reader = Reader(&encoded);
        let suite = reader.u16()?;
        let mut fields = match offer {
            Offer::Tls12(_) => Self {
                version: TLS1_2,
                session_id: reader.vec(1)?.to_vec(),
                secret: reader.take(48)?.to_vec().into(),
                extended_master_secret: reader.flag()?,
                ..Self::default()
            },
            Offer::Tls13(_) => Self {
                version: TLS1_3,
                secret: reader.vec(1)?.to_vec().into(),
                age_add: reader.u32()?,
                max_early_data: reader.u32()?,
                ..Self::default()
            },
        };
        fields.suite = suite;
        fields.ticket = reader.vec(2)?.to_vec();
        fields.time = reader.number(8)?;
        fields.lifetime = reader.number(8)?;
        fields.peer_chain = reader.identity()?;
        Some(fields)
    }

    /// A client's session with these fields, to be offered. None when this library cannot use it: an unknown suite, no
    /// secret, nothing that a server could know it by.
    ///
    /// It never expires by itself: whether it is too old was decided by whoever offers it.
    pub fn to_offer(&self) -> Option<Offer> {
        if self.version == TLS1_3 {
            return forge::tls13_session(self).map(Offer::Tls13);
        }
        if self.secret.len() != 48 || self.session_id.len() > 32 {
            return None;
        }
        let mut encoded = Zeroizing::new(Vec::with_capacity(128 + self.ticket.len()));
        encoded.extend(self.suite.to_be_bytes());
        put_vec(&mut encoded, 1, &self.session_id);
        encoded.extend_from_slice(&self.secret);
        encoded.push(self.extended_master_secret.into());
        put_vec(&mut encoded, 2, &self.ticket);
        encoded.extend(self.time.to_be_bytes());
        encoded.extend(0u64.to_be_bytes());
        put_identity(&mut encoded, &self.peer_chain);
        let provider = provider::provider(&[self.suite], &[]);
        Tls12Session::from_slice(&encoded, &provider).ok().map(Offer::Tls12)
    }

    /// The fields in rustls's value for a server's session.
    pub fn from_server_value(value: &[u8]) -> Option<Self> {
        let mut reader = Reader(value);
        let version = reader.u16()?;
        let time = reader.number(8)?;
        let server_name = match reader.flag()? {
            true => Some(reader.vec(1)?.to_vec()),
            false => None,
        };
        let suite = reader.u16()?;
        let peer_chain = match reader.flag()? {
            true => reader.identity()?,
            false => Vec::new(),
        };
        let alpn = match reader.flag()? {
            true => reader.vec(1)?.to_vec(),
            false => Vec::new(),
        };
        reader.vec(2)?;
        let mut fields = Self { version, time, server_name, suite, peer_chain, alpn, ..Self::default() };
        match version {
            TLS1_2 => {
                fields.secret = reader.take(48)?.to_vec().into();
                fields.extended_master_secret = reader.flag()?;
            }
            TLS1_3 => {
                fields.secret = reader.vec(1)?.to_vec().into();
                fields.age_add = reader.u32()?;
            }
            _ => return None,
        }
        Some(fields)
    }

    /// rustls's value for a server's session with these fields.
    pub fn to_server_value(&self) -> Option<Zeroizing<Vec<u8>>> {
        let mut value = Zeroizing::new(Vec::with_capacity(256));
        value.extend(self.version.to_be_bytes());
        value.extend(self.time.to_be_bytes());
        match self.server_name.as_deref().filter(|name| DnsName::try_from(*name).is_ok()) {
            Some(name) => {
                value.push(1);
                put_vec(&mut value, 1, name);
            }
            None => value.push(0),
        }
        value.extend(self.suite.to_be_bytes());
        value.push((!self.peer_chain.is_empty()).into());
        if !self.peer_chain.is_empty() {
            put_identity(&mut value, &self.peer_chain);
        }
        value.push((!self.alpn.is_empty()).into());
        if !self.alpn.is_empty() {
            put_vec(&mut value, 1, &self.alpn);
        }
        put_vec(&mut value, 2, &[]);
        match self.version {
            TLS1_2 if self.secret.len() == 48 => {
                value.extend_from_slice(&self.secret);
                value.push(self.extended_master_secret.into());
            }
            TLS1_3 if (1..=64).contains(&self.secret.len()) => {
                put_vec(&mut value, 1, &self.secret);
                value.extend(self.age_add.to_be_bytes());
            }
            _ => return None,
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    fn tls12() -> Resumable {
        Resumable {
            version: TLS1_2,
            suite: 0xc02f,
            secret: vec![7; 48].into(),
            extended_master_secret: true,
            session_id: vec![1; 32],
            ticket: vec![9; 200],
            time: 1_700_000_000,
            peer_chain: vec![vec![0x30, 1, 0], vec![0x30, 1, 1], vec![0x30, 1, 2]],
            server_name: Some(b"example.org".to_vec()),
            alpn: b"h2".to_vec(),
            ..Resumable::default()
        }
    }

    #[test]
    fn tls12_client_session_keeps_its_fields() {
        let wanted = tls12();
        let found = Resumable::from_offer(&wanted.to_offer().unwrap()).unwrap();
        assert_eq!((found.version, found.suite, found.time), (wanted.version, wanted.suite, wanted.time));
        assert_eq!(*found.secret, *wanted.secret);
        assert!(found.extended_master_secret);
        assert_eq!((found.session_id, found.ticket), (wanted.session_id, wanted.ticket));
        assert_eq!(found.peer_chain, wanted.peer_chain);
    }

    #[test]
    fn unusable_client_sessions_are_not_offered() {
        assert!(Resumable { suite: 0x002f, ..tls12() }.to_offer().is_none());
        assert!(Resumable { secret: vec![7; 47].into(), ..tls12() }.to_offer().is_none());
    }

    #[test]
    fn server_values_keep_their_fields() {
        let tls13 = Resumable { version: TLS1_3, suite: 0x1302, secret: vec![3; 48].into(), age_add: 77, ..tls12() };
        for wanted in [tls12(), tls13] {
            let found = Resumable::from_server_value(&wanted.to_server_value().unwrap()).unwrap();
            assert_eq!((found.version, found.suite, found.time), (wanted.version, wanted.suite, wanted.time));
            assert_eq!(*found.secret, *wanted.secret);
            assert_eq!(found.server_name, wanted.server_name);
            assert_eq!((found.alpn, found.peer_chain), (wanted.alpn, wanted.peer_chain));
            assert_eq!(found.age_add, wanted.age_add);
        }
    }

    #[test]
    fn cut_server_values_are_refused() {
        let whole = tls12().to_server_value().unwrap();
        for len in 0..whole.len() {
            assert!(Resumable::from_server_value(&whole[..len]).is_none(), "{len}");
        }
    }
}
