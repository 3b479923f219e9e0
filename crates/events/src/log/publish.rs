//! Adds events to the log and numbers them.

use std::collections::{BTreeMap, HashMap, HashSet};

use sea_orm::sea_query::{Expr, ExprTrait, Func, InsertStatement, OnConflict, Query};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use serde_json::json;
use tasktracker_database::{CommitError, Time, Transaction, dialect};

use super::{Inner, schema};
use crate::fact::Topic;
use crate::transport::{Outgoing, PublishError};

/// Attempts when others publish at the same time.
const ATTEMPTS: u32 = 10;

/// What the log knows of its topics and producers.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    last: HashMap<String, i64>,
    tokens: HashMap<String, i64>,
}

/// An entry of the log before it is written.
struct Entry<'a> {
    position: i64,
    event: &'a Outgoing,
}

impl Inner {
    /// One at a time in this process; guards keep order among processes.
    pub(super) async fn publish(&self, producer: &str, token: i64, events: &[Outgoing]) -> Result<usize, PublishError> {
        let mut kept = self.numbers.lock().await;
        let mut repeated = HashSet::new();
        for _ in 0..ATTEMPTS {
            // Left empty while it is in doubt whether the commit happened.
            let mut numbers = match kept.take() {
                Some(numbers) if numbers.knows(producer, events) => numbers,
                _ => self.numbers(producer, events).await.map_err(PublishError::unavailable)?,
            };
            let newest = numbers.tokens.get(producer).copied().unwrap_or_default();
            if token < newest {
                *kept = Some(numbers);
                return Err(PublishError::Fenced { newest });
            }
            let entries = numbers.number(events, &repeated);
            match self.append(producer, token, &entries).await {
                Ok(()) => {
                    numbers.tokens.insert(producer.to_owned(), token);
                    let ends: BTreeMap<&String, i64> = entries.iter().map(|entry| (&entry.event.topic, entry.position)).collect();
                    self.announce(ends.into_iter().map(|(topic, end)| (topic.clone(), end)));
                    *kept = Some(numbers);
                    return Ok(events.len());
                }
                // Numbers or token are not what was known: look again.
                Err(CommitError::GuardMissed | CommitError::Contention) => {}
                Err(error) if error.unique(schema::ENTRIES, &["topic", "event_id"]) => {
                    repeated = self.repeated(events).await.map_err(PublishError::unavailable)?;
                }
                Err(error) => return Err(PublishError::unavailable(error)),
            }
        }
        Err(PublishError::unavailable(CommitError::Contention))
    }

    /// What the database knows now; unknown names get their rows.
    async fn numbers(&self, producer: &str, events: &[Outgoing]) -> Result<Numbers, CommitError> {
        let numbers = self.read_numbers().await?;
        if numbers.knows(producer, events) {
            return Ok(numbers);
        }
        let mut txn = self.database.begin();
        let first = |table: &'static str, name: &str, number: &'static str| {
            Query::insert()
                .into_table(table)
                .columns(["name", number])
                .values_panic([Expr::val(name), Expr::val(0_i64)])
                .on_conflict(OnConflict::column("name").do_nothing().to_owned())
                .take()
        };
        txn.insert(first(schema::PRODUCERS, producer, "token"));
        let topics: HashSet<&str> = events.iter().map(|event| event.topic.as_str()).collect();
        for topic in topics {
            txn.insert(first(schema::TOPICS, topic, "last_position"));
        }
        txn.commit().await?;
        Ok(self.read_numbers().await?)
    }

    async fn read_numbers(&self) -> Result<Numbers, DbErr> {
        let mut numbers = Numbers::default();
        for (table, number, into) in [
            (schema::TOPICS, "last_position", &mut numbers.last),
            (schema::PRODUCERS, "token", &mut numbers.tokens),
        ] {
            let query = Query::select().columns(["name", number]).from(table).take();
            for row in self.database.reader().query_all(&query).await? {
                into.insert(row.try_get("", "name")?, row.try_get("", number)?);
            }
        }
        Ok(numbers)
    }

