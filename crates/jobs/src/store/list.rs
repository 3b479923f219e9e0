//! Jobs as operators look at them, and how many there are.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use tasktracker_database::dialect::Kind;
use tasktracker_database::keyset::{self, Key};
use tasktracker_database::{Database, Id, Time};

use super::{COLUMNS, JobRow};
use crate::state::State;
use crate::tables::JOBS;

/// Which jobs to list.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) state: Option<State>,
    /// Empty for all.
    pub(crate) kind: String,
    /// After the last row of the page before.
    pub(crate) after: Option<Condition>,
    pub(crate) limit: u64,
}

/// The order of the list: the newest first.
pub(crate) fn keys() -> [Key; 2] {
    [
        Key::descending(Expr::col("create_time"), Kind::Integer),
        Key::descending(Expr::col("id"), Kind::Text),
    ]
}

/// The rows of a page.
pub(crate) async fn list(db: &Database, wanted: &Wanted) -> Result<Vec<JobRow>, DbErr> {
    let mut query = Query::select();
    query.columns(COLUMNS).from(JOBS).limit(wanted.limit);
    if let Some(state) = wanted.state {
        query.and_where(Expr::col("state").eq(state.name()));
    }
    if !wanted.kind.is_empty() {
        query.and_where(Expr::col("kind").eq(wanted.kind.as_str()));
    }
    if let Some(after) = wanted.after.clone() {
        query.cond_where(after);
    }
    keyset::order(&mut query, &keys());
    let rows = db.reader().query_all(&query).await?;
    rows.iter().map(|row| JobRow::from_query_result(row, "")).collect()
}

/// One job.
pub(crate) async fn find(db: &Database, id: Id) -> Result<Option<JobRow>, DbErr> {
    let query = Query::select().columns(COLUMNS).from(JOBS).and_where(Expr::col("id").eq(id)).take();
    let row = db.reader().query_one(&query).await?;
    row.map(|row| JobRow::from_query_result(&row, "")).transpose()
}

/// How many jobs there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Due, but not begun.
    pub(crate) due: i64,
    pub(crate) running: i64,
    pub(crate) failed: i64,
    /// When the one that waits longest was due.
    pub(crate) oldest_due: Option<Time>,
}

/// Counts; what waits for a later time is not looked at.
pub(crate) async fn count(db: &Database, now: Time) -> Result<Counted, DbErr> {
    let of = |state: State| {
        let mut query = Query::select();
        query
            .expr_as(Expr::cust("count(*)"), "found")
            .from(JOBS)
            .and_where(Expr::col("state").eq(state.name()));
        query
    };
    let mut due = of(State::Ready);
    due.expr_as(Expr::col("run_time").min(), "oldest")
        .and_where(Expr::col("run_time").lte(now));
    let mut counted = Counted {
        due: 0,
        running: 0,
        failed: 0,
        oldest_due: None,
    };
    if let Some(row) = db.reader().query_one(&due).await? {
        (counted.due, counted.oldest_due) = (row.try_get("", "found")?, row.try_get("", "oldest")?);
    }
    for (state, number) in [(State::Running, &mut counted.running), (State::Failed, &mut counted.failed)] {
        if let Some(row) = db.reader().query_one(&of(state)).await? {
            *number = row.try_get("", "found")?;
        }
    }
    Ok(counted)
}
