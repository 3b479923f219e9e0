//! Removes events that nobody needs any more: every group has handled them, they were kept for long enough, and of a state topic a newer
//! event of the same key is there.

use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DbErr};
use tasktracker_database::{CommitError, Time, dialect};
use tokio_util::sync::CancellationToken;

use super::{EventLog, Inner, SWEEP, is_over, schema};

/// Events that are removed together.
const STEP: u64 = 1000;
/// A group that nobody held for so long holds nothing back. It may come again, and finds what is kept then.
const FORGET: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Sweeps until the process stops. The first time is some minutes after the start, when the groups of this process have joined.
pub(super) async fn run(log: EventLog, stopping: CancellationToken) {
    while !is_over(&stopping, SWEEP).await {
        match log.sweep().await {
            Ok(0) => {}
            Ok(removed) => tracing::debug!(removed, "events that everybody handled were removed"),
            Err(error) => tracing::warn!(%error, "sweeping the event log failed, trying again later"),
        }
    }
}

pub(super) async fn sweep(log: &Inner) -> Result<u64, CommitError> {
    let (now, reader) = (log.now(), log.database.reader());
    let mut removed = 0;
    for (topic, last) in topics(reader).await? {
        let handled = handled(reader, &topic, now).await?.unwrap_or(last);
        let mut from = 0;
        loop {
            let found = removable(reader, &topic, from, handled, now - log.keep).await?;
            let Some(highest) = found.last() else { break };
            from = *highest;
            removed += found.len() as u64;
            let mut txn = log.database.begin();
            let delete = Query::delete()
                .from_table(schema::ENTRIES)
                .and_where(Expr::col("topic").eq(topic.as_str()))
                .and_where(dialect::in_integers(log.database.backend(), Expr::col("position"), &found))
                .take();
            txn.delete(delete);
            txn.commit().await?;
        }
    }
    Ok(removed)
}

async fn topics(reader: &impl ConnectionTrait) -> Result<Vec<(String, i64)>, DbErr> {
    let query = Query::select().columns(["name", "last_position"]).from(schema::TOPICS).take();
    let rows = reader.query_all(&query).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("", "name")?, row.try_get("", "last_position")?)))
        .collect()
}

/// The position that all groups of the topic have passed; nothing without a group.
async fn handled(reader: &impl ConnectionTrait, topic: &str, now: Time) -> Result<Option<i64>, DbErr> {
    let query = Query::select()
        .expr_as(Expr::col((schema::POSITIONS, "position")).min(), "handled")
        .from(schema::POSITIONS)
        .inner_join(schema::CONSUMERS, schema::is_read())
        .and_where(Expr::col((schema::POSITIONS, "topic")).eq(topic))
        .and_where(Expr::col((schema::CONSUMERS, "expire_time")).gt(now - FORGET))
        .take();
    let row = reader.query_one(&query).await?;
    Ok(row.map(|row| row.try_get("", "handled")).transpose()?.flatten())
}

async fn removable(reader: &impl ConnectionTrait, topic: &str, from: i64, handled: i64, before: Time) -> Result<Vec<i64>, DbErr> {
    let entry = |column: &'static str| Expr::col((schema::ENTRIES, column));
    let query = Query::select()
        .column((schema::ENTRIES, "position"))
        .from(schema::ENTRIES)
        .and_where(entry("topic").eq(topic))
        .and_where(entry("position").gt(from))
        .and_where(entry("position").lte(handled))
        .and_where(entry("publish_time").lt(before))
        .and_where(entry("state_key").is_null().or(Expr::exists(newer())))
        .order_by((schema::ENTRIES, "position"), Order::Asc)
        .limit(STEP)
        .take();
    let rows = reader.query_all(&query).await?;
    rows.iter().map(|row| row.try_get("", "position")).collect()
}

/// A newer event of the same key.
fn newer() -> SelectStatement {
    let newer = |column: &'static str| Expr::col(("newer", column));
    Query::select()
        .expr(Expr::val(1))
        .from_as(schema::ENTRIES, "newer")
        .and_where(newer("topic").equals((schema::ENTRIES, "topic")))
        .and_where(newer("state_key").is_not_null())
        .and_where(newer("state_key").equals((schema::ENTRIES, "state_key")))
        .and_where(newer("position").gt(Expr::col((schema::ENTRIES, "position"))))
        .take()
}
