//! Takes facts from an outbox and publishes them, in the order of their ids. One holder at a time does it for a database; a former one that
//! wakes up late is refused by the publisher and by the outbox, because both know a newer token.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sea_orm::DbBackend;
use tasktracker_database::{CommitError, Database, Time};
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::SharedClock;
use tasktracker_server::ids::Ids;
use tokio::sync::Notify;
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::backoff::Backoff;
use crate::lease::{self, LeaseRow};
use crate::outbox;
use crate::transport::{Outgoing, PublishError, Publisher};

/// Facts that are published together.
const BATCH: u64 = 500;
/// How often the outbox is looked at when nobody wakes the relay: other processes write to it, too.
const POLL: Duration = Duration::from_millis(500);
/// In a long row of full batches the outbox is counted once in so many: counting looks at every row.
const COUNTED: u32 = 20;
/// The key of the one lease.
const LEASE_ID: i64 = 1;

/// A running relay. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Relay(Arc<Notify>);

impl Relay {
    /// Starts the relay of a service's database. It ends with the process, after the batch it is at.
    #[must_use]
    pub fn start(
        service: &str,
        database: Database,
        publisher: Arc<dyn Publisher>,
        clock: SharedClock,
        ids: Ids,
        lifecycle: &Lifecycle,
    ) -> Self {
        let (relay, work) = Self::new(service, database, publisher, clock, ids, lifecycle.stopping().clone());
        lifecycle.spawn("relay", work);
        relay
    }

    /// A relay whose work the caller runs: it ends after `stopping`; dropping it is what a crash is.
    pub fn new(
        service: &str,
        database: Database,
        publisher: Arc<dyn Publisher>,
        clock: SharedClock,
        ids: Ids,
        stopping: CancellationToken,
    ) -> (Self, impl Future<Output = ()> + Send + use<>) {
        let relay = Self(Arc::default());
        let work = Work {
            service: service.to_owned(),
            owner: ids.next().to_string(),
            lease: LeaseRow::of(outbox::LEASE_TABLE, "id", LEASE_ID),
            wake: Arc::clone(&relay.0),
            backoff: Backoff::default(),
            full: 0,
            renewed: clock.now(),
            database,
            publisher,
            clock,
            ids,
            stopping,
        };
        (relay, work.run())
    }

    /// Says that a fact was committed, so that it is on its way within a moment.
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

struct Work {
    service: String,
    /// This start of this process.
    owner: String,
    lease: LeaseRow,
    wake: Arc<Notify>,
    backoff: Backoff,
    /// Full batches in a row.
    full: u32,
    /// When the lease was last renewed, as the process's clock said before.
    renewed: Timestamp,
    database: Database,
    publisher: Arc<dyn Publisher>,
    clock: SharedClock,
    ids: Ids,
    stopping: CancellationToken,
}

/// Why the holder stops.
enum End {
    Stopping,
    Lost,
}

/// What came of a look into the outbox.
enum Round {
    /// There may be more.
    Busy,
    /// There is nothing.
    Idle,
}

impl Work {
    async fn run(mut self) {
        // One process at a time has the data directory (its lock says so), so at the start whoever holds the lease of a SQLite file is dead.
        // On PostgreSQL a crashed holder's lease runs out first.
        let mut at_once = self.database.backend() == DbBackend::Sqlite;
        while let Some(token) = self.take(at_once).await {
            at_once = false;
            match self.hold(token).await {
                End::Stopping => return,
                End::Lost => tracing::info!(service = self.service, "another process publishes the facts now"),
            }
        }
    }

    /// Waits until this process may publish; nothing when it stops before.
    async fn take(&mut self, at_once: bool) -> Option<i64> {
        while !self.stopping.is_cancelled() {
            let pause = match self.try_take(at_once).await {
                Ok(Some(token)) => {
                    self.worked();
                    return Some(token);
                }
                // Somebody else has it, or was quicker.
                Ok(None) | Err(CommitError::GuardMissed | CommitError::Constraint(_)) => lease::PATIENCE,
                Err(error) => self.failed(&error.into()),
            };
            self.pause(pause).await;
        }
        None
    }

    async fn try_take(&mut self, at_once: bool) -> Result<Option<i64>, CommitError> {
        let present = self.lease.read(self.database.reader()).await?;
        let now = self.now();
        if present.as_ref().is_some_and(|lease| !at_once && !lease.is_free(now)) {
            return Ok(None);
        }
        let mut txn = self.database.begin();
        let token = self.lease.take(&mut txn, present.as_ref(), &self.owner, now);
        txn.commit().await?;
        self.renewed = now.timestamp();
        Ok(Some(token))
    }

    /// Publishes until the lease is lost or the process stops.
    async fn hold(&mut self, mut token: i64) -> End {
        let mut renewal = tokio::time::interval(lease::RENEWAL);
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        renewal.reset();
        loop {
            if self.stopping.is_cancelled() {
                self.release(token).await;
                return End::Stopping;
            }
            let pause = match self.deliver(token).await {
                Ok(round) => {
                    self.worked();
                    match round {
                        Round::Busy => continue,
                        Round::Idle => POLL,
                    }
                }
                Err(Failed::Lost) => return End::Lost,
                Err(Failed::Fenced { newest }) => match self.overtake(token, newest).await {
                    Ok(higher) => {
                        token = higher;
                        continue;
                    }
                    Err(CommitError::GuardMissed) => return End::Lost,
                    Err(error) => self.failed(&error.into()),
                },
                Err(Failed::Unavailable(error)) => self.failed(&error),
            };
            if let Err(CommitError::GuardMissed) = self.rest(pause, &mut renewal, token).await {
                return End::Lost;
            }
        }
    }

