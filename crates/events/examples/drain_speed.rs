//! How quickly waiting facts get from an outbox through the log to consumer groups, on SQLite: 20,000 of them, one relay, one group that
//! writes an effect and its inbox notes for each batch and one that only looks. Run it with `--release`. With the feature `kafka` and the
//! address of a broker as its argument it goes through topics of its own there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, MigratorTrait, SchemaManager, async_trait};
use tasktracker_database::{Database, Settings, Time};
use tasktracker_events::{
    Consumers, Event, EventLog, Publisher, ReactError, Reaction, Relay, Subscriber, Topic, dead_letters, inbox, log::schema, meta, outbox,
};
use tasktracker_proto::events::v1::{TaskCreated, TaskEvent, TaskSnapshot, task_event};
use tasktracker_server::clock::{SharedClock, SystemClock};
use tasktracker_server::ids::Ids;
use tasktracker_server::{Lifecycle, terminal::say};

/// Any error will do.
type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

const FACTS: usize = 20_000;

struct Owner;
struct Log;

#[derive(DeriveMigrationName)]
struct OwnerTables;

#[derive(DeriveMigrationName)]
struct LogTables;

#[async_trait::async_trait]
impl MigratorTrait for Owner {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(OwnerTables)]
    }
}

#[async_trait::async_trait]
impl MigratorTrait for Log {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(LogTables)]
    }
}

#[async_trait::async_trait]
impl MigrationTrait for OwnerTables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for table in outbox::tables(backend) {
            manager.create_table(table).await?;
        }
        manager.create_table(inbox::table(backend)).await?;
        manager.create_table(dead_letters::table(backend)).await?;
        for column in dead_letters::later_columns(backend) {
            manager.alter_table(column).await?;
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl MigrationTrait for LogTables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in schema::tables(manager.get_database_backend()) {
            manager.create_table(table).await?;
        }
        for index in schema::indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// Counts events; with a database it notes them in the inbox, too.
struct Count {
    group: &'static str,
    batch: usize,
    database: Option<Database>,
    clock: SharedClock,
    seen: AtomicUsize,
}

impl Reaction for Count {
    fn group(&self) -> &'static str {
        self.group
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::CORE_TASK]
    }

    fn batch(&self) -> usize {
        self.batch
    }

    fn react<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Result<(), ReactError>> {
        Box::pin(async move {
            for event in events {
                event.decode::<TaskEvent>()?;
            }
            if let Some(database) = &self.database {
                let unseen = inbox::unseen(database.reader(), self.group, events)
                    .await
                    .map_err(ReactError::transient)?;
                let mut txn = database.begin();
                inbox::note(&mut txn, database.backend(), self.group, unseen, Time::from(self.clock.now()));
                txn.commit().await.map_err(ReactError::transient)?;
            }
            self.seen.fetch_add(events.len(), Ordering::SeqCst);
            Ok(())
        })
    }
}

async fn fill(database: &Database, ids: &Ids, clock: &SharedClock) -> Outcome {
    for _ in 0..FACTS / 500 {
        let mut txn = database.begin();
        for _ in 0..500 {
            let snapshot = TaskSnapshot {
                time_zone: "Europe/Berlin".to_owned(),
                status_id: ids.next().to_string(),
                assignee_ids: vec![ids.next().to_string()],
                creator_id: ids.next().to_string(),
                ..TaskSnapshot::default()
            };
            let fact = TaskEvent {
                meta: Some(meta(ids.next(), clock.now(), Some(ids.next()), "core", "request")),
                task_id: ids.next().to_string(),
                project_id: ids.next().to_string(),
                version: 1,
                after: Some(snapshot),
                before: None,
                kind: Some(task_event::Kind::Created(TaskCreated::default())),
            };
            outbox::append(&mut txn, &fact);
        }
        txn.commit().await?;
    }
    Ok(())
}

type Way = (Arc<dyn Publisher>, Arc<dyn Subscriber>);

/// The log, or the brokers that the command line names.
async fn way(
    events: Database,
    clock: &SharedClock,
    ids: &Ids,
    lifecycle: &Lifecycle,
) -> Result<Way, Box<dyn std::error::Error + Send + Sync>> {
    #[cfg(feature = "kafka")]
    if let Some(brokers) = std::env::args().nth(1) {
        use tasktracker_events::kafka::{Kafka, Settings, topics};
        let settings = Settings {
            brokers,
            topic_prefix: format!("speed-{}.", ids.next()),
            replication_factor: 1,
            ..Settings::default()
        };
        topics::apply_these(&settings, &[Topic::CORE_TASK]).await?;
        let kafka = Arc::new(Kafka::new(settings));
        return Ok((kafka.clone(), kafka));
    }
    let _ = ids;
    let log = Arc::new(EventLog::open(events, Arc::clone(clock), lifecycle).await?);
    Ok((log.clone(), log))
}

#[tokio::main]
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
async fn main() -> Outcome {
    let directory = tempfile::tempdir()?;
    let settings = Settings::sqlite(directory.path());
    let lifecycle = Lifecycle::new();
    let clock: SharedClock = Arc::new(SystemClock);
    let ids = Ids::system(Arc::clone(&clock));
    let owner = Database::open(&settings, "core", &lifecycle).await?;
    owner.migrate::<Owner>().await?;
    let events = Database::open(&settings, "events", &lifecycle).await?;
    events.migrate::<Log>().await?;
    fill(&owner, &ids, &clock).await?;

    let (publisher, subscriber) = way(events, &clock, &ids, &lifecycle).await?;
    let consumers = Consumers::new("core", owner.clone(), subscriber, Arc::clone(&clock), ids.clone(), &lifecycle);
    let groups = [("speed.effects", 100, Some(owner.clone())), ("speed.looks", 1, None)].map(|(group, batch, database)| {
        Arc::new(Count {
            group,
            batch,
            database,
            clock: Arc::clone(&clock),
            seen: AtomicUsize::new(0),
        })
    });
    let begin = Instant::now();
    let _relay = Relay::start("core", owner.clone(), publisher, clock, ids, &lifecycle);
    for group in &groups {
        consumers.start(group.clone());
    }
    while outbox::count(owner.reader()).await? > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let published = begin.elapsed().as_secs_f64();
    say(format!("published in {published:.2} s: {:.0}/s", FACTS as f64 / published));
    let done = |group: &Count| group.seen.load(Ordering::SeqCst) >= FACTS;
    while !groups.iter().all(|group| done(group)) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let seconds = begin.elapsed().as_secs_f64();
    say(format!("{FACTS} facts handled in {seconds:.2} s: {:.0}/s", FACTS as f64 / seconds));
    lifecycle.stop();
    lifecycle.finished().await?;
    Ok(())
}
