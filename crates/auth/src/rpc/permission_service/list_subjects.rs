//! Answers the active users who have a permission in a project.

use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::{ListSubjectsRequest, ListSubjectsResponse};
use tasktracker_server::RpcError;

use super::list_accessible::{MOST, roles_with, system_roles_with};
use crate::app::App;
use crate::db::{INSTANCE_SCOPE, changes, facts};
use crate::failure::stored;
use crate::rpc::convert;

pub async fn list_subjects(app: &App, _call: &Call, request: ListSubjectsRequest) -> Result<ListSubjectsResponse, RpcError> {
    let reader = app.db.reader();
    let project_id = convert::id(&request.project_id, "project_id")?;
    // The revision is read first: the list is at least as new as it says.
    let revision = changes::present(reader).await.map_err(stored)?;
    if project_id == INSTANCE_SCOPE {
        return Ok(ListSubjectsResponse {
            user_ids: Vec::new(),
            truncated: false,
            revision,
        });
    }
    let (roles, system_roles) = (roles_with(request.permission()), system_roles_with(request.permission()));
    let mut ids = facts::people(reader, project_id, &roles, &system_roles, MOST as u64 + 1)
        .await
        .map_err(stored)?;
    let truncated = ids.len() > MOST;
    ids.truncate(MOST);
    Ok(ListSubjectsResponse {
        user_ids: ids.iter().map(ToString::to_string).collect(),
        truncated,
        revision,
    })
}
