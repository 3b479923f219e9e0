//! The gateway as a part of a process: its ways to the services, its exchange of cookies at Auth, and the program `tasktracker-gateway`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use tasktracker_identity::InstanceSecret;
use tasktracker_identity::changes::{Change, Changes};
use tasktracker_identity::service::{AsService, Credential};
use tasktracker_proto::auth::v1::ExchangeCredentialRequest;
use tasktracker_proto::auth::v1::credential_service_client::CredentialServiceClient;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::clock::{SharedClock, SystemClock};
use tasktracker_server::config::Config as Configuration;
use tasktracker_server::error::reason_of;
use tasktracker_server::ids::Ids;
use tasktracker_server::program::{self, Program, Server};
use tasktracker_server::services::{self, Services};
use tasktracker_server::{Lifecycle, RpcError, Upstream, admin, listen, telemetry, terminal};
use tokio::net::TcpListener;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::{Backends, Config, ExchangeCredential, Exchanged, Gateway, config};

/// The parts that serve what clients may call.
const PARTS: [&str; 4] = ["auth", "core", "analytics", "files"];
/// How long the gateway waits for Auth's first word before it serves all the same.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a gateway is made of.
#[derive(Debug)]
pub struct Parts {
    /// What the operator decided.
    pub config: Config,
    /// Where the services are.
    pub backends: Backends,
    /// Auth, called as the gateway.
    pub auth: AsService,
    /// Changes of access, as they happen.
    pub changes: Changes,
    /// The time.
    pub clock: SharedClock,
    /// Ids and randomness.
    pub ids: Ids,
    /// The owner of spawned work.
    pub lifecycle: Lifecycle,
}

/// Puts the gateway together, and lets it forget sessions as they end.
///
/// # Errors
/// A setting that cannot be.
pub fn start(parts: Parts) -> anyhow::Result<Gateway> {
    let (ended, lifecycle) = (parts.changes.subscribe(), parts.lifecycle.clone());
    let gateway = assemble(parts)?;
    forget_ended_sessions(&gateway, ended, &lifecycle);
    Ok(gateway)
}

/// Puts the gateway together; nothing runs yet.
///
/// # Errors
/// A setting that cannot be.
pub fn assemble(parts: Parts) -> anyhow::Result<Gateway> {
    Gateway::new(
        parts.config,
        tasktracker_proto::DESCRIPTORS_WITH_COMMENTS,
        &parts.backends,
        Arc::new(AtAuth(CredentialServiceClient::new(parts.auth))),
        parts.clock,
        parts.ids,
    )
}

/// Opens the gateway's port.
pub fn serve(gateway: &Gateway, listener: TcpListener, lifecycle: &Lifecycle) {
    listen::serve("gateway port", listener, gateway.service(), lifecycle);
    let (gateway, stopping) = (gateway.clone(), lifecycle.stopping().clone());
    lifecycle.spawn("gateway health", async move {
        stopping.cancelled().await;
        gateway.set_serving(false).await;
    });
}

/// The gateway's exchange of cookies, at Auth.
struct AtAuth(CredentialServiceClient<AsService>);

impl ExchangeCredential for AtAuth {
    fn exchange(&self, session_secret: String) -> BoxFuture<'static, Result<Exchanged, RpcError>> {
        let mut client = self.0.clone();
        Box::pin(async move {
            let answer = client
                .exchange_credential(ExchangeCredentialRequest { session_secret })
                .await
                .map_err(refused)?
                .into_inner();
            let expire_time = answer.expire_time.as_ref().and_then(tasktracker_server::time::from_proto);
            let expire_time = expire_time.ok_or_else(|| RpcError::internal(anyhow::anyhow!("auth answered no expire_time")))?;
            Ok(Exchanged {
                token: answer.access_token,
                expire_time,
                session_id: answer.session_id,
            })
        })
    }
}

fn refused(status: tonic::Status) -> RpcError {
    match reason_of(&status) {
        Some(ErrorReason::CredentialInvalid) => {
            RpcError::unauthenticated(ErrorReason::CredentialInvalid, "the session has ended, sign in again")
        }
        _ => RpcError::from_upstream("auth", status),
    }
}

