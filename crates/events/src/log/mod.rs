//! The process-wide log of events: a database of its own that numbers the events of each topic without gaps, after their commit, and keeps
//! the position of each consumer group.
//!
//! Numbers are given by one publisher at a time: a publish changes the row of its topic, guarded by the number it began with, in the
//! transaction that adds the events. So whoever sees a number sees all before it, and a position is enough to go on from.

mod publish;
pub mod schema;
mod subscription;
mod sweep;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query};
use sea_orm::{ConnectionTrait, DbErr};
use tasktracker_database::{CommitError, Database, Time, dialect};
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::SharedClock;
use tasktracker_server::ids::Ids;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::fact::Topic;
use crate::lease;
use crate::transport::{Outgoing, Place, PublishError, Publisher, SubscribeError, Subscriber, Subscription};
use publish::Numbers;

/// How often the log looks for events that other processes published; those of this process it knows at once.
const POLL: Duration = Duration::from_millis(500);
/// How often it removes what nobody needs any more.
const SWEEP: Duration = Duration::from_secs(10 * 60);
/// How long events are kept after every group has handled them: for new groups and for replays.
pub const KEEP: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The log. Cheap to clone; there is one for a database in a process.
#[derive(Debug, Clone)]
pub struct EventLog(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    database: Database,
    clock: SharedClock,
    /// This start of this process, as the owner of leases.
    owner: String,
    keep: Duration,
    /// The last position of each topic, as far as is known here.
    tail: watch::Sender<HashMap<String, i64>>,
    /// What the last publish left; empty when that is in doubt.
    numbers: tokio::sync::Mutex<Option<Numbers>>,
    /// The groups that this process holds.
    held: Mutex<HashMap<String, Held>>,
    /// Groups that this process held before; also the right to join.
    joined: tokio::sync::Mutex<HashSet<String>>,
}

/// A group that is held here.
#[derive(Debug)]
struct Held {
    token: i64,
    lost: CancellationToken,
}

impl EventLog {
    /// Opens the log on its migrated database. On SQLite the caller holds the data directory: no other process has the file open.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn open(database: Database, clock: SharedClock, lifecycle: &Lifecycle) -> Result<Self, DbErr> {
        Self::open_keeping(KEEP, database, clock, lifecycle).await
    }

    /// Opens the log; it keeps events for so long after every group has handled them.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn open_keeping(keep: Duration, database: Database, clock: SharedClock, lifecycle: &Lifecycle) -> Result<Self, DbErr> {
        let owner = Ids::system(Arc::clone(&clock)).next().to_string();
        let log = Self(Arc::new(Inner {
            database,
            clock,
            owner,
            keep,
            tail: watch::Sender::default(),
            numbers: tokio::sync::Mutex::default(),
            held: Mutex::default(),
            joined: tokio::sync::Mutex::default(),
        }));
        log.0.look().await?;
        lifecycle.spawn("event log", follow(log.clone(), lifecycle.stopping().clone()));
        lifecycle.spawn("event log leases", renew(log.clone(), lifecycle.stopping().clone()));
        lifecycle.spawn("event log sweep", sweep::run(log.clone(), lifecycle.stopping().clone()));
        Ok(log)
    }

    /// Removes what every group has handled and what was kept for long enough, and answers how many events that were. It also happens by
    /// itself.
    ///
    /// # Errors
    /// The database does not take it; nothing is lost by trying later.
    pub async fn sweep(&self) -> Result<u64, CommitError> {
        sweep::sweep(&self.0).await
    }

    /// How many events some group has yet to handle, counted for each group.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn unhandled(&self) -> Result<i64, DbErr> {
        let behind = Expr::col((schema::TOPICS, "last_position")).sub(Expr::col((schema::POSITIONS, "position")));
        let query = Query::select()
            .expr(Expr::from(Func::coalesce([behind.clone().sum(), Expr::val(0)])).cast_as("bigint"))
            .from(schema::POSITIONS)
            .inner_join(
                schema::TOPICS,
                Expr::col((schema::TOPICS, "name")).equals((schema::POSITIONS, "topic")),
            )
            .inner_join(schema::CONSUMERS, schema::is_read())
            .and_where(behind.gt(0))
            .take();
        let row = self.0.database.reader().query_one(&query).await?;
        row.map_or(Ok(0), |row| row.try_get_by_index(0))
    }

    /// Positions of the newest events, by topic.
    #[must_use]
    pub fn ends(&self) -> HashMap<String, i64> {
        self.0.tail.borrow().clone()
    }
}

impl Publisher for EventLog {
    fn publish<'a>(&'a self, producer: &'a str, token: i64, events: &'a [Outgoing]) -> BoxFuture<'a, Result<usize, PublishError>> {
        Box::pin(self.0.publish(producer, token, events))
    }
}

