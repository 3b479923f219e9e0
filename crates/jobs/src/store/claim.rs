//! Taking due jobs: the best ones are looked up without locks, then taken by one guarded update. Whoever comes second gets none of them.

use sea_orm::sea_query::{Cond, Expr, ExprTrait, Order, Query, SelectStatement, UpdateStatement};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult};
use tasktracker_database::{Database, Id, Time, dialect};

use super::{COLUMNS, JobRow};
use crate::state::State;
use crate::tables::JOBS;

/// Who takes jobs, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim {
    /// The process.
    pub(crate) owner: Id,
    /// This taking, unlike any other: the fence of its jobs.
    pub(crate) claim: Id,
    /// When it is over without a sign of life.
    pub(crate) lease_time: Time,
}

/// When the next ready job is due, of whatever kind: one search in an index.
pub(crate) async fn next_due(db: &Database) -> Result<Option<Time>, DbErr> {
    let row = db.reader().query_one(&next_due_query()).await?;
    row.map(|row| row.try_get("", "run_time")).transpose()
}

pub(super) fn next_due_query() -> SelectStatement {
    Query::select()
        .column("run_time")
        .from(JOBS)
        .and_where(Expr::col("state").eq(State::Ready.name()))
        .order_by("run_time", Order::Asc)
        .limit(1)
        .take()
}

/// Due jobs of these kinds whose turn it is in their group, the highest priority first, within one the longest due.
pub(crate) async fn candidates(db: &Database, kinds: &[String], now: Time, most: usize) -> Result<Vec<Id>, DbErr> {
    let (mut found, mut below) = (Vec::new(), i64::MAX);
    while found.len() < most {
        let Some(level) = next_level(db, below).await? else { break };
        let query = due(kinds, level, now, most - found.len());
        for row in db.reader().query_all(&query).await? {
            found.push(row.try_get("", "id")?);
        }
        below = level;
    }
    Ok(found)
}

/// The highest priority of ready jobs below this one.
async fn next_level(db: &Database, below: i64) -> Result<Option<i64>, DbErr> {
    let row = db.reader().query_one(&next_level_query(below)).await?;
    row.map(|row| row.try_get("", "priority")).transpose()
}

pub(super) fn next_level_query(below: i64) -> SelectStatement {
    Query::select()
        .column("priority")
        .from(JOBS)
        .and_where(Expr::col("state").eq(State::Ready.name()))
        .and_where(Expr::col("priority").lt(below))
        .order_by("priority", Order::Desc)
        .limit(1)
        .take()
}

pub(super) fn due(kinds: &[String], level: i64, now: Time, most: usize) -> SelectStatement {
    let of_group = |state: State| {
        let mut other = Query::select();
        other
            .expr(Expr::cust("1"))
            .from_as(JOBS, "other")
            .and_where(Expr::col(("other", "group_key")).equals((JOBS, "group_key")))
            .and_where(Expr::col(("other", "state")).eq(state.name()));
        other.take()
    };
    let earlier = of_group(State::Ready)
        .and_where(Expr::col(("other", "id")).lt(Expr::col((JOBS, "id"))))
        .take();
    let its_turn = Cond::any().add(Expr::col((JOBS, "group_key")).is_null()).add(
        Cond::all()
            .add(Expr::not_exists(of_group(State::Running)))
            .add(Expr::not_exists(earlier)),
    );
    Query::select()
        .column((JOBS, "id"))
        .from(JOBS)
        .and_where(Expr::col((JOBS, "state")).eq(State::Ready.name()))
        .and_where(Expr::col((JOBS, "priority")).eq(level))
        .and_where(Expr::col((JOBS, "run_time")).lte(now))
        .and_where(Expr::col((JOBS, "kind")).is_in(kinds.iter().map(String::as_str)))
        .cond_where(its_turn)
        .order_by((JOBS, "run_time"), Order::Asc)
        .order_by((JOBS, "id"), Order::Asc)
        .limit(most as u64)
        .take()
}

/// Takes those of the jobs that are still ready. Two of one group at once break the unique index on `turn_key`: nothing is taken then.
pub(crate) fn take(backend: DbBackend, ids: &[Id], claim: Claim) -> UpdateStatement {
    Query::update()
        .table(JOBS)
        .value("state", State::Running.name())
        .value("attempt", Expr::col("attempt").add(1))
        .value("owner", claim.owner)
        .value("claim", claim.claim)
        .value("lease_time", claim.lease_time)
        .value("turn_key", Expr::col("group_key"))
        .and_where(dialect::in_ids(backend, Expr::col("id"), ids))
        .and_where(Expr::col("state").eq(State::Ready.name()))
        .take()
}

/// The jobs that were taken, in the order of `ids`.
pub(crate) async fn taken(db: &Database, ids: &[Id], claim: Claim) -> Result<Vec<JobRow>, DbErr> {
    let query = Query::select()
        .columns(COLUMNS)
        .from(JOBS)
        .and_where(dialect::in_ids(db.backend(), Expr::col("id"), ids))
        .and_where(Expr::col("claim").eq(claim.claim))
        .take();
    let mut rows = Vec::new();
    for row in db.reader().query_all(&query).await? {
        rows.push(JobRow::from_query_result(&row, "")?);
    }
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
    Ok(rows)
}
