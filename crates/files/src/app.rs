//! Everything that an RPC of Files may touch.

use std::ops::Deref;
use std::sync::Arc;

use jiff::Timestamp;
use tasktracker_database::Database;
use tasktracker_database::cursor::Sealer;
use tasktracker_events::{Consumers, Relay};
use tasktracker_identity::Access;
use tasktracker_jobs::Jobs;
use tasktracker_server::clock::SharedClock;
use tasktracker_server::ids::Ids;
use tasktracker_server::{Lifecycle, Upstream};

use crate::blob::BlobStore;
use crate::config::Config;
use crate::slots::Slots;

/// The service: cheap to clone, one per process.
#[derive(Debug, Clone)]
pub struct App(Arc<Parts>);

/// What it is made of.
#[derive(Debug)]
pub struct Parts {
    /// Files' own database.
    pub db: Database,
    /// Where the contents are.
    pub blobs: Arc<dyn BlobStore>,
    /// Tells the time.
    pub clock: SharedClock,
    /// Makes ids.
    pub ids: Ids,
    /// Asks Auth who may do what.
    pub access: Access,
    /// Core, which is asked about tasks in the name of the caller.
    pub core: Upstream,
    /// Seals page tokens.
    pub sealer: Sealer,
    /// The uploads that are being written.
    pub slots: Slots,
    /// Brings events to the other services.
    pub relay: Relay,
    /// Hears of what happens to tasks and projects.
    pub consumers: Consumers,
    /// Does the sweeping.
    pub jobs: Jobs,
    /// What the operator decided.
    pub config: Config,
    /// The owner of spawned work.
    pub lifecycle: Lifecycle,
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
