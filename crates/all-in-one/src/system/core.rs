//! Core in the process.

use tasktracker_core::notify::{Links, RecipientKeys};
use tasktracker_core::{App, Parts};
use tasktracker_database::cursor::Sealer;
use tasktracker_mail::feedback::Feedback;
use tasktracker_proto::auth::v1::contact_service_client::ContactServiceClient;
use tasktracker_proto::auth::v1::scope_service_client::ScopeServiceClient;
use tonic::service::RoutesBuilder;

use super::house::{House, Service};

/// Where Core listens by itself.
pub const PORT: u16 = 50052;

/// Starts Core.
pub async fn start(house: &House) -> anyhow::Result<(App, Service)> {
    let db = house.database("core").await?;
    tasktracker_core::migrate(&db).await?;
    let credential = house.credential("core");
    let mailer = match &house.settings.outside.mailer {
        Some(other) => other.clone(),
        None => house.settings.mail.mailer(&house.settings.data_dir.join("mail")).await?,
    };
    let core = App::new(Parts {
        clock: house.clock.clone(),
        ids: house.ids.clone(),
        access: house.access(&credential),
        scopes: ScopeServiceClient::new(credential.calling(house.auth.upstream.clone())),
        sealer: Sealer::new(&house.secret.derive("core tokens"), "core"),
        feed: tasktracker_core::feed::Feed::default(),
        relay: house.relay("core", &db),
        consumers: house.consumers("core", &db),
        jobs: house.jobs("core", &db),
        mailer,
        feedback: Feedback::of(&house.settings.mail, house.settings.outside.fetch.clone())?,
        recipients: RecipientKeys::new(&house.secret.derive("core recipients")),
        contacts: ContactServiceClient::new(credential.calling(house.auth.upstream.clone())),
        links: Links::new(
            &house.settings.gateway.public_url,
            &house.settings.mail.from,
            Sealer::new(&house.secret.derive("core mails"), "core"),
        )?,
        config: house.settings.core,
        lifecycle: house.lifecycle.clone(),
        db,
    });
    tasktracker_core::start(&core, house.settings.events.deliver);
    let mut routes = RoutesBuilder::default();
    tasktracker_core::add_to(&mut routes, &core);
    let service = house.service("core port", PORT, &tasktracker_core::SERVICES, routes).await?;
    Ok((core, service))
}
