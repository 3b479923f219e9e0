//! Facts that wait to be delivered, written in the transaction of the change that they tell of. The relay takes them from here.

use bytes::Bytes;
use sea_orm::sea_query::{DeleteStatement, Expr, IndexCreateStatement, Order, Query, Table, TableCreateStatement};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use tasktracker_database::{Time, Transaction, dialect, schema};
use uuid::Uuid;

use crate::fact::Fact;
use crate::transport::Outgoing;

/// Facts that wait.
pub const TABLE: &str = "outbox";
/// Who may deliver them at present: one row.
pub const LEASE_TABLE: &str = "outbox_lease";

/// The tables, for the owner's migration.
#[must_use]
pub fn tables(backend: DbBackend) -> Vec<TableCreateStatement> {
    let outbox = Table::create()
        .table(TABLE)
        .col(schema::sequence("id").primary_key())
        .col(schema::text(backend, "topic"))
        .col(schema::text(backend, "event_key"))
        // Consumers recognise repetitions by it, so two facts with one id would be one: that fails here, and not silently there.
        .col(schema::text(backend, "event_id").unique_key())
        .col(schema::time("occur_time"))
        .col(schema::bytes("payload"))
        .to_owned();
    let lease = Table::create()
        .table(LEASE_TABLE)
        .col(schema::integer("id").primary_key())
        .col(schema::text(backend, "owner"))
        // Raised by each new holder: whoever comes with an older one is too late.
        .col(schema::integer("token"))
        .col(schema::time("expire_time"))
        .to_owned();
    vec![outbox, lease]
}

/// Indexes of the tables, for the owner's migration.
#[must_use]
pub fn indexes() -> Vec<IndexCreateStatement> {
    Vec::new()
}

/// Adds a fact to a transaction. Call it after the aggregate was written, so that the order of ids is the order of versions. Each fact has an
/// id of its own: two with the same one fail the transaction.
///
/// # Panics
/// The fact has no `meta`, or one without a time or a UUID: a defect of the caller, which any test finds.
pub fn append<F: Fact>(txn: &mut Transaction, fact: &F) {
    let meta = fact.meta().expect("a fact has a meta");
    let event_id = Uuid::try_parse(&meta.event_id).expect("a fact has an id");
    let at = meta
        .occur_time
        .as_ref()
        .and_then(tasktracker_server::time::from_proto)
        .expect("a fact has a time");
    let insert = Query::insert()
        .into_table(TABLE)
        .columns(["topic", "event_key", "event_id", "occur_time", "payload"])
        .values_panic([
            Expr::val(F::TOPIC.name),
            Expr::val(fact.key()),
            Expr::val(event_id.to_string()),
            Expr::val(Time::from(at)),
            Expr::val(fact.encode_to_vec()),
        ])
        .take();
    txn.insert(insert);
}

/// The first facts that wait, with the id of their row. Rows that are committed later may have lower ids: they come with a later call.
pub(crate) async fn first(reader: &impl ConnectionTrait, most: u64) -> Result<Vec<(i64, Outgoing)>, DbErr> {
    let query = Query::select()
        .columns(["id", "topic", "event_key", "event_id", "occur_time", "payload"])
        .from(TABLE)
        .order_by("id", Order::Asc)
        .limit(most)
        .take();
    let rows = reader.query_all(&query).await?;
    rows.iter()
        .map(|row| {
            let outgoing = Outgoing {
                topic: row.try_get("", "topic")?,
                key: row.try_get("", "event_key")?,
                event_id: row.try_get("", "event_id")?,
                occur_time: row.try_get::<Time>("", "occur_time")?.timestamp(),
                payload: Bytes::from(row.try_get::<Vec<u8>>("", "payload")?),
            };
            Ok((row.try_get("", "id")?, outgoing))
        })
        .collect()
}

/// How many facts wait.
pub async fn count(reader: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let query = Query::select().expr(Expr::cust("count(*)")).from(TABLE).take();
    reader.query_one(&query).await?.map_or(Ok(0), |row| row.try_get_by_index(0))
}

/// Removes exactly these rows, never those below them: one of them may have been committed a moment ago.
pub(crate) fn remove(backend: DbBackend, ids: &[i64]) -> DeleteStatement {
    Query::delete()
        .from_table(TABLE)
        .and_where(dialect::in_integers(backend, Expr::col("id"), ids))
        .take()
}
