//! `SSL_SESSION` in DER, in OpenSSL's outline: what `i2d_SSL_SESSION` writes, what a PEM file holds and what is sealed into
//! tickets.
//!
//! ```text
//! SSL_SESSION ::= SEQUENCE {
//!     version INTEGER (1), protocol INTEGER, cipher OCTET STRING (2), id OCTET STRING, masterKey OCTET STRING,
//!     time [1] INTEGER, timeout [2] INTEGER, peer [3] Certificate, idContext [4] OCTET STRING,
//!     verifyResult [5] INTEGER, hostName [6] OCTET STRING, pskHint [7] OCTET STRING, pskIdentity [8] OCTET STRING,
//!     lifetimeHint [9] INTEGER, ticket [10] OCTET STRING, compression [11] OCTET STRING, srpUser [12] OCTET STRING,
//!     flags [13] INTEGER, ageAdd [14] INTEGER, maxEarlyData [15] INTEGER, alpn [16] OCTET STRING,
//!     fragmentMode [17] INTEGER, ticketData [18] OCTET STRING, group [19] INTEGER, peerKey [20] OCTET STRING }
//! ```
//! Tags are explicit. Apart from `idContext` and `group`, what is tagged is left out when it is absent or 0.

use super::error::Error;
use super::reason;
use super::session_object::{Bytes32, Fields, now};
use crate::tls::cipher;
use crate::tls::x509::tag::{INTEGER, OCTET_STRING, SEQUENCE};
use std::ffi::{CString, c_long};
use std::sync::Arc;
use zeroize::Zeroizing;

const CONTEXT: u8 = 0xa0;

/// The longest master key of a session.
const MAX_MASTER_KEY: usize = 512;
/// How long a session is good for that does not say it, seconds.
const UNSAID_TIMEOUT: i64 = 3;

fn put(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    out.push(tag);
    let len = content.len().to_be_bytes();
    let significant = len.iter().position(|&byte| byte != 0).unwrap_or(len.len() - 1);
    let len = len.get(significant..).unwrap_or_default();
    match len {
        [short @ 0..=127] => out.push(*short),
        long => {
            out.push(0x80 | u8::try_from(long.len()).unwrap_or(8));
            out.extend_from_slice(long);
        }
    }
    out.extend_from_slice(content);
}

fn put_integer(out: &mut Vec<u8>, value: i128) {
    let bytes = value.to_be_bytes();
    let redundant = |pair: &[u8]| matches!(pair, [0, 0..=127] | [255, 128..=255]);
    let start = bytes.windows(2).take_while(|pair| redundant(pair)).count();
    put(out, INTEGER, bytes.get(start..).unwrap_or_default());
}

/// A tagged number, left out when it is 0.
fn put_tagged_integer(out: &mut Vec<u8>, tag: u8, value: impl Into<i128>) {
    let value = value.into();
    if value != 0 {
        let mut inner = Vec::new();
        put_integer(&mut inner, value);
        put(out, CONTEXT | tag, &inner);
    }
}

/// A tagged string, left out when there is none.
fn put_tagged_string(out: &mut Vec<u8>, tag: u8, value: Option<&[u8]>) {
    if let Some(value) = value {
        let mut inner = Zeroizing::new(Vec::with_capacity(value.len() + 6));
        put(&mut inner, OCTET_STRING, value);
        put(out, CONTEXT | tag, &inner);
    }
}

fn non_empty(bytes: &[u8]) -> Option<&[u8]> {
    (!bytes.is_empty()).then_some(bytes)
}

impl Fields {
    /// The session in DER; none without a cipher suite.
    pub(crate) fn to_der(&self) -> Option<Zeroizing<Vec<u8>>> {
        let suite = self.suite?;
        let [hint, identity, user] = &self.foreign;
        let certificate = self.peer_chain.first().map_or(0, Vec::len);
        let size = 256 + self.master_key.len() + self.ticket.len() + self.ticket_appdata.len() + certificate;
        let mut body = Zeroizing::new(Vec::with_capacity(size));
        let out = &mut *body;
        put_integer(out, 1);
        put_integer(out, self.version.into());
        put(out, OCTET_STRING, &suite.to_be_bytes());
        put(out, OCTET_STRING, self.id.as_slice());
        put(out, OCTET_STRING, &self.master_key);
        put_tagged_integer(out, 1, self.time);
        put_tagged_integer(out, 2, self.timeout);
        if let Some(certificate) = self.peer_chain.first() {
            put(out, CONTEXT | 3, certificate);
        }
        put_tagged_string(out, 4, Some(self.id_context.as_slice()));
        put_tagged_integer(out, 5, self.verify_result);
        put_tagged_string(out, 6, self.hostname.as_ref().map(|name| name.to_bytes()));
        put_tagged_string(out, 7, hint.as_deref());
        put_tagged_string(out, 8, identity.as_deref());
        put_tagged_integer(out, 9, self.lifetime_hint);
        put_tagged_string(out, 10, non_empty(&self.ticket));
        put_tagged_string(out, 11, (self.compression != 0).then_some(&[self.compression]));
        put_tagged_string(out, 12, user.as_deref());
        put_tagged_integer(out, 13, self.flags);
        put_tagged_integer(out, 14, self.age_add);
        put_tagged_integer(out, 15, self.max_early_data);
        put_tagged_string(out, 16, non_empty(&self.alpn));
        put_tagged_integer(out, 17, self.fragment_mode);
        put_tagged_string(out, 18, non_empty(&self.ticket_appdata));
        let mut group = Vec::new();
        put_integer(&mut group, self.group.into());
        put(out, CONTEXT | 19, &group);
        let mut der = Zeroizing::new(Vec::with_capacity(body.len() + 6));
        put(&mut der, SEQUENCE, &body);
        Some(der)
    }

