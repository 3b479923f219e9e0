//! Forgets what is no longer needed, once an hour: requests that were answered, events that were handled, changes that every cache has outlived, and sessions that
//! ended long ago. Running it in several processes, or twice, does no harm.

use std::time::Duration;

use tasktracker_database::{CommitError, idempotency};
use tasktracker_events::inbox;

use crate::app::App;
use crate::db;

const PAUSE: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a change can be asked for by WatchChanges.
const CHANGES_KEPT: Duration = Duration::from_secs(7 * DAY.as_secs());
/// How long a session is remembered after its last possible moment.
const SESSIONS_KEPT: Duration = Duration::from_secs(30 * DAY.as_secs());

/// Sweeps until the process stops.
pub async fn run(app: App) {
    loop {
        tokio::select! {
            () = app.lifecycle.stopping().cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
        if let Err(error) = app.sweep().await {
            tracing::warn!(%error, "sweeping auth's database failed, trying again in an hour");
        }
    }
}

impl App {
    /// Sweeps now.
    ///
    /// # Errors
    /// The database does not take it; nothing is lost by trying later.
    pub async fn sweep(&self) -> Result<(), CommitError> {
        let now = self.now();
        let mut txn = self.db.begin();
        txn.delete(idempotency::sweep(now - idempotency::LIFE));
        txn.delete(inbox::sweep(now - inbox::LIFE));
        db::changes::sweep(&mut txn, now - CHANGES_KEPT);
        db::sessions::sweep(&mut txn, now - SESSIONS_KEPT);
        txn.commit().await.map(drop)
    }
}
