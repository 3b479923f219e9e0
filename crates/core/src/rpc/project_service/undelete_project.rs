//! Restores a deleted project as it was; one that was archived still is.

use tasktracker_database::stale;
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::{ActivityKind, UndeleteProjectRequest, UndeleteProjectResponse};
use tasktracker_server::RpcError;

use super::change::{self, Asked, Step};
use super::convert;
use crate::app::App;
use crate::domain::project::Project;
use crate::rpc::replay;

const RPC: &str = "tasktracker.core.v1.ProjectService/UndeleteProject";
const STEP: Step = Step {
    permission: Permission::ProjectDelete,
    verb: Project::undelete,
    kind: ActivityKind::Undeleted,
};

pub async fn undelete_project(app: &App, call: &Call, request: UndeleteProjectRequest) -> Result<UndeleteProjectResponse, RpcError> {
    let asked = Asked {
        project_id: &request.project_id,
        etag: &request.etag,
        key: replay::key(call, RPC, &request.request_id, &request),
    };
    let project = stale::retry(|| change::take(app, call, &asked, STEP)).await?;
    Ok(UndeleteProjectResponse {
        project: Some(convert::of_project(&project)),
    })
}
