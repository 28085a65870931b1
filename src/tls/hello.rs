//! A look at a ClientHello's bytes (RFC 8446, section 4.1.2), for what rustls does not show: random, session id,
//! extensions in order, ticket.

/// The extension of secure renegotiation (RFC 5746).
const RENEGOTIATION_INFO: u16 = 0xff01;

/// A cursor over length-prefixed vectors.
#[derive(Debug)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The next `n` bytes.
    pub fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }

    /// A number of one byte.
    pub fn u8(&mut self) -> Option<usize> {
        self.take(1)?.first().map(|&b| usize::from(b))
    }

    /// A number of two bytes.
    pub fn u16(&mut self) -> Option<usize> {
        match self.take(2)? {
            [high, low] => Some(usize::from(*high) << 8 | usize::from(*low)),
            _ => None,
        }
    }

    /// A vector with a length of one byte before it.
    pub fn vec8(&mut self) -> Option<&'a [u8]> {
        let len = self.u8()?;
        self.take(len)
    }

    /// A vector with a length of two bytes before it.
    pub fn vec16(&mut self) -> Option<&'a [u8]> {
        let len = self.u16()?;
        self.take(len)
    }
}

/// A ClientHello, as owned bytes with the places of its fields.
#[derive(Debug, Clone, Default)]
pub struct Hello {
    /// `legacy_version`.
    pub version: u16,
    /// The client's random, 32 bytes.
    pub random: Vec<u8>,
    /// `legacy_session_id`, at most 32 bytes.
    pub session_id: Vec<u8>,
    /// Cipher suites, two bytes each, as sent.
    pub cipher_suites: Vec<u8>,
    /// Compression methods, as sent.
    pub compressions: Vec<u8>,
    /// Extensions in the order sent: type and content.
    pub extensions: Vec<(u16, Vec<u8>)>,
}

impl Hello {
    /// Parses a ClientHello from `records`, the records that carried it (also in several fragments).
    pub fn from_records(records: &[u8]) -> Option<Self> {
        let mut reader = Reader(records);
        let mut message = Vec::new();
        while !reader.0.is_empty() {
            let kind = reader.u8()?;
            reader.take(2)?;
            let body = reader.vec16()?;
            if kind == 22 {
                message.extend_from_slice(body);
            }
        }
        Self::from_message(&message)
    }

    /// Parses a handshake message: type 1, length, body.
    pub fn from_message(message: &[u8]) -> Option<Self> {
        let mut reader = Reader(message);
        if reader.u8()? != 1 {
            return None;
        }
        let len = reader.u8()? << 16 | reader.u16()?;
        let mut body = Reader(reader.take(len)?);
        let mut hello = Self {
            version: u16::try_from(body.u16()?).ok()?,
            random: body.take(32)?.to_vec(),
            session_id: body.vec8()?.to_vec(),
            cipher_suites: body.vec16()?.to_vec(),
            compressions: body.vec8()?.to_vec(),
            extensions: Vec::new(),
        };
        if body.0.is_empty() {
            return Some(hello);
        }
        let mut extensions = Reader(body.vec16()?);
        while !extensions.0.is_empty() {
            let kind = u16::try_from(extensions.u16()?).ok()?;
            hello.extensions.push((kind, extensions.vec16()?.to_vec()));
        }
        Some(hello)
    }

    /// The content of an extension, if it was sent.
    pub fn extension(&self, kind: u16) -> Option<&[u8]> {
        self.extensions.iter().find(|(k, _)| *k == kind).map(|(_, content)| content.as_slice())
    }

    /// The identities of the pre_shared_key extension (RFC 8446, section 4.2.11), in the client's order.
    pub fn psk_identities(&self) -> Vec<&[u8]> {
        let list = self.extension(41).and_then(|content| Reader(content).vec16()).unwrap_or_default();
        let mut list = Reader(list);
        std::iter::from_fn(|| {
            let identity = list.vec16()?;
            list.take(4)?;
            Some(identity)
        })
        .collect()
    }

