//! Where a handshake stands, as `SSL_get_state` and the info callback show it. rustls runs whole flights at once; the
//! row of states is told from the messages that go over the wire, in OpenSSL's order, with everything that is to be
//! seen between them: records, messages, lines of the key log.
//!
//! OpenSSL tells of each transition with the state it leaves, and once more where a flight ends.

use super::callbacks::{self, info, log_key, loop_event, show};
use super::config::TLS1_3;
use super::connection::Connection;
use super::extension_debug;
use super::session;
use super::strings::State;
use crate::tls::handshake_type as kind;
use crate::tls::tap::{Event, Kind};
use std::collections::VecDeque;
use std::sync::Arc;

/// Content types (RFC 8446, section 5.1), and OpenSSL's own for what is no content.
mod content {
    pub(super) const CHANGE_CIPHER_SPEC: u16 = 20;
    pub(super) const HANDSHAKE: u16 = 22;
    pub(super) const HEADER: u16 = 256;
    pub(super) const INNER_TYPE: u16 = 257;
}

/// The longest Certificate message without certificates, bytes (that of TLS 1.3).
const NO_CERTIFICATE: usize = 8;
/// The version field of protected records of TLS 1.3.
const LEGACY: u16 = 0x0303;

/// What has been seen of a handshake.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// What has happened and was not told yet.
    waiting: VecDeque<Event>,
    /// The peer's certificates have come, and are to be verified before anything else is told.
    unverified: bool,
    /// Server: the ChangeCipherSpec of a HelloRetryRequest is to follow, and with it the flight's end.
    retries: bool,
    /// Client: its credential is being chosen.
    choosing: bool,
    /// Client: the server's part is over as far as it must be for that.
    may_choose: bool,
    /// Server of TLS 1.3: the flight ends in the state in which a client's early data would come.
    early_data: bool,
    /// The last message was written: with it a flight of ours may end.
    wrote_last: bool,
    /// The last message was the peer's.
    read_last: bool,
    /// The handshake is complete: what follows it may be told.
    complete: bool,
    /// Lines of the key log that are not to be told yet.
    keys: Vec<String>,
    /// The labels of lines that are to be told as soon as they are there.
    keys_due: Vec<&'static str>,
}

impl Progress {
    /// An idle connection keeps no room for what is to be told.
    fn let_go(&mut self) {
        if self.complete && self.waiting.is_empty() {
            self.waiting = VecDeque::new();
        }
        if self.complete && self.keys.is_empty() {
            self.keys = Vec::new();
        }
        if self.complete && self.keys_due.is_empty() {
            self.keys_due = Vec::new();
        }
    }
}

