//! Files in the process.

use tasktracker_database::cursor::Sealer;
use tasktracker_files::{App, Parts, Slots};
use tonic::service::RoutesBuilder;

use super::house::{House, Service};

/// Where Files listens by itself.
pub const PORT: u16 = 50054;

/// Starts Files. It asks Core about tasks in the name of its callers.
pub async fn start(house: &House, core: &Service) -> anyhow::Result<(App, Service)> {
    let db = house.database("files").await?;
    tasktracker_files::migrate(&db).await?;
    let config = house.settings.files.clone();
    let root = house.settings.data_dir.join("blobs");
    let blobs = tasktracker_files::blob::open(&config, &root, &house.lifecycle).await?;
    let files = App::new(Parts {
        blobs,
        clock: house.clock.clone(),
        ids: house.ids.clone(),
        access: house.access(&house.credential("files")),
        core: core.upstream.clone(),
        sealer: Sealer::new(&house.secret.derive("files tokens"), "files"),
        slots: Slots::default(),
        relay: house.relay("files", &db),
        consumers: house.consumers("files", &db),
        jobs: house.jobs("files", &db),
        config,
        lifecycle: house.lifecycle.clone(),
        db,
    });
    tasktracker_files::start(&files, house.settings.events.deliver);
    let mut routes = RoutesBuilder::default();
    tasktracker_files::add_to(&mut routes, &files);
    let service = house.service("files port", PORT, &tasktracker_files::SERVICES, routes).await?;
    Ok((files, service))
}
