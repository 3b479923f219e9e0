//! Load on the server, from connections as clients make them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use hdrhistogram::Histogram;
use serde_json::json;
use tasktracker_proto::core::v1::project_service_client::ProjectServiceClient;
use tasktracker_proto::core::v1::task_service_client::TaskServiceClient;
use tasktracker_proto::core::v1::{CreateProjectRequest, CreateTaskRequest, GetTaskRequest, ListTasksRequest, Project, Task};

use crate::{Process, signed};

/// What a load did.
#[derive(Debug)]
pub struct Done {
    /// Answers per second.
    pub per_second: f64,
    /// Refusals.
    pub errors: u64,
}

/// Makes a project and answers its id.
pub async fn make_project(server: &Process, token: &str, key: &str) -> anyhow::Result<String> {
    let project = Project {
        key: key.to_owned(),
        name: key.to_owned(),
        ..Project::default()
    };
    let request = signed(
        token,
        CreateProjectRequest {
            project: Some(project),
            request_id: String::new(),
        },
    );
    let made = ProjectServiceClient::new(server.connect().await)
        .create_project(request)
        .await?
        .into_inner();
    Ok(made.project.unwrap_or_default().id)
}

fn new_task(project_id: &str) -> CreateTaskRequest {
    let task = Task {
        title: "A task of ordinary length".to_owned(),
        ..Task::default()
    };
    CreateTaskRequest {
        project_id: project_id.to_owned(),
        task: Some(task),
        request_id: String::new(),
    }
}

/// Runs the same call from several clients, each on its own connection, for a while.
async fn run<F, Fut>(clients: usize, span: Duration, call: F) -> anyhow::Result<Done>
where
    F: Fn(usize) -> Fut + Clone,
    Fut: Future<Output = bool>,
{
    let (done, errors) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let started = Instant::now();
    let loops = (0..clients).map(|client| {
        let (call, done, errors) = (call.clone(), done.clone(), errors.clone());
        async move {
            while started.elapsed() < span {
                let counter = if call(client).await { &done } else { &errors };
                counter.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(())
        }
    });
    try_join_all(loops).await?;
    Ok(Done {
        per_second: done.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64(),
        errors: errors.load(Ordering::Relaxed),
    })
}

/// Makes tasks through gRPC.
pub async fn create_tasks(server: &Process, project: &str, clients: usize, span: Duration) -> anyhow::Result<Done> {
    let token = server.token().await;
    let mut channels = Vec::new();
    for _ in 0..clients {
        channels.push(TaskServiceClient::new(server.connect().await));
    }
    run(clients, span, |client| {
        let (mut client, request) = (channels[client].clone(), signed(&token, new_task(project)));
        async move { client.create_task(request).await.is_ok() }
    })
    .await
}

/// Makes tasks through REST.
pub async fn create_tasks_by_rest(server: &Process, project: &str, clients: usize, span: Duration) -> anyhow::Result<Done> {
    let token = server.token().await;
    let client = reqwest::Client::new();
    let url = format!("http://{}/v1/projects/{project}/tasks", server.address);
    run(clients, span, |_| {
        let request = client
            .post(&url)
            .bearer_auth(&token)
            .json(&json!({"title": "A task of ordinary length"}));
        async move {
            match request.send().await {
                Ok(answer) => answer.status().as_u16() == 201 && answer.bytes().await.is_ok(),
                Err(_) => false,
            }
        }
    })
    .await
}

/// Lists pages of 50 through gRPC.
pub async fn list_tasks(server: &Process, project: &str, clients: usize, span: Duration) -> anyhow::Result<Done> {
    let token = server.token().await;
    let mut channels = Vec::new();
    for _ in 0..clients {
        channels.push(TaskServiceClient::new(server.connect().await).max_decoding_message_size(32 << 20));
    }
    run(clients, span, |client| {
        let list = ListTasksRequest {
            project_id: project.to_owned(),
            page_size: 50,
            ..ListTasksRequest::default()
        };
        let (mut client, request) = (channels[client].clone(), signed(&token, list));
        async move {
            client
                .list_tasks(request)
                .await
                .is_ok_and(|page| page.into_inner().tasks.len() == 50)
        }
    })
    .await
}

/// Makes this many tasks, as fast as it goes.
pub async fn fill(server: &Process, project: &str, count: u64) -> anyhow::Result<()> {
    const CLIENTS: u64 = 32;
    let (made, client) = (Arc::new(AtomicU64::new(0)), TaskServiceClient::new(server.connect().await));
    // Tokens live five minutes: each batch takes a new one.
    while made.load(Ordering::Relaxed) < count {
        let token = server.token().await;
        let until = (made.load(Ordering::Relaxed) + 20_000).min(count);
        let loops = (0..CLIENTS).map(|_| {
            let (made, mut client, token) = (made.clone(), client.clone(), token.clone());
            async move {
                while made.fetch_add(1, Ordering::Relaxed) < until {
                    client.create_task(signed(&token, new_task(project))).await?;
                }
                made.fetch_sub(1, Ordering::Relaxed);
                anyhow::Ok(())
            }
        });
        try_join_all(loops).await?;
    }
    Ok(())
}

/// The p50 of GetTask and ListTasks(50) of one client, in ms.
pub async fn read_latencies(server: &Process, project: &str, key: &str) -> anyhow::Result<(f64, f64)> {
    let token = server.token().await;
    let mut client = TaskServiceClient::new(server.connect().await).max_decoding_message_size(32 << 20);
    let (mut gets, mut lists) = (Histogram::<u64>::new(3)?, Histogram::<u64>::new(3)?);
    for round in 0..2_000 {
        let started = Instant::now();
        client
            .get_task(signed(
                &token,
                GetTaskRequest {
                    task_id: format!("{key}-{}", 1 + round % 1_000),
                },
            ))
            .await?;
        gets.record(micros(started))?;
        if round % 4 == 0 {
            let list = ListTasksRequest {
                project_id: project.to_owned(),
                page_size: 50,
                ..ListTasksRequest::default()
            };
            let started = Instant::now();
            client.list_tasks(signed(&token, list)).await?;
            lists.record(micros(started))?;
        }
    }
    let p50 = |histogram: &Histogram<u64>| histogram.value_at_quantile(0.5) as f64 / 1000.0;
    Ok((p50(&gets), p50(&lists)))
}

/// Microseconds since a moment.
pub fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}
