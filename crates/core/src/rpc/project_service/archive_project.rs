//! Makes a project read-only: from then on no write in it passes.

use tasktracker_database::stale;
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::{ActivityKind, ArchiveProjectRequest, ArchiveProjectResponse};
use tasktracker_server::RpcError;

use super::change::{self, Asked, Step};
use super::convert;
use crate::app::App;
use crate::domain::project::Project;
use crate::rpc::replay;

const RPC: &str = "tasktracker.core.v1.ProjectService/ArchiveProject";
const STEP: Step = Step {
    permission: Permission::ProjectArchive,
    verb: Project::archive,
    kind: ActivityKind::Updated,
};

pub async fn archive_project(app: &App, call: &Call, request: ArchiveProjectRequest) -> Result<ArchiveProjectResponse, RpcError> {
    let asked = Asked {
        project_id: &request.project_id,
        etag: &request.etag,
        key: replay::key(call, RPC, &request.request_id, &request),
    };
    let project = stale::retry(|| change::take(app, call, &asked, STEP)).await?;
    Ok(ArchiveProjectResponse {
        project: Some(convert::of_project(&project)),
    })
}
