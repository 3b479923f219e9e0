//! The services put together in one process. Calls between them go through the same generated clients and the same surroundings as over
//! a network, without the network.

mod analytics;
mod auth;
mod core;
mod files;
mod house;
mod operations;
mod settled;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use futures_util::future::BoxFuture;
use tasktracker_events::EventLog;
use tasktracker_gateway::{Backends, ExchangeCredential, Exchanged, Gateway};
use tasktracker_identity::InstanceSecret;
use tasktracker_identity::changes::Change;
use tasktracker_identity::service::{AsService, Credential};
use tasktracker_proto::auth::v1::ExchangeCredentialRequest;
use tasktracker_proto::auth::v1::credential_service_client::CredentialServiceClient;
use tasktracker_server::clock::{SharedClock, SystemClock};
use tasktracker_server::data_dir::DataDir;
use tasktracker_server::ids::Ids;
use tasktracker_server::stack::Stack;
use tasktracker_server::{Lifecycle, RpcError, Upstream, listen};
use tokio::net::TcpListener;
use tokio::sync::broadcast::error::RecvError;
use tonic::body::Body;
use tonic::service::RoutesBuilder;
use tower::ServiceExt;

use crate::settings::Settings;
use house::Ground;
pub use house::{House, Service};

/// The running services.
#[derive(Debug, Clone)]
pub struct System {
    /// Auth.
    pub auth: tasktracker_auth::App,
    /// Core.
    pub core: tasktracker_core::App,
    /// Files.
    pub files: tasktracker_files::App,
    /// Analytics.
    pub analytics: tasktracker_analytics::App,
    /// The edge.
    pub gateway: Gateway,
    /// The services as others call them, with the port that each has when it listens by itself.
    pub services: Vec<Service>,
    /// The owner of all spawned work.
    pub lifecycle: Lifecycle,
    operations: Upstream,
    log: EventLog,
    data_dir: Arc<Mutex<Option<DataDir>>>,
}

impl System {
    /// Opens the data directory, brings the databases up to date and puts the services together. Nothing listens yet.
    ///
    /// # Errors
    /// The data directory is held by another process or cannot be written, or a database cannot be opened.
    pub async fn start(settings: &Settings, clock: SharedClock, ids: Ids, lifecycle: Lifecycle) -> anyhow::Result<Self> {
        let data_dir = DataDir::claim(&settings.data_dir)?;
        let secret = match settings.instance.secret.as_str() {
            "" => InstanceSecret::in_data_dir(data_dir.path(), || ids.secret())?,
            given => InstanceSecret::given(given)?,
        };
        let ground = Ground::new(settings.clone(), clock, ids, secret, lifecycle.clone()).await?;
        let (auth, house) = auth::start(ground).await?;
        // Files asks Core; Analytics asks neither.
        let core_then_files = Box::pin(async {
            let core = core::start(&house).await?;
            let files = files::start(&house, &core.1).await?;
            anyhow::Ok((core, files))
        });
        let (((core, core_service), (files, files_service)), (analytics, analytics_service)) =
            tokio::try_join!(core_then_files, Box::pin(analytics::start(&house)))?;

        let services = vec![house.auth.clone(), core_service, analytics_service, files_service];
        let operations = operations::start(&house, &auth, &core, &files, &analytics).await?;
        let gateway = Gateway::new(
            settings.gateway.clone(),
            tasktracker_proto::DESCRIPTORS_WITH_COMMENTS,
            &backends(&services),
            Arc::new(AtAuth(CredentialServiceClient::new(
                house.credential("gateway").calling(house.auth.upstream.clone()),
            ))),
            house.clock.clone(),
            house.ids.clone(),
        )?;
        forget_ended_sessions(&gateway, house.changes.subscribe(), &lifecycle);
        house.changes.ready().await;
        Ok(Self {
            auth,
            core,
            files,
            analytics,
            gateway,
            services,
            operations,
            log: house.log.clone(),
            lifecycle,
            data_dir: Arc::new(Mutex::new(Some(data_dir))),
        })
    }

    /// The way to the process's part that serves a service, such as `tasktracker.core.v1.TaskService`.
    ///
    /// # Panics
    /// There is no such service: a defect of the caller.
    #[must_use]
    pub fn way_to(&self, service: &str) -> Upstream {
        let part = self.services.iter().find(|part| part.public.contains(&service));
        part.expect("the service is one of ours").upstream.clone()
    }