impl Subscriber for EventLog {
    fn join<'a>(&'a self, group: &'a str, topics: &'a [Topic]) -> BoxFuture<'a, Result<Box<dyn Subscription>, SubscribeError>> {
        Box::pin(subscription::join(self, group, topics))
    }

    fn ends<'a>(&'a self, topics: &'a [Topic]) -> BoxFuture<'a, Result<Vec<Place>, SubscribeError>> {
        Box::pin(async move {
            let known = self.0.tail.borrow();
            let end = |topic: &Topic| Place {
                topic: *topic,
                partition: 0,
                position: known.get(topic.name).copied().unwrap_or_default(),
            };
            Ok(topics.iter().map(end).collect())
        })
    }

    fn unhandled<'a>(&'a self, group: &'a str, topics: &'a [Topic]) -> BoxFuture<'a, Result<u64, SubscribeError>> {
        Box::pin(async move {
            self.0.look().await.map_err(SubscribeError::unavailable)?;
            let stored = subscription::positions(self, group).await.map_err(SubscribeError::unavailable)?;
            let ends = Subscriber::ends(self, topics).await?;
            let behind = ends.into_iter().map(|end| {
                let position = stored.get(end.topic.name).copied().unwrap_or_default();
                u64::try_from(end.position - position).unwrap_or_default()
            });
            Ok(behind.sum())
        })
    }
}

impl Inner {
    fn now(&self) -> Time {
        Time::from(self.clock.now())
    }

    fn held(&self) -> std::sync::MutexGuard<'_, HashMap<String, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks how far the topics are, and wakes who waits.
    async fn look(&self) -> Result<(), DbErr> {
        let query = Query::select().columns(["name", "last_position"]).from(schema::TOPICS).take();
        let mut ends = Vec::new();
        for row in self.database.reader().query_all(&query).await? {
            ends.push((row.try_get("", "name")?, row.try_get("", "last_position")?));
        }
        self.announce(ends);
        Ok(())
    }

    /// There are events up to these positions.
    fn announce(&self, ends: impl IntoIterator<Item = (String, i64)>) {
        self.tail.send_if_modified(|known| {
            let mut is_news = false;
            for (topic, position) in ends {
                let end = known.entry(topic).or_default();
                if position > *end {
                    *end = position;
                    is_news = true;
                }
            }
            is_news
        });
    }

    /// Renews what this process holds, in one write, and finds what it holds no more.
    async fn renew(&self) -> Result<(), CommitError> {
        let names: Vec<String> = self.held().keys().cloned().collect();
        if names.is_empty() {
            return Ok(());
        }
        let (backend, now) = (self.database.backend(), self.now());
        let mine = |names: &[String]| {
            Expr::col("owner")
                .eq(self.owner.as_str())
                .and(dialect::in_texts(backend, Expr::col("name"), names))
        };
        let mut txn = self.database.begin();
        let update = Query::update()
            .table(schema::CONSUMERS)
            .value("expire_time", now + lease::LENGTH)
            .and_where(mine(&names))
            .take();
        txn.update(update);
        txn.commit().await?;
        let query = Query::select()
            .columns(["name", "token"])
            .from(schema::CONSUMERS)
            .and_where(mine(&names))
            .take();
        let mut present = HashMap::new();
        for row in self.database.reader().query_all(&query).await? {
            present.insert(row.try_get::<String>("", "name")?, row.try_get::<i64>("", "token")?);
        }
        for (name, held) in self.held().iter() {
            // One that was joined meanwhile is not among those that were asked for.
            if names.contains(name) && present.get(name).is_none_or(|token| *token > held.token) {
                held.lost.cancel();
            }
        }
        Ok(())
    }
}

/// Learns of events that other processes published.
async fn follow(log: EventLog, stopping: CancellationToken) {
    let mut failing = false;
    while !is_over(&stopping, POLL).await {
        match log.0.look().await {
            Ok(()) => failing = false,
            Err(error) if !failing => {
                failing = true;
                tracing::warn!(%error, "the event log does not answer for now");
            }
            Err(_) => {}
        }
    }
}

async fn renew(log: EventLog, stopping: CancellationToken) {
    while !is_over(&stopping, lease::RENEWAL).await {
        if let Err(error) = log.0.renew().await {
            tracing::warn!(%error, "consumer groups were not renewed, trying again");
        }
    }
}

/// Waits; whether it was in vain, because the process stops.
async fn is_over(stopping: &CancellationToken, pause: Duration) -> bool {
    tokio::select! {
        () = stopping.cancelled() => true,
        () = tokio::time::sleep(pause) => false,
    }
}
