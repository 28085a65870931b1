//! Ticket keys that follow one another in time.
//!
//! A key that lives as long as its server would one day open every ticket ever recorded. Keys made here are therefore
//! replaced once a day: each is derived from the one before, which cannot be found back from it. Processes that were
//! forked from one derive the same keys, so that they go on opening each other's tickets.

use super::ticket_key::{KEYS_LEN, TicketKey};
use aws_lc_rs::hkdf;
use parking_lot::RwLock;
use std::sync::Arc;
use zeroize::Zeroizing;

/// How long one key seals tickets, seconds.
const PERIOD: u64 = 24 * 3600;

type Bytes = Zeroizing<[u8; KEYS_LEN]>;

/// One key, prepared when it is first used.
#[derive(Debug, Clone)]
struct Link {
    bytes: Bytes,
    key: Option<Arc<TicketKey>>,
}

impl Link {
    fn new(bytes: Bytes) -> Self {
        Self { bytes, key: None }
    }

    /// The key that takes over from this one.
    fn next(&self) -> Option<Self> {
        struct Length;
        impl hkdf::KeyType for Length {
            fn len(&self) -> usize {
                KEYS_LEN
            }
        }
        let mut bytes = Zeroizing::new([0; KEYS_LEN]);
        let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, b"ferrossl ticket key").extract(&*self.bytes);
        secret.expand(&[b"next"], Length).ok()?.fill(&mut *bytes).ok()?;
        Some(Self::new(bytes))
    }
}

/// The key in force and those before it that may still open tickets.
pub struct TicketRing {
    links: RwLock<Links>,
}

impl std::fmt::Debug for TicketRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TicketRing").finish_non_exhaustive()
    }
}

struct Links {
    /// Newest first; never empty.
    links: Vec<Link>,
    /// When the newest took over, seconds since 1970; none: keys do not change.
    since: Option<u64>,
}

impl TicketRing {
    /// Begins with a key made of `bytes`, at `now` (seconds since 1970).
    pub fn new(bytes: [u8; KEYS_LEN], now: u64) -> Self {
        let links = vec![Link::new(Zeroizing::new(bytes))];
        Self { links: RwLock::new(Links { links, since: Some(now) }) }
    }

    /// Uses one key for good, until another is set.
    pub fn set(&self, bytes: [u8; KEYS_LEN]) {
        *self.links.write() = Links { links: vec![Link::new(Zeroizing::new(bytes))], since: None };
    }

    /// The bytes of the key in force, which stays in force: whoever asks may give it to others.
    pub fn share(&self) -> Bytes {
        let mut links = self.links.write();
        links.since = None;
        links.links.first().map_or_else(|| Zeroizing::new([0; KEYS_LEN]), |link| link.bytes.clone())
    }

    /// Seals `plain` with the key in force at `now`.
    pub fn seal(&self, plain: &[u8], now: u64, lifetime: u64) -> Option<Vec<u8>> {
        self.keys(now, lifetime)?.first()?.seal(plain)
    }

    /// Opens a ticket that is good for `lifetime` seconds. Says too whether its key is still in force.
    pub fn open(&self, ticket: &[u8], now: u64, lifetime: u64) -> Option<(Zeroizing<Vec<u8>>, bool)> {
        let keys = self.keys(now, lifetime)?;
        keys.iter().enumerate().find_map(|(age, key)| Some((key.open(ticket)?, age == 0)))
    }

    /// The prepared keys, newest first.
    fn keys(&self, now: u64, lifetime: u64) -> Option<Vec<Arc<TicketKey>>> {
        {
            let links = self.links.read();
            let due = links.since.is_some_and(|since| now >= since.saturating_add(PERIOD));
            let prepared: Option<Vec<_>> = links.links.iter().map(|link| link.key.clone()).collect();
            if let Some(prepared) = prepared.filter(|_| !due) {
                return Some(prepared);
            }
        }
        let mut links = self.links.write();
        links.advance(now, lifetime)?;
        links
            .links
            .iter_mut()
            .map(|link| {
                if link.key.is_none() {
                    link.key = TicketKey::new(*link.bytes).map(Arc::new);
                }
                link.key.clone()
            })
            .collect()
    }
}

impl Links {
    /// Takes the steps that are due and forgets the keys whose tickets have all ended.
    fn advance(&mut self, now: u64, lifetime: u64) -> Option<()> {
        let Some(mut since) = self.since else { return Some(()) };
        while now >= since.saturating_add(PERIOD) {
            let next = self.links.first()?.next()?;
            self.links.insert(0, next);
            since += PERIOD;
        }
        self.since = Some(since);
        let kept = usize::try_from(lifetime.div_ceil(PERIOD)).unwrap_or(usize::MAX).saturating_add(1);
        self.links.truncate(kept);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    const HOUR: u64 = 3600;

    fn ring() -> TicketRing {
        TicketRing::new([7; KEYS_LEN], 1000)
    }

    #[test]
    fn tickets_open_as_long_as_they_are_good() {
        let ring = ring();
        let ticket = ring.seal(b"state", 1000 + 23 * HOUR, 2 * HOUR).unwrap();
        assert!(ring.open(&ticket, 1000 + 23 * HOUR, 2 * HOUR).unwrap().1);
        let (state, current) = ring.open(&ticket, 1000 + 25 * HOUR, 2 * HOUR).unwrap();
        assert_eq!((&**state, current), (&b"state"[..], false));
        assert!(ring.open(&ticket, 1000 + 49 * HOUR, 2 * HOUR).is_none());
    }

    #[test]
    fn forked_processes_derive_the_same_keys() {
        let (one, other) = (ring(), ring());
        let ticket = one.seal(b"state", 1000 + 100 * HOUR, HOUR).unwrap();
        assert!(other.open(&ticket, 1000 + 101 * HOUR, HOUR).unwrap().1);
        assert!(ring().open(&ticket, 1000, HOUR).is_none(), "the first key does not open it");
    }

    #[test]
    fn keys_of_the_program_stay() {
        let (one, other) = (ring(), ring());
        let ticket = one.seal(b"state", 2000, HOUR).unwrap();
        other.set(*one.share());
        assert!(one.open(&ticket, 1000 + 1000 * HOUR, HOUR).unwrap().1);
        assert!(other.open(&ticket, 1000 + 1000 * HOUR, HOUR).unwrap().1);
    }

    #[test]
    fn a_clock_that_goes_back_changes_nothing() {
        let ring = ring();
        let ticket = ring.seal(b"state", 1000, HOUR).unwrap();
        assert!(ring.open(&ticket, 10, HOUR).unwrap().1);
    }
}
