//! StatusService: the steps of workflows. This is its table of contents.

pub mod convert;
mod list_statuses;

use tasktracker_identity::Call;
use tasktracker_proto::core::v1::status_service_server::StatusService;
use tasktracker_proto::core::v1::{ListStatusesRequest, ListStatusesResponse};
use tonic::{Request, Response, Status};

use crate::app::App;

#[tonic::async_trait]
impl StatusService for App {
    async fn list_statuses(&self, request: Request<ListStatusesRequest>) -> Result<Response<ListStatusesResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = list_statuses::list_statuses(self, &call, request).await?;
        Ok(call.reply(response))
    }
}