    async fn append(&self, producer: &str, token: i64, entries: &[Entry<'_>]) -> Result<(), CommitError> {
        let mut txn = self.database.begin();
        let fence = Query::update()
            .table(schema::PRODUCERS)
            .value("token", token)
            .and_where(Expr::col("name").eq(producer))
            .and_where(Expr::col("token").lte(token))
            .take();
        txn.guarded_update(fence);
        count(&mut txn, entries);
        if !entries.is_empty() {
            txn.insert(insert(self.database.backend(), entries, self.now()));
        }
        txn.commit().await.map(drop)
    }

    /// Those of the events that are in the log, by topic and id.
    async fn repeated(&self, events: &[Outgoing]) -> Result<HashSet<(String, String)>, DbErr> {
        let backend = self.database.backend();
        let mut topics: Vec<String> = events.iter().map(|event| event.topic.clone()).collect();
        topics.sort_unstable();
        topics.dedup();
        let ids: Vec<String> = events.iter().map(|event| event.event_id.clone()).collect();
        let query = Query::select()
            .columns(["topic", "event_id", "event_key", "payload"])
            .from(schema::ENTRIES)
            .and_where(dialect::in_texts(backend, Expr::col("topic"), &topics))
            .and_where(dialect::in_texts(backend, Expr::col("event_id"), &ids))
            .take();
        let mut repeated = HashSet::new();
        for row in self.database.reader().query_all(&query).await? {
            let (topic, event_id): (String, String) = (row.try_get("", "topic")?, row.try_get("", "event_id")?);
            let (key, payload): (String, Vec<u8>) = (row.try_get("", "event_key")?, row.try_get("", "payload")?);
            let same = |event: &&Outgoing| event.topic == topic && event.event_id == event_id;
            if let Some(event) = events.iter().find(same)
                && (event.key != key || event.payload != payload)
            {
                tracing::error!(topic, event_id, "two different events have one id, the later one is not published");
                metrics::counter!("events_publish_conflicts_total", "topic" => topic.clone()).increment(1);
            }
            repeated.insert((topic, event_id));
        }
        Ok(repeated)
    }
}

impl Numbers {
    fn knows(&self, producer: &str, events: &[Outgoing]) -> bool {
        self.tokens.contains_key(producer) && events.iter().all(|event| self.last.contains_key(&event.topic))
    }

    /// Gives the next numbers to those that are not repeated, also not among themselves.
    fn number<'a>(&mut self, events: &'a [Outgoing], repeated: &HashSet<(String, String)>) -> Vec<Entry<'a>> {
        let mut seen = HashSet::new();
        let mut entries = Vec::with_capacity(events.len());
        for event in events {
            let is_repeated = !repeated.is_empty() && repeated.contains(&(event.topic.clone(), event.event_id.clone()));
            if is_repeated || !seen.insert((&event.topic, &event.event_id)) {
                continue;
            }
            let last = self.last.entry(event.topic.clone()).or_default();
            *last += 1;
            entries.push(Entry { position: *last, event });
        }
        entries
    }
}

/// Moves the numbers of the topics, each guarded by the one that was known, always in the same order.
fn count(txn: &mut Transaction, entries: &[Entry<'_>]) {
    let mut spans: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for entry in entries {
        let span = spans.entry(&entry.event.topic).or_insert((entry.position - 1, entry.position));
        span.1 = entry.position;
    }
    for (topic, (known, last)) in spans {
        let update = Query::update()
            .table(schema::TOPICS)
            .value("last_position", last)
            .and_where(Expr::col("name").eq(topic))
            .and_where(Expr::col("last_position").eq(known))
            .take();
        txn.guarded_update(update);
    }
}

/// One insert with one parameter, whatever the count: its text stays the same, so it is prepared once. Bytes travel as hexadecimal digits.
fn insert(backend: DbBackend, entries: &[Entry<'_>], now: Time) -> InsertStatement {
    let rows: Vec<serde_json::Value> = entries
        .iter()
        .map(|Entry { position, event }| {
            let is_state = Topic::named(&event.topic).is_some_and(|topic| topic.is_state);
            json!([
                event.topic,
                position,
                event.key,
                is_state.then_some(&event.key),
                event.event_id,
                Time::from(event.occur_time).micros(),
                hexadecimal(&event.payload),
            ])
        })
        .collect();
    let list = Expr::val(serde_json::Value::from(rows).to_string());
    let (rows, bytes) = match backend {
        DbBackend::Postgres => (
            Func::cust("json_array_elements").arg(list.cast_as("json")),
            r#"decode("each"."value" ->> 6, 'hex')"#,
        ),
        _ => (Func::cust("json_each").arg(list), r#"unhex("each"."value" ->> 6)"#),
    };
    let select = Query::select()
        .expr(Expr::cust(r#""each"."value" ->> 0"#))
        .expr(Expr::cust(r#"CAST("each"."value" ->> 1 AS bigint)"#))
        .expr(Expr::cust(r#""each"."value" ->> 2"#))
        .expr(Expr::cust(r#""each"."value" ->> 3"#))
        .expr(Expr::cust(r#""each"."value" ->> 4"#))
        .expr(Expr::cust(r#"CAST("each"."value" ->> 5 AS bigint)"#))
        .expr(Expr::val(now))
        .expr(Expr::cust(bytes))
        .from_function(rows, "each")
        .take();
    Query::insert()
        .into_table(schema::ENTRIES)
        .columns([
            "topic",
            "position",
            "event_key",
            "state_key",
            "event_id",
            "occur_time",
            "publish_time",
            "payload",
        ])
        .select_from(select)
        .expect("as many columns as expressions")
        .take()
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn bytes_are_written_in_order() {
        assert_eq!(super::hexadecimal(&[0, 1, 0xab, 0xff]), "0001abff");
    }
}
