//! The system as clients in other languages see it: Python over gRPC, gRPC-web and REST, grpcurl and buf against the finished program. The
//! scripts are in `polyglot/`. A test whose tool is not there says so and passes; `cargo xtask test` brings the tools, and fails in CI
//! where it cannot.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tasktracker_server::terminal;
use tasktracker_testing::Process;
use tempfile::TempDir;

const PYTHON: &str = "TASKTRACKER_TEST_PYTHON";
const GRPCURL: &str = "TASKTRACKER_TEST_GRPCURL";
const BUF: &str = "TASKTRACKER_TEST_BUF";

/// What grpcurl adds to a gRPC code for its exit code.
const GRPCURL_FAILED: i32 = 64;
/// What buf multiplies a gRPC code by for its exit code.
const BUF_FAILED: i32 = 8;

#[tokio::test]
async fn polyglot_python_over_grpc() {
    script("client.py").await;
}

#[tokio::test]
async fn polyglot_python_over_rest() {
    script("rest.py").await;
}

#[tokio::test]
async fn polyglot_python_with_large_files() {
    script("files.py").await;
}

#[tokio::test]
async fn polyglot_python_over_grpc_web() {
    script("grpc_web.py").await;
}

#[tokio::test]
async fn polyglot_grpcurl_sees_what_clients_may_call_and_nothing_else() {
    let Some(grpcurl) = tool(GRPCURL) else { return };
    let server = Server::start().await;
    let run = |arguments: &[&str]| output(Command::new(&grpcurl).arg("-plaintext").args(arguments));

    let listed = run(&[&server.process.address, "list"]);
    let listed: Vec<_> = text(&listed.stdout).lines().map(str::to_owned).collect();
    let mut expected = public_services();
    expected.extend(["grpc.health.v1.Health".to_owned(), "grpc.reflection.v1.ServerReflection".to_owned()]);
    expected.sort();
    assert_eq!(listed, expected);

    let described = run(&[&server.process.address, "describe", "tasktracker.core.v1.Task"]);
    let words = text(&described.stdout);
    assert!(
        words.contains("message Task {") && words.contains("// Title, 1 to 500 characters, one line."),
        "{words}"
    );
    for internal in ["tasktracker.auth.v1.PermissionService", "tasktracker.auth.v1.CheckRequest"] {
        let refused = run(&[&server.process.address, "describe", internal]);
        assert!(!refused.status.success(), "{internal}: {}", text(&refused.stdout));
    }

    let health = run(&[&server.process.address, "grpc.health.v1.Health/Check"]);
    assert_eq!(json_of(&health), json!({"status": "SERVING"}));
}

