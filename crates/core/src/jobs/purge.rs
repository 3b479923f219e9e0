//! Job `core.purge`: what has been in the trash for 30 days is gone for good, tasks first, then projects with all that is in them. It
//! goes in small transactions, so it may stop anywhere and go on the next day; each tells the other services.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tasktracker_database::{Failure, Time};
use tasktracker_jobs::{Handler, JobError, Outcome, RunningJob, Schedule};
use tasktracker_server::RpcError;

use crate::app::App;
use crate::db::purge::{self, Doomed};
use crate::facts::{self, Cause};

/// Kind and schedule of the job.
pub const KIND: &str = "core.purge";
/// How long the trash is kept.
pub const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Tasks in one transaction.
const CHUNK: u64 = 50;

/// When it runs: at night, once a day; after downtime once for all nights that were missed.
#[must_use]
pub fn schedule() -> Schedule {
    Schedule {
        name: KIND,
        cron: "15 3 * * *",
        time_zone: "UTC",
        kind: KIND,
        catch_up: KEPT,
    }
}

/// Does the job.
#[derive(Debug)]
pub struct Purge(App);

impl Purge {
    /// For this Core.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self(app)
    }
}

impl Handler for Purge {
    fn run<'a>(&'a self, _: &'a RunningJob) -> BoxFuture<'a, Result<Outcome, JobError>> {
        Box::pin(async move {
            let purged = run(&self.0).await.map_err(|failure| JobError::retry(RpcError::from(failure)))?;
            if purged != Purged::default() {
                tracing::info!(?purged, "the trash was emptied");
            }
            Ok(Outcome::Done)
        })
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(60 * 60)
    }
}

/// What was purged.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Purged {
    /// Tasks.
    pub tasks: u64,
    /// Projects.
    pub projects: u64,
    /// Comments that were deleted one by one.
    pub comments: u64,
}

/// Purges what has been in the trash for too long.
///
/// # Errors
/// The database does not take it; what was purged stays purged.
pub async fn run(app: &App) -> Result<Purged, Failure> {
    let before = Time::from(app.now()) - KEPT;
    let mut purged = Purged::default();
    loop {
        let doomed = purge::list_tasks(app.db.reader(), before, CHUNK).await?;
        if doomed.is_empty() {
            break;
        }
        purged.tasks += doomed.len() as u64;
        purge_tasks(app, &doomed).await?;
    }
    for project in purge::list_projects(app.db.reader(), before).await? {
        loop {
            let doomed = purge::list_tasks_of(app.db.reader(), project.id, CHUNK).await?;
            if doomed.is_empty() {
                break;
            }
            purged.tasks += doomed.len() as u64;
            purge_tasks(app, &doomed).await?;
        }
        let mut txn = app.db.begin();
        purge::project(&mut txn, &project);
        facts::project_purged(&mut txn, app, &Cause::own(app.now()), project.id, project.version + 1);
        txn.commit().await?;
        app.relay.wake();
        purged.projects += 1;
    }
    purged.comments = purge::comments(app, before, CHUNK).await?;
    Ok(purged)
}

async fn purge_tasks(app: &App, doomed: &[Doomed]) -> Result<(), Failure> {
    let mut txn = app.db.begin();
    purge::tasks(&mut txn, app.db.backend(), doomed);
    let cause = Cause::own(app.now());
    for task in doomed {
        facts::task_purged(&mut txn, app, &cause, task.id, task.project_id, task.version + 1);
    }
    txn.commit().await?;
    app.relay.wake();
    Ok(())
}
