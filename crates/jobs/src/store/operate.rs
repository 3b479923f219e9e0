//! What operators do to jobs.

use sea_orm::sea_query::{Expr, ExprTrait};
use tasktracker_database::{CommitError, Database, Id, Time};

use super::finish::{over, ready};
use crate::state::State;
use crate::tables::JOBS;

/// Makes a failed or canceled job ready, with all its attempts. A missed guard: it is in another state. See [`is_taken`].
pub(crate) async fn retry(db: &Database, id: Id, now: Time) -> Result<(), CommitError> {
    let mut update = ready();
    update
        .value("attempt", 0_i64)
        .value("run_time", now)
        .value("wait_start_time", now)
        .value("live_key", Expr::col("unique_key"))
        .value("finish_time", Expr::null())
        .and_where(Expr::col("id").eq(id))
        .and_where(Expr::col("state").is_in([State::Failed.name(), State::Canceled.name()]));
    let mut txn = db.begin();
    txn.guarded_update(update);
    txn.commit().await.map(drop)
}

/// Whether another job has taken the place of one that was to be retried.
pub(crate) fn is_taken(error: &CommitError) -> bool {
    error.unique(JOBS, &["live_key"])
}

/// Whether another job of the group was claimed at the same time.
pub(crate) fn is_turn_taken(error: &CommitError) -> bool {
    error.unique(JOBS, &["turn_key"])
}

/// Cancels a job that is not over. A missed guard: it is.
pub(crate) async fn cancel(db: &Database, id: Id, now: Time) -> Result<(), CommitError> {
    let mut update = over(State::Canceled, now);
    update
        .and_where(Expr::col("id").eq(id))
        .and_where(Expr::col("state").is_in([State::Ready.name(), State::Running.name()]));
    let mut txn = db.begin();
    txn.guarded_update(update);
    txn.commit().await.map(drop)
}
