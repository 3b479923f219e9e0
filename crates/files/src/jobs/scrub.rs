//! Compares contents with their checksums, those that were looked at longest ago first. What is missing or damaged stays listed, so that its
//! people know what to ask the operator's backup for; the operator hears of it by the log and two counters.

use std::time::Duration;

use tasktracker_database::{CommitError, Time};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::blob::{BlobError, Hash};
use crate::db::files;
use crate::domain::file::{File, FileState};

/// How long ago a file must have been looked at to be looked at again.
const REST: Duration = Duration::from_secs(20 * 60 * 60);

/// What is wrong with a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// Nothing.
    Good,
    /// It is not there.
    Missing,
    /// It is not what it was.
    Damaged,
}

/// Compares as many files as the operator decided.
///
/// # Errors
/// The database or the disk does not answer; nothing is lost by trying later.
pub async fn scrub(app: &App, stopping: &CancellationToken) -> anyhow::Result<()> {
    let before = (Time::from(app.now()) - REST).timestamp();
    for _ in 0..app.config.scrub_files_a_day {
        if stopping.is_cancelled() {
            break;
        }
        let Some(file) = files::find_unchecked(app.db.reader(), before).await? else {
            break;
        };
        check(app, &file).await?;
    }
    Ok(())
}

/// Compares one file, tells the operator, and notes that it was looked at.
///
/// # Errors
/// As `scrub`.
pub async fn check(app: &App, file: &File) -> anyhow::Result<Finding> {
    let finding = look(app, file).await?;
    if finding != Finding::Good && still_there(app, file).await? {
        if finding == Finding::Missing {
            metrics::counter!("files_content_missing_total").increment(1);
        } else {
            metrics::counter!("files_content_damaged_total").increment(1);
        }
        tracing::error!(file.id = %file.id, ?finding, "the content of a file is not what it was, restore it from a backup");
    }
    let mut txn = app.db.begin();
    files::save_checked(&mut txn, file.id, app.now());
    txn.commit().await?;
    Ok(finding)
}

async fn look(app: &App, file: &File) -> Result<Finding, BlobError> {
    let size = file.size_bytes.unsigned_abs();
    let mut reading = match app.blobs.read(file.id, size, 0..size, Some(Hash::default())).await {
        Ok(reading) => reading,
        Err(BlobError::Missing) => return Ok(Finding::Missing),
        Err(BlobError::Length { .. }) => return Ok(Finding::Damaged),
        Err(error) => return Err(error),
    };
    while reading.next().await?.is_some() {}
    let good = reading.hash().is_some_and(|hash| hash.checksum() == file.sha256);
    Ok(if good { Finding::Good } else { Finding::Damaged })
}

/// Whether it was not deleted while it was looked at.
async fn still_there(app: &App, file: &File) -> Result<bool, CommitError> {
    let now = files::find(app.db.reader(), file.id).await?;
    Ok(now.is_some_and(|file| file.state == FileState::Ready))
}
