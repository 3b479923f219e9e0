//! One dead letter as a row.

use anyhow::Context;
use bytes::Bytes;
use sea_orm::sea_query::{
    ColumnDef, Expr, ExprTrait, Index, InsertStatement, OnConflict, Query, SelectStatement, Table, TableAlterStatement,
    TableCreateStatement, UpdateStatement,
};
use sea_orm::{DbBackend, DbErr, QueryResult};
use tasktracker_database::{Id, Time, schema};
use uuid::Uuid;

use super::headers;
use crate::event::{Damaged, Event, Headers};
use crate::fact::Topic;

/// The table that the owner's migration makes.
pub const TABLE: &str = "dead_letters";
/// How much is kept of what went wrong, in characters.
const LONGEST_ERROR: usize = 4000;

const COLUMNS: [&str; 13] = [
    "id",
    "consumer",
    "topic",
    "position",
    "event_key",
    "event_id",
    "occur_time",
    "payload",
    "error",
    "attempts",
    "create_time",
    "partition",
    "headers",
];

/// The table, for the migration of a service that reacts to events.
#[must_use]
pub fn table(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table(TABLE)
        .col(schema::id(backend, "id").primary_key())
        .col(schema::text(backend, "consumer"))
        // What the group knows the event by: its id, or its place where it has none that can be read.
        .col(schema::text(backend, "identity"))
        .col(schema::text(backend, "topic"))
        .col(schema::integer("position"))
        .col(schema::text(backend, "event_key"))
        .col(schema::text(backend, "event_id"))
        .col(schema::time_null("occur_time"))
        .col(schema::bytes("payload"))
        .col(schema::text(backend, "error"))
        .col(schema::integer("attempts"))
        .col(schema::time("create_time"))
        .index(
            Index::create()
                .unique()
                .name("dead_letters_consumer_identity_key")
                .col("consumer")
                .col("identity"),
        )
        .take()
}

/// Columns that came later: in which part of its topic an event stood, and what stood beside its message. For a migration after the one that
/// made the table.
#[must_use]
pub fn later_columns(backend: DbBackend) -> Vec<TableAlterStatement> {
    let add = |column: ColumnDef| Table::alter().table(TABLE).add_column(column).take();
    vec![
        add(schema::integer("partition").default(0).take()),
        add(schema::text_null(backend, "headers")),
    ]
}

/// An event that a group could not handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its own id.
    pub id: Id,
    /// The service that could not handle it.
    pub service: String,
    /// The group.
    pub group: String,
    /// Name of the topic it came from.
    pub topic: String,
    /// Type of the event; empty for a topic that this program does not know.
    pub event_type: &'static str,
    /// The part of the topic that it stood in.
    pub partition: i32,
    /// Its place there.
    pub position: i64,
    /// Key of the event.
    pub key: String,
    /// Id of the event; empty where it has none.
    pub event_id: String,
    /// When the event happened; nothing where it does not say.
    pub occur_time: Option<Time>,
    /// Its bytes, as they came.
    pub payload: Bytes,
    /// What stood beside them, as it came.
    pub headers: Headers,
    /// What went wrong the last time.
    pub error: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was given up.
    pub create_time: Time,
}

impl DeadLetter {
    pub(super) fn of(service: &str, row: &QueryResult) -> Result<Self, DbErr> {
        let topic: String = row.try_get("", "topic")?;
        Ok(Self {
            id: row.try_get("", "id")?,
            service: service.to_owned(),
            group: row.try_get("", "consumer")?,
            event_type: Topic::named(&topic).map_or("", |topic| topic.event_type),
            topic,
            partition: row.try_get::<i64>("", "partition")?.try_into().unwrap_or_default(),
            position: row.try_get("", "position")?,
            key: row.try_get("", "event_key")?,
            event_id: row.try_get("", "event_id")?,
            occur_time: row.try_get("", "occur_time")?,
            payload: Bytes::from(row.try_get::<Vec<u8>>("", "payload")?),
            headers: row
                .try_get::<Option<String>>("", "headers")?
                .map_or_else(Vec::new, |text| headers::read(&text)),
            error: row.try_get("", "error")?,
            attempts: row.try_get("", "attempts")?,
            create_time: row.try_get("", "create_time")?,
        })
    }

    /// The event, as its group would get it.
    pub(super) fn event(&self) -> anyhow::Result<Event> {
        Ok(Event {
            topic: Topic::named(&self.topic).with_context(|| format!("this program does not know the topic {}", self.topic))?,
            partition: self.partition,
            position: self.position,
            key: self.key.clone(),
            event_id: Uuid::try_parse(&self.event_id).context("its id is no UUID")?,
            occur_time: self.occur_time.context("it does not say when it happened")?.timestamp(),
            payload: self.payload.clone(),
            headers: self.headers.clone(),
        })
    }
}

/// What a group gives up.
#[derive(Debug)]
pub(crate) enum Buried<'a> {
    /// An event that fails each time.
    Event(&'a Event),
    /// Something that is no event.
    Damaged(&'a Damaged),
}

/// Adds a dead letter; one of the same group and event is replaced, but keeps its id.
pub(crate) fn bury(id: Id, group: &str, what: &Buried<'_>, error: &str, attempts: u32, now: Time) -> InsertStatement {
    let (topic, place, key, event_id, occur_time, payload, beside) = match what {
        Buried::Event(event) => (
            event.topic.name,
            (event.partition, event.position),
            &event.key,
            event.event_id.to_string(),
            Some(Time::from(event.occur_time)),
            &event.payload,
            &event.headers,
        ),
        Buried::Damaged(damaged) => (
            damaged.topic.as_str(),
            (damaged.partition, damaged.position),
            &damaged.key,
            damaged.event_id.clone(),
            None,
            &damaged.payload,
            &damaged.headers,
        ),
    };
    let (partition, position) = place;
    let identity = match what {
        Buried::Event(_) => event_id.clone(),
        Buried::Damaged(_) if partition == 0 => format!("{topic}/{key}/{position}"),
        Buried::Damaged(_) => format!("{topic}/{partition}/{key}/{position}"),
    };
    let values = [
        Expr::val(id),
        group.into(),
        topic.into(),
        position.into(),
        key.as_str().into(),
        event_id.into(),
        Expr::val(occur_time),
        Expr::val(payload.to_vec()),
        shortened(error).into(),
        i64::from(attempts).into(),
        Expr::val(now),
        i64::from(partition).into(),
        Expr::val(Some(beside).filter(|beside| !beside.is_empty()).map(headers::write)),
        identity.into(),
    ];
    let columns = COLUMNS.into_iter().chain(["identity"]);
    let replaced = COLUMNS.into_iter().filter(|column| !["id", "consumer"].contains(column));
    Query::insert()
        .into_table(TABLE)
        .columns(columns)
        .values_panic(values)
        .on_conflict(OnConflict::columns(["consumer", "identity"]).update_columns(replaced).to_owned())
        .take()
}

pub(super) fn select() -> SelectStatement {
    Query::select().columns(COLUMNS).from(TABLE).take()
}

/// Notes that it was tried once more.
pub(super) fn failed_again(id: Id, error: &str) -> UpdateStatement {
    Query::update()
        .table(TABLE)
        .value("error", shortened(error))
        .value("attempts", Expr::col("attempts").add(1))
        .and_where(Expr::col("id").eq(id))
        .take()
}

/// No store takes a NUL in text, and nobody reads more than some lines.
fn shortened(error: &str) -> String {
    error
        .chars()
        .map(|letter| if letter == '\0' { ' ' } else { letter })
        .take(LONGEST_ERROR)
        .collect()
}
