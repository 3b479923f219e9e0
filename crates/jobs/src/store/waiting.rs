//! Whether anything is due or being done at this moment: for who waits until a process has come to rest.

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DbErr};
use tasktracker_database::{Database, Time};

use crate::state::State;
use crate::tables::JOBS;

/// Jobs that are due or running.
pub(crate) async fn count(db: &Database, now: Time) -> Result<u64, DbErr> {
    let of = |table: &'static str| Query::select().expr(Expr::cust("count(*)")).from(table).take();
    let mut due = of(JOBS);
    due.and_where(Expr::col("state").eq(State::Ready.name()))
        .and_where(Expr::col("run_time").lte(now));
    let mut running = of(JOBS);
    running.and_where(Expr::col("state").eq(State::Running.name()));
    let mut sum = 0;
    for query in [due, running] {
        sum += one(db, &query).await?;
    }
    Ok(sum)
}

async fn one(db: &Database, query: &SelectStatement) -> Result<u64, DbErr> {
    let row = db.reader().query_one(query).await?;
    let count: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
    Ok(u64::try_from(count).unwrap_or_default())
}
