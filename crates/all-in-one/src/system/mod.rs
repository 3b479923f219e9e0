//! The services put together in one process. Calls between them go through the same generated clients and the same surroundings as over
//! a network, without the network.

mod settled;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tasktracker_core::process::Outside;
use tasktracker_events::EventLog;
use tasktracker_gateway::{Gateway, process as gateway};
use tasktracker_identity::InstanceSecret;
use tasktracker_identity::changes::Changes;
use tasktracker_identity::service::Credential;
use tasktracker_mail::feedback::Feedback;
use tasktracker_server::clock::{SharedClock, SystemClock};
use tasktracker_server::data_dir::DataDir;
use tasktracker_server::ids::Ids;
use tasktracker_server::program;
use tasktracker_server::stack::Stack;
use tasktracker_server::{Lifecycle, Upstream};
use tasktracker_service::{Ground, Held, Service};
use tokio::net::TcpListener;
use tonic::service::RoutesBuilder;

use crate::settings::Settings;

/// Where each service listens by itself.
const PORTS: [(&str, u16); 4] = [("auth", 50051), ("core", 50052), ("analytics", 50053), ("files", 50054)];

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
    /// The services as others call them.
    pub services: Vec<Service>,
    /// The owner of all spawned work.
    pub lifecycle: Lifecycle,
    operations: Upstream,
    log: Option<EventLog>,
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
        let ground = Ground::new(settings.ground.clone(), clock, ids, secret, lifecycle.clone()).await?;
        let (auth, house, auth_service) = tasktracker_auth::process::start(ground, settings.auth.clone(), "core").await?;
        // Files asks Core; Analytics asks neither.
        let core_then_files = Box::pin(async {
            let outside = Outside {
                mailer: match &settings.outside.mailer {
                    Some(other) => other.clone(),
                    None => settings.mail.mailer(&settings.data_dir.join("mail")).await?,
                },
                feedback: Feedback::of(&settings.mail, settings.outside.fetch.clone())?,
                public_url: &settings.gateway.public_url,
                mail_from: &settings.mail.from,
            };
            let core = tasktracker_core::process::start(&house, settings.core, outside).await?;
            let files = tasktracker_files::process::start(&house, settings.files.clone(), core.1.upstream.clone()).await?;
            anyhow::Ok((core, files))
        });
        let counting = Box::pin(tasktracker_analytics::process::start(&house, settings.analytics.clone()));
        let (((core, core_service), (files, files_service)), (analytics, analytics_service)) = tokio::try_join!(core_then_files, counting)?;

        let services = vec![auth_service, core_service, analytics_service, files_service];
        let held = [
            tasktracker_auth::process::held(&auth),
            tasktracker_core::process::held(&core),
            tasktracker_files::process::held(&files),
            tasktracker_analytics::process::held(&analytics),
        ];
        let operations = house.operations(Held::all(held)).await?;
        let gateway = gateway::start(gateway::Parts {
            config: settings.gateway.clone(),
            backends: gateway::backends(&ways(&services))?,
            auth: house.credential("gateway").calling(house.auth.clone()),
            changes: house.changes.clone(),
            clock: house.clock.clone(),
            ids: house.ids.clone(),
            lifecycle: lifecycle.clone(),
        })?;
        house.changes.ready().await;
        Ok(Self {
            auth,
            core,
            files,
            analytics,
            gateway,
            services,
            operations,
            log: house.events.log.clone(),
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
        gateway::serve(&self.gateway, listener, &self.lifecycle);
    }

    /// Opens a port for each service, for grpcurl.
    ///
    /// # Errors
    /// A port is taken.
    pub async fn expose_services(&self, settings: &Settings) -> anyhow::Result<()> {
        for service in &self.services {
            let port = PORTS.iter().find(|(name, _)| *name == service.name).map_or(0, |(_, port)| *port);
            let listener = bind((settings.server.address, port).into()).await?;
            service.listen(listener, &self.operations, &self.lifecycle);
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
    let nobody = Credential::new(nowhere.clone(), "gateway", &InstanceSecret::in_memory(ids.secret()), clock.clone());
    let everywhere = PORTS.map(|(name, _)| (name, nowhere.clone()));
    let gateway = gateway::assemble(gateway::Parts {
        config: settings.gateway.clone(),
        backends: gateway::backends(&everywhere)?,
        auth: nobody.calling(nowhere),
        changes: Changes::new(clock.clone()),
        clock,
        ids,
        lifecycle: Lifecycle::new(),
    })?;
    Ok(gateway.openapi_json().to_owned())
}

fn ways(services: &[Service]) -> Vec<(&'static str, Upstream)> {
    services.iter().map(|service| (service.name, service.upstream.clone())).collect()
}

/// Takes a port.
///
/// # Errors
/// It is taken, or not ours to take.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    program::bind(address).await
}
