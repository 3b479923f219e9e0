//! A consumer group's place in the log.

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use sea_orm::sea_query::{Expr, ExprTrait, Func, Order, Query};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult};
use tasktracker_database::{CommitError, Time};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{EventLog, Held, schema};
use crate::event::{Damaged, Delivery, Event};
use crate::fact::Topic;
use crate::lease::{self, LeaseRow};
use crate::transport::{Fetched, Place, SubscribeError, Subscription};

/// Waits until the group is free and takes it.
pub(super) async fn join(log: &EventLog, group: &str, topics: &[Topic]) -> Result<Box<dyn Subscription>, SubscribeError> {
    loop {
        match try_join(log, group, topics).await {
            Ok(Some(member)) => return Ok(Box::new(member)),
            // Somebody else has it, or was quicker.
            Ok(None) | Err(CommitError::GuardMissed | CommitError::Constraint(_)) => tokio::time::sleep(lease::PATIENCE).await,
            Err(error) => return Err(SubscribeError::unavailable(error)),
        }
    }
}

async fn try_join(log: &EventLog, group: &str, topics: &[Topic]) -> Result<Option<Member>, CommitError> {
    let inner = &log.0;
    // One at a time, so that nobody takes a group between its lease and its entry among those that are held.
    let mut joined = inner.joined.lock().await;
    let row = LeaseRow::of(schema::CONSUMERS, "name", group);
    let present = row.read(inner.database.reader()).await?;
    let now = inner.now();
    let is_free = present.as_ref().is_none_or(|lease| {
        if lease.owner == inner.owner {
            // This process is alive: it knows whether it still has the group.
            return !inner.held().contains_key(group);
        }
        // One process at a time has a SQLite file: at its first join whoever held the group before is dead.
        lease.is_free(now) || (inner.database.backend() == DbBackend::Sqlite && !joined.contains(group))
    });
    if !is_free {
        return Ok(None);
    }
    let known = positions(log, group).await?;
    let mut txn = inner.database.begin();
    let token = row.take(&mut txn, present.as_ref(), &inner.owner, now);
    let mut positions = HashMap::new();
    for topic in topics {
        let position = if let Some(position) = known.get(topic.name) {
            let update = Query::update()
                .table(schema::POSITIONS)
                .value("token", token)
                .and_where(Expr::col("consumer").eq(group))
                .and_where(Expr::col("topic").eq(topic.name))
                .take();
            txn.update(update);
            *position
        } else {
            let position = beginning(log, topic).await?;
            let insert = Query::insert()
                .into_table(schema::POSITIONS)
                .columns(["consumer", "topic", "position", "token"])
                .values_panic([group.into(), topic.name.into(), position.into(), token.into()])
                .take();
            txn.insert(insert);
            position
        };
        positions.insert(topic.name, position);
    }
    txn.commit().await?;
    joined.insert(group.to_owned());
    let lost = CancellationToken::new();
    let held = Held { token, lost: lost.clone() };
    inner.held().insert(group.to_owned(), held);
    Ok(Some(Member {
        log: log.clone(),
        row,
        group: group.to_owned(),
        topics: topics.to_vec(),
        token,
        positions,
        tail: inner.tail.subscribe(),
        lost,
        turn: 0,
    }))
}

async fn positions(log: &EventLog, group: &str) -> Result<HashMap<String, i64>, DbErr> {
    let query = Query::select()
        .columns(["topic", "position"])
        .from(schema::POSITIONS)
        .and_where(Expr::col("consumer").eq(group))
        .take();
    let rows = log.0.database.reader().query_all(&query).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("", "topic")?, row.try_get("", "position")?)))
        .collect()
}

/// The position before the oldest event that is kept, or the last one where none is kept.
async fn beginning(log: &EventLog, topic: &Topic) -> Result<i64, DbErr> {
    let reader = log.0.database.reader();
    // Asked first: an event that is published meanwhile is then found as the oldest, and not taken for one that was removed.
    let last = Query::select()
        .column("last_position")
        .from(schema::TOPICS)
        .and_where(Expr::col("name").eq(topic.name))
        .take();
    let last = reader.query_one(&last).await?;
    let oldest = Query::select()
        .expr_as(Func::min(Expr::col("position")), "oldest")
        .from(schema::ENTRIES)
        .and_where(Expr::col("topic").eq(topic.name))
        .take();
    let oldest = reader.query_one(&oldest).await?;
    let oldest: Option<i64> = oldest.map(|row| row.try_get("", "oldest")).transpose()?.flatten();
    match oldest {
        Some(oldest) => Ok(oldest - 1),
        None => last.map_or(Ok(0), |row| row.try_get("", "last_position")),
    }
}