    /// Reads the session that `der` begins with; gives its length too. Fails without an entry in the queue where it is no
    /// DER of this outline.
    pub(crate) fn from_der(der: &[u8]) -> Result<(Self, usize), Error> {
        let mut outer = Reader(der);
        let body = outer.expect(SEQUENCE)?;
        let used = der.len() - outer.0.len();
        Ok((Self::from_body(Reader(body))?, used))
    }

    fn from_body(mut body: Reader<'_>) -> Result<Self, Error> {
        if body.number::<u32>()? != 1 {
            return Err(Error::Ssl(reason::UNKNOWN_SSL_VERSION));
        }
        let mut fields = Self { version: body.number()?, verify_result: 0, fragment_mode: 0, ..Self::default() };
        if !matches!(fields.version >> 8, 0x03 | 0xfe) && fields.version != 0x100 {
            return Err(Error::Ssl(reason::UNSUPPORTED_SSL_VERSION));
        }
        let suite: [u8; 2] =
            body.expect(OCTET_STRING)?.try_into().map_err(|_| Error::Ssl(reason::CIPHER_CODE_WRONG_LENGTH))?;
        let suite = u16::from_be_bytes(suite);
        cipher::by_id(suite).ok_or(Error::Silent)?;
        fields.suite = Some(suite);
        fields.id = Bytes32::new(body.expect(OCTET_STRING)?).ok_or(Error::Silent)?;
        fields.master_key = body.expect(OCTET_STRING)?.to_vec().into();
        if fields.master_key.len() > MAX_MASTER_KEY {
            return Err(Error::Silent);
        }
        (fields.time, fields.timeout) = (0, 0);
        // SSLv2's key argument.
        body.optional(0x80)?;
        for tag in 1..=20 {
            if let Some(content) = body.optional(CONTEXT | tag)? {
                fields.read_tagged(tag, content)?;
            }
        }
        if !body.0.is_empty() {
            return Err(Error::Silent);
        }
        if fields.time == 0 {
            fields.time = now();
        }
        if fields.timeout == 0 {
            fields.timeout = UNSAID_TIMEOUT;
        }
        Ok(fields)
    }

    /// Reads the content of a tag.
    fn read_tagged(&mut self, tag: u8, content: &[u8]) -> Result<(), Error> {
        let mut inner = Reader(content);
        if tag == 3 {
            self.peer_chain = Arc::new(vec![inner.whole(SEQUENCE)?.to_vec()]);
            self.leaf_only = true;
            return inner.end();
        }
        match tag {
            1 => self.time = inner.number()?,
            2 => self.timeout = inner.number()?,
            5 => self.verify_result = c_long::from(inner.number::<i32>()?),
            9 => self.lifetime_hint = inner.number()?,
            13 => self.flags = inner.number()?,
            14 => self.age_add = inner.number()?,
            15 => self.max_early_data = inner.number()?,
            17 => self.fragment_mode = inner.number::<u32>()?.to_le_bytes()[0],
            19 => self.group = inner.number()?,
            _ => self.read_string(tag, inner.expect(OCTET_STRING)?)?,
        }
        inner.end()
    }

    fn read_string(&mut self, tag: u8, value: &[u8]) -> Result<(), Error> {
        let [hint, identity, user] = &mut self.foreign;
        match tag {
            4 => self.id_context = Bytes32::new(value).ok_or(Error::Silent)?,
            6 => self.hostname = CString::new(until_nul(value)).ok(),
            7 => *hint = Some(until_nul(value)),
            8 => *identity = Some(until_nul(value)),
            10 => self.ticket = value.to_vec(),
            12 => *user = Some(until_nul(value)),
            11 => match value {
                [method] => self.compression = *method,
                _ => return Err(Error::Ssl(reason::BAD_LENGTH)),
            },
            16 => self.alpn = value.to_vec(),
            18 => self.ticket_appdata = value.to_vec(),
            // Keys of peers without certificate are not used here.
            _ => {}
        }
        Ok(())
    }
}

