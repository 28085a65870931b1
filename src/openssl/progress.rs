//! Where a handshake stands, as `SSL_get_state` and the info callback show it. rustls runs whole flights at once; the
//! row of states is told from the transcript's messages, in OpenSSL's order.
//!
//! OpenSSL tells of each transition with the state it leaves, and once more where a flight ends.

use super::callbacks::{info, loop_event, show};
use super::connection::Connection;
use super::strings::State;
use crate::tls::exchange::Message;
use std::sync::Arc;

/// Handshake types (RFC 8446, section 4; RFC 5246, section 7.4).
mod kind {
    pub(super) const CLIENT_HELLO: u8 = 1;
    pub(super) const SERVER_HELLO: u8 = 2;
    pub(super) const SESSION_TICKET: u8 = 4;
    pub(super) const ENCRYPTED_EXTENSIONS: u8 = 8;
    pub(super) const CERTIFICATE: u8 = 11;
    pub(super) const SERVER_KEY_EXCHANGE: u8 = 12;
    pub(super) const CERTIFICATE_REQUEST: u8 = 13;
    pub(super) const SERVER_DONE: u8 = 14;
    pub(super) const CERTIFICATE_VERIFY: u8 = 15;
    pub(super) const CLIENT_KEY_EXCHANGE: u8 = 16;
    pub(super) const FINISHED: u8 = 20;
    pub(super) const CERTIFICATE_STATUS: u8 = 22;
    pub(super) const MESSAGE_HASH: u8 = 254;
}

/// What has been seen of a handshake.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    tls13: bool,
    /// A full handshake of TLS 1.2: the client finishes first.
    full: bool,
    /// The server's part is over: what may come from both comes from the client now.
    server_done: bool,
    client_finished: bool,
    server_finished: bool,
    /// The last message was the peer's.
    read_last: bool,
    /// The next ServerHello is a HelloRetryRequest.
    retry_next: bool,
    /// There was a HelloRetryRequest: the ChangeCipherSpecs for middleboxes are sent.
    retried: bool,
    /// Tickets of TLS 1.3 that a server has sent.
    tickets: usize,
    /// A client's ClientHello has not been sent yet.
    hello_waits: bool,
}

/// A message's sender, the state it leads to, and its bytes where they are wanted.
#[derive(Debug)]
struct Step {
    by_server: bool,
    state: State,
    bytes: Vec<u8>,
}

/// The state of a message for who reads it and for who writes it.
fn step(by_server: bool, we_are_server: bool, read: State, write: State) -> Step {
    Step { by_server, state: if by_server == we_are_server { write } else { read }, bytes: Vec::new() }
}

/// Content types (RFC 8446, section 5.1).
const CHANGE_CIPHER_SPEC: u8 = 20;
const HANDSHAKE: u8 = 22;

impl Step {
    /// Shows the message to the message callback.
    fn show(&self, ssl: &Arc<Connection>) {
        use State::*;
        let written = self.by_server == ssl.is_server();
        match self.state {
            ClientReadsChangeCipherSpec | ServerReadsChangeCipherSpec => {}
            ClientWritesChangeCipherSpec | ServerWritesChangeCipherSpec => show(ssl, written, CHANGE_CIPHER_SPEC, &[1]),
            _ if self.bytes.is_empty() => {}
            _ => show(ssl, written, HANDSHAKE, &self.bytes),
        }
    }
}

