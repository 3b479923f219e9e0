//! What the RPCs of a single project begin with: the project, and what the caller may do in it. A project that the caller may not view
//! is not found, exactly as one that does not exist.

use tasktracker_database::Failure;
use tasktracker_identity::{Call, Granted};
use tasktracker_proto::auth::v1::Permission;
use tasktracker_server::RpcError;
use uuid::Uuid;

use crate::app::App;
use crate::db::projects;
use crate::domain::project::Project;

/// The id of a project in a request.
///
/// # Errors
/// INVALID_ARGUMENT.
pub fn id(field: &'static str, text: &str) -> Result<Uuid, RpcError> {
    crate::domain::ids::parse_uuid(text).map_err(|error| RpcError::invalid(field, format!("{error}")))
}

/// A project that the caller may view; a deleted one only where the caller may restore it.
///
/// # Errors
/// NOT_FOUND.
pub async fn visible(app: &App, call: &Call, project_id: Uuid) -> Result<(Project, Granted), Failure> {
    let granted = app.access.in_project(call, project_id).await?;
    seen_by(app, project_id, granted).await
}

/// The same by the newest permissions: for what cannot be taken back.
///
/// # Errors
/// NOT_FOUND.
pub async fn visible_now(app: &App, call: &Call, project_id: Uuid) -> Result<(Project, Granted), Failure> {
    let granted = app.access.in_project_now(call, project_id).await?;
    seen_by(app, project_id, granted).await
}

/// A project that the caller may view and that is not deleted.
///
/// # Errors
/// NOT_FOUND.
pub async fn live(app: &App, call: &Call, project_id: Uuid) -> Result<(Project, Granted), Failure> {
    let (project, granted) = visible(app, call, project_id).await?;
    if project.delete_time.is_some() {
        return Err(RpcError::not_found("project").into());
    }
    Ok((project, granted))
}

async fn seen_by(app: &App, project_id: Uuid, granted: Granted) -> Result<(Project, Granted), Failure> {
    granted.require_visible("project")?;
    let project = projects::find(app.db.reader(), project_id).await?;
    let project = project.filter(|project| project.delete_time.is_none() || granted.has(Permission::ProjectDelete));
    Ok((project.ok_or_else(|| RpcError::not_found("project"))?, granted))
}
