//! What there is before any service: settings, time, ids, the secret, and the way that events take.

use tasktracker_database::Database;
use tasktracker_events::{Consumers, Relay};
use tasktracker_identity::InstanceSecret;
use tasktracker_jobs::Jobs;
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::SharedClock;
use tasktracker_server::ids::Ids;

use crate::settings::Settings;
use crate::transport::Transport;

/// What there is before any service.
#[derive(Debug, Clone)]
pub struct Ground {
    /// What the process was told.
    pub settings: Settings,
    /// The time.
    pub clock: SharedClock,
    /// Ids and randomness.
    pub ids: Ids,
    /// The secret of this instance.
    pub secret: InstanceSecret,
    /// The owner of spawned work.
    pub lifecycle: Lifecycle,
    /// The way that events take.
    pub events: Transport,
}

impl Ground {
    /// The ground of a process: its settings, and the way that events take.
    ///
    /// # Errors
    /// The way of events cannot be opened.
    pub async fn new(
        settings: Settings,
        clock: SharedClock,
        ids: Ids,
        secret: InstanceSecret,
        lifecycle: Lifecycle,
    ) -> anyhow::Result<Self> {
        let events = Transport::open(&settings, &clock, &lifecycle).await?;
        Ok(Self {
            settings,
            clock,
            ids,
            secret,
            lifecycle,
            events,
        })
    }

    /// The database of a service.
    ///
    /// # Errors
    /// It cannot be opened.
    pub async fn database(&self, owner: &'static str) -> anyhow::Result<Database> {
        Ok(Database::open(&self.settings.databases(), owner, &self.lifecycle).await?)
    }

    /// The relay of a service whose database is up to date. Where nothing is delivered, its facts wait.
    #[must_use]
    pub fn relay(&self, service: &'static str, db: &Database) -> Relay {
        let (db, way, clock, ids) = (db.clone(), self.events.publisher.clone(), self.clock.clone(), self.ids.clone());
        if self.settings.events.deliver {
            Relay::start(service, db, way, clock, ids, &self.lifecycle)
        } else {
            Relay::new(service, db, way, clock, ids, self.lifecycle.stopping().clone()).0
        }
    }

    /// The consumers of a service, with its dead letters in its database.
    #[must_use]
    pub fn consumers(&self, service: &'static str, db: &Database) -> Consumers {
        let way = self.events.subscriber.clone();
        Consumers::new(service, db.clone(), way, self.clock.clone(), self.ids.clone(), &self.lifecycle)
    }

    /// The jobs of a service.
    #[must_use]
    pub fn jobs(&self, service: &'static str, db: &Database) -> Jobs {
        Jobs::new(service, db.clone(), self.clock.clone(), self.ids.clone(), self.lifecycle.clone())
    }
}
