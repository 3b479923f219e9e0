//! `kill -9` at random moments under writes: every acknowledged write is there afterwards, and none is half there. Three rounds here,
//! more by `cargo xtask soak` (TASKTRACKER_KILL_ROUNDS).
#![expect(
    clippy::disallowed_methods,
    reason = "the moment of the kill is chance, and rounds are chosen by whoever soaks"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tasktracker_proto::core::v1::project_service_client::ProjectServiceClient;
use tasktracker_proto::core::v1::task_service_client::TaskServiceClient;
use tasktracker_proto::core::v1::*;
use tasktracker_testing::{Process, signed};
use tonic::transport::Channel;

const WRITERS: usize = 8;

/// What the server has acknowledged: by task id, the number and the last title.
type Acknowledged = Arc<Mutex<BTreeMap<String, (i32, String)>>>;

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_write_survives_a_kill_and_none_is_half_done() {
    let rounds = std::env::var("TASKTRACKER_KILL_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(3);
    let program = Path::new(env!("CARGO_BIN_EXE_tasktracker"));
    let folder = tempfile::tempdir().expect("a directory");
    let data_dir = folder.path().join("data");
    let acknowledged: Acknowledged = Arc::default();

    let mut server = Process::start(program, &data_dir).await;
    let token = server.owner().await;
    let project = Project {
        key: "WEB".to_owned(),
        name: "Web".to_owned(),
        ..Project::default()
    };
    let request = CreateProjectRequest {
        project: Some(project),
        request_id: String::new(),
    };
    let made = ProjectServiceClient::new(server.connect().await)
        .create_project(signed(&token, request))
        .await
        .expect("makes");
    let project_id = made.into_inner().project.expect("a project").id;

    for round in 0..rounds {
        let token = server.token().await;
        let channel = server.connect().await;
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            writers.spawn(write(
                channel.clone(),
                token.clone(),
                project_id.clone(),
                round * 1000 + writer,
                acknowledged.clone(),
            ));
        }
        tokio::time::sleep(Duration::from_millis(random(150, 900))).await;
        server.kill();
        writers.join_all().await;

        server = Process::start(program, &data_dir).await;
        let token = server.token().await;
        check(server.connect().await, &token, &project_id, &acknowledged).await;
    }
    assert!(server.stop().await.success());
}

/// Makes tasks and renames them until the server is gone, and notes what it has acknowledged.
async fn write(channel: Channel, token: String, project_id: String, name: usize, acknowledged: Acknowledged) {
    let mut client = TaskServiceClient::new(channel);
    for round in 0.. {
        let task = Task {
            title: format!("{name}.{round}"),
            ..Task::default()
        };
        let create = CreateTaskRequest {
            project_id: project_id.clone(),
            task: Some(task),
            request_id: format!("{name}.{round}"),
        };
        let Ok(made) = client.create_task(signed(&token, create)).await else {
            return;
        };
        let made = made.into_inner().task.expect("a task");
        note(&acknowledged, &made);
        let renamed = Task {
            id: made.id.clone(),
            title: format!("{name}.{round} again"),
            ..Task::default()
        };
        let update = UpdateTaskRequest {
            task: Some(renamed),
            ..UpdateTaskRequest::default()
        };
        let Ok(updated) = client.update_task(signed(&token, update)).await else {
            return;
        };
        note(&acknowledged, &updated.into_inner().task.expect("a task"));
    }
}

fn note(acknowledged: &Acknowledged, task: &Task) {
    acknowledged
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(task.id.clone(), (task.number, task.title.clone()));
}

async fn check(channel: Channel, token: &str, project_id: &str, acknowledged: &Acknowledged) {
    let mut client = TaskServiceClient::new(channel).max_decoding_message_size(32 << 20);
    let mut found: BTreeMap<String, Task> = BTreeMap::new();
    let mut page_token = String::new();
    loop {
        let list = ListTasksRequest {
            project_id: project_id.to_owned(),
            page_size: 200,
            page_token,
            ..ListTasksRequest::default()
        };
        let page = client.list_tasks(signed(token, list)).await.expect("lists").into_inner();
        found.extend(page.tasks.into_iter().map(|task| (task.id.clone(), task)));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let known = acknowledged.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(!known.is_empty(), "the writers wrote something before the kill");
    for (id, (number, title)) in &known {
        let task = found
            .get(id)
            .unwrap_or_else(|| panic!("task {number} was acknowledged and is gone"));
        assert_eq!(task.number, *number);
        // What was on its way when the server died may have happened, but nothing may be older than what was acknowledged.
        assert!(task.title.starts_with(title.as_str()), "{:?} after {title:?}", task.title);
    }
    let numbers: BTreeSet<i32> = found.values().map(|task| task.number).collect();
    assert_eq!(numbers.len(), found.len());
    assert_eq!(numbers.last().copied(), i32::try_from(found.len()).ok(), "numbers have no gaps");
    // Nothing is half done: each change of a task has its entry in the history.
    for task in found.values() {
        let list = ListTaskActivityRequest {
            task_id: task.id.clone(),
            ..ListTaskActivityRequest::default()
        };
        let history = client
            .list_task_activity(signed(token, list))
            .await
            .expect("lists")
            .into_inner()
            .activities;
        let changes = if task.title.ends_with("again") { 2 } else { 1 };
        assert_eq!(history.len(), changes, "{} has a history of each change", task.key);
        assert_eq!(task.followed, Some(true));
    }
}

/// A number that differs from run to run: the test must hold for every moment.
fn random(low: u64, high: u64) -> u64 {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("after 1970")
        .subsec_nanos();
    low + u64::from(now) % (high - low)
}