/// The holder of a group.
struct Member {
    log: EventLog,
    row: LeaseRow,
    group: String,
    topics: Vec<Topic>,
    token: i64,
    /// What is stored, by topic.
    positions: HashMap<&'static str, i64>,
    tail: watch::Receiver<HashMap<String, i64>>,
    lost: CancellationToken,
    /// Which topic is looked at first: each gets its turn.
    turn: usize,
}

impl Subscription for Member {
    fn fetch(&mut self, most: usize) -> BoxFuture<'_, Result<Fetched, SubscribeError>> {
        Box::pin(self.next(most))
    }

    fn store(&mut self, place: Place) -> BoxFuture<'_, Result<(), SubscribeError>> {
        Box::pin(async move {
            let mut txn = self.log.0.database.begin();
            let update = Query::update()
                .table(schema::POSITIONS)
                .value("position", place.position)
                .and_where(Expr::col("consumer").eq(self.group.as_str()))
                .and_where(Expr::col("topic").eq(place.topic.name))
                .and_where(Expr::col("token").eq(self.token))
                .take();
            txn.guarded_update(update);
            match txn.commit().await {
                Ok(_) => {
                    self.positions.insert(place.topic.name, place.position);
                    Ok(())
                }
                Err(CommitError::GuardMissed) => {
                    self.lost.cancel();
                    Err(SubscribeError::Lost)
                }
                Err(error) => Err(SubscribeError::unavailable(error)),
            }
        })
    }

    fn is_held(&self) -> bool {
        !self.lost.is_cancelled()
    }

    fn leave(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let inner = &self.log.0;
            let mut txn = inner.database.begin();
            self.row.release(&mut txn, self.token, inner.now());
            if let Err(error) = txn.commit().await {
                // It runs out by itself.
                tracing::debug!(group = self.group, %error, "the group was not released");
            }
        })
    }
}

impl Member {
    async fn next(&mut self, most: usize) -> Result<Fetched, SubscribeError> {
        loop {
            if self.lost.is_cancelled() {
                return Err(SubscribeError::Lost);
            }
            // Read before the entries: what is known to be there must then be found.
            let ends = self.tail.borrow_and_update().clone();
            for step in 0..self.topics.len() {
                let place = (self.turn + step) % self.topics.len();
                let topic = self.topics[place];
                let position = self.positions.get(topic.name).copied().unwrap_or_default();
                let end = ends.get(topic.name).copied().unwrap_or_default();
                if end > position {
                    let fetched = self.read(topic, position, end, most).await.map_err(SubscribeError::unavailable)?;
                    self.turn = place + 1;
                    return Ok(fetched);
                }
            }
            tokio::select! {
                () = self.lost.cancelled() => {}
                changed = self.tail.changed() => if changed.is_err() {
                    return Err(SubscribeError::unavailable(anyhow::anyhow!("the event log is closed")));
                }
            }
        }
    }

    async fn read(&self, topic: Topic, position: i64, end: i64, most: usize) -> Result<Fetched, DbErr> {
        let query = Query::select()
            .columns(["position", "event_key", "event_id", "occur_time", "payload"])
            .from(schema::ENTRIES)
            .and_where(Expr::col("topic").eq(topic.name))
            .and_where(Expr::col("position").gt(position))
            .order_by("position", Order::Asc)
            .limit(most.max(1) as u64)
            .take();
        let rows = self.log.0.database.reader().query_all(&query).await?;
        let deliveries: Vec<Delivery> = rows.iter().map(|row| delivery(topic, row)).collect::<Result<_, _>>()?;
        let end = deliveries.last().map_or(end, Delivery::position);
        // Of a state only the newest is kept, so what is not there was replaced by something that is.
        let missing = if topic.is_state {
            0
        } else {
            u64::try_from(end - position)
                .unwrap_or_default()
                .saturating_sub(deliveries.len() as u64)
        };
        Ok(Fetched {
            end: Place {
                topic,
                partition: 0,
                position: end,
            },
            deliveries,
            missing,
        })
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut held = self.log.0.held();
        if held.get(&self.group).is_some_and(|held| held.token == self.token) {
            held.remove(&self.group);
        }
    }
}

fn delivery(topic: Topic, row: &QueryResult) -> Result<Delivery, DbErr> {
    let position = row.try_get("", "position")?;
    let (key, event_id): (String, String) = (row.try_get("", "event_key")?, row.try_get("", "event_id")?);
    let payload = Bytes::from(row.try_get::<Vec<u8>>("", "payload")?);
    Ok(match Uuid::try_parse(&event_id) {
        Ok(event_id) => Delivery::Event(Event {
            topic,
            partition: 0,
            position,
            key,
            event_id,
            occur_time: row.try_get::<Time>("", "occur_time")?.timestamp(),
            payload,
        }),
        Err(error) => Delivery::Damaged(Damaged {
            topic: topic.name.to_owned(),
            position,
            key,
            event_id,
            payload,
            error: format!("its id is no UUID: {error}"),
        }),
    })
}
