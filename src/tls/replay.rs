//! Runs a client's handshake a second time, up to the same point, with a credential that was not there the first time.
//!
//! rustls wants a client's credential at once when a server asks for it, before the server has been verified. A program
//! decides later, and may take its time. So where a program decides by callback, the handshake first runs without a
//! credential until the server has been verified. If the program then comes up with one, the same handshake is run again
//! from its beginning: rustls draws the same random numbers and keys, receives the same records, and goes on from there.

use super::exchange::{Exchange, Offer};
use super::session::Resumable;
use rustls::Error;
use rustls::crypto::GetRandomFailed;
use rustls::crypto::SelectedCredential;
use rustls::crypto::kx::{ActiveKeyExchange, HybridKeyExchange, NamedGroup, SharedSecret, StartedKeyExchange};
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use std::collections::VecDeque;
use std::sync::Arc;
use zeroize::Zeroizing;

/// What a handshake has drawn and received.
#[derive(Default)]
pub struct Script {
    random: VecDeque<Zeroizing<Vec<u8>>>,
    shares: VecDeque<Share>,
    times: VecDeque<UnixTime>,
    offer: Option<Offer>,
    records: Vec<u8>,
}

/// A key of ours for a group, and the secret it came to.
struct Share {
    group: NamedGroup,
    public: Vec<u8>,
    /// The part of a hybrid group that may be used alone.
    component: Option<(NamedGroup, Vec<u8>)>,
    secret: Zeroizing<Vec<u8>>,
}

/// Whether a handshake is written down or played.
#[derive(Default)]
pub enum Stage {
    /// Neither: the credential is known when it is asked for.
    #[default]
    Off,
    /// The first run.
    Recording(Script),
    /// The second run, until the first one's end.
    Playing(Script, Option<Box<SelectedCredential>>),
}

impl Stage {
    /// The first run begins.
    pub fn record(offer: Option<&Offer>) -> Self {
        let offer = offer.and_then(Resumable::from_offer).and_then(|session| session.to_offer());
        Self::Recording(Script { offer, ..Script::default() })
    }

    /// Notes a record that was received.
    pub fn received(&mut self, record: &[u8]) {
        if let Self::Recording(script) = self {
            script.records.extend_from_slice(record);
        }
    }

    /// The second run begins: the session to offer again, and the records to be fed to it. None unless there was a first.
    pub fn play(&mut self, credential: SelectedCredential) -> Option<(Option<Offer>, Vec<u8>)> {
        let Self::Recording(mut script) = std::mem::take(self) else { return None };
        let (offer, records) = (script.offer.take(), std::mem::take(&mut script.records));
        *self = Self::Playing(script, Some(Box::new(credential)));
        Some((offer, records))
    }

    /// The credential of the second run; none in the first.
    pub fn credential(&mut self) -> Option<SelectedCredential> {
        match self {
            Self::Playing(_, credential) => credential.take().map(|credential| *credential),
            _ => None,
        }
    }

    /// Whether what happens has been seen before.
    pub fn is_playing(&self) -> bool {
        matches!(self, Self::Playing(..))
    }
}

/// Fills `buf` at random, or as in the first run.
pub(super) fn fill(
    buf: &mut [u8],
    draw: impl FnOnce(&mut [u8]) -> Result<(), GetRandomFailed>,
) -> Result<(), GetRandomFailed> {
    let Some(exchange) = Exchange::current() else { return draw(buf) };
    match &mut *exchange.stage.lock() {
        Stage::Off => draw(buf),
        Stage::Recording(script) => {
            draw(buf)?;
            script.random.push_back(Zeroizing::new(buf.to_vec()));
            Ok(())
        }
        Stage::Playing(script, _) => match script.random.pop_front() {
            Some(drawn) if drawn.len() == buf.len() => {
                buf.copy_from_slice(&drawn);
                Ok(())
            }
            _ => Err(GetRandomFailed),
        },
    }
}

/// The time, or that of the first run.
#[derive(Debug)]
pub(super) struct Clock;

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let now = UnixTime::now();
        let Some(exchange) = Exchange::current() else { return Some(now) };
        match &mut *exchange.stage.lock() {
            Stage::Off => Some(now),
            Stage::Recording(script) => {
                script.times.push_back(now);
                Some(now)
            }
            Stage::Playing(script, _) => script.times.pop_front(),
        }
    }
}

