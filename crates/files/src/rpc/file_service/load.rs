//! What the RPCs of a single file begin with: the file, and what the caller may do in its project. A file that the caller may not view, or
//! whose task is deleted, is not found, exactly as one that does not exist.

use tasktracker_database::Failure;
use tasktracker_identity::{Call, Granted};
use tasktracker_proto::auth::v1::Permission;
use tasktracker_server::RpcError;
use uuid::Uuid;

use crate::app::App;
use crate::db::files;
use crate::domain::file::File;

/// A file that the caller may read.
///
/// # Errors
/// NOT_FOUND.
pub async fn visible(app: &App, call: &Call, file_id: Uuid) -> Result<(File, Granted), Failure> {
    let missing = || RpcError::not_found("file");
    let file = files::find_visible(app.db.reader(), file_id).await?.ok_or_else(missing)?;
    let granted = app.access.in_project(call, file.project_id).await?;
    granted.require_visible("file")?;
    if !granted.has(Permission::TaskView) {
        return Err(missing().into());
    }
    granted.require(Permission::FileRead, "file")?;
    Ok((file, granted))
}
