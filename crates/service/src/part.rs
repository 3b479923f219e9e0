//! A service as a process of its own: its databases, its port, its health, and its end.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tasktracker_database::{Database, OpenError};
use tasktracker_server::clock::{SharedClock, SystemClock};
use tasktracker_server::config::Config;
use tasktracker_server::ids::Ids;
use tasktracker_server::program::{self, Program, Server};
use tasktracker_server::services::{self, Services};
use tasktracker_server::{Lifecycle, Upstream, admin, telemetry, terminal};
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::ground::Ground;
use crate::house::{House, Service};
use crate::operations::Held;
use crate::settings::{self, Settings};
use crate::transport::migrate_events;

/// How often a process asks its database whether it is there.
const BEAT: Duration = Duration::from_secs(2);
/// How long the database may take to say so.
const ANSWER: Duration = Duration::from_secs(2);

/// A service that a process can hold.
pub trait Part: Send + Sync + 'static {
    /// Its name, such as `core`.
    const NAME: &'static str;
    /// The name of its program.
    const PROGRAM: &'static str;
    /// The defaults of its own sections, `[server]` included.
    const DEFAULTS: &'static [&'static str];

    /// Sections of other parts of which it knows some keys.
    const GLIMPSED: &'static [&'static str] = &[];

    /// Brings its database to the schema of this program.
    fn migrate(db: &Database) -> impl Future<Output = Result<(), OpenError>> + Send;

    /// Starts it. `services` tells the way to the others.
    fn start(ground: Ground, config: &Config, services: &dyn WayTo) -> impl Future<Output = anyhow::Result<Started>> + Send;
}

/// Tells the way to a service.
pub trait WayTo: Send + Sync {
    /// The way to a service by its name.
    ///
    /// # Errors
    /// Its addresses cannot be read.
    fn way_to(&self, name: &'static str) -> anyhow::Result<Upstream>;
}

/// A service that runs.
#[derive(Debug)]
pub struct Started {
    /// What it stands on.
    pub house: House,
    /// As others call it.
    pub service: Service,
    /// Its database.
    pub db: Database,
    /// What operators can look at.
    pub held: Held,
    /// What to tell whoever started the process, such as a set-up token.
    pub words: Option<String>,
}

/// Runs a service with the command line of this process.
#[must_use]
pub fn main<P: Part>() -> ExitCode {
    program::main::<Process<P>>()
}

struct Process<P>(std::marker::PhantomData<P>);

impl<P: Part> Program for Process<P> {
    const NAME: &'static str = P::PROGRAM;

    const GLIMPSED: &'static [&'static str] = P::GLIMPSED;

    fn defaults() -> Vec<&'static str> {
        let all = [
            tasktracker_server::config::DEFAULTS,
            tasktracker_identity::CONFIG_DEFAULTS,
            settings::DEFAULTS,
            services::DEFAULTS,
        ];
        all.into_iter().chain(P::DEFAULTS.iter().copied()).collect()
    }

    async fn migrate(config: &Config) -> anyhow::Result<String> {
        let settings = read(config)?;
        let lifecycle = Lifecycle::new();
        let db = Database::open(&settings.databases(), P::NAME, &lifecycle).await?;
        P::migrate(&db).await?;
        db.close().await;
        if !settings.events.kafka.brokers.is_empty() {
            return Ok(format!("{} is up to date", P::NAME));
        }
        let events = Database::open(&settings.databases(), "events", &lifecycle).await?;
        migrate_events(&events).await?;
        events.close().await;
        Ok(format!("{} and events are up to date", P::NAME))
    }

    async fn serve(config: &Config, lifecycle: Lifecycle) -> anyhow::Result<()> {
        let settings = read(config)?;
        let server: Server = config.section("server")?;
        // The port first: two processes must not both believe that they serve.
        let listener = program::bind((server.address, server.port).into()).await?;
        let metrics = telemetry::start_metrics()?;
        if server.admin_port != 0 {
            let port = program::bind((server.address, server.admin_port).into()).await?;
            admin::serve(port, metrics, String::new(), &lifecycle);
        }
        let clock: SharedClock = Arc::new(SystemClock);
        let ids = Ids::system(clock.clone());
        let secret = settings.given_secret()?;
        let ground = Ground::new(settings, clock, ids, secret, lifecycle.clone()).await?;
        let ways = Ways {
            services: config.section("services")?,
            lifecycle: lifecycle.clone(),
        };
        let started = Box::pin(P::start(ground, config, &ways)).await?;
        let operations = started.house.operations(started.held).await?;
        let address = listener.local_addr()?;
        started.service.listen(listener, &operations, &lifecycle);
        watch_health(started.db, started.service.health, started.service.public, &lifecycle);
        if let Some(words) = started.words {
            terminal::say(words);
        }
        terminal::say(format!("{} is ready: {address}", P::PROGRAM));
        Ok(())
    }
}

struct Ways {
    services: Services,
    lifecycle: Lifecycle,
}

impl WayTo for Ways {
    fn way_to(&self, name: &'static str) -> anyhow::Result<Upstream> {
        self.services.way_to(name, &self.lifecycle)
    }
}

fn read(config: &Config) -> anyhow::Result<Settings> {
    // Nothing is kept beside the stores; the directory is named and never made.
    let settings = Settings::read(config, "data".into())?;
    settings.check_shared()?;
    Ok(settings)
}

/// Says NOT_SERVING while the database does not answer, and from the moment on that the process stops.
fn watch_health(db: Database, health: HealthReporter, public: &'static [&'static str], lifecycle: &Lifecycle) {
    let stopping = lifecycle.stopping().clone();
    lifecycle.spawn("health", async move {
        let mut was_well = true;
        loop {
            tokio::select! {
                () = stopping.cancelled() => break,
                () = tokio::time::sleep(BEAT) => {}
            }
            let is_well = matches!(tokio::time::timeout(ANSWER, db.ping()).await, Ok(Ok(())));
            if is_well != was_well {
                was_well = is_well;
                tracing::warn!(is_well, "the database answers, or does not: health follows");
                say(&health, public, is_well).await;
            }
        }
        say(&health, public, false).await;
    });
}

async fn say(health: &HealthReporter, public: &[&'static str], is_well: bool) {
    let status = if is_well {
        ServingStatus::Serving
    } else {
        ServingStatus::NotServing
    };
    for service in public.iter().copied().chain([""]) {
        health.set_service_status(service, status).await;
    }
}
