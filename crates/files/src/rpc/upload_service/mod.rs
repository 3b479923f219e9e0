//! UploadService: putting files on tasks. This is its table of contents.

mod complete_upload;
pub mod convert;
mod create_upload;
mod get_upload;
mod load;
mod write_upload;

use tasktracker_identity::Call;
use tasktracker_proto::files::v1::upload_service_server::UploadService;
use tasktracker_proto::files::v1::*;
use tonic::{Request, Response, Status, Streaming};

use crate::app::App;

pub use load::id;

#[tonic::async_trait]
impl UploadService for App {
    async fn create_upload(&self, request: Request<CreateUploadRequest>) -> Result<Response<CreateUploadResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = create_upload::create_upload(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn write_upload(&self, request: Request<Streaming<WriteUploadRequest>>) -> Result<Response<WriteUploadResponse>, Status> {
        let (call, messages) = Call::open_stream(request);
        let response = write_upload::write_upload(self, &call, messages).await?;
        Ok(call.reply(response))
    }

    async fn get_upload(&self, request: Request<GetUploadRequest>) -> Result<Response<GetUploadResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = get_upload::get_upload(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn complete_upload(&self, request: Request<CompleteUploadRequest>) -> Result<Response<CompleteUploadResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = complete_upload::complete_upload(self, &call, request).await?;
        Ok(call.reply(response))
    }
}
