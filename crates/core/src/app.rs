//! Everything that an RPC of Core may touch.

use std::ops::Deref;
use std::sync::Arc;

use jiff::Timestamp;
use tasktracker_database::Database;
use tasktracker_database::cursor::Sealer;
use tasktracker_events::{Consumers, Relay};
use tasktracker_identity::Access;
use tasktracker_identity::service::AsService;
use tasktracker_jobs::Jobs;
use tasktracker_mail::Mailer;
use tasktracker_mail::feedback::Feedback;
use tasktracker_proto::auth::v1::contact_service_client::ContactServiceClient;
use tasktracker_proto::auth::v1::scope_service_client::ScopeServiceClient;
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::SharedClock;
use tasktracker_server::ids::Ids;
use uuid::Uuid;

use crate::config::Config;
use crate::feed::Feed;
use crate::notify::{Links, RecipientKeys};

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
    /// Brings events to the other services.
    pub relay: Relay,
    /// Brings the events of other services here.
    pub consumers: Consumers,
    /// Work for later.
    pub jobs: Jobs,
    /// Carries mails.
    pub mailer: Arc<dyn Mailer>,
    /// Hears what became of mails; none where nobody tells.
    pub feedback: Option<Feedback>,
    /// Makes addresses into keys that nobody can read.
    pub recipients: RecipientKeys,
    /// Knows people's addresses.
    pub contacts: ContactServiceClient<AsService>,
    /// Where links in mails lead.
    pub links: Links,
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

    /// A change was committed: wakes who watches the project, and the relay.
    pub fn told(&self, project_id: Uuid, seq: i64) {
        self.feed.reached(project_id, seq);
        self.relay.wake();
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
