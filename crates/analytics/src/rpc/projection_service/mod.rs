//! ProjectionService: how far the numbers follow. This is its table of contents.

mod get_projection_status;

use tasktracker_identity::Call;
use tasktracker_proto::analytics::v1::projection_service_server::ProjectionService;
use tasktracker_proto::analytics::v1::*;
use tonic::{Request, Response, Status};

use crate::app::App;

#[tonic::async_trait]
impl ProjectionService for App {
    async fn get_projection_status(
        &self,
        request: Request<GetProjectionStatusRequest>,
    ) -> Result<Response<GetProjectionStatusResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = get_projection_status::get_projection_status(self, &call, request).await?;
        Ok(call.reply(response))
    }
}
