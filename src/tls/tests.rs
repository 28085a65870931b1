//! Client and server of this crate against each other, in memory.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use super::config::{self, Settings};
use super::error::Error;
use super::exchange::{Application, ClientAuth, CredentialAnswer, Exchange, HelloAnswer, Offer, Policy, VerifyAnswer};
use super::handshake::{Handshake, Progress};
use super::hello::Hello;
use super::new_ticket::{self, Ticket};
use super::session::Resumable;
use super::tap::{Event, Kind};
use super::traffic::{Established, Facts, Received, WriteMode};
use super::transport::{Io, Transport};
use parking_lot::Mutex;
use rustls::crypto::{Credentials, Identity, SelectedCredential, SignatureScheme};
use rustls::error::PeerIncompatible;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use std::collections::VecDeque;
use std::sync::{Arc, OnceLock, Weak};

const CERTIFICATE: &[u8] = include_bytes!("testdata/p256.cert.der");
const KEY: &[u8] = include_bytes!("testdata/p256.key.der");

/// One direction of a pipe with room for `limit` bytes.
struct Pipe {
    bytes: VecDeque<u8>,
    limit: usize,
    sends: usize,
}

/// An end of two pipes.
#[derive(Clone)]
struct End {
    read: Arc<Mutex<Pipe>>,
    write: Arc<Mutex<Pipe>>,
}

fn ends(limit: usize) -> (End, End) {
    let pipe = || Arc::new(Mutex::new(Pipe { bytes: VecDeque::new(), limit, sends: 0 }));
    let (a, b) = (pipe(), pipe());
    (End { read: a.clone(), write: b.clone() }, End { read: b, write: a })
}

impl Transport for End {
    fn recv(&mut self, buf: &mut [u8]) -> Io {
        let mut pipe = self.read.lock();
        let n = pipe.bytes.len().min(buf.len());
        for (to, from) in buf.iter_mut().zip(pipe.bytes.drain(..n)) {
            *to = from;
        }
        if n == 0 { Io::WouldBlock } else { Io::Done(n) }
    }

    fn send(&mut self, data: &[u8]) -> Io {
        let mut pipe = self.write.lock();
        pipe.sends += 1;
        let n = data.len().min(pipe.limit - pipe.bytes.len());
        pipe.bytes.extend(data.iter().take(n));
        if n == 0 { Io::WouldBlock } else { Io::Done(n) }
    }
}

/// An application that accepts everything.
struct Open {
    settings: Settings,
    tickets: Arc<Mutex<Vec<Vec<u8>>>>,
    own: Arc<OnceLock<Weak<Exchange>>>,
}

impl Application for Open {
    fn client_hello(&self, hello: &Hello) -> HelloAnswer {
        let alpn = hello.alpn().and_then(|list| list.get(1..=usize::from(list[0]))).unwrap_or_default();
        HelloAnswer::Proceed(config::server(&self.settings, alpn).unwrap())
    }

    fn verify_peer(&self, chain: &[CertificateDer<'_>], _: &[u8]) -> VerifyAnswer {
        assert_eq!(chain.first().unwrap().as_ref(), CERTIFICATE);
        VerifyAnswer::Accept
    }

    fn server_credential(&self, schemes: &[SignatureScheme]) -> Result<SelectedCredential, rustls::Error> {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(KEY));
        let key = rustls_aws_lc_rs::DEFAULT_KEY_PROVIDER.load_private_key(key).unwrap();
        let identity = Identity::from_cert_chain(vec![CertificateDer::from(CERTIFICATE)]).unwrap();
        Credentials::new_unchecked(Arc::new(identity), key)
            .signer(schemes)
            .ok_or(PeerIncompatible::NoSignatureSchemesInCommon.into())
    }

    fn client_credential(&self) -> CredentialAnswer {
        let credential = self.server_credential(&[SignatureScheme::ECDSA_NISTP256_SHA256]).unwrap();
        CredentialAnswer::Show(Box::new(credential))
    }

