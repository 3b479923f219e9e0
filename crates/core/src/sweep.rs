//! Forgets answered requests after a day, events that were handled once they cannot come again, and what was told of mails once it no longer
//! counts, once an hour. Running it in several processes, or twice, does no harm.

use std::time::Duration;

use tasktracker_database::{CommitError, Time, idempotency};
use tasktracker_events::inbox;

use crate::app::App;
use crate::db::{mail_suppressions, notification_writes};

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
    mail_suppressions::sweep(&mut txn, now);
    txn.commit().await.map(drop)
}