/// The state that a message leads to.
fn state(kind: Kind, by_server: bool, written: bool) -> Option<State> {
    use State::*;
    let number = match kind {
        Kind::CipherChange if by_server => {
            return Some(either(written, ServerWritesChangeCipherSpec, ClientReadsChangeCipherSpec));
        }
        Kind::CipherChange => return Some(either(written, ClientWritesChangeCipherSpec, ServerReadsChangeCipherSpec)),
        Kind::Retry => kind::SERVER_HELLO,
        Kind::Handshake(number) => number,
    };
    Some(match (by_server, number) {
        (false, kind::CLIENT_HELLO) => either(written, ClientWritesClientHello, ServerReadsClientHello),
        (false, kind::CERTIFICATE) => either(written, ClientWritesCertificate, ServerReadsCertificate),
        (false, kind::CLIENT_KEY_EXCHANGE) => either(written, ClientWritesKeyExchange, ServerReadsKeyExchange),
        (false, kind::CERTIFICATE_VERIFY) => {
            either(written, ClientWritesCertificateVerify, ServerReadsCertificateVerify)
        }
        (false, kind::FINISHED) => either(written, ClientWritesFinished, ServerReadsFinished),
        (false, kind::KEY_UPDATE) => either(written, ClientWritesKeyUpdate, ServerReadsKeyUpdate),
        (true, kind::HELLO_REQUEST) => either(written, ServerWritesHelloRequest, ClientReadsHelloRequest),
        (true, kind::SERVER_HELLO) => either(written, ServerWritesServerHello, ClientReadsServerHello),
        (true, kind::NEW_SESSION_TICKET) => either(written, ServerWritesSessionTicket, ClientReadsSessionTicket),
        (true, kind::ENCRYPTED_EXTENSIONS) => {
            either(written, ServerWritesEncryptedExtensions, ClientReadsEncryptedExtensions)
        }
        (true, kind::CERTIFICATE) => either(written, ServerWritesCertificate, ClientReadsCertificate),
        (true, kind::CERTIFICATE_STATUS) => {
            either(written, ServerWritesCertificateStatus, ClientReadsCertificateStatus)
        }
        (true, kind::SERVER_KEY_EXCHANGE) => either(written, ServerWritesKeyExchange, ClientReadsKeyExchange),
        (true, kind::CERTIFICATE_REQUEST) => {
            either(written, ServerWritesCertificateRequest, ClientReadsCertificateRequest)
        }
        (true, kind::SERVER_HELLO_DONE) => either(written, ServerWritesServerDone, ClientReadsServerDone),
        (true, kind::CERTIFICATE_VERIFY) => {
            either(written, ServerWritesCertificateVerify, ClientReadsCertificateVerify)
        }
        (true, kind::FINISHED) => either(written, ServerWritesFinished, ClientReadsFinished),
        (true, kind::KEY_UPDATE) => either(written, ServerWritesKeyUpdate, ClientReadsKeyUpdate),
        _ => return None,
    })
}

fn either(written: bool, write: State, read: State) -> State {
    if written { write } else { read }
}

fn is_tls13(ssl: &Connection) -> bool {
    ssl.facts.read().version() == TLS1_3
}

/// A handshake begins; a client's has its ClientHello ready.
pub(crate) fn begun(ssl: &Arc<Connection>) {
    if ssl.is_server() {
        loop_event(ssl);
    } else {
        callbacks::after_step(ssl);
    }
}

/// These things have happened. `choosing`: a client is choosing its credential.
pub(crate) fn tell(ssl: &Arc<Connection>, events: Vec<Event>, choosing: bool) {
    {
        let mut progress = ssl.progress.lock();
        progress.waiting.extend(events);
        progress.choosing = choosing;
    }
    while let Some(event) = next(ssl) {
        if ssl.progress.lock().complete {
            after(ssl, event);
        } else {
            during(ssl, event);
        }
    }
    ssl.progress.lock().let_go();
}

/// The transport has taken everything: a flight of ours may be over.
pub(crate) fn flight_sent(ssl: &Connection) {
    let (ends_flight, early_data) = {
        let mut progress = ssl.progress.lock();
        (std::mem::take(&mut progress.wrote_last), std::mem::take(&mut progress.early_data))
    };
    if early_data {
        loop_event(ssl);
        ssl.set_state(State::EarlyData);
    }
    if ends_flight {
        loop_event(ssl);
    }
}

/// Ends without completing: what has come after an untold verdict is never told.
pub(crate) fn cut(ssl: &Connection, events: Vec<Event>) {
    {
        let mut progress = ssl.progress.lock();
        progress.waiting.clear();
        progress.unverified = false;
    }
    // What we say at the end changes no state any more.
    for event in events {
        show_event(ssl, &event);
    }
}

/// The peer's certificates have been accepted.
pub(crate) fn verified(ssl: &Connection) {
    ssl.progress.lock().unverified = false;
}

/// The next thing to be told, if its time has come.
fn next(ssl: &Connection) -> Option<Event> {
    let tls13 = is_tls13(ssl);
    let mut progress = ssl.progress.lock();
    if progress.unverified || (progress.choosing && progress.may_choose) {
        return None;
    }
    let is_ticket = Event::Begun { written: true, kind: Kind::Handshake(kind::NEW_SESSION_TICKET) };
    if tls13 && !progress.complete && progress.waiting.front() == Some(&is_ticket) {
        return None;
    }
    progress.waiting.pop_front()
}

