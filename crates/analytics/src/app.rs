//! Everything that an RPC of Analytics may touch.

use std::ops::Deref;
use std::sync::Arc;

use jiff::Timestamp;
use tasktracker_database::Database;
use tasktracker_events::{Consumers, Subscriber};
use tasktracker_identity::Access;
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::SharedClock;
use tasktracker_server::ids::Ids;

use crate::config::Config;
use crate::numbers::Numbers;
use crate::projection::Projection;
use crate::store::{DocumentStore, SharedStore, SqlStore};

/// The service: cheap to clone, one per process.
#[derive(Debug, Clone)]
pub struct App(Arc<Inner>);

/// What it is made of.
#[derive(Debug)]
pub struct Parts {
    /// Analytics' own database.
    pub db: Database,
    /// Tells the time.
    pub clock: SharedClock,
    /// Makes ids.
    pub ids: Ids,
    /// Asks Auth who may do what.
    pub access: Access,
    /// Brings events, and keeps those that cannot be counted.
    pub consumers: Consumers,
    /// The way that events take: it knows how far the topics are.
    pub events: Arc<dyn Subscriber>,
    /// What the operator decided.
    pub config: Config,
    /// The owner of spawned work.
    pub lifecycle: Lifecycle,
}

/// The parts, and what is made of them.
#[derive(Debug)]
struct Inner {
    parts: Parts,
    /// Where the numbers are.
    store: SharedStore,
    /// Makes them.
    projection: Projection,
    /// Reads them.
    numbers: Numbers,
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let store: SharedStore = Arc::new(SqlStore::new(parts.db.clone()));
        let projection = Projection::new(store.clone(), parts.ids.clone());
        let numbers = Numbers::new(store.clone());
        Self(Arc::new(Inner {
            parts,
            store,
            projection,
            numbers,
        }))
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Where the numbers are.
    #[must_use]
    pub fn store(&self) -> &dyn DocumentStore {
        &*self.0.store
    }

    /// Reads the numbers.
    #[must_use]
    pub fn numbers(&self) -> &Numbers {
        &self.0.numbers
    }

    /// Makes the numbers.
    #[must_use]
    pub fn projection(&self) -> &Projection {
        &self.0.projection
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}