    /// How long the binder of each identity is.
    pub fn psk_binder_lengths(&self) -> Vec<usize> {
        let binders = self.extension(41).and_then(|content| {
            let mut content = Reader(content);
            content.vec16()?;
            content.vec16()
        });
        let mut binders = Reader(binders.unwrap_or_default());
        std::iter::from_fn(|| binders.vec8()).map(<[u8]>::len).collect()
    }

    /// Whether the client says that it renegotiates securely (RFC 5746): by the extension or a signalling cipher suite.
    pub fn renegotiates_securely(&self) -> bool {
        self.extension(RENEGOTIATION_INFO).is_some() || self.cipher_suites.chunks(2).any(|suite| suite == [0, 0xff])
    }

    /// The host name of the server_name extension (RFC 6066, section 3), as sent.
    pub fn server_name(&self) -> Option<&[u8]> {
        let mut list = Reader(Reader(self.extension(0)?).vec16()?);
        while !list.0.is_empty() {
            let kind = list.u8()?;
            let name = list.vec16()?;
            if kind == 0 {
                return Some(name);
            }
        }
        None
    }

    /// The protocol list of the ALPN extension (RFC 7301), in wire form without its outer length.
    pub fn alpn(&self) -> Option<&[u8]> {
        let list = Reader(self.extension(16)?).vec16()?;
        (!list.is_empty()).then_some(list)
    }

    /// The cipher suites as numbers.
    pub fn suites(&self) -> impl Iterator<Item = u16> + '_ {
        self.cipher_suites.chunks_exact(2).map(|pair| match pair {
            [high, low] => u16::from(*high) << 8 | u16::from(*low),
            _ => 0,
        })
    }

    /// The entries of an extension that is a list of 16-bit numbers: groups (10), signature algorithms (13).
    pub fn numbers(&self, kind: u16) -> Vec<u16> {
        let list = self.extension(kind).and_then(|content| Reader(content).vec16()).unwrap_or_default();
        list.chunks_exact(2)
            .map(|pair| match pair {
                [high, low] => u16::from(*high) << 8 | u16::from(*low),
                _ => 0,
            })
            .collect()
    }

    /// The versions of the supported_versions extension, if it was sent.
    pub fn supported_versions(&self) -> Option<Vec<u16>> {
        let list = Reader(self.extension(43)?).vec8()?;
        Some(list.chunks_exact(2).filter_map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?))).collect())
    }
}

/// What a ServerHello says in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerHello {
    /// The server's random.
    pub random: [u8; 32],
    /// The version agreed on.
    pub version: u16,
    /// The cipher suite agreed on.
    pub suite: u16,
    /// It has the extension for secure renegotiation (RFC 5746).
    pub renegotiation_info: bool,
    /// TLS 1.2: the master secret is an extended one (RFC 7627).
    pub extended_master_secret: bool,
    /// TLS 1.3: the server has taken a session that was offered.
    pub pre_shared_key: bool,
    /// The session id, filled up with zeros.
    pub session_id: [u8; 32],
}

/// The random that makes a ServerHello a HelloRetryRequest (RFC 8446, section 4.1.3): SHA-256 of "HelloRetryRequest".
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
    0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// A server's answer to a ClientHello.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerAnswer {
    /// It goes on.
    Hello(ServerHello),
    /// It wants another ClientHello.
    Retry,
}

impl ServerAnswer {
    /// Parses the answer that `records` begin with, also in several fragments and behind warnings.
    pub fn from_records(records: &[u8]) -> Option<Self> {
        let mut reader = Reader(records);
        let mut message = Vec::new();
        while !reader.0.is_empty() {
            let kind = reader.u8()?;
            reader.take(2)?;
            let body = reader.vec16()?;
            match kind {
                21 => {}
                22 => message.extend_from_slice(body),
                _ => break,
            }
        }
        Self::from_message(&message)
    }