/// Starts a key exchange, or the one of the first run.
pub(super) fn start(
    group: NamedGroup,
    start: impl FnOnce() -> Result<StartedKeyExchange, Error>,
) -> Result<StartedKeyExchange, Error> {
    let Some(exchange) = Exchange::current() else { return start() };
    let mut stage = exchange.stage.lock();
    match &mut *stage {
        Stage::Off => {
            drop(stage);
            start()
        }
        Stage::Recording(_) => {
            drop(stage);
            let started = start()?;
            Ok(note(&exchange, started))
        }
        Stage::Playing(script, _) => {
            let share = script.shares.pop_front().filter(|share| share.group == group);
            let share = share.ok_or_else(|| Error::General("a handshake did not repeat itself".into()))?;
            Ok(match share.component {
                Some(_) => StartedKeyExchange::Hybrid(Box::new(Played(share))),
                None => StartedKeyExchange::Single(Box::new(Played(share))),
            })
        }
    }
}

/// Writes a key exchange down; its secret follows when it is complete.
fn note(exchange: &Arc<Exchange>, started: StartedKeyExchange) -> StartedKeyExchange {
    let component = match &started {
        StartedKeyExchange::Hybrid(hybrid) => {
            let (group, public) = hybrid.component();
            Some((group, public.to_vec()))
        }
        _ => None,
    };
    let mut stage = exchange.stage.lock();
    let Stage::Recording(script) = &mut *stage else { return started };
    let at = script.shares.len();
    script.shares.push_back(Share {
        group: started.group(),
        public: started.pub_key().to_vec(),
        component,
        secret: Zeroizing::default(),
    });
    drop(stage);
    let keeper = Keeper { exchange: exchange.clone(), at };
    match started {
        StartedKeyExchange::Single(single) => StartedKeyExchange::Single(Box::new(Recorded(single, keeper))),
        StartedKeyExchange::Hybrid(hybrid) => StartedKeyExchange::Hybrid(Box::new(RecordedHybrid(hybrid, keeper))),
        other => other,
    }
}

/// Where a secret is to be written down.
struct Keeper {
    exchange: Arc<Exchange>,
    at: usize,
}

impl Keeper {
    fn keep(&self, secret: Result<SharedSecret, Error>) -> Result<SharedSecret, Error> {
        let secret = secret?;
        if let Stage::Recording(script) = &mut *self.exchange.stage.lock()
            && let Some(share) = script.shares.get_mut(self.at)
        {
            share.secret = Zeroizing::new(secret.secret_bytes().to_vec());
        }
        Ok(secret)
    }
}

struct Recorded(Box<dyn ActiveKeyExchange>, Keeper);

impl ActiveKeyExchange for Recorded {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let Self(inner, keeper) = *self;
        keeper.keep(inner.complete(peer))
    }

    fn pub_key(&self) -> &[u8] {
        self.0.pub_key()
    }

    fn group(&self) -> NamedGroup {
        self.0.group()
    }
}

struct RecordedHybrid(Box<dyn HybridKeyExchange>, Keeper);

impl ActiveKeyExchange for RecordedHybrid {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let Self(inner, keeper) = *self;
        keeper.keep(inner.complete(peer))
    }

    fn pub_key(&self) -> &[u8] {
        self.0.pub_key()
    }

    fn group(&self) -> NamedGroup {
        self.0.group()
    }
}

impl HybridKeyExchange for RecordedHybrid {
    fn component(&self) -> (NamedGroup, &[u8]) {
        self.0.component()
    }

    fn complete_component(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let Self(inner, keeper) = *self;
        keeper.keep(inner.complete_component(peer))
    }

    fn as_key_exchange(&self) -> &(dyn ActiveKeyExchange + 'static) {
        self
    }

    fn into_key_exchange(self: Box<Self>) -> Box<dyn ActiveKeyExchange> {
        let Self(inner, keeper) = *self;
        Box::new(Recorded(inner.into_key_exchange(), keeper))
    }
}

/// A key exchange of the first run: what it comes to is known.
struct Played(Share);

impl ActiveKeyExchange for Played {
    fn complete(self: Box<Self>, _: &[u8]) -> Result<SharedSecret, Error> {
        Ok(SharedSecret::from(self.0.secret.as_slice()))
    }

    fn pub_key(&self) -> &[u8] {
        &self.0.public
    }

    fn group(&self) -> NamedGroup {
        self.0.group
    }
}

impl HybridKeyExchange for Played {
    fn component(&self) -> (NamedGroup, &[u8]) {
        match &self.0.component {
            Some((group, public)) => (*group, public),
            None => (self.0.group, &self.0.public),
        }
    }

    fn complete_component(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        self.complete(peer)
    }

    fn as_key_exchange(&self) -> &(dyn ActiveKeyExchange + 'static) {
        self
    }

    fn into_key_exchange(self: Box<Self>) -> Box<dyn ActiveKeyExchange> {
        self
    }
}