#[tokio::test]
async fn polyglot_grpcurl_calls_by_name() {
    let Some(grpcurl) = tool(GRPCURL) else { return };
    let server = Server::start().await;
    let token = bearer(&server.process.owner().await);
    let call = |options: &[&str], rpc: &str, request: Value| {
        let request = request.to_string();
        output(
            Command::new(&grpcurl)
                .arg("-plaintext")
                .args(options)
                .args(["-d", &request, &server.process.address, rpc]),
        )
    };
    let signed = ["-H", token.as_str()];

    let made = call(
        &signed,
        "tasktracker.core.v1.ProjectService/CreateProject",
        json!({"project": {"key": "WEB", "name": "Web"}}),
    );
    let project_id = json_of(&made)["project"]["id"].clone();
    let task = json!({"project_id": project_id, "task": {"title": "Größe ändern"}});
    let task = json_of(&call(&signed, "tasktracker.core.v1.TaskService/CreateTask", task))["task"].clone();
    let read = call(&signed, "tasktracker.core.v1.TaskService/GetTask", json!({"task_id": "WEB-1"}));
    assert_eq!((&json_of(&read)["task"], &task["title"]), (&task, &json!("Größe ändern")));

    let missing = call(&signed, "tasktracker.core.v1.TaskService/GetTask", json!({"task_id": "WEB-99"}));
    assert_eq!(missing.status.code(), Some(GRPCURL_FAILED + 5));
    let words = text(&missing.stderr);
    assert!(
        words.contains("Message: task not found") && words.contains(r#""reason": "NOT_FOUND""#),
        "details are not readable: {words}"
    );
    let stranger = call(&[], "tasktracker.core.v1.TaskService/GetTask", json!({"task_id": "WEB-1"}));
    assert_eq!(stranger.status.code(), Some(GRPCURL_FAILED + 16));

    // Reflection does not tell of internal services, so whoever calls one brings its proto: it does not exist all the same.
    let (proto, third_party) = (proto(), proto().join("third_party"));
    let by_file = [
        "-import-path",
        path(&proto),
        "-import-path",
        path(&third_party),
        "-H",
        token.as_str(),
    ];
    for (file, rpc) in [
        ("permission_service", "PermissionService/Check"),
        ("scope_service", "ScopeService/CreateScope"),
        ("credential_service", "CredentialService/ExchangeCredential"),
        ("contact_service", "ContactService/GetContacts"),
    ] {
        let file = format!("tasktracker/auth/v1/{file}.proto");
        let options = [&by_file[..], &["-proto", &file]].concat();
        let refused = call(&options, &format!("tasktracker.auth.v1.{rpc}"), json!({}));
        assert_eq!(refused.status.code(), Some(GRPCURL_FAILED + 12), "{rpc}: {}", text(&refused.stderr));
    }
}

/// The one test that opens the services' own ports: they are fixed.
#[tokio::test]
async fn polyglot_grpcurl_steers_what_runs_in_the_background() {
    const CORE: &str = "127.0.0.1:50052";
    const SERVICE: &str = "tasktracker.operations.v1.OperationsService";
    let Some(grpcurl) = tool(GRPCURL) else { return };
    let folder = tempfile::tempdir().expect("a directory");
    let data_dir = folder.path().join("data");
    let start = || async {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tasktracker"));
        Process::run(
            command
                .args(["serve", "--expose-services", "--port", "0", "--data-dir"])
                .arg(&data_dir),
        )
        .await
    };
    let call = |address: &str, token: &str, rpc: &str, request: Value| {
        let (token, request) = (bearer(token), request.to_string());
        output(Command::new(&grpcurl).args(["-plaintext", "-H", &token, "-d", &request, address, rpc]))
    };

    let server = start().await;
    let token = server.owner().await;
    let made = call(
        &server.address,
        &token,
        "tasktracker.core.v1.ProjectService/CreateProject",
        json!({"project": {"key": "WEB", "name": "Web"}}),
    );
    let project_id = json_of(&made)["project"]["id"].clone();
    let task = json!({"project_id": project_id, "task": {"title": "One"}});
    json_of(&call(&server.address, &token, "tasktracker.core.v1.TaskService/CreateTask", task));
    let schedules = json_of(&call(CORE, &token, &format!("{SERVICE}/ListSchedules"), json!({})));
    let names: Vec<&str> = schedules["schedules"]
        .as_array()
        .expect("schedules")
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert!(
        names.contains(&"core.purge") && names.iter().any(|name| name.starts_with("files.")),
        "{names:?}"
    );
    let paused = call(
        CORE,
        &token,
        &format!("{SERVICE}/PauseSchedule"),
        json!({"name": "core.purge", "paused": true}),
    );
    assert_eq!(json_of(&paused)["schedule"]["paused"], json!(true));
    let jobs = call(CORE, &token, &format!("{SERVICE}/ListJobs"), json!({"state": "JOB_STATE_FAILED"}));
    assert_eq!(json_of(&jobs)["jobs"], Value::Null, "nothing has failed");
    // Every port shows it, and answers for all.
    for port in ["127.0.0.1:50051", "127.0.0.1:50053", "127.0.0.1:50054"] {
        let listed = json_of(&call(port, &token, &format!("{SERVICE}/ListSchedules"), json!({})));
        assert_eq!(listed["schedules"].as_array().map(Vec::len), Some(names.len()), "{port}");
    }
    // Through the gateway there is no such service.
    let hidden = call(&server.address, &token, &format!("{SERVICE}/ListJobs"), json!({}));
    assert!(!hidden.status.success());
    assert!(server.stop().await.success());

    // An event that an older program could not handle: its bytes are kept.
    bury_the_newest_event(&data_dir);
    let server = start().await;
    let token = server.token().await;
    let letters = || json_of(&call(CORE, &token, &format!("{SERVICE}/ListDeadLetters"), json!({})))["deadLetters"].clone();
    let listed = letters();
    assert_eq!(
        (&listed[0]["group"], &listed[0]["eventType"], &listed[0]["error"]),
        (
            &json!("core.notifications"),
            &json!("tasktracker.events.v1.TaskEvent"),
            &json!("not understood")
        )
    );
    let replay = json!({"dead_letter_id": listed[0]["id"]});
    let replayed = call(CORE, &token, &format!("{SERVICE}/ReplayDeadLetter"), replay.clone());
    assert!(replayed.status.success(), "{}", text(&replayed.stderr));
    assert_eq!(letters(), Value::Null, "it was handled");
    let again = call(CORE, &token, &format!("{SERVICE}/ReplayDeadLetter"), replay);
    assert_eq!(again.status.code(), Some(GRPCURL_FAILED + 5));
    let schedules = json_of(&call(CORE, &token, &format!("{SERVICE}/ListSchedules"), json!({})));
    let purge = schedules["schedules"]
        .as_array()
        .expect("schedules")
        .iter()
        .find(|one| one["name"] == "core.purge");
    assert_eq!(purge.expect("core.purge")["paused"], json!(true), "it stays paused");
    assert!(server.stop().await.success());
}

/// Puts the newest event of a task into Core's dead letters, as if it had not been handled.
fn bury_the_newest_event(data_dir: &Path) {
    let log = rusqlite::Connection::open(data_dir.join("events.db")).expect("the log");
    let newest = "select position, event_key, event_id, occur_time, payload from entries where topic = 'tasktracker.core.task.v1' order by position desc limit 1";
    let core = rusqlite::Connection::open(data_dir.join("core.db")).expect("core's database");
    log.query_row(newest, [], |row| {
        let (position, key, event_id): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (time, payload): (i64, Vec<u8>) = (row.get(3)?, row.get(4)?);
        core.execute(
            "insert into dead_letters (id, consumer, identity, topic, position, event_key, event_id, occur_time, payload, error, attempts, create_time)
             values (?1, 'core.notifications', ?2, 'tasktracker.core.task.v1', ?3, ?4, ?2, ?5, ?6, 'not understood', 3, ?5)",
            rusqlite::params!["019de368-f600-71ed-9b4a-0000000000aa", event_id, position, key, time, payload],
        )
    })
    .expect("buried");
}

#[tokio::test]
async fn polyglot_grpcurl_hears_why_a_watch_ends_when_the_server_stops() {
    let Some(grpcurl) = tool(GRPCURL) else { return };
    let server = Server::start().await;
    let token = bearer(&server.process.owner().await);
    let run = |rpc: &str, request: Value| {
        let mut command = Command::new(&grpcurl);
        let call = [
            "-plaintext",
            "-max-time",
            "60",
            "-H",
            &token,
            "-d",
            &request.to_string(),
            &server.process.address,
            rpc,
        ];
        command.args(call).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let project = json!({"project": {"key": "WEB", "name": "Web"}});
    let made = output(&mut run("tasktracker.core.v1.ProjectService/CreateProject", project));
    let watched = json!({"project_ids": [json_of(&made)["project"]["id"]]});
    let mut watch = run("tasktracker.core.v1.WatchService/Watch", watched)
        .spawn()
        .expect("grpcurl runs");
    let mut lines = BufReader::new(watch.stdout.take().expect("standard output"))
        .lines()
        .map_while(Result::ok);
    assert!(lines.any(|line| line.contains("checkpoint")), "a watch begins with a checkpoint");

    assert!(server.process.stop().await.success(), "a stop is no failure");
    let ended = watch.wait_with_output().expect("it ran");
    assert_eq!(ended.status.code(), Some(GRPCURL_FAILED + 14), "{}", text(&ended.stderr));
    assert!(text(&ended.stderr).contains("this process is stopping"), "{}", text(&ended.stderr));
}

#[tokio::test]
async fn polyglot_buf_curl_over_grpc_and_grpc_web() {
    let Some(buf) = tool(BUF) else { return };
    let server = Server::start().await;
    let token = bearer(&server.process.owner().await);
    let call = |protocol: &[&str], rpc: &str, request: Value| {
        let url = format!("http://{}/tasktracker.core.v1.{rpc}", server.process.address);
        let request = request.to_string();
        output(
            Command::new(&buf)
                .args(["curl", "-H", &token, "-d", &request, "--protocol"])
                .args(protocol)
                .arg(url),
        )
    };
    let protocols: [&[&str]; 2] = [&["grpc", "--http2-prior-knowledge"], &["grpcweb"]];

    let made = call(
        protocols[1],
        "ProjectService/CreateProject",
        json!({"project": {"key": "WEB", "name": "Web"}}),
    );
    let project_id = json_of(&made)["project"]["id"].clone();
    let task = json!({"projectId": project_id, "task": {"title": "One"}});
    let task = json_of(&call(protocols[0], "TaskService/CreateTask", task));
    for protocol in protocols {
        let read = call(protocol, "TaskService/GetTask", json!({"taskId": "WEB-1"}));
        assert_eq!(json_of(&read), task, "{protocol:?}");
        let missing = call(protocol, "TaskService/GetTask", json!({"taskId": "WEB-99"}));
        assert_eq!(missing.status.code(), Some(BUF_FAILED * 5), "{protocol:?}");
        let said: Value = serde_json::from_slice(&missing.stderr).expect("JSON");
        assert_eq!(
            (&said["code"], &said["message"]),
            (&json!("not_found"), &json!("task not found")),
            "{protocol:?}"
        );
    }
}

/// The finished program on data of its own.
struct Server {
    process: Process,
    _folder: TempDir,
}

impl Server {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        let process = Process::start(Path::new(env!("CARGO_BIN_EXE_tasktracker")), &folder.path().join("data")).await;
        Self { process, _folder: folder }
    }
}

/// Runs a script against a server of its own. It prints what it did; here is shown what was not as it should be.
async fn script(name: &str) {
    let Some(python) = tool(PYTHON) else { return };
    let server = Server::start().await;
    let mut command = Command::new(python);
    command
        .arg("-B")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/polyglot").join(name));
    command
        .args(["--address", &server.process.address, "--setup-token", &server.process.setup_token])
        .arg("--proto")
        .arg(proto());
    let ran = output(&mut command);
    let wrong: Vec<_> = text(&ran.stdout)
        .lines()
        .filter(|line| !line.contains(r#""ok": true"#))
        .map(str::to_owned)
        .collect();
    assert!(
        ran.status.success(),
        "{name} ended with {}\n{}\n{}",
        ran.status,
        wrong.join("\n"),
        text(&ran.stderr)
    );
}

/// A tool's executable; none where nobody said where it is.
#[expect(clippy::disallowed_methods, reason = "xtask says by variables where it keeps the tools")]
fn tool(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).filter(|path| !path.is_empty());
    if found.is_none() {
        terminal::say(format!(
            "skipped: {variable} does not say where the tool is; `cargo xtask test` installs it"
        ));
    }
    found.map(PathBuf::from)
}

fn output(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().expect("the tool runs")
}

/// What a tool printed, which must be JSON.
fn json_of(output: &Output) -> Value {
    let read = serde_json::from_slice(&output.stdout);
    read.unwrap_or_else(|error| panic!("{error}: {} {}", text(&output.stdout), text(&output.stderr)))
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}")
}

fn proto() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto")
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path of letters")
}

/// The services with an RPC that clients may call, by the list of routes; internal ones have no route.
fn public_services() -> Vec<String> {
    let routes = include_str!("../../../proto/routes.txt").lines();
    let is_public = |line: &&str| !line.starts_with('#') && !line.starts_with('-');
    let rpcs = routes
        .filter(is_public)
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with("tasktracker.")));
    let mut services: Vec<_> = rpcs
        .filter_map(|rpc| rpc.split_once('/'))
        .map(|(service, _)| service.to_owned())
        .collect();
    services.sort();
    services.dedup();
    services
}
