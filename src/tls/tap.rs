//! What goes over the wire, told in the row in which a record layer with one message to a record meets it: when a
//! message begins, the headers of its records, the types inside of protected ones, and the message when it is whole.
//!
//! rustls puts the messages of a flight into as few records as they fit in. Where the records are watched each message
//! gets records of its own, so that what is shown is what is sent.

use super::exchange::Exchange;
use super::handshake_type::{FINISHED, SERVER_HELLO};
use super::hello::ServerAnswer;
use super::record::{HEADER, content};
use super::transport::Outbound;
use std::collections::VecDeque;

/// Bytes at the end of a protected record by which it is known again: those of its authentication tag.
const MARK: usize = 16;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A handshake message of this type (RFC 8446, section 4).
    Handshake(u8),
    /// A HelloRetryRequest, once it is whole; before it is a ServerHello.
    Retry,
    /// change_cipher_spec.
    CipherChange,
}

/// Something that was written (or read).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A message begins.
    Begun {
        /// We write it.
        written: bool,
        /// What it is.
        kind: Kind,
    },
    /// A record. Only where [`Tap::whole`] is set.
    Header {
        /// We write it.
        written: bool,
        /// Its header.
        bytes: [u8; HEADER],
    },
    /// The content type inside a protected record of TLS 1.3. Only where [`Tap::whole`] is set.
    InnerType {
        /// We write it.
        written: bool,
        /// The type.
        content_type: u8,
    },
    /// A message is whole.
    Message {
        /// We write it.
        written: bool,
        /// What it is.
        kind: Kind,
        /// How long it is, bytes.
        len: usize,
        /// Header and body; empty unless [`Tap::whole`] is set, or it is a Finished.
        bytes: Vec<u8>,
    },
}

/// Follows the handshake messages of one direction through their records.
#[derive(Debug, Default)]
pub(super) struct Follower {
    /// The message so far: its header, a whole ServerHello, or all of it where it is wanted.
    bytes: Vec<u8>,
    /// Bytes of the message seen so far.
    seen: usize,
}

impl Follower {
    /// Length of the message as far as its header says it.
    fn len(&self) -> Option<usize> {
        match self.bytes.as_slice() {
            [_, a, b, c, ..] => Some(4 + (usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c))),
            _ => None,
        }
    }

    /// Whether the next byte begins a message.
    fn is_between(&self) -> bool {
        self.seen == 0
    }

    /// Takes bytes up to the end of the current message at most: how many, and what happened.
    fn take(&mut self, written: bool, whole: bool, bytes: &[u8], events: &mut Vec<Event>) -> usize {
        let mut taken = 0;
        while self.bytes.len() < 4 {
            let Some(&byte) = bytes.get(taken) else { return taken };
            self.bytes.push(byte);
            (taken, self.seen) = (taken + 1, self.seen + 1);
            if let [kind, _, _, _] = *self.bytes.as_slice() {
                events.push(Event::Begun { written, kind: Kind::Handshake(kind) });
            }
        }
        let (Some(len), Some(&kind)) = (self.len(), self.bytes.first()) else { return taken };
        let rest = bytes.get(taken..).unwrap_or_default();
        let rest = rest.get(..len - self.seen).unwrap_or(rest);
        if whole || matches!(kind, SERVER_HELLO | FINISHED) {
            self.bytes.extend_from_slice(rest);
        }
        (taken, self.seen) = (taken + rest.len(), self.seen + rest.len());
        if self.seen == len {
            let bytes = std::mem::take(&mut self.bytes);
            let is_retry = matches!(ServerAnswer::from_message(&bytes), Some(ServerAnswer::Retry));
            let kind = if is_retry { Kind::Retry } else { Kind::Handshake(kind) };
            // Where it was wanted only from its middle on it cannot be shown.
            let is_kept = bytes.len() == len && (whole || kind == Kind::Handshake(FINISHED));
            let bytes = if is_kept { bytes } else { Vec::new() };
            events.push(Event::Message { written, kind, len, bytes });
            self.seen = 0;
        }
        taken
    }

    /// Cuts content where messages end.
    pub(super) fn cut<'a>(&mut self, mut content: &'a [u8]) -> Vec<&'a [u8]> {
        let (mut pieces, mut events) = (Vec::new(), Vec::new());
        while !content.is_empty() {
            let (piece, rest) =
                content.split_at_checked(self.take(true, false, content, &mut events)).unwrap_or((content, &[]));
            pieces.push(piece);
            content = rest;
        }
        pieces
    }
}