    /// Asks everything to finish, waits until it has, and lets another process have the data directory.
    ///
    /// # Errors
    /// A task panicked.
    pub async fn stop(&self) -> anyhow::Result<()> {
        self.lifecycle.stop();
        self.finished().await
    }

    /// Waits until everything was asked to finish and has, and lets another process have the data directory.
    ///
    /// # Errors
    /// A task panicked.
    pub async fn finished(&self) -> anyhow::Result<()> {
        let outcome = self.lifecycle.finished().await;
        drop(self.data_dir.lock().unwrap_or_else(PoisonError::into_inner).take());
        outcome
    }

    /// Opens the gateway's port.
    pub fn serve_gateway(&self, listener: TcpListener) {
        listen::serve("gateway port", listener, self.gateway.service(), &self.lifecycle);
        let (gateway, stopping) = (self.gateway.clone(), self.lifecycle.stopping().clone());
        self.lifecycle.spawn("gateway health", async move {
            stopping.cancelled().await;
            gateway.set_serving(false).await;
        });
    }

    /// Opens a port for each service, for grpcurl.
    ///
    /// # Errors
    /// A port is taken.
    pub async fn expose_services(&self, settings: &Settings) -> anyhow::Result<()> {
        for service in &self.services {
            let listener = bind((settings.server.address, service.port).into()).await?;
            let (upstream, operations) = (service.upstream.clone(), self.operations.clone());
            let name = service.name;
            let answering = tower::service_fn(move |request: http::Request<_>| {
                // Operators reach everything of this process on each of its ports.
                let upstream = if operations::is_for(request.uri().path()) {
                    operations.clone()
                } else {
                    upstream.clone()
                };
                async move {
                    let answer = upstream.oneshot(request.map(Body::new)).await;
                    Ok::<_, std::convert::Infallible>(answer.unwrap_or_else(unreachable_service))
                }
            });
            listen::serve(name, listener, answering, &self.lifecycle);
        }
        Ok(())
    }
}

/// The OpenAPI document of everything that the gateway serves.
///
/// # Errors
/// The protos do not fit together: a defect.
pub fn openapi(settings: &Settings) -> anyhow::Result<String> {
    let clock: SharedClock = Arc::new(SystemClock);
    let ids = Ids::system(clock.clone());
    // Nothing is ever called: the document comes from the descriptors of what has a place.
    let nowhere = Upstream::local(Stack::around(RoutesBuilder::default().routes(), ids.clone()));
    let everywhere = [
        Service::new("auth port", auth::PORT, &tasktracker_auth::PUBLIC_SERVICES, nowhere.clone()),
        Service::new("core port", core::PORT, &tasktracker_core::SERVICES, nowhere.clone()),
        Service::new("analytics port", analytics::PORT, &tasktracker_analytics::SERVICES, nowhere.clone()),
        Service::new("files port", files::PORT, &tasktracker_files::SERVICES, nowhere.clone()),
    ];
    let nobody = Credential::new(nowhere.clone(), "gateway", &InstanceSecret::in_memory(ids.secret()), clock.clone());
    let exchange = Arc::new(AtAuth(CredentialServiceClient::new(nobody.calling(nowhere.clone()))));
    let descriptors = tasktracker_proto::DESCRIPTORS_WITH_COMMENTS;
    let gateway = Gateway::new(settings.gateway.clone(), descriptors, &backends(&everywhere), exchange, clock, ids)?;
    Ok(gateway.openapi_json().to_owned())
}

fn backends(services: &[Service]) -> Backends {
    let by_service = services
        .iter()
        .flat_map(|service| service.public.iter().map(|name| ((*name).to_owned(), service.upstream.clone())))
        .collect();
    Backends { by_service }
}

/// Takes a port.
///
/// # Errors
/// It is taken, or not ours to take.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; is something else running there? choose another with --port"))
}

fn unreachable_service(error: tasktracker_server::upstream::UpstreamError) -> http::Response<Body> {
    tonic::Status::from(RpcError::unavailable("the service", anyhow::anyhow!(error))).into_http()
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
    use tasktracker_proto::r#type::v1::ErrorReason;
    use tasktracker_server::error::reason_of;
    match reason_of(&status) {
        Some(ErrorReason::CredentialInvalid) => {
            RpcError::unauthenticated(ErrorReason::CredentialInvalid, "the session has ended, sign in again")
        }
        _ => RpcError::from_upstream("auth", status),
    }
}

fn forget_ended_sessions(gateway: &Gateway, mut changes: tokio::sync::broadcast::Receiver<Change>, lifecycle: &Lifecycle) {
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