    fn tickets(&self, facts: &Facts) -> Vec<Ticket> {
        let exchange = self.own.get().and_then(Weak::upgrade).unwrap();
        let make = |number: u64| {
            let session = Resumable {
                version: facts.version,
                suite: facts.suite,
                secret: new_ticket::key(&exchange, &number.to_be_bytes()).unwrap(),
                alpn: facts.alpn.clone().unwrap_or_default(),
                time: UnixTime::now().as_secs(),
                ..Resumable::default()
            };
            let ticket = self.seal_ticket(&session.to_server_value().unwrap()).unwrap();
            Ticket { lifetime: 7200, age_add: 0, nonce: number.to_be_bytes(), ticket }
        };
        (0..2).map(make).collect()
    }

    fn seal_ticket(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let mut tickets = self.tickets.lock();
        tickets.push(plain.to_vec());
        Some((tickets.len() as u32).to_be_bytes().to_vec())
    }

    fn open_ticket(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let number = u32::from_be_bytes(ticket.try_into().ok()?);
        self.tickets.lock().get(number as usize - 1).cloned()
    }
}

struct World {
    settings: Settings,
    policy: Policy,
    tickets: Arc<Mutex<Vec<Vec<u8>>>>,
}

fn world(suites: &[u16]) -> World {
    let settings = Settings {
        suites: suites.to_vec(),
        groups: vec![0x11ec, 0x1d, 0x17],
        max_fragment: None,
        tickets: true,
        num_tickets: 2,
        require_ems: false,
    };
    let policy = Policy { verify_schemes: Arc::from([SignatureScheme(0x0403)]), curves: vec![23], ..Policy::default() };
    World { settings, policy, tickets: Arc::default() }
}

impl World {
    fn exchange(&self) -> Arc<Exchange> {
        let own = Arc::default();
        let open = Open { settings: self.settings.clone(), tickets: self.tickets.clone(), own: Arc::clone(&own) };
        let exchange = Exchange::new(Box::new(open));
        own.set(Arc::downgrade(&exchange)).unwrap();
        *exchange.policy.lock() = self.policy.clone();
        exchange
    }

    fn connect(&self, limit: usize, offer: Option<Offer>) -> Result<(Pair, Arc<Exchange>), Error> {
        self.connect_to(self, limit, offer)
    }

    fn connect_to(&self, to: &World, limit: usize, offer: Option<Offer>) -> Result<(Pair, Arc<Exchange>), Error> {
        let (mut near, mut far) = ends(limit);
        let (client, server) = (self.exchange(), to.exchange());
        *client.offer.lock() = offer;
        let config = config::client(&self.settings).unwrap();
        let alpn = [b"h2".to_vec()];
        let mut one = Handshake::client(client.clone(), &config, None, &alpn, false)?;
        let mut two = Handshake::server(server, false);
        let (mut one_done, mut two_done): (Option<Box<Established>>, _) = (None, None);
        for _ in 0..100_000 {
            match &mut one_done {
                // The server's tickets must find room.
                Some(done) => {
                    let _ = done.receiver.fill(&mut near)?;
                }
                None => {
                    if let Progress::Done(done) = one.step(&mut near)? {
                        one_done = Some(done);
                    }
                }
            }
            if two_done.is_none()
                && let Progress::Done(done) = two.step(&mut far)?
            {
                two_done = Some(done);
            }
            if one_done.is_some() && two_done.is_some() {
                break;
            }
        }
        let pair = Pair { client: one_done.unwrap(), server: two_done.unwrap(), near, far };
        Ok((pair, client))
    }
}

struct Pair {
    client: Box<Established>,
    server: Box<Established>,
    near: End,
    far: End,
}

impl Pair {
    /// Sends `data` from the client to the server, each call as far as it goes.
    fn send(&mut self, data: &[u8]) -> Vec<u8> {
        let (mut sent, mut got) = (0, Vec::new());
        while got.len() < data.len() {
            let rest = &data[sent..];
            if !rest.is_empty()
                && let Io::Done(n) = self.client.sender.write(&mut self.near, rest, WriteMode::default()).unwrap()
            {
                sent += n;
            }
            while let Received::Data = self.server.receiver.fill(&mut self.far).unwrap() {
                let n = self.server.receiver.plaintext().len().min(1000);
                got.extend_from_slice(&self.server.receiver.plaintext()[..n]);
                self.server.receiver.consume(n);
            }
        }
        got
    }
}

const TLS13: &[u16] = &[0x1302, 0x1301];
const TLS12: &[u16] = &[0xc02b];

