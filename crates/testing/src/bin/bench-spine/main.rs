//! `cargo xtask bench spine`: figures of the finished program beside their limits, each limit measured in the same run on the same disk.
//! Build it in release: `cargo xtask bench spine` does.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time and drives its own clients")]

mod watchers;

use std::time::Duration;

use tasktracker_testing::Process;
use tasktracker_testing::measure::{Report, commits, load};

const CLIENTS: usize = 16;
const SPAN: Duration = Duration::from_secs(8);

fn main() -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(bench())
}

async fn bench() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut report = Report::default();

    let program = std::env::current_exe()?.with_file_name("tasktracker");
    let data_dir = folder.path().join("data");
    let mut server = Process::start(&program, &data_dir).await;
    let ada = server.owner().await;
    let project = load::make_project(&server, &ada, "WEB").await?;

    // Writes, each beside the limit just before it.
    let limit = commits::per_second(folder.path(), SPAN / 2)?;
    report.note("limit: the same rows by prepared statements, one commit each", limit, "1/s");
    let grpc = load::create_tasks(&server, &project, CLIENTS, SPAN).await?;
    report.at_least("CreateTask through gRPC, 16 clients", grpc.per_second, 0.6 * limit, "1/s");
    report.exactly("... errors", grpc.errors, 0);
    let rest = load::create_tasks_by_rest(&server, &project, CLIENTS, SPAN).await?;
    report.at_least("CreateTask through REST, 16 clients", rest.per_second, 0.6 * grpc.per_second, "1/s");
    report.exactly("... errors", rest.errors, 0);

    // Reads, as the data grow.
    let small = load::make_project(&server, &ada, "SMALL").await?;
    load::fill(&server, &small, 1_000).await?;
    let large = load::make_project(&server, &ada, "LARGE").await?;
    let (get_small, list_small) = load::read_latencies(&server, &small, "SMALL").await?;
    load::fill(&server, &large, 100_000).await?;
    let (get_large, list_large) = load::read_latencies(&server, &large, "LARGE").await?;
    report.note("GetTask p50 at 1,000 tasks", get_small, "ms");
    report.at_most("GetTask p50 at 100,000 tasks", get_large, 1.5 * get_small, "ms");
    report.note("ListTasks(50) p50 at 1,000 tasks", list_small, "ms");
    report.at_most("ListTasks(50) p50 at 100,000 tasks", list_large, 1.5 * list_small, "ms");
    let lists = load::list_tasks(&server, &large, CLIENTS, SPAN).await?;
    report.at_least("ListTasks(50) through gRPC, 16 clients", lists.per_second, 1_500.0, "1/s");
    report.exactly("... errors", lists.errors, 0);

    // Streams.
    let lag = watchers::change_to_watch(&server, &small, 200, Duration::from_secs(10)).await?;
    report.at_most("change -> Watch p99 at 200 changes/s", lag, 50.0, "ms");

    // A process of its own, on the data made above: start, idle memory, memory of streams.
    server.stop().await;
    let started = std::time::Instant::now();
    server = Process::start(&program, &data_dir).await;
    report.at_most(
        "ready on an existing data directory",
        started.elapsed().as_secs_f64() * 1000.0,
        300.0,
        "ms",
    );
    tokio::time::sleep(Duration::from_secs(5)).await;
    let idle = server.resident_kb();
    report.at_most("idle memory", idle / 1024.0, 60.0, "MiB");
    let streams = watchers::memory_of_streams(&server, &small, 1_000).await?;
    report.at_most("memory of one open Watch stream, of 1,000", streams, 40.0, "KiB");
    server.stop().await;
    report.finish()
}