/// Shows a record or a message to the message callback.
fn show_event(ssl: &Connection, event: &Event) {
    let version = super::status::version(ssl);
    match event {
        Event::Begun { .. } => {}
        Event::Header { written, bytes } => {
            let [_, high, low, ..] = *bytes;
            let version = u16::from_be_bytes([high, low]);
            show(ssl, *written, version, content::HEADER, bytes);
        }
        Event::InnerType { written, content_type } => {
            let version = if *written { LEGACY } else { version };
            show(ssl, *written, version, content::INNER_TYPE, &[*content_type]);
        }
        Event::Message { bytes, .. } if bytes.is_empty() => {}
        Event::Message { written, kind, bytes, .. } => {
            let content_type =
                if *kind == Kind::CipherChange { content::CHANGE_CIPHER_SPEC } else { content::HANDSHAKE };
            show(ssl, *written, version, content_type, bytes);
        }
    }
}

/// Shows the extensions of a message of the peer's.
fn show_extensions(ssl: &Connection, event: &Event) {
    if let Event::Message { written: false, bytes, .. } = event {
        extension_debug::show(ssl, bytes, is_tls13(ssl));
    }
}

/// Something of a handshake.
fn during(ssl: &Arc<Connection>, event: Event) {
    match event {
        Event::Begun { written, kind } => {
            if kind == Kind::Handshake(kind::ENCRYPTED_EXTENSIONS) && written {
                tell_keys(ssl, &["SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_HANDSHAKE_TRAFFIC_SECRET"]);
            }
            {
                let mut progress = ssl.progress.lock();
                (progress.wrote_last, progress.read_last) = (written, !written);
            }
            loop_event(ssl);
            if let Some(state) = state(kind, written == ssl.is_server(), written) {
                ssl.set_state(state);
            }
            match kind {
                Kind::Handshake(kind::CERTIFICATE) if written && !ssl.is_server() => {
                    tell_keys(ssl, &["CLIENT_HANDSHAKE_TRAFFIC_SECRET"]);
                }
                Kind::Handshake(kind::FINISHED) if written => {
                    tell_keys(ssl, &["CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_RANDOM"]);
                }
                _ => {}
            }
        }
        Event::Message { written, kind, len, .. } => {
            show_event(ssl, &event);
            note_finished(ssl, &event);
            message_over(ssl, written, kind, len);
            show_extensions(ssl, &event);
        }
        event => show_event(ssl, &event),
    }
}

/// Notes the value of a Finished.
fn note_finished(ssl: &Connection, event: &Event) {
    let Event::Message { written, kind: Kind::Handshake(kind::FINISHED), bytes, .. } = event else { return };
    let mut facts = ssl.facts.write();
    let (of_client, of_server) = facts.finished.get_or_insert_default();
    let value = if *written == ssl.is_server() { of_server } else { of_client };
    *value = bytes.get(4..).unwrap_or_default().to_vec();
}

/// A message of a handshake has been told of.
fn message_over(ssl: &Arc<Connection>, written: bool, kind: Kind, len: usize) {
    let server = ssl.is_server();
    match kind {
        Kind::Retry => ssl.progress.lock().retries = server,
        Kind::CipherChange if written => {
            let mut progress = ssl.progress.lock();
            progress.early_data = std::mem::take(&mut progress.retries);
        }
        Kind::Handshake(kind::SERVER_HELLO) => {
            callbacks::hello_over(ssl);
            if !server {
                tell_keys(ssl, &["SERVER_HANDSHAKE_TRAFFIC_SECRET"]);
            }
        }
        Kind::Handshake(kind::CERTIFICATE) if !written && len > NO_CERTIFICATE => ssl.progress.lock().unverified = true,
        Kind::Handshake(kind::CERTIFICATE_REQUEST) if !server => ssl.progress.lock().may_choose = !is_tls13(ssl),
        Kind::Handshake(kind::CERTIFICATE_VERIFY) if !server => ssl.progress.lock().may_choose = true,
        Kind::Handshake(kind::FINISHED) if is_tls13(ssl) => match (written == server, written) {
            (true, true) => {
                tell_keys(ssl, &["EXPORTER_SECRET", "SERVER_TRAFFIC_SECRET_0"]);
                ssl.progress.lock().early_data = true;
            }
            (true, false) => tell_keys(ssl, &["EXPORTER_SECRET", "SERVER_TRAFFIC_SECRET_0"]),
            (false, _) => tell_keys(ssl, &["CLIENT_TRAFFIC_SECRET_0"]),
        },
        _ => {}
    }
}

