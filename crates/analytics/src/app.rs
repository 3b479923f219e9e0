//! Everything that an RPC of Analytics may touch.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use jiff::Timestamp;
use tasktracker_database::Database;
use tasktracker_events::transport::{SubscribeError, Subscriber};
use tasktracker_events::{Consumers, Topic};
use tasktracker_identity::Access;
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::SharedClock;
use tasktracker_server::ids::Ids;

use crate::config::Config;
use crate::numbers::Numbers;
use crate::projection::Projection;
use crate::store::{DocumentStore, SharedStore};

/// The service: cheap to clone, one per process.
#[derive(Debug, Clone)]
pub struct App(Arc<Inner>);

/// What it is made of.
#[derive(Debug)]
pub struct Parts {
    /// Analytics' own database: what cannot be counted is there.
    pub db: Database,
    /// Where the numbers are; see [`crate::store::open`].
    pub store: SharedStore,
    /// Tells the time.
    pub clock: SharedClock,
    /// Makes ids.
    pub ids: Ids,
    /// Asks Auth who may do what.
    pub access: Access,
    /// Brings events, and keeps those that cannot be counted.
    pub consumers: Consumers,
    /// Tells how far the topics are.
    pub ends: Ends,
    /// What the operator decided.
    pub config: Config,
    /// The owner of spawned work.
    pub lifecycle: Lifecycle,
}

/// The parts, and what is made of them.
#[derive(Debug)]
struct Inner {
    parts: Parts,
    /// Makes them.
    projection: Projection,
    /// Reads them.
    numbers: Numbers,
}

/// Positions by topic and partition.
pub type Positions = HashMap<(String, i32), i64>;

/// Tells the positions of the newest events.
#[derive(Debug, Clone)]
pub struct Ends(Arc<dyn Subscriber>);

impl Ends {
    /// Asks where events come from.
    #[must_use]
    pub fn new(subscriber: Arc<dyn Subscriber>) -> Self {
        Self(subscriber)
    }

    /// The position of the newest event of each part of these topics; 0 before the first.
    ///
    /// # Errors
    /// Nobody answers.
    pub async fn ask(&self, topics: &[Topic]) -> Result<Positions, SubscribeError> {
        let ends = self.0.ends(topics).await?;
        Ok(ends
            .into_iter()
            .map(|end| ((end.topic.name.to_owned(), end.partition), end.position))
            .collect())
    }
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let projection = Projection::new(parts.store.clone(), parts.ids.clone());
        let numbers = Numbers::new(parts.store.clone());
        Self(Arc::new(Inner {
            parts,
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
        &*self.0.parts.store
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
