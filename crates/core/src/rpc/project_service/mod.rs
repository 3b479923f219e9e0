//! ProjectService: making, reading, changing and retiring projects. This is its table of contents.

mod archive_project;
mod change;
pub mod convert;
mod create_project;
mod delete_project;
mod get_project;
mod list_projects;
pub mod load;
mod scope;
mod unarchive_project;
mod undelete_project;
mod update_project;

use tasktracker_identity::Call;
use tasktracker_proto::core::v1::project_service_server::ProjectService;
use tasktracker_proto::core::v1::*;
use tonic::{Request, Response, Status};

use crate::app::App;

#[tonic::async_trait]
impl ProjectService for App {
    async fn create_project(&self, request: Request<CreateProjectRequest>) -> Result<Response<CreateProjectResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = create_project::create_project(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn get_project(&self, request: Request<GetProjectRequest>) -> Result<Response<GetProjectResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = get_project::get_project(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn list_projects(&self, request: Request<ListProjectsRequest>) -> Result<Response<ListProjectsResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = list_projects::list_projects(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn update_project(&self, request: Request<UpdateProjectRequest>) -> Result<Response<UpdateProjectResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = update_project::update_project(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn archive_project(&self, request: Request<ArchiveProjectRequest>) -> Result<Response<ArchiveProjectResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = archive_project::archive_project(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn unarchive_project(&self, request: Request<UnarchiveProjectRequest>) -> Result<Response<UnarchiveProjectResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = unarchive_project::unarchive_project(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn delete_project(&self, request: Request<DeleteProjectRequest>) -> Result<Response<DeleteProjectResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = delete_project::delete_project(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn undelete_project(&self, request: Request<UndeleteProjectRequest>) -> Result<Response<UndeleteProjectResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = undelete_project::undelete_project(self, &call, request).await?;
        Ok(call.reply(response))
    }
}
