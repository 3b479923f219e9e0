//! OperationsService for what a process holds: the jobs, schedules and dead letters of one service, or of all.

use tasktracker_database::cursor::Sealer;
use tasktracker_events::DeadLetters;
use tasktracker_identity::{Access, Call};
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::operations::v1::operations_service_server::OperationsServiceServer;
use tasktracker_server::RpcError;
use tonic::service::RoutesBuilder;

use crate::jobs::Jobs;

/// The service by its full name.
pub const SERVICE: &str = "tasktracker.operations.v1.OperationsService";

/// Largest request message, in bytes.
const MAX_REQUEST: usize = 64 * 1024;

/// What operators of a process may look at and touch.
#[derive(Debug, Clone)]
pub struct Operations {
    /// Jobs and schedules, by service.
    pub jobs: Vec<Jobs>,
    /// Events that could not be handled, by service.
    pub dead_letters: Vec<DeadLetters>,
    /// Asks Auth who is an operator.
    pub access: Access,
    /// Seals page tokens.
    pub sealer: Sealer,
}

impl Operations {
    /// Refuses whoever is no operator.
    pub(crate) async fn allow(&self, call: &Call) -> Result<(), RpcError> {
        let granted = self.access.in_system(call).await?;
        granted.require_in_system(Permission::OperationManage)
    }
}

/// Adds OperationsService to a server.
pub fn add_to(routes: &mut RoutesBuilder, operations: Operations) {
    routes.add_service(OperationsServiceServer::new(operations).max_decoding_message_size(MAX_REQUEST));
}