    /// Parses a handshake message: type 2, length, body. What follows it does not matter.
    pub fn from_message(message: &[u8]) -> Option<Self> {
        let mut message = Reader(message);
        (message.u8()? == 2).then_some(())?;
        let len = message.u8()? << 16 | message.u16()?;
        let mut body = Reader(message.take(len)?);
        let legacy = u16::try_from(body.u16()?).ok()?;
        let random: [u8; 32] = body.take(32)?.try_into().ok()?;
        let id = body.vec8()?;
        let suite = u16::try_from(body.u16()?).ok()?;
        body.take(1)?;
        let mut session_id = [0; 32];
        session_id.get_mut(..id.len())?.copy_from_slice(id);
        let mut hello = ServerHello {
            random,
            version: legacy,
            suite,
            renegotiation_info: false,
            extended_master_secret: false,
            pre_shared_key: false,
            session_id,
        };
        if !body.0.is_empty() {
            let mut extensions = Reader(body.vec16()?);
            while !extensions.0.is_empty() {
                let kind = extensions.u16()?;
                let content = extensions.vec16()?;
                match u16::try_from(kind).ok()? {
                    23 => hello.extended_master_secret = true,
                    41 => hello.pre_shared_key = true,
                    43 => hello.version = u16::try_from(Reader(content).u16()?).ok()?,
                    RENEGOTIATION_INFO => hello.renegotiation_info = true,
                    _ => {}
                }
            }
        }
        Some(match random == RETRY {
            true => Self::Retry,
            false => Self::Hello(hello),
        })
    }
}

/// Whether a ServerHello or EncryptedExtensions says that the server has used the client's server name (RFC 6066,
/// section 3).
pub fn acknowledges_name(message: &[u8]) -> bool {
    let mut reader = Reader(message);
    let mut found = || {
        let kind = reader.u8()?;
        reader.take(3)?;
        match kind {
            2 => {
                reader.take(34)?;
                reader.vec8()?;
                reader.take(3)?;
            }
            8 => {}
            _ => return None,
        }
        let mut extensions = Reader(reader.vec16()?);
        while !extensions.0.is_empty() {
            let kind = extensions.u16()?;
            extensions.vec16()?;
            if kind == 0 {
                return Some(());
            }
        }
        None
    };
    found().is_some()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    fn message() -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend([2, 0xaa, 0xbb]);
        body.extend([0, 4, 0x13, 0x01, 0xc0, 0x2f]);
        body.extend([1, 0]);
        let mut extensions = vec![0, 0, 0, 7, 0, 5, 0, 0, 2, b'a', b'b'];
        extensions.extend([0, 16, 0, 5, 0, 3, 2, b'h', b'2']);
        extensions.extend([0, 43, 0, 3, 2, 3, 4]);
        body.extend([0, extensions.len() as u8]);
        body.extend(extensions);
        let mut message = vec![1, 0, 0, body.len() as u8];
        message.extend(body);
        message
    }

    #[test]
    fn fields() {
        let hello = Hello::from_message(&message()).unwrap();
        assert_eq!(hello.version, 0x303);
        assert_eq!(hello.session_id, [0xaa, 0xbb]);
        assert_eq!(hello.server_name(), Some(&b"ab"[..]));
        assert_eq!(hello.alpn(), Some(&b"\x02h2"[..]));
        assert_eq!(hello.suites().collect::<Vec<_>>(), [0x1301, 0xc02f]);
        assert_eq!(hello.supported_versions(), Some(vec![0x304]));
    }

    #[test]
    fn acknowledged_names() {
        assert!(acknowledges_name(&[8, 0, 0, 10, 0, 8, 0, 16, 0, 0, 0, 0, 0, 0]));
        assert!(!acknowledges_name(&[8, 0, 0, 6, 0, 4, 0, 16, 0, 0]));
        let mut hello = vec![2, 0, 0, 44, 3, 3];
        hello.extend([0; 32]);
        hello.extend([0, 0x13, 1, 0]);
        assert!(!acknowledges_name(&hello));
        hello.extend([0, 4, 0, 0, 0, 0]);
        assert!(acknowledges_name(&hello));
    }

    #[test]
    fn cut_anywhere_is_no_hello() {
        let whole = message();
        for len in 0..whole.len() {
            assert!(Hello::from_message(&whole[..len]).is_none(), "{len}");
        }
    }

    #[test]
    fn fragments() {
        let whole = message();
        let mut records = Vec::new();
        for part in whole.chunks(40) {
            records.extend([22, 3, 1, 0, part.len() as u8]);
            records.extend(part);
        }
        assert_eq!(Hello::from_records(&records).unwrap().session_id, [0xaa, 0xbb]);
    }
}
