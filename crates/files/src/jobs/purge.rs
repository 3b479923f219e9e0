//! Removes the contents of deleted files, then their rows. Whatever happens in between, the rows say what is still to be done, and doing it
//! twice is doing it once.

use tasktracker_database::CommitError;
use tasktracker_events::outbox;
use uuid::Uuid;

use crate::app::App;
use crate::blob::{Area, BlobError};
use crate::db::files;
use crate::domain::file::{File, FileState};
use crate::rpc::file_service::convert;

const BATCH: u64 = 100;

/// Removes everything that waits for it. A content that cannot be removed waits for the next time.
///
/// # Errors
/// The database does not take it, or the store of contents is away; nothing is lost by trying later.
pub async fn purge(app: &App) -> anyhow::Result<()> {
    let mut after = Uuid::nil();
    loop {
        let leaving = files::list_leaving(app.db.reader(), after, BATCH).await?;
        let Some(last) = leaving.last() else { return Ok(()) };
        after = last.id;
        for file in leaving {
            match app.blobs.remove(Area::Objects, file.id).await {
                Ok(()) => forget(app, file).await?,
                // All the others would fail too, each after a while.
                Err(error @ BlobError::Unavailable(_)) => return Err(error.into()),
                Err(error) => {
                    let error = format!("{:#}", anyhow::Error::new(error));
                    tracing::warn!(file.id = %file.id, error, "the content of a deleted file was not removed, trying again later");
                }
            }
        }
    }
}

async fn forget(app: &App, mut file: File) -> Result<(), CommitError> {
    let mut txn = app.db.begin();
    files::forget(&mut txn, &file);
    // Of what went with its task it was said when it went.
    if file.state == FileState::Deleted {
        file.leave(FileState::Purged, app.now());
        outbox::append(&mut txn, &convert::event(app, &file, None));
    }
    match txn.commit().await {
        // Another process was quicker.
        Ok(_) | Err(CommitError::GuardMissed) => {}
        Err(error) => return Err(error),
    }
    app.relay.wake();
    Ok(())
}
