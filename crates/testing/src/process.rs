//! The finished program as a process of its own, for what only a process can show: start, memory, and death.

use std::io::{BufRead, BufReader};
use std::ops::Deref;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::entrance::Entrance;

/// A running server that holds everything.
#[derive(Debug)]
pub struct Process {
    child: Child,
    entrance: Entrance,
}

impl Deref for Process {
    type Target = Entrance;

    fn deref(&self) -> &Entrance {
        &self.entrance
    }
}

impl Process {
    /// Starts a program on a data directory and waits until it says that it is ready.
    pub async fn start(program: &Path, data_dir: &Path) -> Self {
        let mut command = Command::new(program);
        Self::run(command.args(["serve", "--port", "0", "--data-dir"]).arg(data_dir)).await
    }

    /// Runs a command that starts a server, and waits until it says that it is ready.
    pub async fn run(command: &mut Command) -> Self {
        let (child, address, setup_token) = ready(command, "ready: http://", "Stop with Ctrl-C").await;
        Self {
            child,
            entrance: Entrance::new(address, setup_token),
        }
    }

    /// Id of the process.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory in KiB.
    #[must_use]
    pub fn resident_kb(&self) -> f64 {
        let id = self.child.id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("procfs");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS");
        line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
    }

    /// Kills it as a power cut would: no signal handler runs.
    pub fn kill(mut self) {
        self.child.kill().expect("kills");
        self.child.wait().expect("it ends");
    }

    /// Stops it as an operator would.
    pub async fn stop(mut self) -> ExitStatus {
        stopped(&mut self.child).await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command until it says that it is ready, and answers what follows those words, and a set-up token where it says one. `last` is in
/// the line after which it says nothing more.
pub(crate) async fn ready(command: &mut Command, words: &'static str, last: &'static str) -> (Child, String, String) {
    let mut child = command
        .env("TASKTRACKER_SERVER__ADMIN_PORT", "0")
        .env("TASKTRACKER_LOG__FILTER", "warn")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let lines = BufReader::new(child.stdout.take().expect("standard output"));
    let greeting = tokio::task::spawn_blocking(move || {
        let (mut found, mut setup_token) = (String::new(), String::new());
        for line in lines.lines().map_while(Result::ok) {
            if let Some((_, rest)) = line.split_once(words) {
                rest.clone_into(&mut found);
            }
            if line.trim_start().starts_with("tt-setup-") {
                line.trim().clone_into(&mut setup_token);
            }
            if line.contains(last) {
                break;
            }
        }
        (found, setup_token)
    });
    let (found, setup_token) = greeting.await.expect("no panic");
    assert!(!found.is_empty(), "the server did not say that it is ready");
    (child, found, setup_token)
}

/// Asks a process to end, and waits until it has.
pub(crate) async fn stopped(child: &mut Child) -> ExitStatus {
    Command::new("kill").arg(child.id().to_string()).status().expect("kill");
    for _ in 0..150 {
        if let Some(ended) = child.try_wait().expect("a child") {
            return ended;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the server did not stop within 15 seconds");
}
