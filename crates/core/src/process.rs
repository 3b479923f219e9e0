//! Core as a part of a process.

use std::sync::Arc;

use serde::Deserialize;
use tasktracker_database::cursor::Sealer;
use tasktracker_database::{Database, OpenError};
use tasktracker_mail::Mailer;
use tasktracker_mail::feedback::Feedback;
use tasktracker_proto::auth::v1::contact_service_client::ContactServiceClient;
use tasktracker_proto::auth::v1::scope_service_client::ScopeServiceClient;
use tasktracker_server::config::Config as Configuration;
use tasktracker_service::{Ground, Held, House, Part, Service, Started, WayTo};
use tonic::service::RoutesBuilder;

use crate::notify::{Links, RecipientKeys};
use crate::{App, Config, Parts, SERVICES, add_to, config, migrate, service};

/// The program `tasktracker-core`.
#[derive(Debug)]
pub struct Process;

/// What Core is told of the gateway.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edge {
    public_url: String,
}

impl Part for Process {
    const NAME: &'static str = "core";
    const PROGRAM: &'static str = "tasktracker-core";
    const DEFAULTS: &'static [&'static str] = &[
        config::DEFAULTS,
        tasktracker_mail::DEFAULTS,
        include_str!("../process.default.toml"),
    ];
    const GLIMPSED: &'static [&'static str] = &["gateway"];

    async fn migrate(db: &Database) -> Result<(), OpenError> {
        migrate(db).await
    }

    async fn start(ground: Ground, config: &Configuration, services: &dyn WayTo) -> anyhow::Result<Started> {
        let house = House::beside(ground, services.way_to("auth")?, "core");
        let edge: Edge = config.section("gateway")?;
        let mail: tasktracker_mail::Settings = config.section("mail")?;
        let outside = Outside {
            mailer: mail.mailer(&house.settings.data_dir.join("mail")).await?,
            feedback: Feedback::of(&mail, None)?,
            public_url: &edge.public_url,
            mail_from: &mail.from,
        };
        let (app, service) = start(&house, config.section("core")?, outside).await?;
        Ok(Started {
            db: app.db.clone(),
            held: held(&app),
            house,
            service,
            words: None,
        })
    }
}

/// What Core knows of the world outside.
#[derive(Debug)]
pub struct Outside<'a> {
    /// Carries mails.
    pub mailer: Arc<dyn Mailer>,
    /// Hears what became of mails; none where nobody tells.
    pub feedback: Option<Feedback>,
    /// Where browsers reach this instance.
    pub public_url: &'a str,
    /// Who mails come from.
    pub mail_from: &'a str,
}

/// Starts Core.
///
/// # Errors
/// Its database cannot be brought up to date, or a setting is no good.
pub async fn start(house: &House, config: Config, outside: Outside<'_>) -> anyhow::Result<(App, Service)> {
    let db = house.database("core").await?;
    migrate(&db).await?;
    let credential = house.credential("core");
    let app = App::new(Parts {
        clock: house.clock.clone(),
        ids: house.ids.clone(),
        access: house.access(&credential),
        scopes: ScopeServiceClient::new(credential.calling(house.auth.clone())),
        sealer: Sealer::new(&house.secret.derive("core tokens"), "core"),
        feed: crate::feed::Feed::default(),
        relay: house.relay("core", &db),
        consumers: house.consumers("core", &db),
        jobs: house.jobs("core", &db),
        mailer: outside.mailer,
        feedback: outside.feedback,
        recipients: RecipientKeys::new(&house.secret.derive("core recipients")),
        contacts: ContactServiceClient::new(credential.calling(house.auth.clone())),
        links: Links::new(
            outside.public_url,
            outside.mail_from,
            Sealer::new(&house.secret.derive("core mails"), "core"),
        )?,
        config,
        lifecycle: house.lifecycle.clone(),
        db,
    });
    service::start(&app, house.settings.events.deliver);
    let mut routes = RoutesBuilder::default();
    add_to(&mut routes, &app);
    let (upstream, health) = house.surround(&SERVICES, routes).await?;
    let service = Service {
        name: "core",
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
