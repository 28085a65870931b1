//! Ciphertext in and out, as the TLS code sees it. Would-block is a value here, not an error.

/// What one call of a transport did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Io {
    /// This many bytes were moved, at least one.
    Done(usize),
    /// Nothing can be moved now; the same call may be made again later.
    WouldBlock,
    /// The peer will send nothing more (reading only).
    Eof,
    /// The transport failed; it knows why.
    Failed,
}

/// Where records come from and go to.
pub trait Transport {
    /// Reads at most `buf.len()` bytes into `buf`.
    fn recv(&mut self, buf: &mut [u8]) -> Io;

    /// Writes at most `data.len()` bytes of `data`.
    fn send(&mut self, data: &[u8]) -> Io;

    /// Whether the last call failed because there is no peer any more.
    fn peer_is_gone(&self) -> bool {
        false
    }

    /// Pushes out what a buffering transport still holds. Called at the end of each flight.
    fn flush(&mut self) -> Io {
        Io::Done(0)
    }
}

/// A change_cipher_spec in clear, as a record.
const CIPHER_CHANGE: [u8; 6] = [20, 3, 3, 0, 1, 1];

/// Records that are sealed but not yet taken by the transport.
#[derive(Debug, Default)]
pub struct Outbound {
    bytes: Vec<u8>,
    sent: usize,
    /// Bytes that observers have been told of.
    seen: usize,
    unflushed: bool,
}

/// A buffer above this capacity is given back once it has been sent: idle connections keep none.
const KEEP_CAPACITY: usize = 0;

impl Outbound {
    /// Where rustls appends records.
    pub fn sink(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Whether everything has been taken by the transport, and pushed out if it was to be.
    pub fn is_empty(&self) -> bool {
        self.is_sent() && !self.unflushed
    }

    /// Whether everything has been taken by the transport.
    pub fn is_sent(&self) -> bool {
        self.sent == self.bytes.len()
    }

    /// The records that have not been sent.
    pub fn pending(&self) -> &[u8] {
        self.bytes.get(self.sent..).unwrap_or_default()
    }

    /// Takes out what observers have not been told of. It is put back behind the rest, as it is to go out.
    pub(super) fn take_unseen(&mut self) -> Vec<u8> {
        match self.seen.min(self.bytes.len()) {
            0 => std::mem::take(&mut self.bytes),
            seen => self.bytes.split_off(seen),
        }
    }

    /// Observers have been told of everything.
    pub(super) fn set_seen(&mut self) {
        self.seen = self.bytes.len();
    }

    /// Whether nothing is pending but a change_cipher_spec.
    pub fn is_lone_change_cipher_spec(&self) -> bool {
        self.sent == 0 && self.bytes == CIPHER_CHANGE
    }

    /// Takes out the change_cipher_spec that is to go out first, unless observers have been told of it.
    pub(super) fn drop_first_change_cipher_spec(&mut self) {
        if (self.sent, self.seen) == (0, 0) && self.bytes.starts_with(&CIPHER_CHANGE) {
            self.bytes.drain(..CIPHER_CHANGE.len());
        }
    }

    /// Sends all that is pending and pushes it out; `Done(0)` when nothing is left.
    pub fn flush(&mut self, transport: &mut dyn Transport) -> Io {
        match self.send_all(transport) {
            Io::Done(_) if self.unflushed => {}
            other => return other,
        }
        match transport.flush() {
            Io::Done(_) => {
                self.unflushed = false;
                Io::Done(0)
            }
            other => other,
        }
    }

    /// Sends all that is pending; a buffering transport may still hold it. `Done(0)` when nothing is left.
    pub fn send_all(&mut self, transport: &mut dyn Transport) -> Io {
        while let Some(rest) = self.bytes.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match transport.send(rest) {
                Io::Done(n) => {
                    self.sent += n.min(rest.len());
                    self.unflushed = true;
                }
                other => return other,
            }
        }
        self.bytes.clear();
        (self.sent, self.seen) = (0, 0);
        if self.bytes.capacity() > KEEP_CAPACITY {
            self.bytes = Vec::new();
        }
        Io::Done(0)
    }
}
