//! A service's database and the log, each test its own, with a clock that stands still until the test moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, SelectStatement, Table};
use sea_orm::{ConnectionTrait, Database as SeaOrm};
use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, MigratorTrait, SchemaManager, async_trait};
use tasktracker_database::{Backend, CommitError, Database, Settings, schema};
use tasktracker_events::log::schema as log_schema;
use tasktracker_events::{Consumers, DeadLetters, EventLog, Publisher, Reaction, Relay, Subscriber, dead_letters, inbox, meta, outbox};
use tasktracker_proto::events::v1::{TaskEvent, TaskUpdated, task_event};
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::{Clock, ManualClock, SharedClock};
use tasktracker_server::ids::Ids;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// What a service's database has, as far as events are concerned, and things that change.
pub struct Owner;

#[derive(DeriveMigrationName)]
struct OwnerTables;

#[async_trait::async_trait]
impl MigratorTrait for Owner {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(OwnerTables)]
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
        let things = Table::create()
            .table("things")
            .col(schema::text(backend, "name").primary_key())
            .col(schema::integer("version"))
            .take();
        manager.create_table(things).await?;
        let effects = Table::create()
            .table("effects")
            .col(schema::sequence("id").primary_key())
            .col(schema::text(backend, "consumer"))
            .col(schema::text(backend, "event_key"))
            .col(schema::integer("version"))
            .take();
        manager.create_table(effects).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// The tables of the log; the migration that products run is the same calls.
pub struct Log;

#[derive(DeriveMigrationName)]
struct LogTables;

#[async_trait::async_trait]
impl MigratorTrait for Log {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(LogTables)]
    }
}

#[async_trait::async_trait]
impl MigrationTrait for LogTables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in log_schema::tables(manager.get_database_backend()) {
            manager.create_table(table).await?;
        }
        for index in log_schema::indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// One process on its databases. [`World::restarted`] is the next process on the same ones.
pub struct World {
    pub owner: Database,
    pub events: Database,
    pub log: EventLog,
    pub clock: Arc<ManualClock>,
    pub ids: Ids,
    pub lifecycle: Lifecycle,
    settings: [Settings; 2],
    directory: Option<Arc<TempDir>>,
}

pub const START: &str = "2026-03-01T12:00:00Z";

/// On SQLite files in a directory that vanishes.
pub async fn sqlite() -> World {
    let directory = Arc::new(tempfile::tempdir().unwrap());
    let settings = Settings::sqlite(directory.path());
    let clock = Arc::new(ManualClock::new(START.parse().unwrap()));
    World::opened([settings.clone(), settings], Some(directory), clock).await
}

/// On new databases of the server named in the environment.
#[expect(clippy::disallowed_methods, reason = "tests learn of the server by the environment")]
pub async fn postgres() -> Option<World> {
    let Ok(server) = std::env::var("TASKTRACKER_TEST_POSTGRES") else {
        eprintln!("skipped on PostgreSQL: TASKTRACKER_TEST_POSTGRES is not set");
        return None;
    };
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = |of: &str| format!("events_test_{}_{number}_{of}", std::process::id());
    let admin = SeaOrm::connect(format!("{server}/postgres")).await.unwrap();
    for of in ["owner", "log"] {
        admin.execute_unprepared(&format!("CREATE DATABASE {}", name(of))).await.unwrap();
    }
    admin.close().await.unwrap();
    let settings = ["owner", "log"].map(|of| Settings {
        pool: 6,
        ..Settings::postgres(format!("{server}/{}", name(of)))
    });
    let clock = Arc::new(ManualClock::new(START.parse().unwrap()));
    Some(World::opened(settings, None, clock).await)
}

/// Both, as far as there.
pub async fn both() -> Vec<World> {
    let mut worlds = vec![sqlite().await];
    worlds.extend(postgres().await);
    worlds
}

impl World {
    async fn opened(settings: [Settings; 2], directory: Option<Arc<TempDir>>, clock: Arc<ManualClock>) -> Self {
        let lifecycle = Lifecycle::new();
        let owner = Database::open(&settings[0], "owner", &lifecycle).await.unwrap();
        owner.migrate::<Owner>().await.unwrap();
        let events = Database::open(&settings[1], "events", &lifecycle).await.unwrap();
        events.migrate::<Log>().await.unwrap();
        let shared: SharedClock = Arc::clone(&clock) as SharedClock;
        let log = EventLog::open(events.clone(), Arc::clone(&shared), &lifecycle).await.unwrap();
        Self {
            owner,
            events,
            log,
            ids: Ids::system(shared),
            clock,
            lifecycle,
            settings,
            directory,
        }
    }

    /// The next process, after this one was killed: nothing of it was released.
    pub async fn restarted(self) -> Self {
        self.owner.close().await;
        self.events.close().await;
        self.lifecycle.stop();
        Self::opened(self.settings, self.directory, self.clock).await
    }

    /// The log as another process sees it. Not on SQLite, where only one process has the file.
    pub async fn other_process(&self) -> EventLog {
        assert!(self.is_postgres());
        let events = Database::open(&self.settings[1], "events", &self.lifecycle).await.unwrap();
        EventLog::open(events, self.shared_clock(), &self.lifecycle).await.unwrap()
    }