/// As OpenSSL copies strings.
fn until_nul(value: &[u8]) -> Vec<u8> {
    value.iter().copied().take_while(|&byte| byte != 0).collect()
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Tag, content, and length with header, of what comes next.
    fn peek(&self) -> Option<(u8, &'a [u8], usize)> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (len, rest) = match first {
            0..=127 => (usize::from(first), rest),
            0x81..=0x84 => {
                let (len, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (len.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte)), rest)
            }
            _ => return None,
        };
        let content = rest.get(..len)?;
        Some((tag, content, self.0.len() - rest.len() + len))
    }

    fn next(&mut self, tag: u8) -> Option<(&'a [u8], &'a [u8])> {
        let (found, content, len) = self.peek()?;
        let (whole, rest) = self.0.split_at_checked(len)?;
        if found != tag {
            return None;
        }
        self.0 = rest;
        Some((whole, content))
    }

    fn expect(&mut self, tag: u8) -> Result<&'a [u8], Error> {
        self.next(tag).map(|(_, content)| content).ok_or(Error::Silent)
    }

    fn whole(&mut self, tag: u8) -> Result<&'a [u8], Error> {
        self.next(tag).map(|(whole, _)| whole).ok_or(Error::Silent)
    }

    fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Error> {
        match self.0.first() {
            Some(&found) if found == tag => self.expect(tag).map(Some),
            _ => Ok(None),
        }
    }

    fn integer(&mut self) -> Result<i128, Error> {
        let content = self.expect(INTEGER)?;
        let negative = content.first().is_some_and(|&byte| byte & 0x80 != 0);
        let padded = matches!(content, [0, 0..=127, ..] | [255, 128..=255, ..]);
        if content.is_empty() || content.len() > 9 || padded {
            return Err(Error::Silent);
        }
        Ok(content.iter().fold(if negative { -1 } else { 0 }, |sum, &byte| sum << 8 | i128::from(byte)))
    }

    fn number<T: TryFrom<i128>>(&mut self) -> Result<T, Error> {
        T::try_from(self.integer()?).map_err(|_| Error::Silent)
    }

    fn end(&self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Silent) }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    fn full() -> Fields {
        Fields {
            version: 0x304,
            suite: Some(0x1301),
            id: Bytes32::new(b"abc").unwrap(),
            master_key: vec![5; 48].into(),
            time: 1_795_180_279,
            timeout: 304,
            peer_chain: Arc::new(vec![vec![0x30, 0x03, 1, 2, 3]]),
            leaf_only: true,
            id_context: Bytes32::new(b"ctx").unwrap(),
            verify_result: 20,
            hostname: Some(c"host".to_owned()),
            lifetime_hint: 7200,
            ticket: vec![7; 300],
            flags: 1,
            age_add: u32::MAX,
            max_early_data: 1 << 31,
            alpn: b"h2".to_vec(),
            fragment_mode: 255,
            ticket_appdata: b"data".to_vec(),
            group: 29,
            compression: 1,
            foreign: [Some(b"hint".to_vec()), None, Some(b"user".to_vec())],
        }
    }

    #[test]
    fn round_trip() {
        let wanted = full();
        let der = wanted.to_der().unwrap();
        let (found, used) = Fields::from_der(&der).unwrap();
        assert_eq!(used, der.len());
        assert_eq!(format!("{found:?}"), format!("{wanted:?}"));
    }

    /// What OpenSSL 3.0 wrote for a session with most fields at their defaults.
    #[test]
    fn equals_openssl() {
        let mut der = vec![0x30, 35, 2, 1, 1, 2, 2, 3, 4, 4, 2, 0x13, 1, 4, 0, 4, 0];
        der.extend([0xa4, 2, 4, 0, 0xa5, 3, 2, 1, 1, 0xb1, 4, 2, 2, 0, 0xff, 0xb3, 3, 2, 1, 0]);
        let fields = Fields { version: 0x304, suite: Some(0x1301), time: 0, timeout: 0, ..Fields::default() };
        assert_eq!(*fields.to_der().unwrap(), der);
        let (found, _) = Fields::from_der(&der).unwrap();
        assert_eq!((found.timeout, found.verify_result), (UNSAID_TIMEOUT, 1));
    }

    #[test]
    fn cut_or_changed_is_refused_or_survives() {
        let der = full().to_der().unwrap();
        for len in 0..der.len() {
            assert!(Fields::from_der(&der[..len]).is_err(), "{len}");
        }
        for at in 0..der.len() {
            let mut changed = der.to_vec();
            changed[at] ^= 0x81;
            let _ = Fields::from_der(&changed);
        }
    }

    #[test]
    fn integers() {
        for value in [0, 1, 127, 128, 255, 256, -1, -128, -129, i64::MAX.into(), i64::MIN.into(), u64::MAX.into()] {
            let mut out = Vec::new();
            put_integer(&mut out, value);
            assert_eq!(Reader(&out).integer().unwrap(), value);
        }
    }
}