fn forget_ended_sessions(gateway: &Gateway, mut changes: Receiver<Change>, lifecycle: &Lifecycle) {
    let (gateway, stopping) = (gateway.clone(), lifecycle.stopping().clone());
    lifecycle.spawn("gateway sessions", async move {
        loop {
            let change = tokio::select! { () = stopping.cancelled() => return, change = changes.recv() => change };
            match change {
                Ok(Change::SessionEnded { session_id }) => gateway.forget_session(&session_id.to_string()).await,
                Ok(Change::Access { .. }) => {}
                Ok(Change::Flushed) | Err(RecvError::Lagged(_)) => gateway.forget_all_sessions(),
                Err(RecvError::Closed) => return,
            }
        }
    });
}

/// The program `tasktracker-gateway`.
#[derive(Debug)]
pub struct Process;

/// Section `[instance]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Instance {
    secret: String,
}

impl Program for Process {
    const NAME: &'static str = "tasktracker-gateway";

    fn defaults() -> Vec<&'static str> {
        vec![
            tasktracker_server::config::DEFAULTS,
            tasktracker_identity::CONFIG_DEFAULTS,
            services::DEFAULTS,
            config::DEFAULTS,
            include_str!("../process.default.toml"),
        ]
    }

    async fn migrate(_: &Configuration) -> anyhow::Result<String> {
        Ok("the gateway stores nothing".to_owned())
    }

    async fn serve(config: &Configuration, lifecycle: Lifecycle) -> anyhow::Result<()> {
        let server: Server = config.section("server")?;
        let secret = secret(config)?;
        // The port first: two processes must not both believe that they serve.
        let listener = program::bind((server.address, server.port).into()).await?;
        let metrics = telemetry::start_metrics()?;
        let clock: SharedClock = Arc::new(SystemClock);
        let services: Services = config.section("services")?;
        let mut ways = Vec::new();
        for part in PARTS {
            ways.push((part, services.way_to(part, &lifecycle)?));
        }
        let auth = ways[0].1.clone();
        let credential = Credential::new(auth.clone(), "gateway", &secret, clock.clone());
        let changes = Changes::new(clock.clone());
        changes.follow(credential.calling(auth.clone()), &lifecycle);
        let gateway = start(Parts {
            config: config.section("gateway")?,
            backends: backends(&ways)?,
            auth: credential.calling(auth),
            changes: changes.clone(),
            ids: Ids::system(clock.clone()),
            clock,
            lifecycle: lifecycle.clone(),
        })?;
        if server.admin_port != 0 {
            let port = program::bind((server.address, server.admin_port).into()).await?;
            admin::serve(port, metrics, gateway.routes_txt(), &lifecycle);
        }
        if tokio::time::timeout(PATIENCE, changes.ready()).await.is_err() {
            tracing::warn!("auth does not answer yet: what needs it answers UNAVAILABLE until it does");
        }
        let address = listener.local_addr()?;
        serve(&gateway, listener, &lifecycle);
        terminal::say(format!("{} is ready: http://{address}", Self::NAME));
        Ok(())
    }
}

fn secret(config: &Configuration) -> anyhow::Result<InstanceSecret> {
    let instance: Instance = config.section("instance")?;
    anyhow::ensure!(
        !instance.secret.is_empty(),
        "instance.secret is empty: all processes of an instance need the same one, as TASKTRACKER_INSTANCE__SECRET_FILE"
    );
    InstanceSecret::given(&instance.secret)
}

/// The way to each service of the protos, by the part that serves it: `tasktracker.core.v1.TaskService` is at `core`.
///
/// # Errors
/// The protos cannot be read: a defect.
pub fn backends(ways: &[(&str, Upstream)]) -> anyhow::Result<Backends> {
    let pool = prost_reflect::DescriptorPool::decode(tasktracker_proto::DESCRIPTORS).context("the protos")?;
    let mut backends = Backends::default();
    for service in pool.services() {
        let part = service
            .package_name()
            .strip_prefix("tasktracker.")
            .and_then(|rest| rest.split('.').next());
        if let Some((_, way)) = ways.iter().find(|(name, _)| Some(*name) == part) {
            backends.by_service.insert(service.full_name().to_owned(), way.clone());
        }
    }
    Ok(backends)
}
