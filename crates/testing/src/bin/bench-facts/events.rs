//! Events: what writing them costs, how fast waiting ones are delivered, and how soon a change is counted and told.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use futures_util::future::join_all;
use hdrhistogram::Histogram;
use tasktracker_proto::analytics::v1::GetTaskStatisticsRequest;
use tasktracker_proto::analytics::v1::statistics_service_client::StatisticsServiceClient;
use tasktracker_proto::auth::v1::access_service_client::AccessServiceClient;
use tasktracker_proto::auth::v1::account_service_client::AccountServiceClient;
use tasktracker_proto::auth::v1::session_service_client::SessionServiceClient;
use tasktracker_proto::auth::v1::{AddProjectMemberRequest, ProjectMember, RegisterRequest, SessionKind, SignInRequest};
use tasktracker_proto::core::v1::task_service_client::TaskServiceClient;
use tasktracker_proto::core::v1::watch_response::Event;
use tasktracker_proto::core::v1::watch_service_client::WatchServiceClient;
use tasktracker_proto::core::v1::{ListTasksRequest, Task, UpdateTaskRequest, WatchRequest};
use tasktracker_testing::measure::load::{self, micros};
use tasktracker_testing::measure::{Report, commits};
use tasktracker_testing::{PASSWORD, Process, signed};

use crate::store::Store;

const CLIENTS: usize = 16;
const SPAN: Duration = Duration::from_secs(8);
const WAITING: u64 = 20_000;
const RATE: u32 = 200;

/// A server whose events are, or are not, delivered.
async fn start(program: &Path, data_dir: &Path, deliver: bool) -> Process {
    let mut command = Command::new(program);
    command.args(["serve", "--port", "0", "--data-dir"]).arg(data_dir);
    if !deliver {
        command.env("TASKTRACKER_EVENTS__DELIVER", "false");
    }
    Process::run(&mut command).await
}

/// CreateTask on a fresh instance, per second.
async fn create_rate(program: &Path, folder: &Path, deliver: bool, report: &mut Report) -> anyhow::Result<f64> {
    let server = start(program, folder, deliver).await;
    let ada = server.owner().await;
    let project = load::make_project(&server, &ada, "WEB").await?;
    let done = load::create_tasks(&server, &project, CLIENTS, SPAN).await?;
    report.exactly("... errors", done.errors, 0);
    server.stop().await;
    Ok(done.per_second)
}

