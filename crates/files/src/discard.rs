//! Giving up an upload: its room is free again, its bytes go.

use tasktracker_database::CommitError;

use crate::app::App;
use crate::blob::Area;
use crate::db::places::{self, Freed};
use crate::db::uploads;
use crate::domain::upload::{Upload, UploadState};

/// Gives up an upload that is still pending; `GuardMissed` where it ended meanwhile.
///
/// # Errors
/// The database does not take it. Bytes that cannot be removed are left to the sweep.
pub async fn upload(app: &App, upload: &Upload) -> Result<(), CommitError> {
    let mut txn = app.db.begin();
    uploads::end(&mut txn, upload.id, UploadState::Rejected);
    let freed = Freed {
        count: 1,
        reserved: upload.size_bytes,
        ..Freed::default()
    };
    places::give_back(&mut txn, upload.task_id, upload.project_id, freed);
    txn.commit().await?;
    if let Err(error) = app.blobs.remove(Area::Incoming, upload.id).await {
        let error = format!("{:#}", anyhow::Error::new(error));
        tracing::warn!(upload.id = %upload.id, error, "the bytes of an upload were not removed, the sweep will try again");
    }
    Ok(())
}
