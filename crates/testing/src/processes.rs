//! An instance of five processes on the real stores, each of which can be killed, paused and started again. The programs are those in the
//! folder that `TASKTRACKER_TEST_PROGRAMS` names, the stores those of the other variables; without them there is no such instance.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use crate::entrance::Entrance;
use crate::postgres::{self, Databases};
use crate::process::{ready, stopped};
use crate::stores;

/// The processes, in the order in which they start.
pub const PARTS: [&str; 5] = ["auth", "core", "analytics", "files", "gateway"];
/// A secret that nobody else uses.
const SECRET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef";

/// A running instance.
#[derive(Debug)]
pub struct Processes {
    programs: PathBuf,
    entrance: Entrance,
    environment: Vec<(String, String)>,
    ports: BTreeMap<&'static str, u16>,
    running: Mutex<BTreeMap<&'static str, Child>>,
    folder: TempDir,
    /// Vanish after the processes.
    _databases: Databases,
}

impl Deref for Processes {
    type Target = Entrance;

    fn deref(&self) -> &Entrance {
        &self.entrance
    }
}

impl Processes {
    /// Starts an instance without users, on stores of its own. None where the programs or the stores are missing.
    #[expect(clippy::disallowed_methods, reason = "tests learn of the programs by the environment")]
    pub async fn start() -> Option<Self> {
        let (Ok(programs), Some(url)) = (std::env::var("TASKTRACKER_TEST_PROGRAMS"), postgres::server()) else {
            return None;
        };
        let databases = Databases::fresh(url).await;
        let ports = free_ports();
        let folder = tempfile::tempdir().expect("a directory");
        let mut processes = Self {
            programs: PathBuf::from(programs),
            environment: environment(&databases, &ports),
            entrance: Entrance::new(format!("127.0.0.1:{}", ports["gateway"]), String::new()),
            ports,
            running: Mutex::default(),
            folder,
            _databases: databases,
        };
        processes.make_topics();
        for part in PARTS {
            let setup_token = processes.run(part).await;
            if part == "auth" {
                processes.entrance.setup_token = setup_token;
            }
        }
        Some(processes)
    }

    /// Starts a process that does not run, waits until it says that it is ready, and answers the set-up token that it tells.
    pub async fn run(&self, part: &'static str) -> String {
        let mut command = Command::new(self.programs.join(format!("tasktracker-{part}")));
        command
            .args(["serve", "--port", &self.ports[part].to_string()])
            .current_dir(self.folder.path())
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        let (child, _, setup_token) = ready(&mut command, "is ready: ", "is ready: ").await;
        self.running().insert(part, child);
        setup_token
    }

    /// Makes the topics, where events go by Kafka.
    fn make_topics(&self) {
        if !self.environment.iter().any(|(name, _)| name.ends_with("KAFKA__BROKERS")) {
            return;
        }
        let mut command = Command::new(self.programs.join("tasktracker"));
        command.args(["topics", "apply"]).current_dir(self.folder.path());
        let made = command.envs(self.environment.iter().map(|(name, value)| (name, value))).output();
        let made = made.expect("the program starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    /// Kills a process as a power cut would.
    pub fn kill(&self, part: &str) {
        let mut child = self.running().remove(part).expect("it runs");
        child.kill().expect("kills");
        child.wait().expect("it ends");
    }

    /// Stops a process as an operator would.
    pub async fn stop(&self, part: &str) {
        let mut child = self.running().remove(part).expect("it runs");
        assert!(stopped(&mut child).await.success(), "{part} ends well");
    }

    /// Holds a process still until [`Self::resume`].
    pub fn pause(&self, part: &str) {
        self.signal(part, "-STOP");
    }

    /// Lets a process go on.
    pub fn resume(&self, part: &str) {
        self.signal(part, "-CONT");
    }

    /// Where a process listens.
    #[must_use]
    pub fn address_of(&self, part: &str) -> String {
        format!("127.0.0.1:{}", self.ports[part])
    }

    /// The folder in which the processes run.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn signal(&self, part: &str, signal: &str) {
        let id = self.running()[part].id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill").success());
    }

    fn running(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, Child>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for child in self.running().values_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Ports that nobody listens on now.
fn free_ports() -> BTreeMap<&'static str, u16> {
    // All at once, so that none is given twice.
    let taken = PARTS.map(|part| (part, TcpListener::bind("127.0.0.1:0").expect("a free port")));
    let ports = taken
        .iter()
        .map(|(part, port)| (*part, port.local_addr().expect("an address").port()));
    ports.collect()
}

fn environment(databases: &Databases, ports: &BTreeMap<&'static str, u16>) -> Vec<(String, String)> {
    let mut environment = vec![
        ("TASKTRACKER_DATABASE__URL".to_owned(), databases.url.clone()),
        ("TASKTRACKER_DATABASE__PREFIX".to_owned(), databases.prefix.clone()),
        ("TASKTRACKER_DATABASE__POOL".to_owned(), "4".to_owned()),
        ("TASKTRACKER_INSTANCE__SECRET".to_owned(), SECRET.to_owned()),
    ];
    environment.extend(stores::settings(&databases.prefix));
    for (part, port) in ports.iter().filter(|(part, _)| **part != "gateway") {
        let name = format!("TASKTRACKER_SERVICES__{}", part.to_uppercase());
        environment.push((name, format!("http://127.0.0.1:{port}")));
    }
    environment
}
