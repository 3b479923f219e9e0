//! OperationsService in the process: for everything that it holds, whichever port is asked. It is no backend of the gateway.

use tasktracker_database::cursor::Sealer;
use tasktracker_jobs::operations::{Operations, SERVICE, add_to};
use tasktracker_server::Upstream;
use tonic::service::RoutesBuilder;

use super::house::House;

/// Whether a call is one to operations.
pub fn is_for(path: &str) -> bool {
    path.strip_prefix('/').and_then(|path| path.strip_prefix(SERVICE)).is_some()
}

/// Starts it.
pub async fn start(
    house: &House,
    auth: &tasktracker_auth::App,
    core: &tasktracker_core::App,
    files: &tasktracker_files::App,
    analytics: &tasktracker_analytics::App,
) -> anyhow::Result<Upstream> {
    let mut routes = RoutesBuilder::default();
    let operations = Operations {
        jobs: vec![core.jobs.clone(), files.jobs.clone()],
        dead_letters: vec![
            auth.dead_letters(),
            core.consumers.dead_letters(),
            files.consumers.dead_letters(),
            analytics.consumers.dead_letters(),
        ],
        access: house.access(&house.credential("operations")),
        sealer: Sealer::new(&house.secret.derive("operations tokens"), "operations"),
    };
    add_to(&mut routes, operations);
    Ok(house.service("operations", 0, &[], routes).await?.upstream)
}
