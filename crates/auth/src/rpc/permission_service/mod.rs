//! What other services ask about permissions.

mod batch_check;
mod check;
mod get_effective_permissions;
mod list_accessible;
mod list_subjects;
mod watch_changes;

use tasktracker_identity::Call;
use tasktracker_identity::call::Outgoing;
use tasktracker_proto::auth::v1::permission_service_server::PermissionService;
use tasktracker_proto::auth::v1::{
    BatchCheckRequest, BatchCheckResponse, CheckRequest, CheckResponse, GetEffectivePermissionsRequest, GetEffectivePermissionsResponse,
    ListAccessibleRequest, ListAccessibleResponse, ListSubjectsRequest, ListSubjectsResponse, WatchChangesRequest, WatchChangesResponse,
};
use tonic::{Request, Response, Status};

use crate::app::App;

#[tonic::async_trait]
impl PermissionService for App {
    type WatchChangesStream = Outgoing<WatchChangesResponse>;

    async fn check(&self, request: Request<CheckRequest>) -> Result<Response<CheckResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = check::check(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn batch_check(&self, request: Request<BatchCheckRequest>) -> Result<Response<BatchCheckResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = batch_check::batch_check(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn get_effective_permissions(
        &self,
        request: Request<GetEffectivePermissionsRequest>,
    ) -> Result<Response<GetEffectivePermissionsResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = get_effective_permissions::get_effective_permissions(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn list_accessible(&self, request: Request<ListAccessibleRequest>) -> Result<Response<ListAccessibleResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = list_accessible::list_accessible(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn list_subjects(&self, request: Request<ListSubjectsRequest>) -> Result<Response<ListSubjectsResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = list_subjects::list_subjects(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn watch_changes(&self, request: Request<WatchChangesRequest>) -> Result<Response<Self::WatchChangesStream>, Status> {
        let (call, request) = Call::open(request)?;
        let changes = watch_changes::watch_changes(self, &call, request).await?;
        Ok(call.stream(changes))
    }
}
