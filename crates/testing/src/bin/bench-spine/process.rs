//! The finished program as a process of its own.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use tasktracker_proto::auth::v1::account_service_client::AccountServiceClient;
use tasktracker_proto::auth::v1::session_service_client::SessionServiceClient;
use tasktracker_proto::auth::v1::{RegisterRequest, SessionKind, SignInRequest};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tonic::transport::{Channel, Endpoint};

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct horse battery staple";

/// A running server.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where the gateway listens.
    pub address: String,
    setup_token: String,
}

impl Server {
    /// Starts the program that was built beside this one, and waits until it says that it is ready.
    pub async fn start(folder: &Path) -> anyhow::Result<Self> {
        let program = std::env::current_exe()?.with_file_name("tasktracker");
        let mut child = Command::new(&program)
            .args(["serve", "--port", "0", "--data-dir"])
            .arg(folder.join("data"))
            .env("TASKTRACKER_SERVER__ADMIN_PORT", "0")
            .env("TASKTRACKER_LOG__FILTER", "warn")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut lines = BufReader::new(child.stdout.take().context("standard output")?).lines();
        let (mut address, mut setup_token) = (String::new(), String::new());
        while let Some(line) = lines.next_line().await? {
            if let Some((_, found)) = line.split_once("ready: http://") {
                address = found.to_owned();
            }
            if line.trim_start().starts_with("tt-setup-") {
                setup_token = line.trim().to_owned();
            }
            if line.contains("Stop with Ctrl-C") {
                break;
            }
        }
        anyhow::ensure!(!address.is_empty(), "the server did not start");
        Ok(Self { child, address, setup_token })
    }

    /// A new connection.
    pub async fn connect(&self) -> anyhow::Result<Channel> {
        Ok(Endpoint::from_shared(format!("http://{}", self.address))?.tcp_nodelay(true).connect().await?)
    }

    /// Registers the first owner and answers a token.
    pub async fn owner(&self) -> anyhow::Result<String> {
        let register = RegisterRequest {
            email: EMAIL.to_owned(),
            display_name: "Ada".to_owned(),
            password: PASSWORD.to_owned(),
            setup_token: self.setup_token.clone(),
        };
        AccountServiceClient::new(self.connect().await?).register(register).await?;
        self.token().await
    }

    /// A fresh access token.
    pub async fn token(&self) -> anyhow::Result<String> {
        let sign_in = SignInRequest { email: EMAIL.to_owned(), password: PASSWORD.to_owned(), session_kind: SessionKind::Native.into() };
        Ok(SessionServiceClient::new(self.connect().await?).sign_in(sign_in).await?.into_inner().access_token)
    }

    /// Resident memory in KiB.
    pub fn resident_kb(&self) -> anyhow::Result<f64> {
        let id = self.child.id().context("a process")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("VmRSS")?;
        Ok(line.split_whitespace().nth(1).context("a number")?.parse()?)
    }

    /// Stops the server as an operator would.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let id = self.child.id().context("a process")?;
        Command::new("kill").arg(id.to_string()).status().await?;
        let ended = tokio::time::timeout(Duration::from_secs(15), self.child.wait()).await.context("the server did not stop")??;
        anyhow::ensure!(ended.success(), "the server ended with {ended}");
        Ok(())
    }
}