    pub fn is_postgres(&self) -> bool {
        self.owner.backend() == Backend::Postgres
    }

    pub fn shared_clock(&self) -> SharedClock {
        Arc::clone(&self.clock) as SharedClock
    }

    /// So much time passes that nobody waits for a dead holder any more.
    pub fn pass_leases(&self) {
        self.clock.advance(Duration::from_secs(31));
    }

    pub fn subscriber(&self) -> Arc<dyn Subscriber> {
        Arc::new(self.log.clone())
    }

    pub fn publisher(&self) -> Arc<dyn Publisher> {
        Arc::new(self.log.clone())
    }

    /// A relay that publishes to the log until the process ends.
    pub fn relay(&self) -> Relay {
        self.relay_to(self.publisher())
    }

    pub fn relay_to(&self, publisher: Arc<dyn Publisher>) -> Relay {
        Relay::start(
            "core",
            self.owner.clone(),
            publisher,
            self.shared_clock(),
            self.ids.clone(),
            &self.lifecycle,
        )
    }

    /// A relay that is killed when its future is dropped.
    pub fn mortal_relay(&self, publisher: Arc<dyn Publisher>) -> impl Future<Output = ()> + Send + use<> {
        let never = CancellationToken::new();
        Relay::new("core", self.owner.clone(), publisher, self.shared_clock(), self.ids.clone(), never).1
    }

    pub fn consumers(&self) -> Consumers {
        self.consumers_of(self.subscriber())
    }

    pub fn consumers_of(&self, subscriber: Arc<dyn Subscriber>) -> Consumers {
        Consumers::new(
            "core",
            self.owner.clone(),
            subscriber,
            self.shared_clock(),
            self.ids.clone(),
            &self.lifecycle,
        )
    }

    /// Starts a group and answers where its dead letters are.
    pub fn start(&self, reaction: Arc<dyn Reaction>) -> DeadLetters {
        let consumers = self.consumers();
        consumers.start(reaction);
        consumers.dead_letters()
    }

    pub fn event(&self, key: &str, version: i64) -> TaskEvent {
        TaskEvent {
            meta: Some(meta(self.ids.next(), self.clock.now(), None, "core", "")),
            task_id: key.to_owned(),
            version,
            kind: Some(task_event::Kind::Updated(TaskUpdated::default())),
            ..TaskEvent::default()
        }
    }

    /// Commits facts, each by itself.
    pub async fn commit(&self, events: &[TaskEvent]) {
        for event in events {
            let mut txn = self.owner.begin();
            outbox::append(&mut txn, event);
            txn.commit().await.unwrap();
        }
    }

    /// Changes a thing as a service does: guarded by the version that was loaded, and the fact in the same transaction. With a `pause`, the
    /// fact gets its id that long before the commit.
    pub async fn change(&self, name: &str, pause: Duration) -> i64 {
        loop {
            match self.try_change(name, pause).await {
                Ok(version) => return version,
                Err(CommitError::GuardMissed | CommitError::Contention) => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
        }
    }

    async fn try_change(&self, name: &str, pause: Duration) -> Result<i64, CommitError> {
        let version = self.version(name).await;
        let mut txn = self.owner.begin();
        if version == 0 {
            let insert = Query::insert()
                .into_table("things")
                .columns(["name", "version"])
                .values_panic([name.into(), 0.into()])
                .on_conflict(OnConflict::column("name").do_nothing().to_owned())
                .take();
            let mut first = self.owner.begin();
            first.insert(insert);
            first.commit().await?;
        }
        let update = Query::update()
            .table("things")
            .value("version", version + 1)
            .and_where(Expr::col("name").eq(name))
            .and_where(Expr::col("version").eq(version))
            .take();
        txn.guarded_update(update);
        outbox::append(&mut txn, &self.event(name, version + 1));
        if !pause.is_zero() {
            txn.query_one(&Query::select().expr(Expr::val(1)).take()).await?;
            tokio::time::sleep(pause).await;
        }
        txn.commit().await?;
        Ok(version + 1)
    }

    pub async fn version(&self, name: &str) -> i64 {
        let query = Query::select()
            .column("version")
            .from("things")
            .and_where(Expr::col("name").eq(name))
            .take();
        let row = self.owner.reader().query_one(&query).await.unwrap();
        row.map_or(0, |row| row.try_get_by_index(0).unwrap())
    }

    /// Facts that wait.
    pub async fn waiting(&self) -> i64 {
        number(
            &self.owner,
            &Query::select().expr(Expr::cust("count(*)")).from(outbox::TABLE).take(),
        )
        .await
    }

    /// Entries in the log.
    pub async fn entries(&self) -> i64 {
        number(
            &self.events,
            &Query::select().expr(Expr::cust("count(*)")).from(log_schema::ENTRIES).take(),
        )
        .await
    }
}

pub async fn number(database: &Database, query: &SelectStatement) -> i64 {
    let row = database.reader().query_one(query).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// Looks again until it is so, for ten seconds.
pub async fn until<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    until_within(10, what, is_so).await;
}

/// Looks again until it is so, for so many seconds.
pub async fn until_within<F: Future<Output = bool>>(seconds: u32, what: &str, is_so: impl Fn() -> F) {
    for _ in 0..seconds * 200 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("not in {seconds} seconds: {what}");
}
