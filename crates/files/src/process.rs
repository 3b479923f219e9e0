//! Files as a part of a process. It asks Core about tasks in the name of its callers.

use tasktracker_database::cursor::Sealer;
use tasktracker_database::{Database, OpenError};
use tasktracker_server::Upstream;
use tasktracker_server::config::Config as Configuration;
use tasktracker_service::{Ground, Held, House, Part, Service, Started, WayTo};
use tonic::service::RoutesBuilder;

use crate::{App, Config, Parts, SERVICES, Slots, add_to, blob, config, migrate, service};

/// The program `tasktracker-files`.
#[derive(Debug)]
pub struct Process;

impl Part for Process {
    const NAME: &'static str = "files";
    const PROGRAM: &'static str = "tasktracker-files";
    const DEFAULTS: &'static [&'static str] = &[config::DEFAULTS, include_str!("../process.default.toml")];

    async fn migrate(db: &Database) -> Result<(), OpenError> {
        migrate(db).await
    }

    async fn start(ground: Ground, config: &Configuration, services: &dyn WayTo) -> anyhow::Result<Started> {
        let house = House::beside(ground, services.way_to("auth")?, "files");
        let (app, service) = start(&house, config.section("files")?, services.way_to("core")?).await?;
        Ok(Started {
            db: app.db.clone(),
            held: held(&app),
            house,
            service,
            words: None,
        })
    }
}

/// Starts Files.
///
/// # Errors
/// Its database cannot be brought up to date, or contents cannot be kept.
pub async fn start(house: &House, config: Config, core: Upstream) -> anyhow::Result<(App, Service)> {
    let db = house.database("files").await?;
    migrate(&db).await?;
    let root = house.settings.data_dir.join("blobs");
    let blobs = blob::open(&config, &root, &house.lifecycle).await?;
    let app = App::new(Parts {
        blobs,
        clock: house.clock.clone(),
        ids: house.ids.clone(),
        access: house.access(&house.credential("files")),
        core,
        sealer: Sealer::new(&house.secret.derive("files tokens"), "files"),
        slots: Slots::default(),
        relay: house.relay("files", &db),
        consumers: house.consumers("files", &db),
        jobs: house.jobs("files", &db),
        config,
        lifecycle: house.lifecycle.clone(),
        db,
    });
    service::start(&app, house.settings.events.deliver);
    let mut routes = RoutesBuilder::default();
    add_to(&mut routes, &app);
    let (upstream, health) = house.surround(&SERVICES, routes).await?;
    let service = Service {
        name: "files",
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
        jobs: vec![app.jobs.clone()],
        dead_letters: vec![app.consumers.dead_letters()],
    }
}
