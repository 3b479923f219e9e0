//! Jobs: from enqueueing to done, and what waiting reminders cost a process that has nothing to do.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use futures_util::future::{BoxFuture, try_join_all};
use tasktracker_database::{Database, Settings};
use tasktracker_jobs::{Handler, JobError, Jobs, NewJob, Outcome, RunningJob};
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::{SharedClock, SystemClock};
use tasktracker_server::ids::Ids;
use tasktracker_testing::Process;
use tasktracker_testing::measure::Report;

const COUNT: u64 = 10_000;
const CALLERS: u64 = 16;
const REMINDERS: i64 = 100_000;

struct Counting(AtomicU64);

impl Handler for Counting {
    fn run<'a>(&'a self, _: &'a RunningJob) -> BoxFuture<'a, Result<Outcome, JobError>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(Outcome::Done) })
    }
}

/// Everything about jobs.
pub async fn measure(program: &Path, report: &mut Report) -> anyhow::Result<()> {
    throughput(report).await?;
    idle(program, report).await
}

/// Each job enqueued by a transaction of its own, 16 callers at once, while workers do them.
async fn throughput(report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let lifecycle = Lifecycle::new();
    let clock: SharedClock = Arc::new(SystemClock);
    let db = Database::open(&Settings::sqlite(folder.path()), "core", &lifecycle).await?;
    db.migrate::<tasktracker_migrations::core::Migrator>().await?;
    let jobs = Jobs::new("core", db.clone(), clock.clone(), Ids::system(clock), lifecycle.clone());
    let counting = Arc::new(Counting(AtomicU64::new(0)));
    jobs.handle("bench", counting.clone());
    jobs.start();

    let began = Instant::now();
    let callers = (0..CALLERS).map(|caller| {
        let (db, jobs) = (db.clone(), jobs.clone());
        async move {
            for number in 0..COUNT / CALLERS {
                let mut txn = db.begin();
                jobs.enqueue(&mut txn, NewJob::new("bench", &(caller, number)));
                txn.commit().await?;
                jobs.wake();
            }
            anyhow::Ok(())
        }
    });
    try_join_all(callers).await?;
    let enqueued = began.elapsed();
    while jobs.due_count().await? > 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let done = began.elapsed();
    let per_second = |span: Duration| COUNT as f64 / span.as_secs_f64();
    report.exactly("jobs done, each once", counting.0.load(Ordering::Relaxed), COUNT);
    report.note("... enqueued, one durable commit each", per_second(enqueued), "1/s");
    report.at_least("... enqueued and done", per_second(done), 1_000.0, "1/s");
    lifecycle.stop();
    lifecycle.finished().await
}

/// The processor time of an idle server with many reminders in its database.
async fn idle(program: &Path, report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let data_dir = folder.path().join("data");
    let server = Process::start(program, &data_dir).await;
    server.owner().await;
    server.stop().await;
    let mut core = rusqlite::Connection::open(data_dir.join("core.db"))?;
    let txn = core.transaction()?;
    let tomorrow = i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_micros())? + 86_400_000_000;
    for number in 0..REMINDERS {
        let (id, at) = (format!("01890a5d-ac96-774b-bcce-{number:012x}"), tomorrow + number);
        txn.execute(
            "insert into reminders (task_id, kind, project_id, fire_time, due_time) values (?1, 1, ?1, ?2, ?2)",
            rusqlite::params![id, at],
        )?;
    }
    txn.commit()?;
    drop(core);

    let server = Process::start(program, &data_dir).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let (began, before) = (Instant::now(), processor_seconds(server.process_id())?);
    tokio::time::sleep(Duration::from_secs(20)).await;
    let share = (processor_seconds(server.process_id())? - before) / began.elapsed().as_secs_f64() * 100.0;
    report.at_most("processor time of an idle process, 100,000 reminders wait", share, 1.0, "%");
    server.stop().await;
    Ok(())
}

/// What a process has used of the processor so far, its own and the kernel's for it.
fn processor_seconds(process: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let after_name = stat.rsplit_once(')').context("procfs")?.1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    // Linux counts in hundredths of a second, on every machine that this runs on.
    Ok(ticks / 100.0)
}
