//! Brings an archived project back into use.

use tasktracker_database::stale;
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::{ActivityKind, UnarchiveProjectRequest, UnarchiveProjectResponse};
use tasktracker_server::RpcError;

use super::change::{self, Asked, Step};
use super::convert;
use crate::app::App;
use crate::domain::project::Project;
use crate::rpc::replay;

const RPC: &str = "tasktracker.core.v1.ProjectService/UnarchiveProject";
const STEP: Step = Step {
    permission: Permission::ProjectArchive,
    verb: Project::unarchive,
    kind: ActivityKind::Updated,
};

pub async fn unarchive_project(app: &App, call: &Call, request: UnarchiveProjectRequest) -> Result<UnarchiveProjectResponse, RpcError> {
    let asked = Asked {
        project_id: &request.project_id,
        etag: &request.etag,
        key: replay::key(call, RPC, &request.request_id, &request),
    };
    let project = stale::retry(|| change::take(app, call, &asked, STEP)).await?;
    Ok(UnarchiveProjectResponse {
        project: Some(convert::of_project(&project)),
    })
}
