//! OperationsService in a process: for everything that the process holds, whichever of its ports is asked. It is no backend of the gateway.

use tasktracker_database::cursor::Sealer;
use tasktracker_events::DeadLetters;
use tasktracker_jobs::Jobs;
use tasktracker_jobs::operations::{Operations, SERVICE, add_to};
use tasktracker_server::Upstream;
use tonic::service::RoutesBuilder;

use crate::house::House;

/// What an operator can look at in a process.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// Jobs and schedules, service by service.
    pub jobs: Vec<Jobs>,
    /// Events that could not be handled, service by service.
    pub dead_letters: Vec<DeadLetters>,
}

impl Held {
    /// Everything of several services.
    #[must_use]
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::default();
        for part in parts {
            all.jobs.extend(part.jobs);
            all.dead_letters.extend(part.dead_letters);
        }
        all
    }
}

/// Whether a call is one to operations.
#[must_use]
pub fn is_for_operations(path: &str) -> bool {
    path.strip_prefix('/').and_then(|path| path.strip_prefix(SERVICE)).is_some()
}

impl House {
    /// The way to OperationsService of this process.
    ///
    /// # Errors
    /// The protos do not hold the service: a defect.
    pub async fn operations(&self, held: Held) -> anyhow::Result<Upstream> {
        let mut routes = RoutesBuilder::default();
        let operations = Operations {
            jobs: held.jobs,
            dead_letters: held.dead_letters,
            access: self.access(&self.credential("operations")),
            sealer: Sealer::new(&self.secret.derive("operations tokens"), "operations"),
        };
        add_to(&mut routes, operations);
        Ok(self.surround(&[], routes).await?.0)
    }
}
