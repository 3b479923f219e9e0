//! Analytics as a part of a process.

use tasktracker_database::{Database, OpenError};
use tasktracker_server::config::Config as Configuration;
use tasktracker_service::{Ground, Held, House, Part, Service, Started, WayTo};
use tonic::service::RoutesBuilder;

use crate::app::Ends;
use crate::{App, Config, Parts, SERVICES, add_to, config, migrate, service, store};

/// The program `tasktracker-analytics`.
#[derive(Debug)]
pub struct Process;

impl Part for Process {
    const NAME: &'static str = "analytics";
    const PROGRAM: &'static str = "tasktracker-analytics";
    const DEFAULTS: &'static [&'static str] = &[config::DEFAULTS, include_str!("../process.default.toml")];

    async fn migrate(db: &Database) -> Result<(), OpenError> {
        migrate(db).await
    }

    async fn start(ground: Ground, config: &Configuration, services: &dyn WayTo) -> anyhow::Result<Started> {
        let house = House::beside(ground, services.way_to("auth")?, "analytics");
        let (app, service) = start(&house, config.section("analytics")?).await?;
        Ok(Started {
            db: app.db.clone(),
            held: held(&app),
            house,
            service,
            words: None,
        })
    }
}

/// Starts Analytics.
///
/// # Errors
/// Its database cannot be brought up to date.
pub async fn start(house: &House, config: Config) -> anyhow::Result<(App, Service)> {
    let db = house.database("analytics").await?;
    migrate(&db).await?;
    let app = App::new(Parts {
        clock: house.clock.clone(),
        ids: house.ids.clone(),
        access: house.access(&house.credential("analytics")),
        consumers: house.consumers("analytics", &db),
        ends: Ends::new(house.events.subscriber.clone()),
        store: store::open(&config.mongodb, &db).await?,
        config,
        lifecycle: house.lifecycle.clone(),
        db,
    });
    service::start(&app, house.settings.events.deliver);
    let mut routes = RoutesBuilder::default();
    add_to(&mut routes, &app);
    let (upstream, health) = house.surround(&SERVICES, routes).await?;
    let service = Service {
        name: "analytics",
        public: &SERVICES,
        upstream,
        health,
    };
    Ok((app, service))
}

/// What operators can look at.
#[must_use]
pub fn held(app: &App) -> Held {
    Held {
        jobs: Vec::new(),
        dead_letters: vec![app.consumers.dead_letters()],
    }
}
