//! Sessions kept by a context: found by version and id, and in the order in which they end.

use super::session_object::{Bytes32, Session};
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::ffi::c_int;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Weak};

/// What a session is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    version: c_int,
    id: Bytes32,
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.as_slice().hash(state);
    }
}

impl Key {
    /// The key of an id in a protocol version.
    pub(crate) fn new(version: c_int, id: Bytes32) -> Self {
        Self { version, id }
    }

    fn of(session: &Session) -> Self {
        let fields = session.fields.read();
        Self { version: fields.version, id: fields.id }
    }
}

/// Place in the order: when the session ends, and a number that puts later comers later.
type Place = (i64, u64);

#[derive(Debug)]
struct Entry {
    session: Arc<Session>,
    place: Place,
}

#[derive(Debug, Default)]
struct Kept {
    by_key: HashMap<Key, Entry>,
    by_end: BTreeMap<Place, Key>,
    added: u64,
}

/// The sessions of a context. Nothing that it gives away is dropped while it is locked.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    kept: Mutex<Kept>,
}

/// What adding a session led to.
#[derive(Debug, Default)]
pub(crate) struct Added {
    /// It was not in the cache before.
    pub(crate) is_new: bool,
    /// What had to go because the cache was full, in that order.
    pub(crate) evicted: Vec<Arc<Session>>,
    /// Another session that had the same id.
    pub(crate) replaced: Option<Arc<Session>>,
}

impl Kept {
    fn insert(&mut self, key: Key, session: Arc<Session>) {
        self.added += 1;
        let place = (session.fields.read().end(), self.added);
        self.by_end.insert(place, key);
        self.by_key.insert(key, Entry { session, place });
    }

    fn take(&mut self, key: &Key) -> Option<Arc<Session>> {
        let entry = self.by_key.remove(key)?;
        self.by_end.remove(&entry.place);
        *entry.session.owner.lock() = Weak::new();
        Some(entry.session)
    }

    fn first(&self) -> Option<(Place, Key)> {
        self.by_end.first_key_value().map(|(place, key)| (*place, *key))
    }
}

impl Cache {
    /// How many sessions are kept.
    pub(crate) fn len(&self) -> usize {
        self.kept.lock().by_key.len()
    }

    /// Adds a session; `size` is how many may be kept with it (0: any number). As OpenSSL counts, the cache is full when
    /// it holds one less.
    pub(crate) fn add(self: &Arc<Self>, session: &Arc<Session>, size: usize) -> Added {
        let key = Key::of(session);
        let mut kept = self.kept.lock();
        let mut added = Added::default();
        match kept.take(&key) {
            Some(old) if Arc::ptr_eq(&old, session) => {}
            old => {
                added.is_new = true;
                added.replaced = old;
                while size > 0 && kept.by_key.len() + 1 >= size {
                    let Some((_, first)) = kept.first() else { break };
                    added.evicted.extend(kept.take(&first));
                }
            }
        }
        *session.owner.lock() = Arc::downgrade(self);
        kept.insert(key, session.clone());
        added
    }

    /// The session with this key.
    pub(crate) fn find(&self, key: &Key) -> Option<Arc<Session>> {
        self.kept.lock().by_key.get(key).map(|entry| entry.session.clone())
    }

    /// Removes the session with the key of `session`, which may be another object.
    pub(crate) fn remove(&self, session: &Session) -> Option<Arc<Session>> {
        let key = Key::of(session);
        self.kept.lock().take(&key)
    }

    /// Removes the session that ends first, if it ends before `time`; with none it is removed in any case.
    pub(crate) fn remove_ended(&self, time: Option<i64>) -> Option<Arc<Session>> {
        let mut kept = self.kept.lock();
        let ((end, _), key) = kept.first()?;
        if time.is_some_and(|time| end >= time) {
            return None;
        }
        kept.take(&key)
    }

    /// Moves a session to where its new end belongs.
    pub(crate) fn reorder(&self, session: &Session) {
        let key = Key::of(session);
        let mut kept = self.kept.lock();
        let held = kept.by_key.get(&key).is_some_and(|entry| std::ptr::eq(&*entry.session, session));
        if held && let Some(entry) = kept.by_key.remove(&key) {
            kept.by_end.remove(&entry.place);
            kept.insert(key, entry.session);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::super::session_object::Fields;
    use super::*;

    fn session(id: u8, end: i64) -> Arc<Session> {
        let id = Bytes32::new(&[id]).unwrap();
        Session::new(Fields { id, time: end, timeout: 0, ..Fields::default() }).unwrap()
    }

    #[test]
    fn the_one_that_ends_first_goes_first() {
        let cache = Arc::new(Cache::default());
        let all: Vec<_> = [(1, 30), (2, 10), (3, 20)].iter().map(|&(id, end)| session(id, end)).collect();
        for session in &all {
            assert!(cache.add(session, 4).evicted.len() <= 1);
        }
        assert_eq!(cache.len(), 3);
        let added = cache.add(&session(4, 5), 4);
        assert!(added.is_new && Arc::ptr_eq(&added.evicted[0], &all[1]));
        assert!(!cache.add(&all[0], 4).is_new);
        all[2].fields.write().time = 99;
        all[2].moved();
        let order: Vec<u8> =
            std::iter::from_fn(|| cache.remove_ended(None)).map(|s| s.fields.read().id.as_slice()[0]).collect();
        assert_eq!(order, [4, 1, 3]);
    }

    #[test]
    fn flushing_stops_at_the_time() {
        let cache = Arc::new(Cache::default());
        cache.add(&session(1, 10), 0);
        cache.add(&session(2, 20), 0);
        assert!(cache.remove_ended(Some(10)).is_none());
        assert!(cache.remove_ended(Some(11)).is_some());
        assert!(cache.remove_ended(Some(11)).is_none());
        assert_eq!(cache.len(), 1);
    }

    #[test]
    fn one_id_one_session() {
        let cache = Arc::new(Cache::default());
        let (first, second) = (session(1, 10), session(1, 10));
        cache.add(&first, 0);
        assert!(Arc::ptr_eq(&cache.add(&second, 0).replaced.unwrap(), &first));
        assert!(Arc::ptr_eq(&cache.remove(&first).unwrap(), &second));
        assert!(cache.remove(&first).is_none());
    }
}