#[test]
fn data_arrives_unchanged_through_a_narrow_pipe() {
    let data: Vec<u8> = (0..300_000u32).map(|i| (i * 7 + i / 251) as u8).collect();
    for suites in [TLS13, TLS12] {
        for limit in [7, 1000, 100_000] {
            let (mut pair, _) = world(suites).connect(limit, None).unwrap();
            assert_eq!(pair.client.facts.alpn.as_deref(), Some(&b"h2"[..]));
            assert!(pair.send(&data) == data, "{suites:x?} {limit}");
        }
    }
}

#[test]
fn a_client_sends_each_flight_at_once() {
    for suites in [TLS13, TLS12] {
        let (pair, _) = world(suites).connect(100_000, None).unwrap();
        assert_eq!(pair.near.write.lock().sends, 2, "{suites:x?}");
    }
}

/// The lengths of the records in a pipe, without headers.
fn record_lengths(pipe: &Mutex<Pipe>) -> Vec<usize> {
    let bytes: Vec<u8> = pipe.lock().bytes.iter().copied().collect();
    let (mut rest, mut lengths) = (&bytes[..], Vec::new());
    while let [_, _, _, high, low, tail @ ..] = rest {
        let len = usize::from(*high) << 8 | usize::from(*low);
        lengths.push(len);
        rest = &tail[len..];
    }
    lengths
}

#[test]
fn records_are_as_full_as_allowed() {
    for (suites, added) in [(TLS13, 17), (TLS12, 24)] {
        for (limit, lengths) in [(None, vec![16384, 16384, 1]), (Some(20000), vec![16384, 16384, 1])] {
            let mut world = world(suites);
            world.settings.max_fragment = limit;
            let (mut pair, _) = world.connect(100_000, None).unwrap();
            let data = vec![7; 32769];
            assert_eq!(
                pair.client.sender.write(&mut pair.near, &data, WriteMode::default()).unwrap(),
                Io::Done(data.len())
            );
            let expected: Vec<usize> = lengths.iter().map(|len| len + added).collect();
            assert_eq!(record_lengths(&pair.near.write), expected, "{suites:x?}");
        }
        let mut small = world(suites);
        small.settings.max_fragment = Some(512);
        let (mut pair, _) = small.connect(100_000, None).unwrap();
        let _ = pair.client.sender.write(&mut pair.near, &[7; 1000], WriteMode::default()).unwrap();
        assert_eq!(record_lengths(&pair.near.write), [512 + added, 488 + added], "{suites:x?}");
    }
}

#[test]
fn a_write_must_be_repeated_with_its_data() {
    let (mut pair, _) = world(TLS13).connect(100, None).unwrap();
    let data = vec![1; 5000];
    let wrote = pair.client.sender.write(&mut pair.near, &data, WriteMode::default());
    assert_eq!(wrote.unwrap(), Io::WouldBlock);
    let other = vec![1; 5000];
    let wrote = pair.client.sender.write(&mut pair.near, &other, WriteMode::default());
    assert!(matches!(wrote, Err(Error::BadWriteRetry)));
    let shorter = WriteMode { moving_buffer: true, ..WriteMode::default() };
    assert!(matches!(pair.client.sender.write(&mut pair.near, &other[..10], shorter), Err(Error::BadWriteLength)));
    assert_eq!(pair.client.sender.write(&mut pair.near, &other, shorter).unwrap(), Io::WouldBlock);
}

#[test]
fn goodbye_is_seen() {
    let (mut pair, _) = world(TLS12).connect(10_000, None).unwrap();
    pair.client.sender.close();
    assert_eq!(pair.client.sender.send_goodbye(&mut pair.near), Io::Done(0));
    assert_eq!(pair.server.receiver.fill(&mut pair.far).unwrap(), Received::Alert(1, 0));
    assert_eq!(pair.server.receiver.fill(&mut pair.far).unwrap(), Received::WouldBlock);
    // Whether it was meant is the application's to know.
    assert_eq!(pair.client.sender.write(&mut pair.near, b"late", WriteMode::default()).unwrap(), Io::Done(4));
    assert_eq!(pair.server.receiver.fill(&mut pair.far).unwrap(), Received::Data);
    assert_eq!(pair.server.receiver.plaintext(), b"late");
}

