//! Everything that a request may touch on its way through the gateway.

use std::sync::Arc;

use prost_reflect::DescriptorPool;
use tasktracker_server::clock::SharedClock;
use tasktracker_server::ids::Ids;

use crate::catalog::Catalog;
use crate::client_address::TrustedProxies;
use crate::config::Config;
use crate::cors::Cors;
use crate::credential::Credentials;
use crate::health::Health;
use crate::openapi::Document;
use crate::origin::OwnOrigin;
use crate::transcode::Routes;

/// Everything that a request may touch.
#[derive(Debug)]
pub struct Edge {
    /// What the operator set.
    pub config: Config,
    /// All descriptors.
    pub pool: DescriptorPool,
    /// The RPCs that clients may call.
    pub catalog: Catalog,
    /// The REST routes.
    pub routes: Routes,
    /// Tokens of the sessions in use.
    pub credentials: Credentials,
    /// Origins that may call.
    pub cors: Cors,
    /// The own origin.
    pub own_origin: OwnOrigin,
    /// Proxies that are believed.
    pub proxies: TrustedProxies,
    /// Whether this process answers.
    pub health: Health,
    /// The description of the REST API.
    pub openapi: Document,
    /// The time.
    pub clock: SharedClock,
    /// Request ids and nonces.
    pub ids: Ids,
}

/// What is known of the request that is being answered.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The gateway's id for it.
    pub request_id: Arc<str>,
    /// The metadata that services receive, without the credential.
    pub metadata: http::HeaderMap,
    /// Whether the client speaks gRPC-web.
    pub web: bool,
}
