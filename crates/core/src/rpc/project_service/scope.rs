//! Keeps Auth's idea of who sees a project in line with the project. The two have no common transaction, so the order is the promise:
//! Auth never shows more than the project's row says, but for the moment of one call.
//!
//! * A new project: first the scope, then the row. A crash between leaves a scope without a project, which shows nothing.
//! * From INTERNAL to PRIVATE: first Auth, then the row, then `settle`.
//! * From PRIVATE to INTERNAL: first the row, then `settle`. A crash between leaves the project less visible than it says.
//!
//! Sending the same change again settles it in each case, also where it finds nothing left to change.

use std::time::Duration;

use tasktracker_database::Failure;
use tasktracker_proto::auth::v1::{CreateScopeRequest, DeleteScopeRequest, ScopeVisibility, UpdateScopeRequest};
use tasktracker_server::RpcError;
use tonic::{Request, Status};
use uuid::Uuid;

use crate::app::App;
use crate::db::projects;
use crate::domain::choices::Visibility;
use crate::domain::project::Project;

/// How long Auth may take for a write.
const PATIENCE: Duration = Duration::from_secs(5);

/// Makes the scope of a project that is about to be, and its creator the owner. Answers the revision from which this holds.
///
/// # Errors
/// UNAVAILABLE.
pub async fn create(app: &App, project: &Project) -> Result<i64, RpcError> {
    let question = CreateScopeRequest {
        project_id: project.id.to_string(),
        owner_user_id: project.creator_id.to_string(),
        visibility: visibility(project.fields.visibility) as i32,
    };
    let answer = app.scopes.clone().create_scope(patient(question)).await.map_err(refused)?;
    Ok(answer.into_inner().revision)
}

/// Drops the scope of a project that did not come to be. A scope that stays behind shows nothing, so a failure is only logged.
pub async fn forget(app: &App, project_id: Uuid) {
    let question = DeleteScopeRequest {
        project_id: project_id.to_string(),
    };
    if let Err(status) = app.scopes.clone().delete_scope(patient(question)).await {
        tracing::warn!(%project_id, %status, "a scope without a project stays behind");
    }
}

/// Tells Auth who sees a project. Answers the revision from which this holds.
///
/// # Errors
/// UNAVAILABLE.
pub async fn tell(app: &App, project_id: Uuid, wanted: Visibility) -> Result<i64, RpcError> {
    let question = UpdateScopeRequest {
        project_id: project_id.to_string(),
        visibility: visibility(wanted) as i32,
    };
    let answer = app.scopes.clone().update_scope(patient(question)).await.map_err(refused)?;
    Ok(answer.into_inner().revision)
}

/// Tells Auth what the project's row says, until the row still says so after Auth was told: of several who do this at once, whoever tells
/// last has read the last row. Answers the revision from which this holds.
///
/// # Errors
/// UNAVAILABLE.
pub async fn settle(app: &App, project_id: Uuid) -> Result<i64, Failure> {
    let mut told = None;
    loop {
        let project = projects::find(app.db.reader(), project_id)
            .await?
            .ok_or_else(|| RpcError::not_found("project"))?;
        let wanted = project.fields.visibility;
        match told {
            Some((same, revision)) if same == wanted => return Ok(revision),
            _ => told = Some((wanted, tell(app, project_id, wanted).await?)),
        }
    }
}

fn visibility(visibility: Visibility) -> ScopeVisibility {
    match visibility {
        Visibility::Private => ScopeVisibility::Private,
        Visibility::Internal => ScopeVisibility::Internal,
    }
}

fn patient<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(PATIENCE);
    request
}

fn refused(status: Status) -> RpcError {
    RpcError::from_upstream("auth", status)
}
