//! Reads TLS records from a transport, never beyond the current one unless told to, into pooled buffers.

use super::session::{TLS1_2, TLS1_3};
use super::transport::{Io, Transport};
use parking_lot::Mutex;
use rustls::TlsInputBuffer;
use std::ops::Range;

/// Length of a record header, bytes (RFC 8446, section 5.1).
pub const HEADER: usize = 5;
/// Most bytes the body of a protected record has in TLS 1.3 (RFC 8446, section 5.2).
const MAX_BODY_TLS13: usize = 16384 + 256;
/// Most bytes the body of a record has else: OpenSSL does not use up TLS 1.2's allowance of 2048 (RFC 5246, section
/// 6.2.3).
const MAX_BODY_TLS12: usize = 16384 + 320;
/// Most bytes the body of any record may be announced with: what OpenSSL's buffer has room for.
const MAX_BODY: usize = MAX_BODY_TLS12 + 3;
/// Size of a pooled buffer, bytes: one record.
const BUFFER: usize = HEADER + MAX_BODY;
/// How many idle buffers the process keeps.
const POOLED: usize = 32;

static POOL: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

fn take_buffer() -> Vec<u8> {
    POOL.lock().pop().unwrap_or_else(|| vec![0; BUFFER])
}

fn give_buffer(buffer: Vec<u8>) {
    if buffer.len() != BUFFER {
        return;
    }
    let mut pool = POOL.lock();
    if pool.len() < POOLED {
        pool.push(buffer);
    }
}

/// What makes a header no TLS record, or not the one that can come now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordError {
    /// The connection begins with a plain HTTP request.
    HttpRequest,
    /// The connection begins with a plain HTTP CONNECT.
    HttpsProxyRequest,
    /// The connection begins with a ClientHello of SSL 2.0.
    Ssl2Hello,
    /// The connection begins with no TLS record at all.
    NotTls,
    /// The version field is not the one agreed on, or not 3.x.
    WrongVersion,
    /// The version field of a protected TLS 1.3 record is not 3.3.
    WrongLegacyVersion,
    /// The type is not one that can come unprotected now.
    WrongType,
    /// The body is longer than any record may be.
    TooLong,
    /// The body is longer than a protected record may be.
    CiphertextTooLong,
}

/// What is known about the records to come, for judging their headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules {
    /// The version agreed on, 0 before.
    pub version: u16,
    /// TLS 1.3: records are protected by now.
    pub sealed: bool,
    /// TLS 1.3: a change_cipher_spec may come, for middleboxes.
    pub cipher_change: bool,
    /// TLS 1.3: an alert may still come in clear.
    pub clear_alerts: bool,
}

/// Content types (RFC 8446, section 5.1).
pub mod content {
    /// change_cipher_spec.
    pub const CHANGE_CIPHER_SPEC: u8 = 20;
    /// alert.
    pub const ALERT: u8 = 21;
    /// handshake.
    pub const HANDSHAKE: u8 = 22;
    /// application_data.
    pub const APPLICATION_DATA: u8 = 23;
}

impl Rules {
    /// Judges a whole header: content type, version, length of the body.
    fn check(&self, kind: u8, version: u16, len: usize) -> Result<(), RecordError> {
        let wrong_version = match self.version {
            // Any minor version is taken while there is no agreement, and in clear from a TLS 1.3 peer.
            0 | TLS1_3 => version >> 8 != 3,
            agreed => version != agreed,
        };
        if wrong_version {
            return Err(RecordError::WrongVersion);
        }
        if self.sealed {
            let may_come = match kind {
                content::APPLICATION_DATA => true,
                content::CHANGE_CIPHER_SPEC => self.cipher_change,
                content::ALERT => self.clear_alerts,
                _ => false,
            };
            if !may_come {
                return Err(RecordError::WrongType);
            }
            if version != TLS1_2 {
                return Err(RecordError::WrongLegacyVersion);
            }
        }
        let most = if self.version == TLS1_3 { MAX_BODY_TLS13 } else { MAX_BODY_TLS12 };
        match len {
            len if len > MAX_BODY => Err(RecordError::TooLong),
            len if len > most => Err(RecordError::CiphertextTooLong),
            _ => Ok(()),
        }
    }
}

