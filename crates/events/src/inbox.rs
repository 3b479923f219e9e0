//! Which events a group has reacted to already. The note is written in the transaction of the effect, so an effect happens once.

use std::collections::HashSet;
use std::time::Duration;

use sea_orm::sea_query::{DeleteStatement, Expr, ExprTrait, Index, Query, Table, TableCreateStatement};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use tasktracker_database::{CommitError, Time, Transaction, dialect, schema};

use crate::event::Event;

/// The table that the owner's migration makes.
pub const TABLE: &str = "inbox";
/// How long a note is kept: longer than any event is delivered again by itself.
pub const LIFE: Duration = Duration::from_secs(37 * 24 * 60 * 60);

/// The table, for the owner's migration.
#[must_use]
pub fn table(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table(TABLE)
        .col(schema::text(backend, "consumer"))
        .col(schema::text(backend, "event_id"))
        .col(schema::time("create_time"))
        .primary_key(Index::create().name("inbox_pkey").col("consumer").col("event_id"))
        .take()
}

/// Those of the events that the group has not reacted to, in their order, each once.
///
/// # Errors
/// The query failed.
pub async fn unseen<'a>(reader: &impl ConnectionTrait, group: &str, events: &'a [Event]) -> Result<Vec<&'a Event>, DbErr> {
    let ids: Vec<String> = events.iter().map(|event| event.event_id.to_string()).collect();
    let query = Query::select()
        .column("event_id")
        .from(TABLE)
        .and_where(Expr::col("consumer").eq(group))
        .and_where(dialect::in_texts(reader.get_database_backend(), Expr::col("event_id"), &ids))
        .take();
    let mut seen: HashSet<String> = HashSet::new();
    for row in reader.query_all(&query).await? {
        seen.insert(row.try_get("", "event_id")?);
    }
    Ok(events.iter().filter(|event| seen.insert(event.event_id.to_string())).collect())
}

/// Notes that the group reacts to these events, with the transaction that does it. [`is_repeated`] says that another was quicker.
pub fn note<'a>(txn: &mut Transaction, backend: DbBackend, group: &str, events: impl IntoIterator<Item = &'a Event>, now: Time) {
    let ids: Vec<String> = events.into_iter().map(|event| event.event_id.to_string()).collect();
    if !ids.is_empty() {
        txn.insert(dialect::insert_each(
            backend,
            TABLE,
            "event_id",
            &ids,
            [("consumer", Expr::val(group)), ("create_time", Expr::val(now))],
        ));
    }
}

/// Whether the transaction failed because an event was reacted to meanwhile: look for the unseen ones again.
#[must_use]
pub fn is_repeated(error: &CommitError) -> bool {
    error.primary_key(TABLE, &["consumer", "event_id"])
}

/// Forgets notes of before.
#[must_use]
pub fn sweep(older_than: Time) -> DeleteStatement {
    Query::delete()
        .from_table(TABLE)
        .and_where(Expr::col("create_time").lt(older_than))
        .take()
}
