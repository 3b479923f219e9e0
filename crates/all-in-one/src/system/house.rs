//! What every service of the process stands on, and how one is made callable: the same surroundings as over a network.

use std::sync::Arc;
use std::time::Duration;

use tasktracker_database::Database;
use tasktracker_events::{Consumers, EventLog, Relay};
use tasktracker_identity::changes::Changes;
use tasktracker_identity::layer::IdentityLayer;
use tasktracker_identity::service::Credential;
use tasktracker_identity::{Access, InstanceSecret};
use tasktracker_jobs::{Jobs, operations};
use tasktracker_server::clock::SharedClock;
use tasktracker_server::ids::Ids;
use tasktracker_server::stack::Stack;
use tasktracker_server::{Lifecycle, Upstream, standard};
use tonic::service::RoutesBuilder;
use tower::Layer;

use crate::settings::Settings;

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
    pub log: EventLog,
}

impl Ground {
    /// The ground of a process: its settings, and the way that events take.
    ///
    /// # Errors
    /// The database of events cannot be opened.
    pub async fn new(
        settings: Settings,
        clock: SharedClock,
        ids: Ids,
        secret: InstanceSecret,
        lifecycle: Lifecycle,
    ) -> anyhow::Result<Self> {
        let events = Database::open(&settings.databases(), "events", &lifecycle).await?;
        events.migrate::<tasktracker_migrations::events::Migrator>().await?;
        let keep = Duration::from_secs(u64::from(settings.events.keep_hours) * 60 * 60);
        let log = EventLog::open_keeping(keep, events, clock.clone(), &lifecycle).await?;
        Ok(Self {
            settings,
            clock,
            ids,
            secret,
            lifecycle,
            log,
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
        let (db, log, clock, ids) = (db.clone(), Arc::new(self.log.clone()), self.clock.clone(), self.ids.clone());
        if self.settings.events.deliver {
            Relay::start(service, db, log, clock, ids, &self.lifecycle)
        } else {
            Relay::new(service, db, log, clock, ids, self.lifecycle.stopping().clone()).0
        }
    }

    /// The consumers of a service, with its dead letters in its database.
    #[must_use]
    pub fn consumers(&self, service: &'static str, db: &Database) -> Consumers {
        let log = Arc::new(self.log.clone());
        Consumers::new(service, db.clone(), log, self.clock.clone(), self.ids.clone(), &self.lifecycle)
    }

    /// The jobs of a service.
    #[must_use]
    pub fn jobs(&self, service: &'static str, db: &Database) -> Jobs {
        Jobs::new(service, db.clone(), self.clock.clone(), self.ids.clone(), self.lifecycle.clone())
    }
}

/// What every service stands on once Auth is there.
#[derive(Debug, Clone)]
pub struct House {
    /// What there is before any service.
    pub ground: Ground,
    /// Auth.
    pub auth: Service,
    /// Changes of access, as they happen.
    pub changes: Changes,
    pub(super) identity: IdentityLayer,
}

impl std::ops::Deref for House {
    type Target = Ground;

    fn deref(&self) -> &Ground {
        &self.ground
    }
}

impl House {
    /// The credential of a service.
    #[must_use]
    pub fn credential(&self, service: &'static str) -> Credential {
        Credential::new(self.auth.upstream.clone(), service, &self.secret, self.clock.clone())
    }

    /// How a service asks who may do what.
    #[must_use]
    pub fn access(&self, credential: &Credential) -> Access {
        Access::new(
            credential.calling(self.auth.upstream.clone()),
            self.changes.clone(),
            self.clock.clone(),
        )
    }

    /// Makes routes callable, with health and reflection for the public services.
    ///
    /// # Errors
    /// The protos do not hold one of the services: a defect.
    pub async fn service(
        &self,
        name: &'static str,
        port: u16,
        public: &'static [&'static str],
        mut routes: RoutesBuilder,
    ) -> anyhow::Result<Service> {
        // Operations answer on each port, see `operations.rs`.
        standard::add(&mut routes, &[public, &[operations::SERVICE]].concat()).await?;
        let surrounded = Stack::around(self.identity.layer(routes.routes()), self.ids.clone());
        Ok(Service::new(name, port, public, Upstream::local(surrounded)))
    }
}

/// A service as others call it.
#[derive(Debug, Clone)]
pub struct Service {
    /// Name of its port in logs.
    pub name: &'static str,
    /// The port that it has when it listens by itself.
    pub port: u16,
    /// Its services that clients may call.
    pub public: &'static [&'static str],
    /// The way to it.
    pub upstream: Upstream,
}

impl Service {
    /// A service at the end of a way.
    #[must_use]
    pub fn new(name: &'static str, port: u16, public: &'static [&'static str], upstream: Upstream) -> Self {
        Self {
            name,
            port,
            public,
            upstream,
        }
    }
}