#[test]
fn a_ticket_resumes() {
    for suites in [TLS13, TLS12] {
        let world = world(suites);
        let (mut pair, exchange) = world.connect(100_000, None).unwrap();
        assert!(!pair.client.facts.resumed);
        while pair.client.receiver.fill(&mut pair.near).unwrap() == Received::Control {}
        let offer = exchange.record.lock().new_sessions.pop();
        assert!(offer.is_some(), "{suites:x?}");
        let (pair, _) = world.connect(100_000, offer).unwrap();
        assert!(pair.client.facts.resumed && pair.server.facts.resumed, "{suites:x?}");
    }
}

#[test]
fn a_client_that_decides_late_shows_its_certificate() {
    for suites in [TLS13, TLS12] {
        for (limit, groups) in [(7, &[0x11ec_u16, 0x17][..]), (100_000, &[0x1d]), (1000, &[0x17])] {
            let (mut client, mut server) = (world(suites), world(suites));
            client.policy.late_credential = true;
            client.policy.log_keys = true;
            server.policy.client_auth = ClientAuth { request: true, require: true, ..ClientAuth::default() };
            // With the last groups TLS 1.3 needs a second hello.
            server.settings.groups = groups.to_vec();
            let (mut pair, exchange) = client.connect_to(&server, limit, None).unwrap();
            assert_eq!(pair.server.facts.peer_chain, [CERTIFICATE], "{suites:x?} {groups:x?}");
            assert_eq!(pair.send(b"data"), b"data");
            let record = exchange.record.lock();
            let seen = |wanted: &[Kind]| {
                let is_one = |event: &&Event| matches!(event, Event::Message { kind, .. } if wanted.contains(kind));
                record.tap.events.iter().filter(is_one).count()
            };
            let finished = seen(&[Kind::Handshake(20)]);
            let hellos = seen(&[Kind::Handshake(2), Kind::Retry]);
            let logged = record.key_log.iter().filter(|line| line.starts_with("CLIENT_")).count();
            let again = suites == TLS13 && groups == [0x17];
            assert_eq!((finished, hellos), (2, if again { 2 } else { 1 }), "each message is seen once");
            assert_eq!(logged, if suites == TLS13 { 2 } else { 1 }, "each secret is logged once");
        }
    }
}

#[test]
fn a_late_decision_may_follow_an_offer_of_a_session() {
    for suites in [TLS13, TLS12] {
        let mut client = world(suites);
        let (mut pair, exchange) = client.connect(100_000, None).unwrap();
        while pair.client.receiver.fill(&mut pair.near).unwrap() == Received::Control {}
        let offer = exchange.record.lock().new_sessions.pop();
        client.policy.late_credential = true;
        // This server does not know the ticket.
        let mut server = world(suites);
        server.policy.client_auth = ClientAuth { request: true, require: true, ..ClientAuth::default() };
        let (mut pair, _) = client.connect_to(&server, 100_000, offer).unwrap();
        assert!(!pair.client.facts.resumed);
        assert_eq!(pair.send(b"data"), b"data", "{suites:x?}");
    }
}

#[test]
fn keys_can_be_updated() {
    let (mut pair, _) = world(TLS13).connect(100_000, None).unwrap();
    pair.client.sender.update_keys().unwrap();
    assert_eq!(pair.send(b"after"), b"after");
    assert!(pair.server.receiver.take_flush());
    assert_eq!(pair.server.sender.flush(&mut pair.far), Io::Done(0));
    while pair.client.receiver.fill(&mut pair.near).unwrap() == Received::Control {}
    assert_eq!(pair.send(b"and again"), b"and again");
}

#[test]
fn finished_values_are_the_same_on_both_sides() {
    for suites in [TLS13, TLS12] {
        let world = world(suites);
        let (pair, client) = world.connect(100_000, None).unwrap();
        drop(pair);
        let seen = client.record.lock().finished.clone();
        assert_eq!(seen.len(), 2, "{suites:x?}");
    }
}

#[test]
fn a_client_without_the_scheme_fails() {
    let mut world = world(TLS13);
    world.policy.verify_schemes = Arc::from([SignatureScheme(0x0804)]);
    assert!(matches!(world.connect(100_000, None), Err(Error::Rustls(_))));
}
