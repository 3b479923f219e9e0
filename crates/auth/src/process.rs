//! Auth as a part of a process. It is the part that the others ask for keys, tokens and permissions, so a house is built around it.

use tasktracker_database::{Database, OpenError};
use tasktracker_server::config::Config as Configuration;
use tasktracker_service::{Ground, Held, House, Part, Service, Started, WayTo};
use tonic::service::RoutesBuilder;

use crate::{App, Config, Deps, INTERNAL_SERVICES, PUBLIC_SERVICES, add_to, config, migrate};

/// The program `tasktracker-auth`.
#[derive(Debug)]
pub struct Process;

impl Part for Process {
    const NAME: &'static str = "auth";
    const PROGRAM: &'static str = "tasktracker-auth";
    const DEFAULTS: &'static [&'static str] = &[config::DEFAULTS, include_str!("../process.default.toml")];

    async fn migrate(db: &Database) -> Result<(), OpenError> {
        migrate(db).await
    }

    async fn start(ground: Ground, config: &Configuration, _: &dyn WayTo) -> anyhow::Result<Started> {
        let (app, house, service) = start(ground, Config::read(config)?, "auth").await?;
        let words = app
            .setup_token()
            .map(|token| format!("There is no owner yet. Register the first one with this set-up token:\n  {token}"));
        Ok(Started {
            house,
            service,
            db: app.database().clone(),
            held: held(&app),
            words,
        })
    }
}

/// Starts Auth, and what others need of it; `follower` is the service in whose name Auth's changes are followed here.
///
/// # Errors
/// Its database cannot be brought up to date, or its signing key does not open with this instance's secret.
pub async fn start(ground: Ground, config: Config, follower: &'static str) -> anyhow::Result<(App, House, Service)> {
    let deps = Deps {
        db: ground.database("auth").await?,
        clock: ground.clock.clone(),
        ids: ground.ids.clone(),
        secret: ground.secret.clone(),
        publisher: ground.events.publisher.clone(),
        subscriber: ground.events.subscriber.clone(),
        deliver: ground.settings.events.deliver,
        lifecycle: ground.lifecycle.clone(),
    };
    let app = crate::start(config, deps).await?;
    let (mut bare, mut routes) = (RoutesBuilder::default(), RoutesBuilder::default());
    add_to(&mut bare, &app);
    add_to(&mut routes, &app);
    let services = [&PUBLIC_SERVICES[..], &INTERNAL_SERVICES[..]].concat();
    let (house, health) = House::with_auth(ground, bare, routes, &services, follower).await?;
    let service = Service {
        name: "auth",
        public: &PUBLIC_SERVICES,
        upstream: house.auth.clone(),
        health,
    };
    Ok((app, house, service))
}

/// What operators can look at.
#[must_use]
pub fn held(app: &App) -> Held {
    Held {
        jobs: Vec::new(),
        dead_letters: vec![app.dead_letters()],
    }
}