/// A record in the place of another one: with its header, and what it holds.
pub(super) type Replacement = (Vec<u8>, Vec<u8>);

/// A protected record of ours which waits to be seen among those to be sent.
#[derive(Debug)]
struct Sealed {
    /// How the record ends.
    mark: Vec<u8>,
    /// TLS 1.3: the type inside.
    inner: Option<u8>,
    /// Its content, if that is a handshake message or a part of one.
    content: Vec<u8>,
    /// Records that go out in its place.
    instead: Vec<Replacement>,
}

/// Where the events of a connection are gathered.
#[derive(Debug, Default)]
pub struct Tap {
    /// Headers and messages are wanted, not only the row of messages.
    pub whole: bool,
    /// What has happened and was not taken yet.
    pub events: Vec<Event>,
    sent: Follower,
    received: Follower,
    cutter: Follower,
    sealed: VecDeque<Sealed>,
}

/// The end of a record by which it is known again.
fn mark(record: &[u8]) -> &[u8] {
    record.last_chunk::<MARK>().map_or(record, |mark| mark)
}

impl Tap {
    /// A header was received.
    pub(super) fn header_received(&mut self, bytes: [u8; HEADER]) {
        if self.whole {
            self.events.push(Event::Header { written: false, bytes });
        }
    }

    /// A protected record of TLS 1.3 was opened.
    pub(super) fn inner_received(&mut self, content_type: u8) {
        if self.whole {
            self.events.push(Event::InnerType { written: false, content_type });
        }
    }

    /// The content of a handshake record was received.
    pub(super) fn received(&mut self, mut content: &[u8]) {
        while !content.is_empty() {
            let taken = self.received.take(false, self.whole, content, &mut self.events);
            content = content.get(taken..).unwrap_or_default();
        }
    }

    /// A change_cipher_spec was received that means something.
    pub(super) fn cipher_change_received(&mut self) {
        self.events.push(Event::Begun { written: false, kind: Kind::CipherChange });
    }

    /// A message was received that nobody answers.
    pub(super) fn ignored(&mut self, message: &[u8]) {
        if let (true, Some(&kind)) = (self.whole, message.first()) {
            let (kind, bytes) = (Kind::Handshake(kind), message.to_vec());
            self.events.push(Event::Message { written: false, kind, len: bytes.len(), bytes });
        }
    }

    /// A record was sealed; it is told of when it is seen among those to be sent. `payload` is its protected body,
    /// `inner` the type inside in TLS 1.3.
    pub(super) fn sealed(&mut self, payload: &[u8], inner: Option<u8>, content: &[u8], instead: Vec<Replacement>) {
        let (mark, content) = (mark(payload).to_vec(), content.to_vec());
        self.sealed.push_back(Sealed { mark, inner, content, instead });
    }

    /// Whether sealed records have not been seen on their way out.
    pub(super) fn awaits_sealed(&self) -> bool {
        !self.sealed.is_empty()
    }

    /// The note of the record with this body, if it is a protected one that was noted.
    fn take_sealed(&mut self, body: &[u8]) -> Option<Sealed> {
        let at = self.sealed.iter().position(|sealed| sealed.mark == mark(body))?;
        // Those before it were thrown away.
        self.sealed.drain(..at);
        let sealed = self.sealed.pop_front();
        if self.sealed.is_empty() {
            // An idle connection keeps no room for them.
            self.sealed = VecDeque::new();
        }
        sealed
    }

