//! Moves a project to the trash. It is not found any more, but for those who may restore it.

use tasktracker_database::stale;
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::{ActivityKind, DeleteProjectRequest, DeleteProjectResponse};
use tasktracker_server::RpcError;

use super::change::{self, Asked, Step};
use super::convert;
use crate::app::App;
use crate::domain::project::Project;

const STEP: Step = Step {
    permission: Permission::ProjectDelete,
    verb: Project::delete,
    kind: ActivityKind::Deleted,
};

pub async fn delete_project(app: &App, call: &Call, request: DeleteProjectRequest) -> Result<DeleteProjectResponse, RpcError> {
    let asked = Asked {
        project_id: &request.project_id,
        etag: &request.etag,
        key: None,
    };
    let project = stale::retry(|| change::take(app, call, &asked, STEP)).await?;
    Ok(DeleteProjectResponse {
        project: Some(convert::of_project(&project)),
    })
}
