//! Makes a file of an upload: checks once more that its bytes are as announced and that they may go where they shall, and shows it with one
//! commit. Done twice it answers the same file.

use tasktracker_database::{Failure, stale};
use tasktracker_events::outbox;
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::files::v1::{CompleteUploadRequest, CompleteUploadResponse};
use tasktracker_server::RpcError;

use super::load;
use crate::app::App;
use crate::blob::BlobError;
use crate::db::{files, places, uploads};
use crate::discard;
use crate::domain::checksum::Checksum;
use crate::domain::file::{File, FileState};
use crate::domain::media_type;
use crate::domain::upload::{Upload, UploadError, UploadState};
use crate::rpc::{file_service, refuse};
use crate::standing;

pub async fn complete_upload(app: &App, call: &Call, request: CompleteUploadRequest) -> Result<CompleteUploadResponse, RpcError> {
    let upload_id = load::id("upload_id", &request.upload_id)?;
    let claimed = Checksum::optional(&request.sha256).map_err(|error| refuse::checksum("sha256", error))?;
    load::own(app, call, upload_id).await?;
    let mut held = app.slots.take_soon(upload_id).await.ok_or_else(refuse::taken)?;
    let file = stale::retry(|| async {
        // Again, now that nobody else writes it.
        let upload = load::own(app, call, upload_id).await?;
        match upload.state {
            UploadState::Completed => Ok(file_service::load::visible(app, call, upload_id).await?.0),
            _ => attempt(app, call, upload, claimed).await,
        }
    });
    let file = file.await?;
    held.progress = None;
    Ok(CompleteUploadResponse {
        file: Some(file_service::convert::of_file(&file)),
    })
}

async fn attempt(app: &App, call: &Call, upload: Upload, claimed: Option<Checksum>) -> Result<File, Failure> {
    let now = app.now();
    let checked = upload.check_complete(claimed, now);
    // Who may no longer put anything there is told that, and not what is wrong with it.
    let granted = app.access.in_project(call, upload.project_id).await?;
    granted.require(Permission::FileUpload, "upload")?;
    let sha256 = match checked {
        Ok(sha256) => sha256,
        Err(error @ UploadError::WrongChecksum { .. }) => {
            discard::upload(app, &upload).await?;
            return Err(refuse::upload(error).into());
        }
        Err(error) => return Err(refuse::upload(error).into()),
    };
    standing::of_task(app, call, upload.task_id).await?.check_live()?;
    standing::check_project(app, call, upload.project_id).await?;

    let content_type = publish(app, &upload, sha256).await.map_err(refuse::blob)?;
    let file = File {
        id: upload.id,
        task_id: upload.task_id,
        project_id: upload.project_id,
        uploader_id: upload.creator_id,
        file_name: upload.file_name,
        size_bytes: upload.size_bytes,
        content_type: content_type.to_owned(),
        sha256,
        create_time: now,
        update_time: now,
        state: FileState::Ready,
        version: 1,
    };
    let mut txn = app.db.begin();
    uploads::end(&mut txn, file.id, UploadState::Completed);
    places::use_reserved(&mut txn, file.task_id, file.project_id, file.size_bytes);
    files::insert(&mut txn, &file);
    outbox::append(&mut txn, &file_service::convert::event(app, &file, Some(upload.creator_id)));
    txn.commit().await?;
    app.relay.wake();
    Ok(file)
}

/// Puts the content where files are, and looks at what it is. Nobody sees it before the commit.
async fn publish(app: &App, upload: &Upload, sha256: Checksum) -> Result<&'static str, BlobError> {
    let size = upload.size_bytes.unsigned_abs();
    app.blobs.finish(upload.id, size, sha256).await?;
    let head = size.min(media_type::HEAD as u64);
    let mut reading = app.blobs.read(upload.id, size, 0..head, None).await?;
    let head = reading.next().await?.unwrap_or_default();
    Ok(media_type::sniff(&head))
}