/// A first header that is not TLS may be another protocol that is known by name.
fn other_protocol(header: &[u8]) -> RecordError {
    match header {
        [b'G', b'E', b'T', b' ', ..] | [b'P', b'U', b'T', b' ', ..] | b"POST " | b"HEAD " => RecordError::HttpRequest,
        b"CONNE" => RecordError::HttpsProxyRequest,
        [first, _, 1, ..] if first & 0x80 != 0 => RecordError::Ssl2Hello,
        _ => RecordError::NotTls,
    }
}

/// Ciphertext on its way to rustls, and plaintext that rustls left in place for the reader.
#[derive(Debug, Default)]
pub struct Inbound {
    /// Empty, or of at least `BUFFER` bytes of which the first `end` are filled.
    data: Vec<u8>,
    /// Bytes before this one have been discarded by rustls.
    start: usize,
    /// Bytes from here on are free.
    end: usize,
    /// Where the record now being received begins.
    record: usize,
    /// Where the last whole record begins.
    last: usize,
    /// Decrypted application data not yet read, inside `data[..start]` or at its border.
    plain: Range<usize>,
    /// Whether a whole record has been seen on this connection.
    pub(super) seen_record: bool,
    /// The header that has come last, for observers.
    header: Option<[u8; HEADER]>,
    /// The header of the record now being received has been noted there.
    header_noted: bool,
    /// What is known about the records to come.
    pub rules: Rules,
    /// Read as much as the transport has, not just the current record (`SSL_set_read_ahead`).
    pub read_ahead: bool,
}

impl Drop for Inbound {
    fn drop(&mut self) {
        self.release();
    }
}

impl Inbound {
    /// Application data that has been decrypted and not been taken.
    pub fn plaintext(&self) -> &[u8] {
        self.data.get(self.plain.clone()).unwrap_or_default()
    }

    /// Takes `n` bytes of [`Inbound::plaintext`]; gives the buffer back when nothing is left in it.
    pub fn consume(&mut self, n: usize) {
        self.plain.start = (self.plain.start + n).min(self.plain.end);
        self.release_if_empty();
    }

    /// Remembers that `slice`, which lies in this buffer, is application data to be read.
    pub(super) fn set_plaintext(&mut self, base: usize, address: usize, len: usize) {
        let offset = address.wrapping_sub(base);
        self.plain = offset..offset.saturating_add(len);
    }

    /// The address of the buffer's first byte, for [`Inbound::set_plaintext`].
    pub(super) fn base(&self) -> usize {
        self.data.as_ptr() as usize
    }

    /// Bytes received that rustls has not discarded: whole or partial records.
    pub fn has_ciphertext(&self) -> bool {
        self.start < self.end
    }

    /// Whether at least one whole record is waiting to be processed.
    pub fn has_record(&self) -> bool {
        self.has_unprocessed() || matches!(self.missing(), Ok(0))
    }

    /// Whether whole records are there that rustls has seen and wants to see again, or has not seen.
    pub fn has_unprocessed(&self) -> bool {
        self.record > self.start
    }

    /// The records received and not discarded yet: what rustls will see next.
    pub fn ciphertext(&self) -> &[u8] {
        self.data.get(self.start..self.end).unwrap_or_default()
    }

    /// The last whole record received (header and body), for observers. Before rustls has seen it.
    pub fn last_record(&self) -> &[u8] {
        self.data.get(self.last..self.record).unwrap_or_default()
    }

    /// The header that has come last, once, for observers: its record may not be whole, and may never be.
    pub(super) fn take_header(&mut self) -> Option<[u8; HEADER]> {
        self.header.take()
    }

    fn note_header(&mut self) {
        if !self.header_noted {
            self.header = self.data.get(self.record..self.end).and_then(|record| record.first_chunk().copied());
            self.header_noted = self.header.is_some();
        }
    }

    /// A buffer that begins with records that have been received before, and goes on where this one does.
    pub(super) fn rewound(&self, records: &[u8]) -> Self {
        let mut data = take_buffer();
        data.clear();
        data.extend_from_slice(records);
        data.extend_from_slice(self.data.get(self.record..self.end).unwrap_or_default());
        let end = data.len();
        data.resize(end.max(BUFFER), 0);
        let mut rewound = Self::default();
        (rewound.data, rewound.end, rewound.record) = (data, end, records.len());
        (rewound.seen_record, rewound.read_ahead) = (true, self.read_ahead);
        rewound
    }

