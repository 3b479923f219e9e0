//! A store with the tables of this crate, processes that work on it, handlers that do what a test says, and a look at the rows.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement, UpdateStatement};
use sea_orm::{ConnectionTrait, Database as SeaOrm, FromQueryResult};
use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, MigratorTrait, SchemaManager, async_trait};
use tasktracker_database::{Database, Id, Settings, Time};
use tasktracker_jobs::{Backoff, Handler, JobError, Jobs, NewJob, Options, Outcome, RunningJob};
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::{Clock, ManualClock};
use tasktracker_server::ids::Ids;
use tempfile::TempDir;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// When tests begin: a Friday at noon.
pub const BEGINNING: &str = "2026-05-01T12:00:00Z";

pub struct Migrator;

#[derive(DeriveMigrationName)]
struct First;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(First)]
    }
}

#[async_trait::async_trait]
impl MigrationTrait for First {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for table in tasktracker_jobs::tables(backend) {
            manager.create_table(table).await?;
        }
        for index in tasktracker_jobs::indexes() {
            manager.create_index(index).await?;
        }
        manager.create_table(tasktracker_events::dead_letters::table(backend)).await?;
        for column in tasktracker_events::dead_letters::later_columns(backend) {
            manager.alter_table(column).await?;
        }
        Ok(())
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Where a database is.
#[derive(Clone)]
pub struct Store {
    pub settings: Settings,
    pub clock: Arc<ManualClock>,
    /// Vanishes with the store.
    #[expect(dead_code, reason = "held, not read")]
    pub directory: Option<Arc<TempDir>>,
}

impl Store {
    /// A SQLite file in a directory that vanishes.
    pub async fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self::made(Settings::sqlite(directory.path()), Some(Arc::new(directory))).await
    }

    /// A new database on the server named in the environment.
    #[expect(clippy::disallowed_methods, reason = "tests learn of the server by the environment")]
    pub async fn postgres() -> Option<Self> {
        let Ok(server) = std::env::var("TASKTRACKER_TEST_POSTGRES") else {
            eprintln!("skipped on PostgreSQL: TASKTRACKER_TEST_POSTGRES is not set");
            return None;
        };
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("jobs_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let admin = SeaOrm::connect(format!("{server}/postgres")).await.unwrap();
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        admin.close().await.unwrap();
        let settings = Settings {
            pool: 8,
            ..Settings::postgres(format!("{server}/{name}"))
        };
        Some(Self::made(settings, None).await)
    }

    /// Both, as far as there.
    pub async fn both() -> Vec<Self> {
        let mut stores = vec![Self::sqlite().await];
        stores.extend(Self::postgres().await);
        stores
    }

    async fn made(settings: Settings, directory: Option<Arc<TempDir>>) -> Self {
        let store = Self {
            settings,
            clock: Arc::new(ManualClock::new(BEGINNING.parse().unwrap())),
            directory,
        };
        store.open().await.migrate::<Migrator>().await.unwrap();
        store
    }

    pub async fn open(&self) -> Database {
        Database::open(&self.settings, "core", &Lifecycle::new()).await.unwrap()
    }

    /// A process with a database of its own; nothing runs yet.
    pub async fn node(&self) -> Node {
        self.node_on(self.open().await, options())
    }

    /// A process, or one more worker on the database of another.
    pub fn node_on(&self, db: Database, options: Options) -> Node {
        self.node_of("core", db, options)
    }

    /// A process of a service.
    pub fn node_of(&self, service: &'static str, db: Database, options: Options) -> Node {
        let lifecycle = Lifecycle::new();
        let ids = Ids::system(self.clock.clone());
        Node {
            jobs: Jobs::with_options(service, db.clone(), self.clock.clone(), ids, lifecycle.clone(), options),
            db,
            stop: Some(StopOnDrop(lifecycle.clone())),
            lifecycle,
            clock: self.clock.clone(),
        }
    }
}

/// Quick, so that tests need not wait.
pub fn options() -> Options {
    Options {
        concurrency: 4,
        lease: Duration::from_secs(30),
        poll: Duration::from_millis(10),
        grace: Duration::from_millis(200),
    }
}

/// A process.
pub struct Node {
    pub jobs: Jobs,
    pub db: Database,
    pub lifecycle: Lifecycle,
    pub clock: Arc<ManualClock>,
    stop: Option<StopOnDrop>,
}

struct StopOnDrop(Lifecycle);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// A job as it is in the table.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
pub struct Row {
    pub id: Id,
    pub kind: String,
    pub state: String,
    pub attempt: i64,
    pub run_time: Time,
    pub unique_key: Option<String>,
    pub live_key: Option<String>,
    pub last_error: Option<String>,
    pub finish_time: Option<Time>,
}

impl Node {
    pub fn on(&self, kind: &str, handler: impl Handler) -> &Self {
        self.jobs.handle(kind, Arc::new(handler));
        self
    }

    pub async fn enqueue(&self, job: NewJob) -> Uuid {
        let mut txn = self.db.begin();
        let id = self.jobs.enqueue(&mut txn, job);
        txn.commit().await.unwrap();
        self.jobs.wake();
        id
    }

    pub async fn rows(&self) -> Vec<Row> {
        let query = Query::select()
            .columns([
                "id",
                "kind",
                "state",
                "attempt",
                "run_time",
                "unique_key",
                "live_key",
                "last_error",
                "finish_time",
            ])
            .from("jobs")
            .order_by("id", Order::Asc)
            .take();
        let rows = self.db.reader().query_all(&query).await.unwrap();
        rows.iter().map(|row| Row::from_query_result(row, "").unwrap()).collect()
    }

