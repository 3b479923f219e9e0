//! `kill -9` at random moments while facts travel: whatever was acknowledged has its consequences afterwards, each once. Statistics are what a
//! count of the tasks says, each assignment is one notification, uploads go on from where they were safe, and no half file shows. Three
//! rounds here, more by `cargo xtask soak` (TASKTRACKER_KILL_ROUNDS).
#![expect(
    clippy::disallowed_methods,
    reason = "the moment of the kill is chance, and rounds are chosen by whoever soaks"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tasktracker_proto::analytics::v1::GetProjectStatisticsRequest;
use tasktracker_proto::analytics::v1::statistics_service_client::StatisticsServiceClient;
use tasktracker_proto::auth::v1::access_service_client::AccessServiceClient;
use tasktracker_proto::auth::v1::account_service_client::AccountServiceClient;
use tasktracker_proto::auth::v1::session_service_client::SessionServiceClient;
use tasktracker_proto::auth::v1::{AddProjectMemberRequest, ProjectMember, RegisterRequest, SessionKind, SignInRequest};
use tasktracker_proto::core::v1::notification_service_client::NotificationServiceClient;
use tasktracker_proto::core::v1::project_service_client::ProjectServiceClient;
use tasktracker_proto::core::v1::status_service_client::StatusServiceClient;
use tasktracker_proto::core::v1::task_service_client::TaskServiceClient;
use tasktracker_proto::core::v1::*;
use tasktracker_proto::files::v1::file_service_client::FileServiceClient;
use tasktracker_proto::files::v1::upload_service_client::UploadServiceClient;
use tasktracker_proto::files::v1::{
    CompleteUploadRequest, CreateUploadRequest, DownloadFileRequest, GetUploadRequest, ListTaskFilesRequest, UploadState,
    WriteUploadRequest,
};
use tasktracker_proto::google::api::HttpBody;
use tasktracker_testing::{PASSWORD, Process, signed};
use tonic::transport::Channel;

const WRITERS: usize = 4;
const UPLOADERS: usize = 2;
/// Large enough that a kill meets one half-way.
const SIZE: usize = 3_000_000;

/// Uploads that were announced: by id, the task.
type Announced = Arc<Mutex<BTreeMap<String, String>>>;

