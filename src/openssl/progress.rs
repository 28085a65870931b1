//! Where a handshake stands, as `SSL_get_state` and the info callback show it. rustls runs whole flights at once; the
//! row of states is told from the transcript's messages, in OpenSSL's order.
//!
//! OpenSSL tells of each transition with the state it leaves, and once more where a flight ends.

use super::callbacks::{info, loop_event};
use super::connection::Connection;
use super::strings::State;
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
}

/// A message's sender and the state it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    by_server: bool,
    state: State,
}

/// The state of a message for who reads it and for who writes it.
fn step(by_server: bool, we_are_server: bool, read: State, write: State) -> Step {
    Step { by_server, state: if by_server == we_are_server { write } else { read } }
}

impl Progress {
    /// The steps of a message; the ChangeCipherSpec that goes with it is not in the transcript.
    fn steps(&mut self, kind: u8, next: Option<u8>, server: bool, steps: &mut Vec<Step>) {
        use State::*;
        let by_server = |read, write| step(true, server, read, write);
        let by_client = |read, write| step(false, server, read, write);
        match kind {
            kind::SERVER_HELLO => {
                steps.push(by_server(ClientReadsServerHello, ServerWritesServerHello));
                self.tls13 |= next == Some(kind::ENCRYPTED_EXTENSIONS);
                if self.tls13 && server {
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
            kind::SESSION_TICKET => steps.push(by_server(ClientReadsSessionTicket, ServerWritesSessionTicket)),
            kind::FINISHED => self.finished(server, steps),
            _ => {}
        }
    }

    /// TLS 1.3's client sends a ChangeCipherSpec before its first protected message, for middleboxes.
    fn client_cipher_change(&self, server: bool, steps: &mut Vec<Step>) {
        let is_first = !steps.iter().any(|step| step.state == State::ClientWritesCertificate);
        if self.tls13 && !server && is_first {
            steps.push(Step { by_server: false, state: State::ClientWritesChangeCipherSpec });
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
                steps.push(Step { by_server: true, state: EarlyData });
            }
        } else {
            self.client_finished = true;
            let certified = steps.iter().any(|step| step.state == ClientWritesCertificate);
            if !self.tls13 || (!server && !certified) {
                steps.push(step(false, server, ServerReadsChangeCipherSpec, ClientWritesChangeCipherSpec));
            }
            steps.push(step(false, server, ServerReadsFinished, ClientWritesFinished));
        }
    }
}

/// Goes on to the states of `steps`, telling of each; ends the flight that we write at its end.
fn walk(ssl: &Arc<Connection>, steps: &[Step]) {
    for step in steps {
        loop_event(ssl);
        ssl.set_state(step.state);
    }
    if steps.last().is_some_and(|last| last.by_server == ssl.is_server()) {
        loop_event(ssl);
    }
}

/// A handshake begins: a client has written its ClientHello.
pub(crate) fn begun(ssl: &Arc<Connection>) {
    loop_event(ssl);
    if !ssl.is_server() {
        ssl.set_state(State::ClientWritesClientHello);
        loop_event(ssl);
    }
}

/// A server has read a ClientHello.
pub(crate) fn hello_read(ssl: &Arc<Connection>) {
    loop_event(ssl);
    ssl.set_state(State::ServerReadsClientHello);
}

/// These messages have joined the transcript.
pub(crate) fn messages(ssl: &Arc<Connection>, kinds: &[u8]) {
    let mut steps = Vec::new();
    {
        let mut progress = ssl.progress.lock();
        for (place, &kind) in kinds.iter().enumerate() {
            // The hellos of clients are told when they are sent and read.
            if kind != kind::CLIENT_HELLO {
                progress.steps(kind, kinds.get(place + 1).copied(), ssl.is_server(), &mut steps);
            }
        }
    }
    walk(ssl, &steps);
}

/// The handshake is complete: what the transcript had no need of any more is told, then the end.
pub(crate) fn complete(ssl: &Arc<Connection>, tickets: usize) {
    let server = ssl.is_server();
    let (mut steps, tls13) = (Vec::new(), ssl.facts.read().version() == super::config::TLS1_3);
    {
        let mut progress = ssl.progress.lock();
        progress.tls13 = tls13;
        while !(progress.client_finished && progress.server_finished) {
            progress.finished(server, &mut steps);
        }
    }
    walk(ssl, &steps);
    let read_last = steps.last().is_some_and(|last| last.by_server != server) || (tls13 && server);
    if read_last {
        loop_event(ssl);
    }
    if tls13 && server && tickets > 0 {
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

/// A client has read a ticket of TLS 1.3 on an open connection.
pub(crate) fn ticket_read(ssl: &Arc<Connection>) {
    loop_event(ssl);
    loop_event(ssl);
    ssl.set_state(State::ClientReadsSessionTicket);
    loop_event(ssl);
    ssl.set_state(State::Ok);
    super::callbacks::handshake_stopped(ssl, 1);
}