    pub async fn row(&self, id: Uuid) -> Row {
        self.rows().await.into_iter().find(|row| row.id.0 == id).unwrap()
    }

    /// How many jobs are in a state.
    pub async fn count(&self, state: &str) -> usize {
        self.rows().await.iter().filter(|row| row.state == state).count()
    }

    /// Waits until a job is in a state, and answers it.
    pub async fn until(&self, id: Uuid, state: &str) -> Row {
        eventually(&format!("job {state}"), async || self.row(id).await.state == state).await;
        self.row(id).await
    }

    /// Waits until so many jobs are in a state.
    pub async fn until_count(&self, state: &str, count: usize) {
        eventually(&format!("{count} jobs {state}"), async || self.count(state).await == count).await;
    }

    pub async fn numbers(&self, query: &SelectStatement) -> Vec<i64> {
        let rows = self.db.reader().query_all(query).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    /// Changes rows as no code would.
    pub async fn meddle(&self, update: UpdateStatement) {
        let mut txn = self.db.begin();
        txn.update(update);
        txn.commit().await.unwrap();
    }

    /// Lets time pass.
    pub fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.jobs.wake();
    }

    pub fn now(&self) -> Time {
        Time::from(self.clock.now())
    }

    /// Nothing of it is told that it ends: the runtime that it ran on is about to go.
    pub fn killed(mut self) {
        std::mem::forget(self.stop.take());
    }

    /// Stops the process as a signal would.
    pub async fn stop(&self) {
        self.lifecycle.stop();
        self.lifecycle.finished().await.unwrap();
    }
}

/// Waits for what happens in the background.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..2000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never: {what}");
}

/// Long enough for what must not happen to happen.
pub async fn a_while() {
    tokio::time::sleep(Duration::from_millis(150)).await;
}

pub fn job(kind: &str) -> NewJob {
    NewJob::new(kind, &())
}

pub fn update(set: &'static str, value: impl Into<Expr>, id: Uuid) -> UpdateStatement {
    Query::update()
        .table("jobs")
        .value(set, value)
        .and_where(Expr::col("id").eq(Id(id)))
        .take()
}

type Ran = Result<Outcome, JobError>;

/// A handler that is a function of the job.
pub struct Does<F> {
    does: F,
    pub timeout: Duration,
}

pub fn does<F, T>(does: F) -> Does<impl Fn(RunningJob) -> BoxFuture<'static, Ran> + Send + Sync + 'static>
where
    F: Fn(RunningJob) -> T + Send + Sync + 'static,
    T: Future<Output = Ran> + Send + 'static,
{
    Does {
        does: move |job| Box::pin(does(job)) as BoxFuture<'static, Ran>,
        timeout: Duration::from_secs(60),
    }
}

impl<F: Fn(RunningJob) -> BoxFuture<'static, Ran> + Send + Sync + 'static> Handler for Does<F> {
    fn run<'a>(&'a self, job: &'a RunningJob) -> BoxFuture<'a, Ran> {
        (self.does)(job.clone())
    }

    fn timeout(&self) -> Duration {
        self.timeout
    }

    fn backoff(&self) -> Backoff {
        Backoff {
            first: Duration::from_secs(10),
            most: Duration::from_secs(60),
        }
    }
}

/// A handler that writes down the jobs it did.
#[derive(Clone, Default)]
pub struct Diary(Arc<Mutex<Vec<RunningJob>>>);

impl Diary {
    pub fn handler(&self) -> impl Handler {
        let diary = self.clone();
        does(move |job| {
            diary.note(&job);
            async { Ok(Outcome::Done) }
        })
    }

    pub fn note(&self, job: &RunningJob) {
        self.0.lock().unwrap().push(job.clone());
    }

    pub fn jobs(&self) -> Vec<RunningJob> {
        self.0.lock().unwrap().clone()
    }

    pub fn ids(&self) -> Vec<Uuid> {
        self.jobs().iter().map(|job| job.id).collect()
    }

    /// The payloads, in the order in which they were done.
    pub fn numbers(&self) -> Vec<u32> {
        self.jobs().iter().map(|job| job.payload().unwrap()).collect()
    }

    pub fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// A handler that waits until a test lets it go, and counts.
#[derive(Clone)]
pub struct Gate {
    gate: Arc<Semaphore>,
    pub begun: Arc<AtomicUsize>,
    pub ended: Arc<AtomicUsize>,
}

impl Gate {
    pub fn closed() -> Self {
        Self {
            gate: Arc::new(Semaphore::new(0)),
            begun: Arc::default(),
            ended: Arc::default(),
        }
    }

    pub fn open(&self, count: usize) {
        self.gate.add_permits(count);
    }

    /// Passes, and ends as it is told.
    pub fn handler(&self, end: impl Fn() -> Ran + Send + Sync + Clone + 'static) -> impl Handler {
        let gate = self.clone();
        does(move |_| {
            let (gate, end) = (gate.clone(), end.clone());
            async move {
                gate.begun.fetch_add(1, Ordering::SeqCst);
                gate.gate.acquire().await.unwrap().forget();
                gate.ended.fetch_add(1, Ordering::SeqCst);
                end()
            }
        })
    }

    pub async fn until_begun(&self, count: usize) {
        eventually("it begins", async || self.begun.load(Ordering::SeqCst) == count).await;
    }
}

pub fn done() -> Ran {
    Ok(Outcome::Done)
}
