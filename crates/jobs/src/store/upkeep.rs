//! What keeps the table in order: signs of life, claims that ran out, clocks that went back, and rows that are too old.

use std::time::Duration;

use sea_orm::sea_query::{Cond, Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use tasktracker_database::{CommitError, Database, Id, Time, dialect};

use super::finish::{fenced, over, ready};
use super::{COLUMNS, JobRow};
use crate::state::State;
use crate::tables::{FIRES, JOBS};

/// How long a job that was done, or canceled, is remembered.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long a failed job, and a fired slot, is remembered.
const FAILED_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Jobs taken back at once: each is a statement.
const TAKEN_BACK: u64 = 100;
/// Rows removed at once.
const CHUNK: u64 = 1000;
/// How far clocks may differ without meaning anything.
const TOLERANCE: Duration = Duration::from_secs(1);

/// Extends the claims of these jobs, and answers those that are still held.
pub(crate) async fn extend(db: &Database, owner: Id, ids: &[Id], lease_time: Time) -> Result<Vec<(Id, Id)>, CommitError> {
    let held = || {
        Cond::all()
            .add(dialect::in_ids(db.backend(), Expr::col("id"), ids))
            .add(Expr::col("owner").eq(owner))
            .add(Expr::col("state").eq(State::Running.name()))
    };
    let mut txn = db.begin();
    txn.update(
        Query::update()
            .table(JOBS)
            .value("lease_time", lease_time)
            .cond_where(held())
            .take(),
    );
    txn.commit().await?;
    let query = Query::select().columns(["id", "claim"]).from(JOBS).cond_where(held()).take();
    let mut found = Vec::new();
    for row in db.reader().query_all(&query).await? {
        found.push((row.try_get("", "id")?, row.try_get("", "claim")?));
    }
    Ok(found)
}

/// Running jobs whose claim ran out. One that ends later than any claim made now would, is of a clock that went back since.
pub(crate) async fn expired(db: &Database, now: Time, lease: Duration) -> Result<Vec<JobRow>, DbErr> {
    let out = Cond::any()
        .add(Expr::col("lease_time").lt(now))
        // Twice: clocks of processes may differ a little.
        .add(Expr::col("lease_time").gt(now + lease + lease));
    running(db, out).await
}

/// Running jobs that none of these processes has.
pub(crate) async fn orphans(db: &Database, alive: &[Id]) -> Result<Vec<JobRow>, DbErr> {
    running(db, Cond::all().add(dialect::in_ids(db.backend(), Expr::col("owner"), alive).not())).await
}

async fn running(db: &Database, condition: Cond) -> Result<Vec<JobRow>, DbErr> {
    let query = Query::select()
        .columns(COLUMNS)
        .from(JOBS)
        .and_where(Expr::col("state").eq(State::Running.name()))
        .cond_where(condition)
        .limit(TAKEN_BACK)
        .take();
    let rows = db.reader().query_all(&query).await?;
    rows.iter().map(|row| JobRow::from_query_result(row, "")).collect()
}

/// What becomes of a job whose worker is gone.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fate {
    /// Again at that time.
    Again(Time),
    /// It took its process with it for the last time.
    Failed,
}

/// Takes the jobs from workers that are gone.
pub(crate) async fn take_back(db: &Database, jobs: &[(JobRow, Fate)], now: Time) -> Result<(), CommitError> {
    const GONE: &str = "the process that ran it stopped, or lost its claim";
    let mut txn = db.begin();
    for (job, fate) in jobs {
        let Some(claim) = job.claim else { continue };
        let mut update = match fate {
            Fate::Again(run_time) => ready().value("run_time", *run_time).value("wait_start_time", now).take(),
            Fate::Failed => over(State::Failed, now),
        };
        update.value("last_error", GONE);
        txn.update(fenced(update, job.id, claim));
    }
    txn.commit().await.map(drop)
}

/// Waits that were counted from a moment that is yet to come: the clock went back since. They go on from now, as long as they were.
pub(crate) async fn rebase(db: &Database, now: Time) -> Result<(), CommitError> {
    let mut txn = db.begin();
    let shorter = Expr::col("run_time").sub(Expr::col("wait_start_time")).add(now.micros());
    let update = Query::update()
        .table(JOBS)
        .value("run_time", shorter)
        .value("wait_start_time", now)
        .and_where(Expr::col("state").eq(State::Ready.name()))
        .and_where(Expr::col("wait_start_time").gt(now + TOLERANCE))
        .take();
    txn.update(update);
    txn.commit().await.map(drop)
}

/// Removes what nobody needs any more, so many rows at once; answers whether there is more.
pub(crate) async fn clean(db: &Database, now: Time) -> Result<bool, CommitError> {
    let mut more = false;
    for (state, kept) in [(State::Succeeded, KEPT), (State::Canceled, KEPT), (State::Failed, FAILED_KEPT)] {
        let before = now - kept;
        let query = Query::select()
            .column("id")
            .from(JOBS)
            .and_where(Expr::col("state").eq(state.name()))
            // What was made later was finished later, and this the index knows.
            .and_where(Expr::col("create_time").lt(before))
            .and_where(Expr::col("finish_time").lt(before))
            .order_by("create_time", Order::Asc)
            .limit(CHUNK)
            .take();
        let mut ids: Vec<Id> = Vec::new();
        for row in db.reader().query_all(&query).await? {
            ids.push(row.try_get("", "id")?);
        }
        if ids.is_empty() {
            continue;
        }
        more |= ids.len() as u64 == CHUNK;
        let mut txn = db.begin();
        let delete = Query::delete()
            .from_table(JOBS)
            .and_where(dialect::in_ids(db.backend(), Expr::col("id"), &ids))
            // An operator may have revived it meanwhile.
            .and_where(Expr::col("state").eq(state.name()))
            .take();
        txn.delete(delete);
        txn.commit().await?;
    }
    let mut txn = db.begin();
    let old = Query::delete()
        .from_table(FIRES)
        .and_where(Expr::col("slot_time").lt(now - FAILED_KEPT))
        .take();
    txn.delete(old);
    txn.commit().await?;
    Ok(more)
}
