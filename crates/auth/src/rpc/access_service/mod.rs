//! Who may do what in a project.

mod add_project_member;
mod get_my_permissions;
mod list_project_members;
mod remove_project_member;
mod update_project_member;

use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::access_service_server::AccessService;
use tasktracker_proto::auth::v1::{
    AddProjectMemberRequest, AddProjectMemberResponse, GetMyPermissionsRequest, GetMyPermissionsResponse, ListProjectMembersRequest,
    ListProjectMembersResponse, RemoveProjectMemberRequest, RemoveProjectMemberResponse, UpdateProjectMemberRequest,
    UpdateProjectMemberResponse,
};
use tonic::{Request, Response, Status};

use crate::app::App;

#[tonic::async_trait]
impl AccessService for App {
    async fn list_project_members(
        &self,
        request: Request<ListProjectMembersRequest>,
    ) -> Result<Response<ListProjectMembersResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = list_project_members::list_project_members(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn add_project_member(&self, request: Request<AddProjectMemberRequest>) -> Result<Response<AddProjectMemberResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = add_project_member::add_project_member(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn update_project_member(
        &self,
        request: Request<UpdateProjectMemberRequest>,
    ) -> Result<Response<UpdateProjectMemberResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = update_project_member::update_project_member(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn remove_project_member(
        &self,
        request: Request<RemoveProjectMemberRequest>,
    ) -> Result<Response<RemoveProjectMemberResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = remove_project_member::remove_project_member(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn get_my_permissions(&self, request: Request<GetMyPermissionsRequest>) -> Result<Response<GetMyPermissionsResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = get_my_permissions::get_my_permissions(self, &call, request).await?;
        Ok(call.reply(response))
    }
}
