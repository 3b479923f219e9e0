//! FileService: the files of tasks. This is its table of contents.

pub mod convert;
mod delete_file;
mod download_file;
mod get_file;
mod list_task_files;
pub mod load;

use tasktracker_identity::Call;
use tasktracker_identity::call::Outgoing;
use tasktracker_proto::files::v1::file_service_server::FileService;
use tasktracker_proto::files::v1::*;
use tonic::{Request, Response, Status};

use crate::app::App;

#[tonic::async_trait]
impl FileService for App {
    type DownloadFileStream = Outgoing<DownloadFileResponse>;

    async fn get_file(&self, request: Request<GetFileRequest>) -> Result<Response<GetFileResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = get_file::get_file(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn list_task_files(&self, request: Request<ListTaskFilesRequest>) -> Result<Response<ListTaskFilesResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = list_task_files::list_task_files(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn download_file(&self, request: Request<DownloadFileRequest>) -> Result<Response<Self::DownloadFileStream>, Status> {
        let (call, request) = Call::open(request)?;
        let pieces = download_file::download_file(self, &call, request).await?;
        Ok(call.stream(pieces))
    }

    async fn delete_file(&self, request: Request<DeleteFileRequest>) -> Result<Response<DeleteFileResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = delete_file::delete_file(self, &call, request).await?;
        Ok(call.reply(response))
    }
}
