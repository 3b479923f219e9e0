//! How fast events are counted, everything is counted anew, and a project's numbers are read, on SQLite, with one project of that many tasks.
//! `cargo run --release -p tasktracker-analytics --example statistics_speed -- 100000`

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use prost::Message;
use tasktracker_analytics::domain::days::Asked;
use tasktracker_analytics::numbers::Numbers;
use tasktracker_analytics::projection::Projection;
use tasktracker_analytics::store::{DocumentStore, SqlStore};
use tasktracker_database::{Database, Settings};
use tasktracker_events::{Event, Fact};
use tasktracker_proto::events::v1::task_event::Kind;
use tasktracker_proto::events::v1::{TaskCreated, TaskEvent, TaskSnapshot, TaskUpdated};
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::SystemClock;
use tasktracker_server::ids::Ids;
use tasktracker_server::time::to_proto;
use uuid::Uuid;

const PROJECT: Uuid = Uuid::from_u128(0xA);
const DAYS: i64 = 365;

/// Two events a task, over a year: made, and one half started, the other done.
fn event(index: i64, tasks: i64) -> Event {
    let (task, second) = (index / 2, index % 2 == 1);
    let beginning: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a moment");
    let made = beginning + SignedDuration::from_secs(task * DAYS * 86_400 / tasks.max(1));
    let at = made + SignedDuration::from_secs(if second { 7_200 } else { 0 });
    let category = match (second, task % 2) {
        (false, _) => 2,
        (true, 0) => 4,
        (true, _) => 5,
    };
    let due = (made + SignedDuration::from_hours(24 * (task % 40)))
        .to_zoned(jiff::tz::TimeZone::UTC)
        .datetime();
    let user = |number: i64| Uuid::from_u128(0xB000 + number as u128 % 20).to_string();
    let after = TaskSnapshot {
        time_zone: "Europe/Berlin".to_owned(),
        status_id: Uuid::from_u128(0xD000 + category as u128).to_string(),
        status_category: category,
        assignee_ids: vec![user(task)],
        creator_id: user(task / 20),
        due_date: if task % 3 == 0 { due.date().to_string() } else { String::new() },
        due_local_date_time: if task % 3 == 1 {
            due.strftime("%Y-%m-%dT%H:%M").to_string()
        } else {
            String::new()
        },
        due_time_zone: "Europe/London".to_owned(),
        create_time: Some(to_proto(made)),
        start_time: (category == 4).then(|| to_proto(at)),
        complete_time: (category == 5).then(|| to_proto(at)),
        ..TaskSnapshot::default()
    };
    let message = TaskEvent {
        task_id: Uuid::from_u128(0xC0_0000_0000 + task as u128).to_string(),
        project_id: PROJECT.to_string(),
        version: 1 + i64::from(second),
        after: Some(after),
        kind: Some(if second {
            Kind::Updated(TaskUpdated::default())
        } else {
            Kind::Created(TaskCreated::default())
        }),
        ..TaskEvent::default()
    };
    Event {
        topic: TaskEvent::TOPIC,
        partition: 0,
        position: index + 1,
        key: message.task_id.clone(),
        event_id: Uuid::from_u128(0xF0_0000_0000 + index as u128),
        occur_time: at,
        payload: message.encode_to_vec().into(),
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
async fn median<F: Future<Output = ()>>(mut work: impl FnMut() -> F) -> Duration {
    let mut spent = Vec::new();
    for _ in 0..500 {
        let begun = Instant::now();
        work().await;
        spent.push(begun.elapsed());
    }
    spent.sort();
    spent[spent.len() / 2]
}

#[tokio::main]
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
async fn main() -> anyhow::Result<()> {
    let tasks: i64 = std::env::args().nth(1).map_or(Ok(50_000), |text| text.parse())?;
    let mut out = std::io::stdout();
    let folder = std::env::temp_dir().join(format!("statistics-speed-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let db = Database::open(&Settings::sqlite(&folder), "analytics", &Lifecycle::new()).await?;
    tasktracker_analytics::migrate(&db).await?;
    let store = Arc::new(SqlStore::new(db));
    let projection = Projection::new(store.clone(), Ids::system(Arc::new(SystemClock)));
    let begun = Instant::now();
    for start in (0..tasks * 2).step_by(500) {
        let batch: Vec<Event> = (start..(start + 500).min(tasks * 2)).map(|index| event(index, tasks)).collect();
        projection.count(&batch).await?;
    }
    let spent = begun.elapsed();
    writeln!(
        out,
        "count    {:>8} events in {spent:.2?}: {:.0}/s",
        tasks * 2,
        (tasks * 2) as f64 / spent.as_secs_f64()
    )?;
    let begun = Instant::now();
    let rebuilt = projection.rebuild().await?;
    writeln!(
        out,
        "rebuild  {:>8} events in {:.2?}, {} documents",
        rebuilt.events,
        begun.elapsed(),
        rebuilt.documents
    )?;

    let numbers = Numbers::new(store.clone());
    let now: Timestamp = "2026-12-31T12:00:00Z".parse()?;
    let task = format!("g2|task|{}", Uuid::from_u128(0xC0_0000_0000 + tasks as u128 / 2));
    let ids = [task];
    let look_up = median(async || assert_eq!(store.get(&ids).await.expect("reads").len(), 1)).await;
    writeln!(out, "look-up by primary key       {look_up:.2?}")?;
    for (start, end) in [("", ""), ("2026-01-01", "2026-12-31")] {
        let asked = Asked::read(start, end).expect("days");
        let read = median(async || assert!(numbers.of_project(PROJECT, asked, now).await.expect("reads").1.overdue > 0)).await;
        let days = asked.on("2026-12-31".parse()?).expect("days").each().count();
        writeln!(
            out,
            "project's numbers, {days:>3} days  {read:.2?}: {:.2} look-ups",
            read.as_secs_f64() / look_up.as_secs_f64()
        )?;
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