struct Story {
    project_id: String,
    grace_id: String,
    done_id: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_from_an_acknowledged_write_follows_once_whatever_is_killed() {
    let rounds = std::env::var("TASKTRACKER_KILL_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(3);
    let program = Path::new(env!("CARGO_BIN_EXE_tasktracker"));
    let folder = tempfile::tempdir().expect("a directory");
    let data_dir = folder.path().join("data");
    let announced: Announced = Arc::default();

    let mut server = Process::start(program, &data_dir).await;
    let story = begin(&server).await;
    for _ in 0..rounds {
        let token = server.token().await;
        let channel = server.connect().await;
        let mut busy = tokio::task::JoinSet::new();
        for _ in 0..WRITERS {
            busy.spawn(write(
                channel.clone(),
                token.clone(),
                story.project_id.clone(),
                story.grace_id.clone(),
                story.done_id.clone(),
            ));
        }
        for _ in 0..UPLOADERS {
            busy.spawn(upload(channel.clone(), token.clone(), story.project_id.clone(), announced.clone()));
        }
        tokio::time::sleep(Duration::from_millis(random(400, 1500))).await;
        server.kill();
        busy.join_all().await;

        server = Process::start(program, &data_dir).await;
        resume(&server, &announced).await;
        check(&server, &story).await;
    }
    assert!(server.stop().await.success());
}

async fn begin(server: &Process) -> Story {
    let token = server.owner().await;
    let channel = server.connect().await;
    let project = CreateProjectRequest {
        project: Some(Project {
            key: "WEB".to_owned(),
            name: "Web".to_owned(),
            ..Project::default()
        }),
        request_id: String::new(),
    };
    let made = ProjectServiceClient::new(channel.clone())
        .create_project(signed(&token, project))
        .await;
    let project_id = made.expect("makes").into_inner().project.expect("a project").id;
    let register = RegisterRequest {
        email: "grace@example.com".to_owned(),
        display_name: "Grace".to_owned(),
        password: PASSWORD.to_owned(),
        setup_token: String::new(),
    };
    let grace = AccountServiceClient::new(channel.clone())
        .register(register)
        .await
        .expect("registers");
    let grace_id = grace.into_inner().user.expect("a user").id;
    let add = AddProjectMemberRequest {
        project_id: project_id.clone(),
        member: Some(ProjectMember {
            user_id: grace_id.clone(),
            role_id: "contributor".to_owned(),
            ..ProjectMember::default()
        }),
        request_id: String::new(),
    };
    AccessServiceClient::new(channel.clone())
        .add_project_member(signed(&token, add))
        .await
        .expect("adds");
    let list = ListStatusesRequest {
        project_id: project_id.clone(),
        ..ListStatusesRequest::default()
    };
    let statuses = StatusServiceClient::new(channel)
        .list_statuses(signed(&token, list))
        .await
        .expect("lists");
    let statuses = statuses.into_inner().statuses;
    let done_id = statuses.into_iter().find(|status| status.name == "Done").expect("Done").id;
    Story {
        project_id,
        grace_id,
        done_id,
    }
}

/// Makes tasks for grace and completes every second one, until the server is gone.
async fn write(channel: Channel, token: String, project_id: String, grace_id: String, done_id: String) {
    let mut client = TaskServiceClient::new(channel);
    for round in 0.. {
        let create = CreateTaskRequest {
            project_id: project_id.clone(),
            task: Some(Task {
                title: "Something".to_owned(),
                assignee_ids: vec![grace_id.clone()],
                ..Task::default()
            }),
            request_id: String::new(),
        };
        let Ok(made) = client.create_task(signed(&token, create)).await else {
            return;
        };
        if round % 2 == 0 {
            let done = MoveTaskRequest {
                task_id: made.into_inner().task.expect("a task").id,
                status_id: done_id.clone(),
                ..MoveTaskRequest::default()
            };
            if client.move_task(signed(&token, done)).await.is_err() {
                return;
            }
        }
    }
}

fn content(upload_id: &str) -> Vec<u8> {
    let seed = upload_id
        .bytes()
        .fold(7_u32, |seed, byte| seed.wrapping_mul(31).wrapping_add(u32::from(byte)));
    (0..SIZE as u32)
        .map(|number| (number.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 24) as u8)
        .collect()
}

fn pieces(upload_id: &str, offset: usize) -> Vec<WriteUploadRequest> {
    let content = content(upload_id);
    content[offset..]
        .chunks(64 * 1024)
        .enumerate()
        .map(|(index, piece)| WriteUploadRequest {
            upload_id: if index == 0 { upload_id.to_owned() } else { String::new() },
            offset: if index == 0 { i64::try_from(offset).expect("an offset") } else { 0 },
            content: Some(HttpBody {
                data: piece.to_vec().into(),
                ..HttpBody::default()
            }),
        })
        .collect()
}

/// Puts files on tasks until the server is gone.
async fn upload(channel: Channel, token: String, project_id: String, announced: Announced) {
    let mut client = UploadServiceClient::new(channel.clone());
    loop {
        let create = CreateTaskRequest {
            project_id: project_id.clone(),
            task: Some(Task {
                title: "With a file".to_owned(),
                ..Task::default()
            }),
            request_id: String::new(),
        };
        let Ok(task) = TaskServiceClient::new(channel.clone()).create_task(signed(&token, create)).await else {
            return;
        };
        let task_id = task.into_inner().task.expect("a task").id;
        let create = CreateUploadRequest {
            task_id: task_id.clone(),
            file_name: "file.bin".to_owned(),
            size_bytes: SIZE as i64,
            ..CreateUploadRequest::default()
        };
        let Ok(made) = client.create_upload(signed(&token, create)).await else {
            return;
        };
        let upload_id = made.into_inner().upload_id;
        announced
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(upload_id.clone(), task_id);
        // Slowly, so that the kill meets it half-way.
        let slow = async_pieces(pieces(&upload_id, 0));
        if client.write_upload(signed(&token, slow)).await.is_err() {
            return;
        }
        let complete = CompleteUploadRequest {
            upload_id,
            ..CompleteUploadRequest::default()
        };
        if client.complete_upload(signed(&token, complete)).await.is_err() {
            return;
        }
    }
}

fn async_pieces(pieces: Vec<WriteUploadRequest>) -> impl futures_util::Stream<Item = WriteUploadRequest> {
    futures_util::stream::unfold(pieces.into_iter(), |mut rest| async {
        let piece = rest.next()?;
        tokio::time::sleep(Duration::from_millis(2)).await;
        Some((piece, rest))
    })
}

/// Completes every upload that was announced, from where it is safe.
async fn resume(server: &Process, announced: &Announced) {
    let token = server.token().await;
    let mut client = UploadServiceClient::new(server.connect().await);
    let open = std::mem::take(&mut *announced.lock().unwrap_or_else(PoisonError::into_inner));
    assert!(!open.is_empty(), "something was uploaded before the kill");
    for (upload_id, task_id) in open {
        let get = GetUploadRequest {
            upload_id: upload_id.clone(),
        };
        let upload = client
            .get_upload(signed(&token, get))
            .await
            .expect("is known")
            .into_inner()
            .upload
            .expect("an upload");
        if upload.state() == UploadState::Pending {
            let safe = usize::try_from(upload.received_bytes).expect("an offset");
            let listed = files_of(server, &token, &task_id).await;
            assert!(listed.is_empty(), "half a file shows");
            if safe < SIZE {
                let rest = futures_util::stream::iter(pieces(&upload_id, safe));
                client.write_upload(signed(&token, rest)).await.expect("goes on where it was");
            }
        }
        let complete = CompleteUploadRequest {
            upload_id: upload_id.clone(),
            ..CompleteUploadRequest::default()
        };
        client.complete_upload(signed(&token, complete)).await.expect("completes");
        let listed = files_of(server, &token, &task_id).await;
        assert_eq!(listed.len(), 1);
        let download = DownloadFileRequest {
            file_id: listed[0].clone(),
        };
        let mut stream = FileServiceClient::new(server.connect().await)
            .download_file(signed(&token, download))
            .await
            .expect("downloads")
            .into_inner();
        let mut bytes = Vec::new();
        while let Some(piece) = stream.message().await.expect("a piece") {
            bytes.extend(piece.content.unwrap_or_default().data);
        }
        assert!(bytes == content(&upload_id), "the content is what was sent");
    }
}

async fn files_of(server: &Process, token: &str, task_id: &str) -> Vec<String> {
    let list = ListTaskFilesRequest {
        task_id: task_id.to_owned(),
        ..ListTaskFilesRequest::default()
    };
    let listed = FileServiceClient::new(server.connect().await)
        .list_task_files(signed(token, list))
        .await;
    listed.expect("lists").into_inner().files.into_iter().map(|file| file.id).collect()
}

/// Waits until everything has followed, and compares it with the tasks themselves.
async fn check(server: &Process, story: &Story) {
    let token = server.token().await;
    let began = Instant::now();
    loop {
        let wrong = differences(server, &token, story).await;
        if wrong.is_empty() {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(40), "it never followed: {wrong:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What does not agree with the tasks, as words.
async fn differences(server: &Process, token: &str, story: &Story) -> Vec<String> {
    let tasks = tasks(server, token, &story.project_id).await;
    let mut wrong = Vec::new();
    let mut expect = |what: &str, seen: i64, wanted: i64| {
        if seen != wanted {
            wrong.push(format!("{what}: {seen} instead of {wanted}"));
        }
    };

    let request = GetProjectStatisticsRequest {
        project_id: story.project_id.clone(),
        ..GetProjectStatisticsRequest::default()
    };
    let statistics = StatisticsServiceClient::new(server.connect().await)
        .get_project_statistics(signed(token, request))
        .await
        .expect("answers")
        .into_inner()
        .statistics
        .expect("statistics");
    for count in &statistics.category_counts {
        let of_category = tasks.iter().filter(|task| task.status_category == count.status_category).count();
        expect(
            &format!("{:?}", count.status_category()),
            i64::from(count.task_count),
            of_category as i64,
        );
    }
    let sum = |of: fn(&tasktracker_proto::analytics::v1::DayCounts) -> i32| i64::from(statistics.days.iter().map(of).sum::<i32>());
    expect("created", sum(|day| day.created_count), tasks.len() as i64);
    let completed = tasks.iter().filter(|task| task.complete_time.is_some()).count();
    expect("completed", sum(|day| day.completed_count), completed as i64);

    let mut told: BTreeMap<String, i64> = BTreeMap::new();
    for one in inbox_of_grace(server).await {
        if one.reason() == NotificationReason::Assigned {
            *told.entry(one.task_id).or_default() += i64::from(one.count);
        }
    }
    for task in &tasks {
        let wanted = i64::from(task.assignee_ids.contains(&story.grace_id));
        expect(
            &format!("notifications about {}", task.key),
            told.remove(&task.id).unwrap_or_default(),
            wanted,
        );
        let files = if task.title == "With a file" {
            files_of(server, token, &task.id).await.len()
        } else {
            0
        };
        expect(&format!("files on {}", task.key), i64::from(task.attachment_count), files as i64);
    }
    expect("notifications about nothing", told.len() as i64, 0);
    wrong
}

async fn tasks(server: &Process, token: &str, project_id: &str) -> Vec<Task> {
    let mut client = TaskServiceClient::new(server.connect().await).max_decoding_message_size(32 << 20);
    let (mut tasks, mut page_token) = (Vec::new(), String::new());
    loop {
        let list = ListTasksRequest {
            project_id: project_id.to_owned(),
            page_size: 200,
            page_token,
            ..ListTasksRequest::default()
        };
        let page = client.list_tasks(signed(token, list)).await.expect("lists").into_inner();
        tasks.extend(page.tasks);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return tasks;
        }
    }
}

async fn inbox_of_grace(server: &Process) -> Vec<Notification> {
    let sign_in = SignInRequest {
        email: "grace@example.com".to_owned(),
        password: PASSWORD.to_owned(),
        session_kind: SessionKind::Native.into(),
    };
    let session = SessionServiceClient::new(server.connect().await)
        .sign_in(sign_in)
        .await
        .expect("signs in");
    let token = session.into_inner().access_token;
    let mut client = NotificationServiceClient::new(server.connect().await);
    let (mut inbox, mut page_token) = (Vec::new(), String::new());
    loop {
        let list = ListNotificationsRequest {
            page_size: 200,
            page_token,
            ..ListNotificationsRequest::default()
        };
        let page = client.list_notifications(signed(&token, list)).await.expect("lists").into_inner();
        inbox.extend(page.notifications);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return inbox;
        }
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
