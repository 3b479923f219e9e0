//! Statistics: reading them as the data grow, and counting everything anew.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rusqlite::{Connection, OpenFlags};
use tasktracker::{Settings, System, settings};
use tasktracker_proto::analytics::v1::GetProjectStatisticsRequest;
use tasktracker_proto::analytics::v1::statistics_service_client::StatisticsServiceClient;
use tasktracker_proto::core::v1::GetTaskRequest;
use tasktracker_proto::core::v1::task_service_client::TaskServiceClient;
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::{SharedClock, SystemClock};
use tasktracker_server::ids::Ids;
use tasktracker_testing::measure::Report;
use tasktracker_testing::measure::load::{self, micros};
use tasktracker_testing::{Process, signed};

use crate::store::Store;

const FEW: u64 = 1_000;
const MANY: u64 = 100_000;

/// Everything about statistics.
pub async fn measure(program: &Path, report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let data_dir = folder.path().join("data");
    let server = Process::start(program, &data_dir).await;
    let ada = server.owner().await;
    let small = load::make_project(&server, &ada, "SMALL").await?;
    load::fill(&server, &small, FEW).await?;
    let large = load::make_project(&server, &ada, "LARGE").await?;
    load::fill(&server, &large, MANY).await?;
    let store = Store::open(&data_dir)?;
    while !store.is_settled()? {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let task = get_task(&server).await?;
    let of_small = get_statistics(&server, &small).await?;
    let of_large = get_statistics(&server, &large).await?;
    report.note("limit: GetTask p50, one look-up by primary key", task, "ms");
    report.at_most("GetProjectStatistics p50 at 100,000 tasks", of_large, 2.0 * task, "ms");
    report.at_most("... against 1,000 tasks", of_large, 1.5 * of_small, "ms");
    server.stop().await;
    drop(store);
    rebuild(&data_dir, report).await
}

/// The p50 of GetTask, in ms.
async fn get_task(server: &Process) -> anyhow::Result<f64> {
    let token = server.token().await;
    let mut client = TaskServiceClient::new(server.connect().await);
    let mut times = Histogram::<u64>::new(3)?;
    for round in 0..2_000 {
        let request = GetTaskRequest {
            task_id: format!("LARGE-{}", 1 + round * 37 % MANY),
        };
        let began = Instant::now();
        client.get_task(signed(&token, request)).await?;
        times.record(micros(began))?;
    }
    Ok(times.value_at_quantile(0.5) as f64 / 1000.0)
}

/// The p50 of GetProjectStatistics over the last 30 days, in ms.
async fn get_statistics(server: &Process, project: &str) -> anyhow::Result<f64> {
    let token = server.token().await;
    let mut client = StatisticsServiceClient::new(server.connect().await);
    let mut times = Histogram::<u64>::new(3)?;
    for _ in 0..2_000 {
        let request = GetProjectStatisticsRequest {
            project_id: project.to_owned(),
            ..GetProjectStatisticsRequest::default()
        };
        let began = Instant::now();
        client.get_project_statistics(signed(&token, request)).await?;
        times.record(micros(began))?;
    }
    Ok(times.value_at_quantile(0.5) as f64 / 1000.0)
}

/// Counts everything anew, with nothing else going on, and compares.
async fn rebuild(data_dir: &Path, report: &mut Report) -> anyhow::Result<()> {
    let before = documents(data_dir)?;
    let mut settings = Settings::read(&settings::defaults()?, data_dir.to_owned())?;
    settings.events.deliver = false;
    let clock: SharedClock = Arc::new(SystemClock);
    let system = System::start(&settings, clock.clone(), Ids::system(clock), Lifecycle::new()).await?;
    let began = Instant::now();
    let rebuilt = tasktracker_analytics::rebuild(&system.analytics).await?;
    let took = began.elapsed().as_secs_f64();
    system.stop().await?;
    report.note("events in the archive", rebuilt.events as f64, "");
    let limit = 30.0 * (rebuilt.events as f64 / 100_000.0).max(1.0);
    report.at_most("statistics counted anew", took, limit, "s");
    let after = documents(data_dir)?;
    let different = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    report.exactly(
        "... documents that are different",
        (different + before.len().abs_diff(after.len())) as u64,
        0,
    );
    Ok(())
}

/// The documents of the generation that is answered, without its name.
fn documents(data_dir: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let database = Connection::open_with_flags(data_dir.join("analytics.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut query = database.prepare("select substr(id, instr(id, '|')) as name, body from documents where id like 'g%' order by name")?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
