//! The sessions and connections of a broker, by small numbers and by name.

use crate::broker::Authentication;
use crate::event::ConnectionId;
use crate::topics::{FilterKey, SessionKey};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::hash::BuildHasher;
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use mqtt_proto::packet::Will;
use mqtt_proto::session::{Expiry, Session};
use mqtt_proto::{Instant, ServerConnection, Text};

/// Values under small numbers that are used again.
#[derive(Clone, Debug)]
pub(crate) struct Slab<T> {
    slots: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub(crate) const fn new() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(crate) fn insert(&mut self, value: T) -> u32 {
        match self.free.pop() {
            Some(at) => {
                if let Some(slot) = self.slots.get_mut(at as usize) {
                    *slot = Some(value);
                }
                at
            }
            None => {
                self.slots.push(Some(value));
                // Each value is larger than a byte, so fewer than 2^32 fit in memory next to the rest.
                (self.slots.len() - 1) as u32
            }
        }
    }

    pub(crate) fn get(&self, at: u32) -> Option<&T> {
        self.slots.get(at as usize)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, at: u32) -> Option<&mut T> {
        self.slots.get_mut(at as usize)?.as_mut()
    }

    pub(crate) fn remove(&mut self, at: u32) -> Option<T> {
        let value = self.slots.get_mut(at as usize)?.take()?;
        self.free.push(at);
        Some(value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..)
            .zip(&self.slots)
            .filter_map(|(at, slot)| Some((at, slot.as_ref()?)))
    }
}

/// Names a connection inside the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConnectionKey(pub(crate) u32);

/// One connection.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) id: ConnectionId,
    pub(crate) server: ServerConnection,
    /// From the accepted CONNECT to the end.
    pub(crate) session: Option<SessionKey>,
    pub(crate) user_name: Option<Text>,
    pub(crate) will: Option<Will>,
    /// While it goes on.
    pub(crate) authentication: Option<Box<Authentication>>,
    /// Bytes sent, roughly, and not known to be taken.
    pub(crate) backlog_bytes: usize,
    /// Its place among the timers.
    pub(crate) armed: Option<Instant>,
}

/// One session: what the broker keeps for a client id.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: Text,
    pub(crate) session: Session,
    pub(crate) connection: Option<ConnectionKey>,
    /// Of the connection that it has or had last.
    pub(crate) user_name: Option<Text>,
    /// What its names and its will count for among the bytes of all sessions.
    pub(crate) bytes: usize,
    /// What its session was last counted for among the bytes that all hold.
    pub(crate) held_bytes: usize,
    /// Sorted.
    pub(crate) filters: Vec<FilterKey>,
    pub(crate) expiry: Expiry,
    /// Set while there is no connection and it does expire.
    pub(crate) ends_at: Option<Instant>,
    /// Waits for its delay.
    pub(crate) will: Option<DelayedWill>,
    /// Its place among the timers.
    pub(crate) armed: Option<Instant>,
}

/// A will whose connection is gone.
#[derive(Clone, Debug)]
pub(crate) struct DelayedWill {
    pub(crate) will: Will,
    pub(crate) due: Instant,
}

impl Client {
    /// Counts the messages of its session anew in the sum over all.
    pub(crate) fn recount(&mut self, all_bytes: &mut usize) {
        let held = self.session.held_bytes();
        *all_bytes = *all_bytes - self.held_bytes + held;
        self.held_bytes = held;
    }

    /// When something is due while it is not connected.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let will = self.will.as_ref().map(|will| will.due);
        [self.ends_at, will].into_iter().flatten().min()
    }
}

/// The connections.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    slab: Slab<Connection>,
    by_id: HashMap<ConnectionId, ConnectionKey, FixedState>,
}

impl Connections {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            slab: Slab::new(),
            by_id: HashMap::with_hasher(FixedState::with_seed(seed)),
        }
    }

    pub(crate) fn find(&self, id: ConnectionId) -> Option<ConnectionKey> {
        self.by_id.get(&id).copied()
    }

    pub(crate) fn insert(&mut self, connection: Connection) -> ConnectionKey {
        let id = connection.id;
        let key = ConnectionKey(self.slab.insert(connection));
        self.by_id.insert(id, key);
        key
    }

    pub(crate) fn get(&self, key: ConnectionKey) -> Option<&Connection> {
        self.slab.get(key.0)
    }

    pub(crate) fn get_mut(&mut self, key: ConnectionKey) -> Option<&mut Connection> {
        self.slab.get_mut(key.0)
    }

    pub(crate) fn remove(&mut self, key: ConnectionKey) -> Option<Connection> {
        let connection = self.slab.remove(key.0)?;
        self.by_id.remove(&connection.id);
        Some(connection)
    }

    /// In the order of their ids.
    pub(crate) fn sorted(&self) -> Vec<&Connection> {
        let mut all: Vec<_> = self.slab.iter().map(|(_, connection)| connection).collect();
        all.sort_by_key(|connection| connection.id);
        all
    }

    /// The keys, in the order of the ids.
    pub(crate) fn keys(&self) -> Vec<ConnectionKey> {
        self.sorted()
            .into_iter()
            .filter_map(|connection| self.find(connection.id))
            .collect()
    }
}

/// The sessions.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    slab: Slab<Client>,
    by_id: hashbrown::HashTable<SessionKey>,
    hasher: FixedState,
}

impl Clients {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            slab: Slab::new(),
            by_id: hashbrown::HashTable::new(),
            hasher: FixedState::with_seed(seed),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.slab.len()
    }

    pub(crate) fn find(&self, client_id: &str) -> Option<SessionKey> {
        let hash = self.hasher.hash_one(client_id);
        self.by_id
            .find(hash, |key| {
                self.get(*key)
                    .is_some_and(|client| client.id.as_str() == client_id)
            })
            .copied()
    }

    pub(crate) fn insert(&mut self, client: Client) -> SessionKey {
        let hash = self.hasher.hash_one(client.id.as_str());
        let key = SessionKey(self.slab.insert(client));
        let (slab, hasher) = (&self.slab, &self.hasher);
        self.by_id.insert_unique(hash, key, |key| {
            slab.get(key.0)
                .map_or(0, |client| hasher.hash_one(client.id.as_str()))
        });
        key
    }

    pub(crate) fn get(&self, key: SessionKey) -> Option<&Client> {
        self.slab.get(key.0)
    }

    pub(crate) fn get_mut(&mut self, key: SessionKey) -> Option<&mut Client> {
        self.slab.get_mut(key.0)
    }

    pub(crate) fn remove(&mut self, key: SessionKey) -> Option<Client> {
        let client = self.slab.remove(key.0)?;
        let hash = self.hasher.hash_one(client.id.as_str());
        if let Ok(found) = self.by_id.find_entry(hash, |other| *other == key) {
            found.remove();
        }
        Some(client)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Client> {
        self.slab.iter().map(|(_, client)| client)
    }

    /// In the order of their ids.
    pub(crate) fn sorted(&self) -> Vec<(SessionKey, &Client)> {
        let mut all: Vec<_> = self
            .slab
            .iter()
            .map(|(at, client)| (SessionKey(at), client))
            .collect();
        all.sort_by(|(_, a), (_, b)| a.id.cmp(&b.id));
        all
    }
}