impl Progress {
    /// The steps of a message; the ChangeCipherSpec that goes with it is not in the transcript.
    fn steps(&mut self, kind: u8, next: Option<u8>, server: bool, steps: &mut Vec<Step>) {
        use State::*;
        let by_server = |read, write| step(true, server, read, write);
        let by_client = |read, write| step(false, server, read, write);
        match kind {
            kind::MESSAGE_HASH => self.retry_next = true,
            kind::CLIENT_HELLO if self.retried => {
                if !server {
                    steps.push(by_client(ServerReadsChangeCipherSpec, ClientWritesChangeCipherSpec));
                }
                steps.push(by_client(ServerReadsClientHello, ClientWritesClientHello));
            }
            kind::SERVER_HELLO if std::mem::take(&mut self.retry_next) => {
                (self.tls13, self.retried) = (true, true);
                steps.push(by_server(ClientReadsServerHello, ServerWritesServerHello));
                if server {
                    steps.push(by_server(ClientReadsChangeCipherSpec, ServerWritesChangeCipherSpec));
                    steps.push(by_server(EarlyData, EarlyData));
                }
            }
            kind::SERVER_HELLO => {
                steps.push(by_server(ClientReadsServerHello, ServerWritesServerHello));
                self.tls13 |= next == Some(kind::ENCRYPTED_EXTENSIONS);
                if self.tls13 && server && !self.retried {
                    steps.push(by_server(ClientReadsChangeCipherSpec, ServerWritesChangeCipherSpec));
                }
            }
            kind::ENCRYPTED_EXTENSIONS => {
                self.tls13 = true;
                steps.push(by_server(ClientReadsEncryptedExtensions, ServerWritesEncryptedExtensions));
            }
            kind::CERTIFICATE if self.server_done => {
                self.client_cipher_change(server, steps);
                steps.push(by_client(ServerReadsCertificate, ClientWritesCertificate));
            }
            kind::CERTIFICATE => steps.push(by_server(ClientReadsCertificate, ServerWritesCertificate)),
            kind::CERTIFICATE_STATUS => {
                steps.push(by_server(ClientReadsCertificateStatus, ServerWritesCertificateStatus));
            }
            kind::SERVER_KEY_EXCHANGE => {
                self.full = true;
                steps.push(by_server(ClientReadsKeyExchange, ServerWritesKeyExchange));
            }
            kind::CERTIFICATE_REQUEST => {
                steps.push(by_server(ClientReadsCertificateRequest, ServerWritesCertificateRequest));
            }
            kind::SERVER_DONE => {
                self.server_done = true;
                steps.push(by_server(ClientReadsServerDone, ServerWritesServerDone));
            }
            kind::CERTIFICATE_VERIFY if self.server_done => {
                steps.push(by_client(ServerReadsCertificateVerify, ClientWritesCertificateVerify));
            }
            kind::CERTIFICATE_VERIFY => {
                steps.push(by_server(ClientReadsCertificateVerify, ServerWritesCertificateVerify));
            }
            kind::CLIENT_KEY_EXCHANGE => steps.push(by_client(ServerReadsKeyExchange, ClientWritesKeyExchange)),
            kind::SESSION_TICKET if self.tls13 => self.tickets += 1,
            kind::SESSION_TICKET => steps.push(by_server(ClientReadsSessionTicket, ServerWritesSessionTicket)),
            kind::FINISHED => self.finished(server, steps),
            _ => {}
        }
    }

    /// TLS 1.3's client sends a ChangeCipherSpec before its first protected message, for middleboxes.
    fn client_cipher_change(&self, server: bool, steps: &mut Vec<Step>) {
        let is_first = !steps.iter().any(|step| step.state == State::ClientWritesCertificate);
        if self.tls13 && !server && is_first && !self.retried {
            steps.push(step(false, false, State::ServerReadsChangeCipherSpec, State::ClientWritesChangeCipherSpec));
        }
    }

    fn finished(&mut self, server: bool, steps: &mut Vec<Step>) {
        use State::*;
        let servers_turn = match (self.tls13, self.full) {
            (true, _) | (false, false) => !self.server_finished,
            (false, true) => self.client_finished,
        };
        if servers_turn {
            self.server_finished = true;
            self.server_done = true;
            if !self.tls13 {
                steps.push(step(true, server, ClientReadsChangeCipherSpec, ServerWritesChangeCipherSpec));
            }
            steps.push(step(true, server, ClientReadsFinished, ServerWritesFinished));
            if self.tls13 && server {
                steps.push(step(true, true, EarlyData, EarlyData));
            }
        } else {
            self.client_finished = true;
            let certified = steps.iter().any(|step| step.state == ClientWritesCertificate);
            if !self.tls13 || (!server && !certified && !self.retried) {
                steps.push(step(false, server, ServerReadsChangeCipherSpec, ClientWritesChangeCipherSpec));
            }
            steps.push(step(false, server, ServerReadsFinished, ClientWritesFinished));
        }
    }
}

/// Goes on to the states of `steps`, telling of each; ends the flight that we write at its end.
fn walk(ssl: &Arc<Connection>, steps: &[Step]) {
    if let Some(last) = steps.last() {
        ssl.progress.lock().read_last = last.by_server != ssl.is_server();
    }
    for step in steps {
        loop_event(ssl);
        ssl.set_state(step.state);
        step.show(ssl);
    }
    if steps.last().is_some_and(|last| last.by_server == ssl.is_server()) {
        loop_event(ssl);
    }
}

