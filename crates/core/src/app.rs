//! Everything that an RPC of Core may touch.

use std::ops::Deref;
use std::sync::Arc;

use jiff::Timestamp;
use tasktracker_database::Database;
use tasktracker_database::cursor::Sealer;
use tasktracker_identity::Access;
use tasktracker_identity::service::AsService;
use tasktracker_proto::auth::v1::scope_service_client::ScopeServiceClient;
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::SharedClock;
use tasktracker_server::ids::Ids;

use crate::config::Config;
use crate::feed::Feed;

/// The service: cheap to clone, one per process.
#[derive(Debug, Clone)]
pub struct App(Arc<Parts>);

/// What it is made of.
#[derive(Debug)]
pub struct Parts {
    /// Core's own database.
    pub db: Database,
    /// Tells the time.
    pub clock: SharedClock,
    /// Makes ids.
    pub ids: Ids,
    /// Asks Auth who may do what.
    pub access: Access,
    /// Tells Auth of projects.
    pub scopes: ScopeServiceClient<AsService>,
    /// Seals page and resume tokens.
    pub sealer: Sealer,
    /// Wakes watchers.
    pub feed: Feed,
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
