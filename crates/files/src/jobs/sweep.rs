//! Forgets what nobody completed: uploads past their time, bytes without a row, and answered requests after a day.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use tasktracker_database::{CommitError, Id, Time, idempotency};
use uuid::Uuid;

use crate::app::App;
use crate::blob::{Area, BlobError};
use crate::db::{files, uploads};
use crate::discard;

const BATCH: u64 = 100;
/// How long an upload that is over still answers what became of it.
const MEMORY: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How old bytes without a row must be: those of a younger upload may be about to get one.
const ORPHAN_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// Sweeps now.
///
/// # Errors
/// The database or the disk does not take it; nothing is lost by trying later.
pub async fn sweep(app: &App) -> anyhow::Result<()> {
    expire(app).await?;
    for part in 0..=u8::MAX {
        orphans(app, Area::Incoming, part).await?;
        orphans(app, Area::Objects, part).await?;
    }
    let now = Time::from(app.now());
    let mut txn = app.db.begin();
    txn.delete(uploads::forget(now - MEMORY));
    txn.delete(idempotency::sweep(now - idempotency::LIFE));
    txn.commit().await?;
    Ok(())
}

/// Gives up the uploads whose time is over.
async fn expire(app: &App) -> Result<(), CommitError> {
    loop {
        let expired = uploads::list_expired(app.db.reader(), app.now(), BATCH).await?;
        let mut ended = 0;
        for upload in &expired {
            // Who writes it at this moment is refused soon, and the next sweep finds it.
            let Some(mut held) = app.slots.take(upload.id) else { continue };
            held.progress = None;
            match discard::upload(app, upload).await {
                Ok(()) | Err(CommitError::GuardMissed) => ended += 1,
                Err(error) => return Err(error),
            }
        }
        if ended == 0 {
            return Ok(());
        }
    }
}

/// Removes bytes that belong to nothing.
async fn orphans(app: &App, area: Area, part: u8) -> anyhow::Result<()> {
    let born_before = (Time::from(app.now()) - ORPHAN_AGE).timestamp();
    let found: Vec<Id> = match app.blobs.list(area, part).await {
        Ok(found) => found.into_iter().filter(|id| is_older(*id, born_before)).map(Id).collect(),
        // All the others would fail too, each after a while.
        Err(error @ BlobError::Unavailable(_)) => return Err(error.into()),
        // A folder that cannot be read is no reason to leave the others.
        Err(error) => {
            warn(area, error);
            return Ok(());
        }
    };
    for some in found.chunks(500) {
        // An upload on its way has bytes in both areas while it is completed.
        let mut owned: HashSet<Id> = uploads::pending_of(app.db.reader(), some).await?.into_iter().collect();
        if area == Area::Objects {
            owned.extend(files::known_of(app.db.reader(), some).await?);
        }
        for orphan in some.iter().filter(|id| !owned.contains(id)) {
            tracing::info!(id = %orphan, ?area, "bytes that belong to nothing are removed");
            if let Err(error) = app.blobs.remove(area, orphan.0).await {
                warn(area, error);
            }
        }
    }
    Ok(())
}

/// By the time in the id: it was made by the same clock that says what time it is.
fn is_older(id: Uuid, than: Timestamp) -> bool {
    id.get_timestamp()
        .and_then(|made| i64::try_from(made.to_unix().0).ok())
        .is_some_and(|second| second < than.as_second())
}

fn warn(area: Area, error: BlobError) {
    let error = format!("{:#}", anyhow::Error::new(error));
    tracing::warn!(?area, error, "the sweep could not look or remove, trying again later");
}
