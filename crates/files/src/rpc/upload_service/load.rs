//! What the RPCs of a single upload begin with: the upload, for who announced it. To everybody else it does not exist.

use tasktracker_database::Failure;
use tasktracker_identity::Call;
use tasktracker_server::RpcError;
use uuid::Uuid;

use crate::app::App;
use crate::db::uploads;
use crate::domain::upload::Upload;

/// The id of something in a request.
///
/// # Errors
/// INVALID_ARGUMENT.
pub fn id(field: &'static str, text: &str) -> Result<Uuid, RpcError> {
    Uuid::try_parse(text).map_err(|_| RpcError::invalid(field, "must be a UUID"))
}

/// An upload of the caller.
///
/// # Errors
/// NOT_FOUND.
pub async fn own(app: &App, call: &Call, upload_id: Uuid) -> Result<Upload, Failure> {
    let user_id = call.user_id()?;
    let found = uploads::find(app.db.reader(), upload_id).await?;
    let own = found.filter(|upload| upload.creator_id == user_id);
    Ok(own.ok_or_else(|| RpcError::not_found("upload"))?)
}