/// Lines of the key log have been made. Those whose time has come are told, in OpenSSL's order.
pub(crate) fn keys_made(ssl: &Connection, lines: Vec<String>) {
    let due = {
        let mut progress = ssl.progress.lock();
        progress.keys.extend(lines);
        std::mem::take(&mut progress.keys_due)
    };
    tell_keys(ssl, &due);
}

/// Tells the lines with these labels, in this order; those that are not there yet as soon as they are.
fn tell_keys(ssl: &Connection, labels: &[&'static str]) {
    for label in labels {
        let lines: Vec<String> = {
            let mut progress = ssl.progress.lock();
            let is_it = |line: &String| line.strip_prefix(label).is_some_and(|rest| rest.starts_with(' '));
            let (now, later): (Vec<_>, Vec<_>) = std::mem::take(&mut progress.keys).into_iter().partition(is_it);
            progress.keys = later;
            if now.is_empty() {
                progress.keys_due.push(label);
            }
            now
        };
        lines.into_iter().for_each(|line| log_key(ssl, line));
    }
}

/// The handshake is complete: what nobody had to wait for is told, then the end, then the tickets that a server of TLS
/// 1.3 sends.
pub(crate) fn complete(ssl: &Arc<Connection>) {
    verified(ssl);
    tell(ssl, Vec::new(), false);
    let (last, left) = {
        let mut progress = ssl.progress.lock();
        progress.complete = true;
        (std::mem::take(&mut progress.read_last), std::mem::take(&mut progress.keys))
    };
    left.into_iter().for_each(|line| log_key(ssl, line));
    if last {
        loop_event(ssl);
    }
    let has_tickets = !ssl.progress.lock().waiting.is_empty();
    ssl.set_state(if has_tickets { State::ServerWritesSessionTicket } else { State::Ok });
    info(ssl, callbacks::event::HANDSHAKE_DONE, 1);
    let mut is_first = true;
    while let Some(event) = next(ssl) {
        if matches!(event, Event::Begun { .. }) && !std::mem::take(&mut is_first) {
            loop_event(ssl);
        }
        show_event(ssl, &event);
    }
    ssl.progress.lock().let_go();
    if has_tickets {
        loop_event(ssl);
        ssl.set_state(State::Ok);
    }
}

/// Something on an open connection: a message is a small handshake of its own.
fn after(ssl: &Arc<Connection>, event: Event) {
    show_event(ssl, &event);
    match event {
        Event::Begun { written, kind } => {
            loop_event(ssl);
            if !written {
                loop_event(ssl);
            }
            if let Some(state) = state(kind, written == ssl.is_server(), written) {
                ssl.set_state(state);
            }
        }
        Event::Message { written, kind, .. } => {
            show_extensions(ssl, &event);
            if (written, kind) == (false, Kind::Handshake(kind::NEW_SESSION_TICKET)) {
                session::after_step(ssl);
            }
            if kind == Kind::Handshake(kind::KEY_UPDATE) {
                let of_server = written == ssl.is_server();
                tell_keys(ssl, &[if of_server { "SERVER_TRAFFIC_SECRET_N" } else { "CLIENT_TRAFFIC_SECRET_N" }]);
            }
            loop_event(ssl);
            ssl.set_state(State::Ok);
            callbacks::handshake_stopped(ssl, 1);
        }
        _ => {}
    }
}