    /// Tells of a record that is to be sent; `content` is that of a handshake record.
    fn sent(&mut self, record: &[u8], inner: Option<u8>, mut content: &[u8], is_plain: bool) {
        let Some((&header, body)) = record.split_first_chunk::<HEADER>() else { return };
        let written = true;
        let mut messages = Vec::new();
        let begins = self.sent.is_between();
        while !content.is_empty() {
            let taken = self.sent.take(written, self.whole, content, &mut messages);
            content = content.get(taken..).unwrap_or_default();
        }
        if is_plain && header.first() == Some(&content::CHANGE_CIPHER_SPEC) {
            let kind = Kind::CipherChange;
            messages.push(Event::Begun { written, kind });
            messages.push(Event::Message { written, kind, len: body.len(), bytes: body.to_vec() });
        }
        let mut messages = messages.into_iter().peekable();
        if begins {
            self.events.extend(messages.next_if(|event| matches!(event, Event::Begun { .. })));
        }
        if self.whole {
            self.events.push(Event::Header { written, bytes: header });
            self.events.extend(inner.map(|content_type| Event::InnerType { written, content_type }));
        }
        self.events.extend(messages);
    }

    /// Tells of a record that rustls wants to be sent, and puts into `out` what goes out for it.
    fn send(&mut self, record: &[u8], body: &[u8], out: &mut Vec<u8>) {
        let kind = record.first().copied().unwrap_or(0);
        let Some(sealed) = self.take_sealed(body) else {
            let pieces = match kind {
                content::HANDSHAKE if self.whole => self.cutter.cut(body),
                _ => vec![body],
            };
            for piece in pieces {
                let version = [record.get(1).copied().unwrap_or(3), record.get(2).copied().unwrap_or(3)];
                let record = framed(kind, version, piece);
                self.sent(&record, None, if kind == content::HANDSHAKE { piece } else { &[] }, true);
                out.extend(record);
            }
            return;
        };
        if sealed.instead.is_empty() {
            self.sent(record, sealed.inner, &sealed.content, false);
            out.extend_from_slice(record);
        }
        for (record, content) in &sealed.instead {
            self.sent(record, sealed.inner, content, false);
            out.extend_from_slice(record);
        }
    }
}

/// A record of this type with this body.
pub(super) fn framed(kind: u8, version: [u8; 2], body: &[u8]) -> Vec<u8> {
    let len = u16::try_from(body.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&[kind], &version[..], &len, body].concat()
}

/// Looks at the records that have joined those to be sent.
pub(super) fn settle(exchange: &Exchange, outbound: &mut Outbound) {
    // A client's change_cipher_spec for middleboxes goes with its next flight.
    if outbound.is_lone_change_cipher_spec() {
        return;
    }
    let unseen = outbound.take_unseen();
    let mut rest = unseen.as_slice();
    let mut record = exchange.record.lock();
    let out = outbound.sink();
    while let [_, _, _, high, low, body @ ..] = rest {
        let len = usize::from(*high) << 8 | usize::from(*low);
        let Some(body) = body.get(..len) else { break };
        let (whole, after) = rest.split_at_checked(HEADER + len).unwrap_or((rest, &[]));
        record.tap.send(whole, body, out);
        rest = after;
    }
    out.extend_from_slice(rest);
    outbound.set_seen();
}

/// As [`settle`], for the records of an open connection, which mostly nobody wants to hear of.
pub(super) fn settle_open(exchange: &Exchange, outbound: &mut Outbound) {
    if exchange.is_watched() || exchange.record.lock().tap.awaits_sealed() {
        settle(exchange, outbound);
    } else {
        outbound.set_seen();
    }
}