    /// Receives until one whole record more is there.
    ///
    /// # Errors
    /// The header is not one of TLS, or not one that can come now.
    pub fn read_record(&mut self, transport: &mut dyn Transport) -> Result<Io, RecordError> {
        self.make_room();
        loop {
            self.note_header();
            let missing = self.missing()?;
            if missing == 0 {
                self.last = self.record;
                self.record += HEADER + self.body_len().unwrap_or(0);
                (self.seen_record, self.header_noted) = (true, false);
                return Ok(Io::Done(1));
            }
            let wanted = if self.read_ahead { self.data.len() - self.end } else { missing };
            if self.end + wanted > self.data.len() {
                self.data.resize(self.end + wanted, 0);
            }
            let Some(space) = self.data.get_mut(self.end..self.end + wanted) else { return Ok(Io::Failed) };
            match transport.recv(space) {
                Io::Done(n) => self.end += n.min(wanted),
                other => return Ok(other),
            }
        }
    }

    /// Takes the last whole record out again, before rustls has seen it.
    pub fn drop_last_record(&mut self) {
        self.data.copy_within(self.record..self.end, self.last);
        self.end -= self.record - self.last;
        self.record = self.last;
        self.release_if_empty();
    }

    /// How many bytes the current record still lacks: first of its header, then of its body.
    fn missing(&self) -> Result<usize, RecordError> {
        let have = self.end - self.record;
        let Some(len) = self.body_len() else { return Ok(HEADER.saturating_sub(have)) };
        self.check_header(len)?;
        Ok((HEADER + len).saturating_sub(have))
    }

    /// The body length that the current header announces, once the header is whole.
    fn body_len(&self) -> Option<usize> {
        match self.data.get(self.record..self.end)? {
            [_, _, _, high, low, ..] => Some(usize::from(*high) << 8 | usize::from(*low)),
            _ => None,
        }
    }

    fn check_header(&self, len: usize) -> Result<(), RecordError> {
        match self.data.get(self.record..self.end) {
            Some([kind, 3, minor, ..]) => self.rules.check(*kind, 0x0300 | u16::from(*minor), len),
            Some([.., _]) if self.seen_record => Err(RecordError::WrongVersion),
            header => Err(other_protocol(header.and_then(|header| header.get(..HEADER)).unwrap_or_default())),
        }
    }

    /// Moves what is left to the front, or takes a buffer when there is none.
    fn make_room(&mut self) {
        if self.data.is_empty() {
            self.data = take_buffer();
        }
        if !self.plain.is_empty() {
            return;
        }
        self.plain = 0..0;
        if self.start == self.end {
            (self.start, self.end, self.record, self.last) = (0, 0, 0, 0);
        } else if self.start > 0 && self.end + HEADER + MAX_BODY > self.data.len() {
            self.data.copy_within(self.start..self.end, 0);
            self.record -= self.start;
            self.last = self.record;
            self.end -= self.start;
            self.start = 0;
        }
    }

    fn release_if_empty(&mut self) {
        if self.plain.is_empty() && self.start == self.end {
            self.release();
        }
    }

    /// Gives the buffer back to the pool, wiped of plaintext by being overwritten by its next user.
    fn release(&mut self) {
        if !self.data.is_empty() {
            give_buffer(std::mem::take(&mut self.data));
        }
        (self.start, self.end, self.record, self.last) = (0, 0, 0, 0);
        self.plain = 0..0;
    }

    /// Forgets everything that was received.
    pub fn clear(&mut self) {
        self.release();
    }

    /// Gives the buffer back when it holds nothing (after records without application data).
    pub fn trim(&mut self) {
        self.release_if_empty();
    }
}

impl TlsInputBuffer for Inbound {
    fn slice_mut(&mut self) -> &mut [u8] {
        self.data.get_mut(self.start..self.record.max(self.start)).unwrap_or_default()
    }

    fn discard(&mut self, num_bytes: usize) {
        self.start = (self.start + num_bytes).min(self.end);
    }

    fn received_close_notify(&mut self) {}

    fn has_seen_eof(&self) -> bool {
        false
    }
}
