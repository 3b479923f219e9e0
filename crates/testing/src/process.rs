//! The finished program as a process of its own, for what only a process can show: start, memory, and death.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use tasktracker_proto::auth::v1::account_service_client::AccountServiceClient;
use tasktracker_proto::auth::v1::session_service_client::SessionServiceClient;
use tasktracker_proto::auth::v1::{RegisterRequest, SessionKind, SignInRequest};
use tonic::Request;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};

use crate::world::PASSWORD;

const EMAIL: &str = "ada@example.com";

/// A running server.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Where the gateway listens.
    pub address: String,
    /// The set-up token, while there is no owner.
    pub setup_token: String,
    kept: tokio::sync::Mutex<Option<(String, std::time::Instant)>>,
}

impl Process {
    /// Starts a program on a data directory and waits until it says that it is ready.
    pub async fn start(program: &Path, data_dir: &Path) -> Self {
        let mut command = Command::new(program);
        Self::run(command.args(["serve", "--port", "0", "--data-dir"]).arg(data_dir)).await
    }

    /// Runs a command that starts a server, and waits until it says that it is ready.
    pub async fn run(command: &mut Command) -> Self {
        let mut child = command
            .env("TASKTRACKER_SERVER__ADMIN_PORT", "0")
            .env("TASKTRACKER_LOG__FILTER", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let words = BufReader::new(child.stdout.take().expect("standard output"));
        let greeting = tokio::task::spawn_blocking(move || {
            let (mut address, mut setup_token) = (String::new(), String::new());
            for line in words.lines().map_while(Result::ok) {
                if let Some((_, found)) = line.split_once("ready: http://") {
                    found.clone_into(&mut address);
                }
                if line.trim_start().starts_with("tt-setup-") {
                    line.trim().clone_into(&mut setup_token);
                }
                if line.contains("Stop with Ctrl-C") {
                    break;
                }
            }
            (address, setup_token)
        });
        let (address, setup_token) = greeting.await.expect("no panic");
        assert!(!address.is_empty(), "the server did not say that it is ready");
        Self {
            child,
            address,
            setup_token,
            kept: tokio::sync::Mutex::default(),
        }
    }

    /// A new connection.
    pub async fn connect(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address))
            .expect("an address")
            .tcp_nodelay(true);
        endpoint.connect().await.expect("the gateway answers")
    }

    /// Registers the first owner and answers a token.
    pub async fn owner(&self) -> String {
        let register = RegisterRequest {
            email: EMAIL.to_owned(),
            display_name: "Ada".to_owned(),
            password: PASSWORD.to_owned(),
            setup_token: self.setup_token.clone(),
        };
        AccountServiceClient::new(self.connect().await)
            .register(register)
            .await
            .expect("registers");
        self.token().await
    }

    /// A fresh access token of the owner.
    pub async fn token(&self) -> String {
        let sign_in = SignInRequest {
            email: EMAIL.to_owned(),
            password: PASSWORD.to_owned(),
            session_kind: SessionKind::Native.into(),
        };
        let answer = SessionServiceClient::new(self.connect().await)
            .sign_in(sign_in)
            .await
            .expect("signs in");
        answer.into_inner().access_token
    }

    /// A token of the owner that is kept for some minutes, for many calls of one kind.
    pub async fn token_once(&self) -> String {
        if let Some((token, since)) = &*self.kept.lock().await
            && since.elapsed() < Duration::from_secs(120)
        {
            return token.clone();
        }
        let token = self.token().await;
        #[expect(clippy::disallowed_methods, reason = "real time passes while a process runs")]
        let now = std::time::Instant::now();
        *self.kept.lock().await = Some((token.clone(), now));
        token
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
        Command::new("kill").arg(self.child.id().to_string()).status().expect("kill");
        for _ in 0..150 {
            if let Some(ended) = self.child.try_wait().expect("a child") {
                return ended;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the server did not stop within 15 seconds");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request with a token.
#[must_use]
pub fn signed<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(
        "authorization",
        MetadataValue::try_from(format!("Bearer {token}")).expect("a token"),
    );
    request
}
