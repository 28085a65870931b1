//! Reads TLS records from a transport, never beyond the current one unless told to, into pooled buffers.

use super::transport::{Io, Transport};
use parking_lot::Mutex;
use rustls::TlsInputBuffer;
use rustls::error::AlertDescription;
use std::ops::Range;

/// Length of a record header, bytes (RFC 8446, section 5.1).
pub const HEADER: usize = 5;
/// Most bytes a protected record's body may have: 2^14 plus TLS 1.2's allowance (RFC 5246, section 6.2.3).
const MAX_BODY: usize = 16384 + 2048;
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

/// What makes a header no TLS record. The first header of a connection says the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordError {
    /// A server was sent a plain HTTP request.
    HttpRequest,
    /// A server was sent a plain HTTP CONNECT.
    HttpsProxyRequest,
    /// A connection begins with something else that is not TLS.
    NotTls,
    /// The version field is not 3.x, though the records before were TLS.
    WrongVersion,
    /// The body is longer than any record may be.
    TooLong,
}

impl RecordError {
    /// The alert to send. What is not TLS gets none: the program may want to answer in the peer's own protocol.
    pub fn alert(self) -> Option<AlertDescription> {
        match self {
            Self::HttpRequest | Self::HttpsProxyRequest | Self::NotTls => None,
            Self::WrongVersion => Some(AlertDescription::ProtocolVersion),
            Self::TooLong => Some(AlertDescription::RecordOverflow),
        }
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
    /// Whether a whole header has been seen on this connection.
    seen_header: bool,
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
        self.record > self.start || matches!(self.missing(), Ok(0))
    }

    /// The records received and not discarded yet: what rustls will see next.
    pub fn ciphertext(&self) -> &[u8] {
        self.data.get(self.start..self.end).unwrap_or_default()
    }

    /// The last whole record received (header and body), for observers. Before rustls has seen it.
    pub fn last_record(&self) -> &[u8] {
        self.data.get(self.last..self.record).unwrap_or_default()
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
        (rewound.seen_header, rewound.read_ahead) = (true, self.read_ahead);
        rewound
    }

    /// Receives until one whole record more is there. `first_flight` tells a server's first record apart.
    ///
    /// # Errors
    /// The header is not one of TLS.
    pub fn read_record(&mut self, transport: &mut dyn Transport, server: bool) -> Result<Io, RecordError> {
        self.make_room();
        loop {
            let missing = match self.missing() {
                Ok(missing) => missing,
                Err(error) => return Err(self.name_first_error(error, server)),
            };
            if missing == 0 {
                self.last = self.record;
                self.record += HEADER + self.body_len().unwrap_or(0);
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
            Some([_, 3, ..]) if len <= MAX_BODY => Ok(()),
            Some([_, 3, ..]) => Err(RecordError::TooLong),
            _ => Err(RecordError::WrongVersion),
        }
    }

    /// A first header that is not TLS may be another protocol that OpenSSL knows by name.
    fn name_first_error(&self, error: RecordError, server: bool) -> RecordError {
        if self.record != 0 || self.seen_header || error != RecordError::WrongVersion {
            return error;
        }
        match self.data.get(..HEADER) {
            Some(b"POST " | b"HEAD " | [b'G', b'E', b'T', b' ', _] | [b'P', b'U', b'T', b' ', _]) if server => {
                RecordError::HttpRequest
            }
            Some(b"CONNE") if server => RecordError::HttpsProxyRequest,
            _ => RecordError::NotTls,
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
            self.seen_header |= self.record > 0;
            (self.start, self.end, self.record, self.last) = (0, 0, 0, 0);
        } else if self.start > 0 && self.end + HEADER + MAX_BODY > self.data.len() {
            self.data.copy_within(self.start..self.end, 0);
            self.record -= self.start;
            self.last = self.record;
            self.end -= self.start;
            self.start = 0;
            self.seen_header = true;
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
        self.seen_header |= self.record > 0;
        (self.start, self.end, self.record, self.last) = (0, 0, 0, 0);
        self.plain = 0..0;
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
