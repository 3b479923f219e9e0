//! Answers all permissions of a user in a scope: the question asked once per request.

use tasktracker_database::Id;
use tasktracker_identity::{Call, PermissionSet};
use tasktracker_proto::auth::v1::{GetEffectivePermissionsRequest, GetEffectivePermissionsResponse};
use tasktracker_server::RpcError;

use crate::app::App;
use crate::consistency;
use crate::db::facts;
use crate::failure::stored;
use crate::rpc::convert;

pub async fn get_effective_permissions(
    app: &App,
    _call: &Call,
    request: GetEffectivePermissionsRequest,
) -> Result<GetEffectivePermissionsResponse, RpcError> {
    let question = Question::read(&request.user_id, &request.project_id)?;
    consistency::reach(app, request.consistency.as_ref()).await?;
    let (permissions, revision) = question.answer(app).await?;
    Ok(GetEffectivePermissionsResponse {
        permissions: permissions.numbers(),
        revision,
    })
}

/// What somebody may do in a project, or, without one, in the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Question {
    user_id: Id,
    project_id: Option<Id>,
}

impl Question {
    /// Reads the fields `user_id` and `project_id`.
    pub fn read(user_id: &str, project_id: &str) -> Result<Self, RpcError> {
        let user_id = convert::id(user_id, "user_id")?;
        let project_id = if project_id.is_empty() {
            None
        } else {
            Some(convert::id(project_id, "project_id")?)
        };
        Ok(Self { user_id, project_id })
    }

    /// The permissions, and the revision they were read at.
    pub async fn answer(self, app: &App) -> Result<(PermissionSet, i64), RpcError> {
        let facts = facts::read(app.db.reader(), self.user_id, self.project_id).await.map_err(stored)?;
        let permissions = if self.project_id.is_some() {
            facts.in_project()
        } else {
            facts.in_instance()
        };
        Ok((permissions, facts.revision))
    }
}
