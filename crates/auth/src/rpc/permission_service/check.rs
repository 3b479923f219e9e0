//! Answers whether a user has one permission in a scope.

use tasktracker_identity::{Call, PermissionSet};
use tasktracker_proto::auth::v1::{CheckRequest, CheckResponse, Decision, Permission};
use tasktracker_server::RpcError;

use super::get_effective_permissions::Question;
use crate::app::App;
use crate::consistency;

pub async fn check(app: &App, _call: &Call, request: CheckRequest) -> Result<CheckResponse, RpcError> {
    let question = Question::read(&request.user_id, &request.project_id)?;
    consistency::reach(app, request.consistency.as_ref()).await?;
    let (permissions, revision) = question.answer(app).await?;
    Ok(CheckResponse {
        decision: decision(permissions, request.permission()).into(),
        revision,
    })
}

/// The decision about one permission.
pub fn decision(permissions: PermissionSet, permission: Permission) -> Decision {
    if permissions.has(permission) {
        Decision::Allowed
    } else {
        Decision::Denied
    }
}