/// Everything about events.
pub async fn measure(program: &Path, before: Option<PathBuf>, report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let place = |name: &str| folder.path().join(name);

    let limit = commits::per_second(folder.path(), SPAN / 2)?;
    report.note("limit: the rows of CreateTask and its event, one commit each", limit, "1/s");
    // In turns, because the machine is not the same from minute to minute.
    let (mut old, mut paused) = (Vec::new(), Vec::new());
    for round in 0..if before.is_some() { 3 } else { 1 } {
        if let Some(before) = &before {
            old.push(create_rate(before, &place(&format!("old-{round}")), true, report).await?);
        }
        paused.push(create_rate(program, &place(&format!("paused-{round}")), false, report).await?);
    }
    let running = create_rate(program, &place("running"), true, report).await?;
    let paused = median(&mut paused);
    if before.is_some() {
        let old = median(&mut old);
        report.note("CreateTask before there were events", old, "1/s");
        report.at_least("CreateTask, delivery paused", paused, 0.85 * old, "1/s");
    } else {
        report.at_least("CreateTask, delivery paused", paused, 0.5 * limit, "1/s");
    }
    report.note("CreateTask, everything delivered meanwhile", running, "1/s");

    drain(program, &place("drain"), report).await?;
    soon(program, &place("soon"), report).await
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// 20,000 waiting events, through relay, log and every group.
async fn drain(program: &Path, data_dir: &Path, report: &mut Report) -> anyhow::Result<()> {
    let server = start(program, data_dir, false).await;
    let ada = server.owner().await;
    let project = load::make_project(&server, &ada, "WEB").await?;
    load::fill(&server, &project, WAITING).await?;
    server.stop().await;
    let waiting = Store::open(data_dir)?.unpublished()?;

    let server = start(program, data_dir, true).await;
    let began = Instant::now();
    let store = Store::open(data_dir)?;
    while store.unpublished()? > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let published = began.elapsed();
    while !store.is_settled()? {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let per_second = |span: Duration| waiting as f64 / span.as_secs_f64();
    report.note("waiting events", waiting as f64, "");
    report.note("... through the relay into the log", per_second(published), "1/s");
    report.at_least("... and through every consumer", per_second(began.elapsed()), 5_000.0, "1/s");
    server.stop().await;
    Ok(())
}

/// How soon a change is counted, and told, at a fixed rate of changes.
async fn soon(program: &Path, data_dir: &Path, report: &mut Report) -> anyhow::Result<()> {
    let server = start(program, data_dir, true).await;
    let ada = server.owner().await;
    let project = load::make_project(&server, &ada, "WEB").await?;
    let (grace_id, grace) = colleague(&server, &ada, &project).await?;
    let tasks = 2 * u64::from(RATE) * SPAN.as_secs();
    load::fill(&server, &project, tasks).await?;
    let store = Store::open(data_dir)?;
    while !store.is_settled()? {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ids = task_ids(&server, &project).await?;
    let (first, second) = ids.split_at(ids.len() / 2);

    let counted = until_counted(&server, &ada, first).await?;
    report.at_most("change -> statistic visible, p99 at 200 changes/s", counted, 100.0, "ms");
    let told = until_told(&server, &ada, &grace, &grace_id, second).await?;
    report.at_most("change -> notification, p99 at 200 changes/s", told, 100.0, "ms");
    server.stop().await;
    Ok(())
}

/// Registers a contributor of the project: their id and a token.
async fn colleague(server: &Process, ada: &str, project: &str) -> anyhow::Result<(String, String)> {
    let (email, password) = ("grace@example.com".to_owned(), PASSWORD.to_owned());
    let register = RegisterRequest {
        email: email.clone(),
        display_name: "Grace".to_owned(),
        password: password.clone(),
        setup_token: String::new(),
    };
    let made = AccountServiceClient::new(server.connect().await)
        .register(register)
        .await?
        .into_inner();
    let id = made.user.context("a user")?.id;
    let add = AddProjectMemberRequest {
        project_id: project.to_owned(),
        member: Some(ProjectMember {
            user_id: id.clone(),
            role_id: "contributor".to_owned(),
            ..ProjectMember::default()
        }),
        request_id: String::new(),
    };
    AccessServiceClient::new(server.connect().await)
        .add_project_member(signed(ada, add))
        .await?;
    let sign_in = SignInRequest {
        email,
        password,
        session_kind: SessionKind::Native.into(),
    };
    let session = SessionServiceClient::new(server.connect().await)
        .sign_in(sign_in)
        .await?
        .into_inner();
    Ok((id, session.access_token))
}

async fn task_ids(server: &Process, project: &str) -> anyhow::Result<Vec<String>> {
    let token = server.token().await;
    let mut client = TaskServiceClient::new(server.connect().await).max_decoding_message_size(32 << 20);
    let (mut ids, mut page_token) = (Vec::new(), String::new());
    loop {
        let list = ListTasksRequest {
            project_id: project.to_owned(),
            page_size: 200,
            page_token,
            ..ListTasksRequest::default()
        };
        let page = client.list_tasks(signed(&token, list)).await?.into_inner();
        ids.extend(page.tasks.into_iter().map(|task| task.id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(ids);
        }
    }
}

/// Sends changes at the fixed rate, each of another task, and runs what follows each answer.
async fn at_rate<F, Fut>(server: &Process, token: &str, ids: &[String], change: impl Fn(&str) -> Task, then: F) -> anyhow::Result<()>
where
    F: Fn(String, Instant, String) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = anyhow::Result<()>> + Send,
{
    let client = TaskServiceClient::new(server.connect().await);
    let mut beat = tokio::time::interval(Duration::from_secs(1) / RATE);
    let mut calls = Vec::new();
    for id in ids {
        beat.tick().await;
        let request = signed(
            token,
            UpdateTaskRequest {
                task: Some(change(id)),
                ..UpdateTaskRequest::default()
            },
        );
        let (mut client, then, id) = (client.clone(), then.clone(), id.clone());
        calls.push(tokio::task::spawn(async move {
            let answer = client.update_task(request).await?;
            let token = answer.metadata().get("x-consistency-token").context("a consistency token")?;
            then(id, Instant::now(), token.to_str()?.to_owned()).await
        }));
    }
    for outcome in join_all(calls).await {
        outcome??;
    }
    Ok(())
}

/// The p99, in ms, from the answer of a change until statistics that must include it are answered.
async fn until_counted(server: &Process, ada: &str, ids: &[String]) -> anyhow::Result<f64> {
    let lags: Arc<Mutex<Histogram<u64>>> = Arc::new(Mutex::new(Histogram::new(3)?));
    let client = StatisticsServiceClient::new(server.connect().await);
    let (token, seen) = (ada.to_owned(), lags.clone());
    let then = move |task_id: String, answered: Instant, consistency_token: String| {
        let (mut client, token, seen) = (client.clone(), token.clone(), seen.clone());
        async move {
            let request = GetTaskStatisticsRequest {
                task_id,
                consistency_token,
            };
            client.get_task_statistics(signed(&token, request)).await?;
            seen.lock().unwrap_or_else(PoisonError::into_inner).record(micros(answered))?;
            anyhow::Ok(())
        }
    };
    let change = |id: &str| Task {
        id: id.to_owned(),
        title: "Changed".to_owned(),
        ..Task::default()
    };
    at_rate(server, ada, ids, change, then).await?;
    let lags = lags.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(lags.value_at_quantile(0.99) as f64 / 1000.0)
}

/// The p99, in ms, from the answer of an assignment until the assignee's stream brings the notification.
async fn until_told(server: &Process, ada: &str, grace: &str, grace_id: &str, ids: &[String]) -> anyhow::Result<f64> {
    let watch = WatchRequest {
        notifications: true,
        ..WatchRequest::default()
    };
    let mut stream = WatchServiceClient::new(server.connect().await)
        .watch(signed(grace, watch))
        .await?
        .into_inner();
    stream.message().await?.context("a first checkpoint")?;
    let answered: Arc<Mutex<HashMap<String, Instant>>> = Arc::default();
    let known = answered.clone();
    let then = move |task_id: String, at: Instant, _: String| {
        known.lock().unwrap_or_else(PoisonError::into_inner).insert(task_id, at);
        async { anyhow::Ok(()) }
    };
    let change = |id: &str| Task {
        id: id.to_owned(),
        assignee_ids: vec![grace_id.to_owned()],
        ..Task::default()
    };
    let reading = async {
        let mut arrived: HashMap<String, Instant> = HashMap::new();
        while arrived.len() < ids.len() {
            let message = tokio::time::timeout(Duration::from_secs(30), stream.message()).await??;
            if let Some(Event::NotificationUpserted(one)) = message.context("an open stream")?.event {
                arrived.entry(one.task_id).or_insert_with(Instant::now);
            }
        }
        anyhow::Ok(arrived)
    };
    let (sent, arrived) = tokio::join!(at_rate(server, ada, ids, change, then), reading);
    sent?;
    let (arrived, answered) = (arrived?, answered.lock().unwrap_or_else(PoisonError::into_inner));
    let mut lags = Histogram::<u64>::new(3)?;
    for (task_id, at) in arrived {
        let since = answered.get(&task_id).copied().unwrap_or(at);
        lags.record(u64::try_from(at.saturating_duration_since(since).as_micros())?)?;
    }
    Ok(lags.value_at_quantile(0.99) as f64 / 1000.0)
}
