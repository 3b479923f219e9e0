//! `cargo xtask up --distributed`: the servers, the databases and topics, and five processes, whose end is one Ctrl-C.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use super::{Arguments, become_process};
use crate::programs::PARTS;
use crate::services::{self, Durability, Outcome, Place};
use crate::{environment, programs, terminal};

/// Starts the programs in order and ends all of them when one ends, or at a signal. `$1` is their folder, `$2` the gateway's port.
const SCRIPT: &str = r#"
pids=""
finish() { trap - INT TERM; kill $pids 2>/dev/null; wait; exit "$1"; }
trap 'finish 0' INT TERM
for part in auth core analytics files gateway; do
  if [ "$part" = gateway ]; then set -- "$1" "$2" --port "$2"; else set -- "$1" "$2"; fi
  folder=$1; port=$2; shift 2
  "$folder/tasktracker-$part" serve "$@" &
  pids="$pids $!"
  set -- "$folder" "$port"
done
while :; do
  for pid in $pids; do kill -0 "$pid" 2>/dev/null || { echo "one of the processes ended, stopping the others" >&2; finish 1; }; done
  sleep 1
done
"#;

/// Runs.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let folder = programs::build(arguments.release)?;
    let data_dir = arguments.data_dir.clone().unwrap_or_else(|| PathBuf::from("data/distributed"));
    let data_dir = std::path::absolute(data_dir)?;
    std::fs::create_dir_all(&data_dir).with_context(|| format!("cannot make {}", data_dir.display()))?;
    let settings = settings(&data_dir, &servers()?)?;

    run_to_its_end(
        Command::new(folder.join("tasktracker")).args(["topics", "apply"]),
        &settings,
        &data_dir,
    )?;
    for part in PARTS {
        run_to_its_end(
            Command::new(folder.join(format!("tasktracker-{part}"))).arg("migrate"),
            &settings,
            &data_dir,
        )?;
    }
    if arguments.demo {
        let mut demo = Command::new(folder.join("tasktracker"));
        // Its folder `data` is where the process of the files looks for them.
        run_to_its_end(demo.args(["demo", "--data-dir", "data"]), &settings, &data_dir)?;
        terminal::say("Sign in as ada@example.com with the password: correct horse battery staple");
    }
    let port = arguments.port.unwrap_or(8080).to_string();
    terminal::say(format!(
        "Task Tracker in five processes: http://127.0.0.1:{port} (its API: /docs). Each answers grpcurl: \
         auth 50051, core 50052, analytics 50053, files 50054. Stop with Ctrl-C; the servers go on: cargo xtask services down"
    ));
    let mut command = Command::new("sh");
    command
        .args(["-c", SCRIPT, "tasktracker"])
        .arg(&folder)
        .arg(port)
        .current_dir(&data_dir);
    become_process(command.envs(settings))
}

/// Starts the third-party servers and answers where they are, by the names of their variables.
fn servers() -> Result<Vec<(&'static str, String)>> {
    let place = Place::choose(None, None)?;
    let started = services::up(&place, &services::select(&[])?, Durability::Kept)?;
    services::print(&place, &started);
    if started.iter().any(|started| !matches!(started.outcome, Outcome::Runs(_))) {
        bail!("a server does not run; what is missing stands above");
    }
    Ok(services::variables(&started))
}

/// The settings of all processes, as variables: the same for each, and each takes what is its own.
fn settings(data_dir: &Path, servers: &[(&'static str, String)]) -> Result<Vec<(String, String)>> {
    let at = |name: &str| {
        let found = servers.iter().find(|(variable, _)| *variable == name);
        found
            .map(|(_, address)| address.clone())
            .with_context(|| format!("no server is at {name}"))
    };
    let s3 = at("TASKTRACKER_TEST_S3")?;
    let (keys, s3) = s3.trim_start_matches("http://").split_once('@').context("S3 has no keys")?;
    let (access_key, secret_key) = keys.split_once(':').context("S3 has no secret")?;
    Ok(vec![
        ("TASKTRACKER_DATABASE__URL".to_owned(), at("TASKTRACKER_TEST_POSTGRES")?),
        ("TASKTRACKER_EVENTS__KAFKA__BROKERS".to_owned(), at("TASKTRACKER_TEST_KAFKA")?),
        // There is one broker.
        ("TASKTRACKER_EVENTS__KAFKA__REPLICATION_FACTOR".to_owned(), "1".to_owned()),
        ("TASKTRACKER_ANALYTICS__MONGODB__URL".to_owned(), at("TASKTRACKER_TEST_MONGODB")?),
        ("TASKTRACKER_FILES__S3__ENDPOINT".to_owned(), format!("http://{s3}")),
        ("TASKTRACKER_FILES__S3__BUCKET".to_owned(), "tasktracker".to_owned()),
        ("TASKTRACKER_FILES__S3__CREATE_BUCKET".to_owned(), "true".to_owned()),
        ("TASKTRACKER_FILES__S3__ACCESS_KEY".to_owned(), access_key.to_owned()),
        ("TASKTRACKER_FILES__S3__SECRET_KEY".to_owned(), secret_key.to_owned()),
        ("TASKTRACKER_MAIL__TRANSPORT".to_owned(), "ses".to_owned()),
        ("TASKTRACKER_MAIL__SES__ENDPOINT".to_owned(), at("TASKTRACKER_TEST_SES")?),
        ("TASKTRACKER_MAIL__SES__REGION".to_owned(), "us-east-1".to_owned()),
        ("TASKTRACKER_MAIL__SES__ACCESS_KEY_ID".to_owned(), "local".to_owned()),
        ("TASKTRACKER_MAIL__SES__SECRET_ACCESS_KEY".to_owned(), "local".to_owned()),
        (
            "TASKTRACKER_INSTANCE__SECRET_FILE".to_owned(),
            secret_file(data_dir)?.display().to_string(),
        ),
    ])
}

/// The file of the instance's secret, made at the first start.
fn secret_file(data_dir: &Path) -> Result<PathBuf> {
    let path = data_dir.join("instance.secret");
    if !path.exists() {
        let mut random = [0; 32];
        std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut random)?;
        let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        std::fs::write(&path, text)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    }
    Ok(path)
}

fn run_to_its_end(command: &mut Command, settings: &[(String, String)], folder: &Path) -> Result<()> {
    let settings = settings.iter().map(|(name, value)| (name, value));
    if !environment::run(command.envs(settings).current_dir(folder))?.success() {
        bail!("{} failed", command.get_program().display());
    }
    Ok(())
}