/// A handshake begins: a client has written its ClientHello, the record `hello`.
pub(crate) fn begun(ssl: &Arc<Connection>, hello: &[u8]) {
    loop_event(ssl);
    if !ssl.is_server() {
        ssl.set_state(State::ClientWritesClientHello);
        ssl.progress.lock().hello_waits = true;
        show(ssl, true, HANDSHAKE, hello.get(crate::tls::record::HEADER..).unwrap_or_default());
    }
}

/// The transport has taken everything: a client's ClientHello is left behind, which is told once.
pub(crate) fn flight_sent(ssl: &Arc<Connection>) {
    if std::mem::take(&mut ssl.progress.lock().hello_waits) {
        loop_event(ssl);
    }
}

/// A server has read a ClientHello.
pub(crate) fn hello_read(ssl: &Arc<Connection>) {
    loop_event(ssl);
    ssl.set_state(State::ServerReadsClientHello);
}

/// These messages have joined the transcript.
pub(crate) fn messages(ssl: &Arc<Connection>, messages: Vec<Message>) {
    let (mut steps, mut hello) = (Vec::new(), Vec::new());
    {
        let mut progress = ssl.progress.lock();
        let mut messages = messages.into_iter().peekable();
        while let Some(message) = messages.next() {
            // The hellos of clients are told when they are sent and read.
            if message.kind == kind::CLIENT_HELLO && !progress.retried {
                if ssl.is_server() {
                    hello = message.bytes;
                }
                continue;
            }
            let before = steps.len();
            progress.steps(message.kind, messages.peek().map(|next| next.kind), ssl.is_server(), &mut steps);
            attach(&mut steps, before, message);
        }
    }
    if !hello.is_empty() {
        show(ssl, false, HANDSHAKE, &hello);
    }
    walk(ssl, &steps);
}

/// Gives a message's bytes to the step it made, beside which there may be those of a ChangeCipherSpec.
fn attach(steps: &mut [Step], from: usize, message: Message) {
    use State::*;
    let is_its_own = |step: &&mut Step| {
        !matches!(
            step.state,
            ClientReadsChangeCipherSpec
                | ServerReadsChangeCipherSpec
                | ClientWritesChangeCipherSpec
                | ServerWritesChangeCipherSpec
                | EarlyData
        )
    };
    if let Some(step) = steps.iter_mut().skip(from).find(is_its_own) {
        step.bytes = message.bytes;
    }
}

/// The handshake is complete: what the transcript had no need of any more is told, then the end.
pub(crate) fn complete(ssl: &Arc<Connection>) {
    let server = ssl.is_server();
    let (mut steps, tls13) = (Vec::new(), ssl.facts.read().version() == super::config::TLS1_3);
    {
        let mut progress = ssl.progress.lock();
        progress.tls13 = tls13;
        while !(progress.client_finished && progress.server_finished) {
            let before = steps.len();
            progress.finished(server, &mut steps);
            attach(&mut steps, before, finished(ssl, progress.client_finished != progress.server_finished));
        }
    }
    walk(ssl, &steps);
    if ssl.progress.lock().read_last {
        loop_event(ssl);
    }
    let tickets = ssl.progress.lock().tickets;
    if tickets > 0 {
        ssl.set_state(State::ServerWritesSessionTicket);
        info(ssl, super::callbacks::event::HANDSHAKE_DONE, 1);
        for _ in 0..tickets {
            loop_event(ssl);
        }
        ssl.set_state(State::Ok);
    } else {
        ssl.set_state(State::Ok);
        info(ssl, super::callbacks::event::HANDSHAKE_DONE, 1);
    }
}

/// The Finished message that the transcript did not need: the first or the second one.
fn finished(ssl: &Connection, first: bool) -> Message {
    let facts = ssl.facts.read();
    let server_first = facts.agreed.as_ref().is_some_and(|agreed| agreed.resumed || agreed.version > 0x303);
    let value = facts.finished.as_ref().map(|(client, server)| if first == server_first { server } else { client });
    let mut bytes = vec![kind::FINISHED, 0, 0];
    if let Some(value) = value {
        bytes.push(u8::try_from(value.len()).unwrap_or(0));
        bytes.extend(value);
    }
    Message { kind: kind::FINISHED, bytes }
}

/// A client has read a ticket of TLS 1.3 on an open connection.
pub(crate) fn ticket_read(ssl: &Arc<Connection>) {
    loop_event(ssl);
    loop_event(ssl);
    ssl.set_state(State::ClientReadsSessionTicket);
    loop_event(ssl);
    ssl.set_state(State::Ok);
    super::callbacks::handshake_stopped(ssl, 1);
}
