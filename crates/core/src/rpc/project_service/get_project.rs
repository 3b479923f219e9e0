//! Answers one project. A deleted one is there only for those who may restore it.

use tasktracker_identity::Call;
use tasktracker_proto::core::v1::{GetProjectRequest, GetProjectResponse};
use tasktracker_server::RpcError;

use super::{convert, load};
use crate::app::App;

pub async fn get_project(app: &App, call: &Call, request: GetProjectRequest) -> Result<GetProjectResponse, RpcError> {
    let (project, _) = load::visible(app, call, load::id("project_id", &request.project_id)?).await?;
    Ok(GetProjectResponse {
        project: Some(convert::of_project(&project)),
    })
}
