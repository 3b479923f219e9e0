//! Writing down how jobs ended. A result counts only while its claim holds: after that another has the job, or an operator said no.

use sea_orm::DbBackend;
use sea_orm::sea_query::{Expr, ExprTrait, Query, UpdateStatement};
use tasktracker_database::{Id, Time, Transaction, dialect};

use super::kept_error;
use crate::state::State;
use crate::tables::JOBS;

/// A job that a worker has ended.
#[derive(Debug, Clone)]
pub(crate) struct Finished {
    pub(crate) id: Id,
    pub(crate) claim: Id,
    pub(crate) end: End,
}

/// How it ended.
#[derive(Debug, Clone)]
pub(crate) enum End {
    /// It is done.
    Done,
    /// Again at that time, counted from now.
    Again {
        run_time: Time,
        error: Option<String>,
        /// This attempt does not count.
        uncounted: bool,
    },
    /// No more attempts.
    Failed { error: String },
    /// It was broken off, or not begun: as if it had never been taken.
    Released,
}

/// Adds the results to a transaction.
pub(crate) fn write(txn: &mut Transaction, backend: DbBackend, finished: &[Finished], now: Time) {
    let is_done = |finished: &&Finished| matches!(finished.end, End::Done);
    let (done, others): (Vec<_>, Vec<_>) = finished.iter().partition(is_done);
    if !done.is_empty() {
        let ids: Vec<Id> = done.iter().map(|finished| finished.id).collect();
        let mut claims: Vec<Id> = done.iter().map(|finished| finished.claim).collect();
        claims.sort_unstable();
        claims.dedup();
        // A process runs a job under one claim at a time, so this pair of lists names no other.
        let update = over(State::Succeeded, now)
            .and_where(dialect::in_ids(backend, Expr::col("id"), &ids))
            .and_where(dialect::in_ids(backend, Expr::col("claim"), &claims))
            .take();
        txn.update(update);
    }
    for finished in others {
        let update = match &finished.end {
            End::Done => continue,
            End::Failed { error } => over(State::Failed, now).value("last_error", kept_error(error)).take(),
            End::Released => ready().value("attempt", Expr::col("attempt").sub(1)).take(),
            End::Again {
                run_time,
                error,
                uncounted,
            } => {
                let mut update = ready();
                update.value("run_time", *run_time).value("wait_start_time", now);
                if let Some(error) = error {
                    update.value("last_error", kept_error(error));
                }
                if *uncounted {
                    update.value("attempt", Expr::col("attempt").sub(1));
                }
                update
            }
        };
        txn.update(fenced(update, finished.id, finished.claim));
    }
}

/// Only while the claim holds.
pub(crate) fn fenced(mut update: UpdateStatement, id: Id, claim: Id) -> UpdateStatement {
    update.and_where(Expr::col("id").eq(id)).and_where(Expr::col("claim").eq(claim));
    update
}

/// Ready, and nobody's.
pub(crate) fn ready() -> UpdateStatement {
    nobodys(State::Ready)
}

/// Finished: its key is free.
pub(crate) fn over(state: State, now: Time) -> UpdateStatement {
    let mut update = nobodys(state);
    update.value("finish_time", now).value("live_key", Expr::null());
    update
}

fn nobodys(state: State) -> UpdateStatement {
    let mut update = Query::update();
    update.table(JOBS).value("state", state.name());
    for column in ["owner", "claim", "lease_time", "turn_key"] {
        update.value(column, Expr::null());
    }
    update
}
