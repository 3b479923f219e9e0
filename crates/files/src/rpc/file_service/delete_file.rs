//! Deletes a file: one's own, or anybody's with the permission for it. Nobody can read it from the commit on, and its room is free; its
//! content is removed right after, also if the process dies in between.

use tasktracker_database::{Failure, stale};
use tasktracker_events::outbox;
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::files::v1::{DeleteFileRequest, DeleteFileResponse};
use tasktracker_server::RpcError;
use uuid::Uuid;

use super::{convert, load};
use crate::app::App;
use crate::db::files;
use crate::db::places::{self, Freed};
use crate::domain::etag;
use crate::domain::file::{Deleter, FileState};
use crate::jobs;
use crate::rpc::upload_service::id;
use crate::standing;

pub async fn delete_file(app: &App, call: &Call, request: DeleteFileRequest) -> Result<DeleteFileResponse, RpcError> {
    let file_id = id("file_id", &request.file_id)?;
    stale::retry(|| attempt(app, call, file_id)).await?;
    Ok(DeleteFileResponse {})
}

async fn attempt(app: &App, call: &Call, file_id: Uuid) -> Result<(), Failure> {
    let (mut file, granted) = load::visible(app, call, file_id).await?;
    let user_id = call.user_id()?;
    let deleter = Deleter {
        user_id,
        own: granted.has(Permission::FileDeleteOwn),
        any: granted.has(Permission::FileDeleteAny),
    };
    file.check_deleter(deleter)
        .map_err(|missing| RpcError::permission_missing(missing.0))?;
    let current = etag::of(&file.sha256);
    if call
        .if_match()
        .is_some_and(|sent| sent.trim() != "*" && !sent.split(',').any(|one| one.trim() == current))
    {
        return Err(RpcError::etag_mismatch(&current).into());
    }
    standing::check_project(app, call, file.project_id).await?;

    let loaded_version = file.version;
    file.leave(FileState::Deleted, app.now());
    let mut txn = app.db.begin();
    files::save(&mut txn, &file, loaded_version);
    let freed = Freed {
        count: 1,
        used: file.size_bytes,
        ..Freed::default()
    };
    places::give_back(&mut txn, file.task_id, file.project_id, freed);
    outbox::append(&mut txn, &convert::event(app, &file, Some(user_id)));
    jobs::enqueue_purge(app, &mut txn);
    txn.commit().await?;
    app.relay.wake();
    app.jobs.wake();
    Ok(())
}
