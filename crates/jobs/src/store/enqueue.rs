//! A new job, in the transaction of whoever wants it done.

use sea_orm::sea_query::{Expr, InsertStatement, OnConflict, Query};
use tasktracker_database::{Id, Time};

use crate::job::{NewJob, When};
use crate::state::State;
use crate::tables::JOBS;

/// Adds the job, unless an unfinished one has its unique key.
pub(crate) fn insert(id: Id, job: &NewJob, now: Time) -> InsertStatement {
    let (run_time, wait_start) = match job.when {
        When::After(delay) => (now + delay, Some(now)),
        // What is due already is no wait for a moment: it stays due when the clock is set back.
        When::At(at) => (Time::from(at), (Time::from(at) <= now).then_some(now)),
    };
    let mut insert = Query::insert();
    insert
        .into_table(JOBS)
        .columns([
            "id",
            "kind",
            "payload",
            "state",
            "priority",
            "run_time",
            "wait_start_time",
            "attempt",
            "max_attempts",
            "unique_key",
            "live_key",
            "group_key",
            "create_time",
        ])
        .values_panic([
            Expr::val(id),
            Expr::val(job.kind.as_str()),
            Expr::val(job.payload.as_str()),
            Expr::val(State::Ready.name()),
            Expr::val(i64::from(job.priority)),
            Expr::val(run_time),
            Expr::val(wait_start),
            Expr::val(0_i64),
            Expr::val(i64::from(job.max_attempts)),
            Expr::val(job.unique_key.clone()),
            Expr::val(job.unique_key.clone()),
            Expr::val(job.group_key.clone()),
            Expr::val(now),
        ]);
    if job.unique_key.is_some() {
        insert.on_conflict(OnConflict::column("live_key").do_nothing().to_owned());
    }
    insert.take()
}