    /// Publishes the first batch and removes what was taken.
    async fn deliver(&mut self, token: i64) -> Result<Round, Failed> {
        let waiting = outbox::first(self.database.reader(), BATCH).await?;
        self.measure(&waiting).await;
        if waiting.is_empty() {
            return Ok(Round::Idle);
        }
        let (ids, events): (Vec<i64>, Vec<Outgoing>) = waiting.into_iter().unzip();
        self.make_sure(token).await?;
        let taken = self.publisher.publish(&self.service, token, &events).await?.min(ids.len());
        if taken == 0 {
            return Err(Failed::Unavailable(anyhow::anyhow!("the publisher took none of the events")));
        }
        let (mut txn, now) = (self.database.begin(), self.now());
        self.lease.renew(&mut txn, token, now);
        txn.delete(outbox::remove(self.database.backend(), &ids[..taken]));
        txn.commit().await?;
        self.renewed = now.timestamp();
        metrics::counter!("events_published_total", "service" => self.service.clone()).increment(taken as u64);
        Ok(Round::Busy)
    }

    /// Renews the lease unless that was a moment ago. A process that stood still since then learns here that another took over; one that holds
    /// it has so much of it left that what it hands to the publisher is out, or given up, before anybody else may begin.
    async fn make_sure(&mut self, token: i64) -> Result<(), CommitError> {
        let age = self.clock.now().duration_since(self.renewed);
        if Duration::try_from(age).is_ok_and(|age| age <= lease::RENEWAL) {
            return Ok(());
        }
        self.renew(token).await
    }

    async fn renew(&mut self, token: i64) -> Result<(), CommitError> {
        let (mut txn, now) = (self.database.begin(), self.now());
        self.lease.renew(&mut txn, token, now);
        txn.commit().await?;
        self.renewed = now.timestamp();
        Ok(())
    }

    /// The publisher has seen a higher token. If the lease is this process's all the same, its database is older than the log (it came from
    /// a backup): the token is raised above. Otherwise the guard fails, and somebody else holds the lease.
    async fn overtake(&self, token: i64, newest: i64) -> Result<i64, CommitError> {
        let higher = newest.max(token) + 1;
        let mut txn = self.database.begin();
        self.lease.raise(&mut txn, token, higher);
        txn.commit().await?;
        tracing::warn!(
            service = self.service,
            "the log knows a newer holder than the database does; was the database restored?"
        );
        Ok(higher)
    }

    /// Waits, at most for `pause`, and renews the lease when it is time.
    async fn rest(&mut self, pause: Duration, renewal: &mut Interval, token: i64) -> Result<(), CommitError> {
        let woken = async {
            // While something fails, waking changes nothing.
            if self.backoff.is_failing() {
                std::future::pending::<()>().await;
            }
            self.wake.notified().await;
        };
        tokio::select! {
            biased;
            () = self.stopping.cancelled() => return Ok(()),
            _ = renewal.tick() => {}
            () = woken => return Ok(()),
            () = tokio::time::sleep(pause) => return Ok(()),
        }
        self.renew(token).await
    }

    async fn release(&self, token: i64) {
        let mut txn = self.database.begin();
        self.lease.release(&mut txn, token, self.now());
        if let Err(error) = txn.commit().await {
            // It runs out by itself.
            tracing::debug!(service = self.service, %error, "the lease was not released");
        }
    }

    async fn pause(&self, length: Duration) {
        tokio::select! {
            () = self.stopping.cancelled() => {}
            () = tokio::time::sleep(length) => {}
        }
    }

    async fn measure(&mut self, waiting: &[(i64, Outgoing)]) {
        let oldest = waiting.first().map_or(0.0, |(_, event)| {
            self.clock.now().duration_since(event.occur_time).as_secs_f64().max(0.0)
        });
        metrics::gauge!("events_outbox_oldest_seconds", "service" => self.service.clone()).set(oldest);
        let is_full = waiting.len() as u64 == BATCH;
        let rows = if !is_full {
            self.full = 0;
            Some(waiting.len() as f64)
        } else {
            self.full += 1;
            let is_time = self.full % COUNTED == 1;
            let counted = if is_time {
                outbox::count(self.database.reader()).await.ok()
            } else {
                None
            };
            counted.map(|rows| rows as f64)
        };
        if let Some(rows) = rows {
            metrics::gauge!("events_outbox_rows", "service" => self.service.clone()).set(rows);
        }
    }

    /// Something failed for now: says so once, and for how long to wait.
    fn failed(&mut self, error: &anyhow::Error) -> Duration {
        if !self.backoff.is_failing() {
            tracing::warn!(
                service = self.service,
                error = format!("{error:#}"),
                "facts cannot be published for now, they wait"
            );
        }
        self.backoff.pause(&self.ids)
    }

    fn worked(&mut self) {
        if self.backoff.is_failing() {
            tracing::info!(service = self.service, "facts are published again");
            self.backoff.reset();
        }
    }

    fn now(&self) -> Time {
        Time::from(self.clock.now())
    }
}

/// Why a batch was not published and removed.
enum Failed {
    /// Another holder has the lease.
    Lost,
    /// The publisher knows a newer token.
    Fenced { newest: i64 },
    /// For now.
    Unavailable(anyhow::Error),
}

impl From<PublishError> for Failed {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Fenced { newest } => Self::Fenced { newest },
            PublishError::Unavailable(error) => Self::Unavailable(error),
        }
    }
}

impl From<CommitError> for Failed {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::GuardMissed => Self::Lost,
            error => Self::Unavailable(error.into()),
        }
    }
}

impl From<sea_orm::DbErr> for Failed {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Unavailable(error.into())
    }
}
