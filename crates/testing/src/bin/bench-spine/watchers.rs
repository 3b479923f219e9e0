//! Watch streams: how soon a change arrives, and what a stream costs while nothing happens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use futures_util::future::join_all;
use hdrhistogram::Histogram;
use tasktracker_proto::core::v1::task_service_client::TaskServiceClient;
use tasktracker_proto::core::v1::watch_response::Event;
use tasktracker_proto::core::v1::watch_service_client::WatchServiceClient;
use tasktracker_proto::core::v1::{Task, UpdateTaskRequest, WatchRequest};

use tasktracker_testing::measure::load::micros;
use tasktracker_testing::{Process, signed};

/// The p99, in ms, from sending a change until a watcher has it, at a fixed rate of changes.
pub async fn change_to_watch(server: &Process, project: &str, rate: u32, span: Duration) -> anyhow::Result<f64> {
    let token = server.token().await;
    let watch = WatchRequest {
        project_ids: vec![project.to_owned()],
        ..WatchRequest::default()
    };
    let mut stream = WatchServiceClient::new(server.connect().await)
        .watch(signed(&token, watch))
        .await?
        .into_inner();
    stream.message().await?.context("a first checkpoint")?;

    let sent: Arc<Mutex<HashMap<String, Instant>>> = Arc::default();
    let changes = u64::from(rate) * span.as_secs();
    let client = TaskServiceClient::new(server.connect().await);
    let writing = async {
        let mut beat = tokio::time::interval(Duration::from_secs(1) / rate);
        let mut calls = Vec::new();
        for number in 0..changes {
            beat.tick().await;
            // Each change is of another task: several changes of one would come as one.
            let title = format!("change {number}");
            let task = Task {
                id: format!("SMALL-{}", 1 + number % 1_000),
                title: title.clone(),
                ..Task::default()
            };
            let request = signed(
                &token,
                UpdateTaskRequest {
                    task: Some(task),
                    ..UpdateTaskRequest::default()
                },
            );
            sent.lock().unwrap_or_else(PoisonError::into_inner).insert(title, Instant::now());
            let mut client = client.clone();
            calls.push(tokio::task::spawn(async move { client.update_task(request).await.map(|_| ()) }));
        }
        for outcome in join_all(calls).await {
            outcome??;
        }
        anyhow::Ok(())
    };
    let mut lag = Histogram::<u64>::new(3)?;
    let reading = async {
        while lag.len() < changes {
            let message = tokio::time::timeout(Duration::from_secs(10), stream.message())
                .await
                .context("changes are missing")??;
            let Some(Event::TaskUpserted(task)) = message.context("the stream ended")?.event else {
                continue;
            };
            let begun = sent.lock().unwrap_or_else(PoisonError::into_inner).remove(&task.title);
            if let Some(begun) = begun {
                lag.record(micros(begun))?;
            }
        }
        anyhow::Ok(())
    };
    tokio::try_join!(writing, reading)?;
    Ok(lag.value_at_quantile(0.99) as f64 / 1000.0)
}

/// Memory of one idle stream in KiB: the growth of the server with this many, divided. The first stream comes before the measurement, for
/// what only the first one needs.
pub async fn memory_of_streams(server: &Process, project: &str, count: usize) -> anyhow::Result<f64> {
    const ON_ONE_CONNECTION: usize = 100;
    let token = server.token().await;
    let mut open = Vec::new();
    let mut client = WatchServiceClient::new(server.connect().await);
    let mut before = 0.0;
    for index in 0..=count {
        if index % ON_ONE_CONNECTION == 0 {
            client = WatchServiceClient::new(server.connect().await);
        }
        let watch = WatchRequest {
            project_ids: vec![project.to_owned()],
            ..WatchRequest::default()
        };
        let mut stream = client.watch(signed(&token, watch)).await?.into_inner();
        stream.message().await?.context("a first checkpoint")?;
        open.push(stream);
        if index == 0 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            before = server.resident_kb();
        }
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok((server.resident_kb() - before) / count as f64)
}
