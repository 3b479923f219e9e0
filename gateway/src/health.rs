//! Health and reflection of the gateway itself, for the services that clients may know: the same answers natively and over gRPC-web.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;
use tasktracker_server::Upstream;
use tasktracker_server::ids::Ids;
use tasktracker_server::stack::Stack;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::catalog::Catalog;

const HEALTH: &str = "grpc.health.v1.Health";

/// Whether this process answers.
#[derive(Debug, Clone)]
pub struct Health {
    reporter: HealthReporter,
    serving: Arc<AtomicBool>,
    services: Vec<String>,
}

impl Health {
    /// Says SERVING or NOT_SERVING from now on, for the whole and for each service.
    pub async fn set_serving(&self, serving: bool) {
        self.serving.store(serving, Ordering::SeqCst);
        let status = if serving {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        for service in self.services.iter().map(String::as_str).chain([""]) {
            self.reporter.set_service_status(service, status).await;
        }
    }

    /// What was said last.
    #[must_use]
    pub fn is_serving(&self) -> bool {
        self.serving.load(Ordering::SeqCst)
    }
}

/// Adds health, and reflection over these descriptors, to the RPCs that clients may call.
///
/// # Errors
/// The descriptors cannot be served.
pub fn add(catalog: &mut Catalog, public_descriptors: Option<&[u8]>, ids: Ids) -> anyhow::Result<Health> {
    let services: Vec<_> = catalog.services().into_iter().map(str::to_owned).collect();
    let (reporter, server) = tonic_health::server::health_reporter();
    let mut routes = Routes::new(server);
    if let Some(descriptors) = public_descriptors {
        let builder = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(descriptors)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        routes = routes.add_service(builder().build_v1()?).add_service(builder().build_v1alpha()?);
    }
    let upstream = Upstream::local(Stack::around(routes, ids));
    for method in ["Check", "Watch", "List"] {
        catalog.add_own(HEALTH, method, upstream.clone());
    }
    if public_descriptors.is_some() {
        for version in ["v1", "v1alpha"] {
            catalog.add_own(
                &format!("grpc.reflection.{version}.ServerReflection"),
                "ServerReflectionInfo",
                upstream.clone(),
            );
        }
    }
    let health = Health {
        reporter,
        serving: Arc::new(AtomicBool::new(true)),
        services,
    };
    // Nobody else holds the reporter yet, so nothing has to be waited for.
    health
        .set_serving(true)
        .now_or_never()
        .ok_or_else(|| anyhow::anyhow!("the health reporter is in use"))?;
    Ok(health)
}
