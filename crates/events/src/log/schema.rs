//! The tables of the database `events`, for its migration.

use sea_orm::DbBackend;
use sea_orm::sea_query::{ConditionalStatement, Expr, ExprTrait, Index, IndexCreateStatement, Table, TableCreateStatement};
use tasktracker_database::schema;

/// How far each topic is numbered.
pub const TOPICS: &str = "topics";
/// The newest token of each producer.
pub const PRODUCERS: &str = "producers";
/// The events.
pub const ENTRIES: &str = "entries";
/// Consumer groups and who holds them.
pub const CONSUMERS: &str = "consumers";
/// How far each group is in each of its topics.
pub const POSITIONS: &str = "positions";

/// All of them.
pub const TABLES: [&str; 5] = [TOPICS, PRODUCERS, ENTRIES, CONSUMERS, POSITIONS];

/// Whether a position is one of a topic that its group still reads: at each join a group gives those its new token. For joins of the two tables.
pub(super) fn is_read() -> Expr {
    Expr::col((POSITIONS, "consumer"))
        .equals((CONSUMERS, "name"))
        .and(Expr::col((POSITIONS, "token")).equals((CONSUMERS, "token")))
}

/// The tables.
#[must_use]
pub fn tables(backend: DbBackend) -> Vec<TableCreateStatement> {
    let topics = Table::create()
        .table(TOPICS)
        .col(schema::text(backend, "name").primary_key())
        .col(schema::integer("last_position"))
        .to_owned();
    let producers = Table::create()
        .table(PRODUCERS)
        .col(schema::text(backend, "name").primary_key())
        .col(schema::integer("token"))
        .to_owned();
    let entries = Table::create()
        .table(ENTRIES)
        .col(schema::text(backend, "topic"))
        .col(schema::integer("position"))
        .col(schema::text(backend, "event_key"))
        // The key again where the newest entry of a key is its state, else nothing.
        .col(schema::text_null(backend, "state_key"))
        .col(schema::text(backend, "event_id"))
        .col(schema::time("occur_time"))
        .col(schema::time("publish_time"))
        .col(schema::bytes("payload"))
        .primary_key(Index::create().name("entries_pkey").col("topic").col("position"))
        .to_owned();
    let consumers = Table::create()
        .table(CONSUMERS)
        .col(schema::text(backend, "name").primary_key())
        .col(schema::text(backend, "owner"))
        .col(schema::integer("token"))
        .col(schema::time("expire_time"))
        .to_owned();
    let positions = Table::create()
        .table(POSITIONS)
        .col(schema::text(backend, "consumer"))
        .col(schema::text(backend, "topic"))
        .col(schema::integer("position"))
        // Of the holder who may move it; an older one than the group's: the group does not read the topic any more.
        .col(schema::integer("token"))
        .primary_key(Index::create().name("positions_pkey").col("consumer").col("topic"))
        .to_owned();
    vec![topics, producers, entries, consumers, positions]
}

/// The indexes.
#[must_use]
pub fn indexes() -> Vec<IndexCreateStatement> {
    let state = schema::index(ENTRIES, &["topic", "state_key", "position"])
        .cond_where(Expr::col("state_key").is_not_null())
        .take();
    vec![schema::unique(ENTRIES, &["topic", "event_id"]), state]
}
