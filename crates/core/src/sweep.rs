//! Forgets answered requests after a day, and events that were handled once they cannot come again, once an hour. Running it in several processes, or twice, does no harm.

use std::time::Duration;

use tasktracker_database::{CommitError, Time, idempotency};
use tasktracker_events::inbox;

use crate::app::App;
use crate::db::notification_writes;

const PAUSE: Duration = Duration::from_secs(60 * 60);

/// Sweeps until the process stops.
pub async fn run(app: App) {
    loop {
        tokio::select! {
            () = app.lifecycle.stopping().cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
        if let Err(error) = sweep(&app).await {
            tracing::warn!(%error, "sweeping core's database failed, trying again in an hour");
        }
    }
}

/// Sweeps now.
///
/// # Errors
/// The database does not take it; nothing is lost by trying later.
pub async fn sweep(app: &App) -> Result<(), CommitError> {
    let mut txn = app.db.begin();
    let now = Time::from(app.now());
    txn.delete(idempotency::sweep(now - idempotency::LIFE));
    txn.delete(inbox::sweep(now - inbox::LIFE));
    txn.delete(notification_writes::sweep_causes(now - inbox::LIFE));
    txn.commit().await.map(drop)
}
