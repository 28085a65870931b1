//! Sessions kept by a context: found by version and id, and in the order in which they end.

use super::session_object::{Bytes32, Session};
use super::types::{SSL_SESSION, lhash_st_SSL_SESSION};
use crate::libcrypto::lhash::Table;
use crate::seam::{Handle, Owning};
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::ffi::{c_int, c_ulong, c_void};
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
    session: Owning<Session>,
    place: Place,
}

/// As OpenSSL hashes sessions: by the first four bytes of the id.
unsafe extern "C" fn hash(session: *const c_void) -> c_ulong {
    // SAFETY: what is in the table is kept by the cache.
    let session = unsafe { SSL_SESSION::share(session.cast()) };
    let id = session.map(|session| session.fields.read().id);
    let start = id.and_then(|id| id.padded().first_chunk().copied()).unwrap_or_default();
    u32::from_le_bytes(start).into()
}

/// Whether two sessions are to be told apart: by version and id.
unsafe extern "C" fn differ(one: *const c_void, other: *const c_void) -> c_int {
    // SAFETY: what is in the table is kept by the cache.
    let key = |session: *const c_void| unsafe { SSL_SESSION::share(session.cast()) }.map(|session| Key::of(&session));
    (key(one) != key(other)).into()
}

#[derive(Debug, Default)]
struct Kept {
    /// The same sessions as libcrypto's hash table, once the program has asked for it.
    table: Option<Table>,
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
    pub(crate) evicted: Vec<Owning<Session>>,
    /// Another session that had the same id.
    pub(crate) replaced: Option<Owning<Session>>,
}

impl Kept {
    fn insert(&mut self, key: Key, session: Owning<Session>) {
        self.added += 1;
        let place = (session.fields.read().end(), self.added);
        self.by_end.insert(place, key);
        if let Some(table) = &mut self.table {
            // SAFETY: the entry keeps the session until `take` takes it out of both.
            unsafe { table.insert(SSL_SESSION::peek(&session).cast()) };
        }
        self.by_key.insert(key, Entry { session, place });
    }

    /// The sessions as a table that libcrypto's functions can walk through.
    fn table(&mut self) -> Option<*mut lhash_st_SSL_SESSION> {
        if self.table.is_none() {
            // SAFETY: only sessions are inserted, and are kept as long as they are in it.
            self.table = unsafe { Table::new(hash, differ) };
            self.fill_table();
        }
        self.table.as_ref().map(|table| table.as_ptr().cast())
    }

    fn fill_table(&mut self) {
        let Some(table) = &mut self.table else { return };
        table.flush();
        for entry in self.by_key.values() {
            // SAFETY: as in `insert`.
            unsafe { table.insert(SSL_SESSION::peek(&entry.session).cast()) };
        }
    }

    fn take(&mut self, key: &Key) -> Option<Owning<Session>> {
        let entry = self.by_key.remove(key)?;
        self.by_end.remove(&entry.place);
        // SAFETY: all that is in the table is kept here, and this entry still is.
        let gone = |table: &mut Table| unsafe { table.delete(SSL_SESSION::peek(&entry.session).cast()) };
        // A session that has another id now is not found by it.
        if self.table.as_mut().is_some_and(|table| !gone(table)) {
            self.fill_table();
        }
        *entry.session.owner.lock() = Weak::new();
        Some(entry.session)
    }

    fn first(&self) -> Option<(Place, Key)> {
        self.by_end.first_key_value().map(|(place, key)| (*place, *key))
    }
}

impl Cache {
    /// The sessions as a table of libcrypto's, which follows what is kept from now on; null without memory. The program
    /// sees to it that nobody changes the cache while it looks at the table.
    pub(crate) fn table(&self) -> *mut lhash_st_SSL_SESSION {
        self.kept.lock().table().unwrap_or(std::ptr::null_mut())
    }

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
        kept.insert(key, Owning::new(session.clone()));
        added
    }

    /// The session with this key.
    pub(crate) fn find(&self, key: &Key) -> Option<Owning<Session>> {
        self.kept.lock().by_key.get(key).map(|entry| entry.session.clone())
    }

    /// Removes the session with the key of `session`, which may be another object.
    pub(crate) fn remove(&self, session: &Session) -> Option<Owning<Session>> {
        let key = Key::of(session);
        self.kept.lock().take(&key)
    }

    /// Removes the session that ends first, if it ends before `time`; with none it is removed in any case.
    pub(crate) fn remove_ended(&self, time: Option<i64>) -> Option<Owning<Session>> {
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
        let held = kept.by_key.get(&key).is_some_and(|entry| std::ptr::eq(&**entry.session, session));
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

    fn session(id: u8, end: i64) -> Owning<Session> {
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
