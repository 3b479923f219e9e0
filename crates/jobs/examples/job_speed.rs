//! How many jobs a second a SQLite file takes, from enqueue to done, with 100,000 others that wait for tomorrow:
//! `cargo run --release -p tasktracker-jobs --example job_speed`.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a measurement for people"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use jiff::ToSpan;
use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, MigratorTrait, SchemaManager, async_trait};
use tasktracker_database::{Database, Settings};
use tasktracker_jobs::{Handler, JobError, Jobs, NewJob, Outcome, RunningJob};
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::{Clock, SystemClock};
use tasktracker_server::ids::Ids;

const WAITING: u32 = 100_000;
const DONE: u32 = 20_000;
const CALLERS: u32 = 32;

struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Tables)]
    }
}

struct Tables;

impl MigrationName for Tables {
    fn name(&self) -> &'static str {
        "tables"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Tables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tasktracker_jobs::tables(manager.get_database_backend()) {
            manager.create_table(table).await?;
        }
        for index in tasktracker_jobs::indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// Does nothing, and counts.
struct Nothing(Arc<AtomicU32>);

impl Handler for Nothing {
    fn run<'a>(&'a self, _: &'a RunningJob) -> BoxFuture<'a, Result<Outcome, JobError>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(Outcome::Done) })
    }
}

async fn measure() {
    let directory = tempfile::tempdir().unwrap();
    let lifecycle = Lifecycle::new();
    let clock = Arc::new(SystemClock);
    let db = Database::open(&Settings::sqlite(directory.path()), "core", &lifecycle)
        .await
        .unwrap();
    db.migrate::<Migrator>().await.unwrap();
    let jobs = Jobs::new("core", db.clone(), clock.clone(), Ids::system(clock.clone()), lifecycle.clone());
    let done = Arc::new(AtomicU32::new(0));
    jobs.handle("nothing", Arc::new(Nothing(done.clone())));
    jobs.start();

    let tomorrow = clock.now() + 24.hours();
    for _ in 0..WAITING / 1000 {
        let mut txn = db.begin();
        for number in 0..1000 {
            jobs.enqueue(&mut txn, NewJob::new("nothing", &number).at(tomorrow));
        }
        txn.commit().await.unwrap();
    }
    let before = db.counts();
    let idle = cpu();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let after = db.counts();
    println!(
        "idle with {WAITING} waiting: {:.1} reads and {:.2} ms of CPU a second",
        (after.reads - before.reads) as f64 / 5.0,
        (cpu() - idle) / 5.0
    );

    let started = Instant::now();
    let callers = (0..CALLERS).map(|_| {
        let (db, jobs) = (db.clone(), jobs.clone());
        async move {
            for number in 0..DONE / CALLERS {
                let mut txn = db.begin();
                jobs.enqueue(&mut txn, NewJob::new("nothing", &number).unique(format!("{number}-{:p}", &number)));
                txn.commit().await.unwrap();
                jobs.wake();
            }
        }
    });
    futures_util::future::join_all(callers).await;
    println!(
        "{DONE} jobs enqueued in a transaction each: {:.2} s",
        started.elapsed().as_secs_f64()
    );
    while done.load(Ordering::Relaxed) < DONE {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("all done after {seconds:.2} s: {:.0} jobs a second", f64::from(DONE) / seconds);

    let mut waits = Vec::new();
    for number in 0..200 {
        let (before, started) = (done.load(Ordering::Relaxed), Instant::now());
        let mut txn = db.begin();
        jobs.enqueue(&mut txn, NewJob::new("nothing", &number));
        txn.commit().await.unwrap();
        jobs.wake();
        while done.load(Ordering::Relaxed) == before {
            tokio::task::yield_now().await;
        }
        waits.push(started.elapsed().as_secs_f64() * 1000.0);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    waits.sort_by(f64::total_cmp);
    println!(
        "a single job begins after {:.1} ms, at worst {:.1} ms",
        waits[waits.len() / 2],
        waits[waits.len() - 1]
    );
    lifecycle.stop();
    lifecycle.finished().await.unwrap();
}

/// Milliseconds of CPU that this process has used.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) * 10.0
}

fn main() {
    tokio::runtime::Runtime::new().unwrap().block_on(measure());
}
