//! Answers the names of the permissions that the caller has in a project.

use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::{GetMyPermissionsRequest, GetMyPermissionsResponse};
use tasktracker_server::RpcError;

use crate::app::App;
use crate::project::Project;

pub async fn get_my_permissions(app: &App, call: &Call, request: GetMyPermissionsRequest) -> Result<GetMyPermissionsResponse, RpcError> {
    let project = Project::read(app, call, &request.project_id).await?;
    Ok(GetMyPermissionsResponse {
        permissions: project.rights.names(),
        revision: project.revision.to_string(),
    })
}
