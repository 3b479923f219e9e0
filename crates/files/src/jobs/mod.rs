//! What Files does without being asked: forgetting uploads that nobody completed, removing contents that nobody may read any more, and
//! comparing contents with their checksums.

pub mod purge;
pub mod scrub;
pub mod sweep;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tasktracker_database::Transaction;
use tasktracker_jobs::{Handler, JobError, NewJob, Outcome, RunningJob, Schedule};

use crate::app::App;

const PURGE: &str = "files.purge";
const SWEEP: &str = "files.sweep";
const SCRUB: &str = "files.scrub";

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Says who does what and when, and begins.
pub fn start(app: &App) {
    for kind in [PURGE, SWEEP, SCRUB] {
        app.jobs.handle(kind, Arc::new(Work { app: app.clone(), kind }));
    }
    for (kind, cron, catch_up) in [
        // What the jobs enqueued by deletions left behind: contents that could not be removed.
        (PURGE, "45 * * * *", HOUR),
        (SWEEP, "20 * * * *", HOUR),
        (SCRUB, "40 2 * * *", 12 * HOUR),
    ] {
        app.jobs.schedule(Schedule {
            name: kind,
            cron,
            time_zone: "UTC",
            kind,
            catch_up,
        });
    }
    app.jobs.start();
}

/// Has the contents removed of what the transaction deletes. Call `jobs.wake()` after the commit.
pub fn enqueue_purge(app: &App, txn: &mut Transaction) {
    app.jobs.enqueue(txn, NewJob::new(PURGE, &()));
}

/// One kind of work.
struct Work {
    app: App,
    kind: &'static str,
}

impl Handler for Work {
    fn run<'a>(&'a self, job: &'a RunningJob) -> BoxFuture<'a, Result<Outcome, JobError>> {
        Box::pin(async move {
            match self.kind {
                PURGE => purge::purge(&self.app).await?,
                SWEEP => sweep::sweep(&self.app).await?,
                _ => scrub::scrub(&self.app, job.stopping()).await?,
            }
            Ok(Outcome::Done)
        })
    }

    fn timeout(&self) -> Duration {
        4 * HOUR
    }
}
