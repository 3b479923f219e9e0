//! Answers the projects in which a user has a permission.

use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::{ListAccessibleRequest, ListAccessibleResponse, Permission};
use tasktracker_server::RpcError;

use crate::app::App;
use crate::consistency;
use crate::db::facts;
use crate::domain::role::{ProjectRole, SystemRole};
use crate::failure::stored;
use crate::rpc::convert;

/// The most ids that one answer holds.
pub const MOST: usize = 10_000;

pub async fn list_accessible(app: &App, _call: &Call, request: ListAccessibleRequest) -> Result<ListAccessibleResponse, RpcError> {
    let user_id = convert::id(&request.user_id, "user_id")?;
    consistency::reach(app, request.consistency.as_ref()).await?;
    // The revision is read first: the list is at least as new as it says.
    let facts = facts::read(app.db.reader(), user_id, None).await.map_err(stored)?;
    let Some(standing) = facts.standing.filter(|standing| standing.active) else {
        return Ok(ListAccessibleResponse {
            project_ids: Vec::new(),
            truncated: false,
            revision: facts.revision,
        });
    };
    let permission = request.permission();
    let internal_too = standing.system_role.is_some_and(|role| role.in_internal_projects().has(permission));
    let roles = roles_with(permission);
    let mut ids = facts::projects(app.db.reader(), user_id, &roles, internal_too, MOST as u64 + 1)
        .await
        .map_err(stored)?;
    let truncated = ids.len() > MOST;
    ids.truncate(MOST);
    Ok(ListAccessibleResponse {
        project_ids: ids.iter().map(ToString::to_string).collect(),
        truncated,
        revision: facts.revision,
    })
}

/// The ids of the project roles that hold a permission.
pub fn roles_with(permission: Permission) -> Vec<String> {
    ProjectRole::ALL
        .into_iter()
        .filter(|role| role.permissions().has(permission))
        .map(|role| role.id().to_owned())
        .collect()
}

/// The ids of the system roles that hold a permission in internal projects.
pub fn system_roles_with(permission: Permission) -> Vec<String> {
    SystemRole::ALL
        .into_iter()
        .filter(|role| role.in_internal_projects().has(permission))
        .map(|role| role.id().to_owned())
        .collect()
}
