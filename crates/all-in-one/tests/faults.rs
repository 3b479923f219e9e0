//! What a person at the terminal sees when the disk is full, the directory cannot be written, or another process holds it: a sentence that
//! says what is wrong, and no half state.

use std::path::Path;
use std::process::{Command, Output};

use tasktracker_proto::core::v1::project_service_client::ProjectServiceClient;
use tasktracker_proto::core::v1::task_service_client::TaskServiceClient;
use tasktracker_proto::core::v1::*;
use tasktracker_testing::{Problem, Process, signed};
use tonic::Code;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tasktracker");

fn tasktracker(arguments: &[&str], data_dir: &Path) -> Output {
    let mut command = Command::new(PROGRAM);
    command
        .args(arguments)
        .arg("--data-dir")
        .arg(data_dir)
        .env("TASKTRACKER_SERVER__ADMIN_PORT", "0")
        .env("TASKTRACKER_SERVER__PORT", "0");
    command.output().expect("the program runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test]
async fn a_second_process_on_the_same_data_is_told_why_it_cannot_start() {
    let folder = tempfile::tempdir().expect("a directory");
    let server = Process::start(Path::new(PROGRAM), folder.path()).await;
    let second = tasktracker(&["serve"], folder.path());
    assert!(!second.status.success());
    let words = said(&second);
    assert!(words.contains("in use by another tasktracker process (process "), "{words}");
    assert!(server.stop().await.success());
    let doctor = tasktracker(&["doctor"], folder.path());
    assert!(doctor.status.success(), "{}", said(&doctor));
}

#[tokio::test]
async fn a_data_directory_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().expect("a directory");
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("a file");
    // A directory below a file can never be made, whoever asks. A read-only one can be written by root.
    let refused = tasktracker(&["serve"], &file.join("data"));
    assert!(!refused.status.success());
    assert!(said(&refused).contains("cannot be written"), "{}", said(&refused));
    let doctor = tasktracker(&["doctor"], &file.join("data"));
    assert!(
        !doctor.status.success() && said(&doctor).contains("WRONG data directory"),
        "{}",
        said(&doctor)
    );
}

#[tokio::test]
async fn an_unknown_key_or_a_wrong_value_stops_the_start() {
    let folder = tempfile::tempdir().expect("a directory");
    for (name, value, words) in [
        ("TASKTRACKER_SERVER__PROT", "1", "did you mean server.port?"),
        ("TASKTRACKER_SERVER__EXPOSE_SERVICES", "perhaps", "must be true or false"),
        ("TASKTRACKER_AUTH__PASSWORD_PASSES", "1", "must be at least"),
        ("TASKTRACKER_INSTANCE__SECRET", "short", "at least 32 characters"),
    ] {
        let mut command = Command::new(PROGRAM);
        command
            .args(["serve", "--data-dir"])
            .arg(folder.path().join(name))
            .env("TASKTRACKER_SERVER__ADMIN_PORT", "0");
        let refused = command
            .env("TASKTRACKER_SERVER__PORT", "0")
            .env(name, value)
            .output()
            .expect("runs");
        assert!(!refused.status.success(), "{name}");
        assert!(said(&refused).contains(words), "{name}: {}", said(&refused));
    }
}

#[tokio::test]
async fn a_full_disk_refuses_writes_keeps_reads_and_leaves_nothing_half_done() {
    let folder = tempfile::tempdir().expect("a directory");
    let data_dir = folder.path().join("data");
    // No file of this process may grow beyond 2 MiB: to SQLite that is a disk that is full.
    let mut limited = Command::new("bash");
    limited
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 2048; exec \"$0\" serve --port 0 --data-dir \"$1\"",
            PROGRAM,
        ])
        .arg(&data_dir);
    let server = Process::run(&mut limited).await;
    let token = server.owner().await;
    let channel = server.connect().await;
    let project = Project {
        key: "WEB".to_owned(),
        name: "Web".to_owned(),
        ..Project::default()
    };
    let request = CreateProjectRequest {
        project: Some(project),
        request_id: String::new(),
    };
    let made = ProjectServiceClient::new(channel.clone())
        .create_project(signed(&token, request))
        .await
        .expect("makes");
    let project_id = made.into_inner().project.expect("a project").id;
    let mut client = TaskServiceClient::new(channel);
    let create = |index: usize| {
        let task = Task {
            title: format!("t{index}"),
            description: "x".repeat(40_000),
            ..Task::default()
        };
        signed(
            &token,
            CreateTaskRequest {
                project_id: project_id.clone(),
                task: Some(task),
                request_id: String::new(),
            },
        )
    };
    let mut written = 0;
    let refused = loop {
        match client.create_task(create(written)).await {
            Ok(_) => written += 1,
            Err(status) => break Problem::of(&status),
        }
        assert!(written < 200, "the disk must be full by now");
    };
    assert_eq!(
        (refused.code, refused.reason.as_str()),
        (Code::Unavailable, "STORAGE_FAILED"),
        "{refused}"
    );
    assert!(written > 5);
    let read = client
        .get_task(signed(
            &token,
            GetTaskRequest {
                task_id: "WEB-1".to_owned(),
            },
        ))
        .await
        .expect("reads");
    assert_eq!(read.into_inner().task.expect("a task").title, "t0");
    server.kill();

    // With room again everything acknowledged is there, nothing else, and numbers go on without a gap.
    let server = Process::start(Path::new(PROGRAM), &data_dir).await;
    let token = server.token().await;
    let mut client = TaskServiceClient::new(server.connect().await).max_decoding_message_size(32 << 20);
    let list = ListTasksRequest {
        project_id: project_id.clone(),
        page_size: 200,
        ..ListTasksRequest::default()
    };
    let found = client.list_tasks(signed(&token, list)).await.expect("lists").into_inner().tasks;
    assert_eq!(found.len(), written);
    let task = Task {
        title: "next".to_owned(),
        ..Task::default()
    };
    let create = CreateTaskRequest {
        project_id,
        task: Some(task),
        request_id: String::new(),
    };
    let next = client
        .create_task(signed(&token, create))
        .await
        .expect("makes")
        .into_inner()
        .task
        .expect("a task");
    assert_eq!(next.number, i32::try_from(written).expect("few") + 1);
}
