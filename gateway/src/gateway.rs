//! The gateway as the process that runs it sees it.

use std::sync::Arc;

use prost_reflect::DescriptorPool;
use tasktracker_server::clock::SharedClock;
use tasktracker_server::ids::Ids;
use tasktracker_server::methods::Methods;

use crate::catalog::{Backends, Catalog};
use crate::client_address::TrustedProxies;
use crate::config::Config;
use crate::cors::Cors;
use crate::credential::{Credentials, ExchangeCredential};
use crate::edge::Edge;
use crate::openapi::Document;
use crate::origin::OwnOrigin;
use crate::service::GatewayService;
use crate::transcode::Routes;
use crate::{health, public_descriptors};

/// The edge of an installation.
#[derive(Debug, Clone)]
pub struct Gateway(Arc<Edge>);

impl Gateway {
    /// Makes the gateway of a descriptor set; the set with comments gives the documents their words.
    ///
    /// # Errors
    /// A setting that cannot be, an RPC without a policy, a REST rule that cannot work, two routes in one place.
    pub fn new(
        config: Config,
        descriptors: &[u8],
        backends: &Backends,
        exchange: Arc<dyn ExchangeCredential>,
        clock: SharedClock,
        ids: Ids,
    ) -> anyhow::Result<Self> {
        let pool = DescriptorPool::decode(descriptors)?;
        let methods = Methods::read(descriptors)?;
        let mut catalog = Catalog::new(&pool, &methods, backends)?;
        let routes = Routes::new(&pool, &catalog)?;
        let public = if config.reflection {
            Some(public_descriptors::filter(&pool, &catalog)?)
        } else {
            None
        };
        let health = health::add(&mut catalog, public.as_deref(), ids.clone())?;
        let own_origin = OwnOrigin::new(&config.public_url)?;
        let edge = Edge {
            openapi: Document::new(&pool, &routes)?,
            cors: Cors::new(&config.cors_origins)?,
            proxies: TrustedProxies::new(&config.trusted_proxies)?,
            credentials: Credentials::new(exchange, clock.clone()),
            own_origin,
            config,
            pool,
            catalog,
            routes,
            health,
            clock,
            ids,
        };
        Ok(Self(Arc::new(edge)))
    }

    /// What a listener serves.
    #[must_use]
    pub fn service(&self) -> GatewayService {
        GatewayService(self.0.clone())
    }

    /// Every REST route, one a line, in the order of the paths: committed and compared, because `buf breaking` does not see routes.
    #[must_use]
    pub fn routes_txt(&self) -> String {
        self.0.routes.to_text()
    }

    /// The OpenAPI document: committed and compared.
    #[must_use]
    pub fn openapi_json(&self) -> &str {
        self.0.openapi.text()
    }

    /// A session was revoked: its cookie must be asked about again.
    pub async fn forget_session(&self, session_id: &str) {
        self.0.credentials.forget_session(session_id).await;
    }

    /// News of revoked sessions may have been missed: every cookie must be asked about again.
    pub fn forget_all_sessions(&self) {
        self.0.credentials.forget_all();
    }

    /// Says on `/readyz` and in gRPC health whether this process takes requests.
    pub async fn set_serving(&self, serving: bool) {
        self.0.health.set_serving(serving).await;
    }
}
