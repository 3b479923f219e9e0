//! The RPCs that clients may call, with where each is answered. Internal RPCs are not in it, so nothing can reach them by any protocol.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use prost_reflect::DescriptorPool;
use tasktracker_proto::options::v1::{Auth, Policy};
use tasktracker_server::Upstream;
use tasktracker_server::methods::Methods;

/// Where the services are: by full proto name, such as `tasktracker.core.v1.TaskService`.
#[derive(Debug, Clone, Default)]
pub struct Backends {
    /// The upstream of each service that this installation runs.
    pub by_service: HashMap<String, Upstream>,
}

/// One RPC that clients may call.
#[derive(Debug)]
pub struct Rpc {
    /// `/package.Service/Method`.
    pub path: String,
    /// `package.Service`.
    pub service: String,
    /// Who may call it.
    pub policy: Policy,
    /// Whether the request is a stream.
    pub client_streaming: bool,
    /// Whether the answer is a stream.
    pub server_streaming: bool,
    /// Whether silence is normal, as in a health watch.
    pub may_be_silent: bool,
    /// Who answers it; `None` where this installation does not run the service.
    pub upstream: Option<Upstream>,
}

impl Rpc {
    /// Whether anybody may call it without a credential.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.policy.auth() == Auth::Public
    }

    /// Whether requests or answers are streams.
    #[must_use]
    pub fn is_streaming(&self) -> bool {
        self.client_streaming || self.server_streaming
    }
}

/// The RPCs that clients may call.
#[derive(Debug, Default)]
pub struct Catalog(HashMap<String, Arc<Rpc>>);

impl Catalog {
    /// All public RPCs of the descriptor set.
    ///
    /// # Errors
    /// An RPC has no policy.
    pub fn new(pool: &DescriptorPool, methods: &Methods, backends: &Backends) -> anyhow::Result<Self> {
        let mut rpcs = HashMap::new();
        for service in pool.services() {
            for method in service.methods() {
                let path = format!("/{}/{}", service.full_name(), method.name());
                let Some(entry) = methods.get(&path) else {
                    anyhow::bail!("{path} has no policy")
                };
                if !entry.is_public() {
                    continue;
                }
                let rpc = Rpc {
                    path: path.clone(),
                    service: entry.service.clone(),
                    policy: entry.policy.clone(),
                    client_streaming: entry.client_streaming,
                    server_streaming: entry.server_streaming,
                    may_be_silent: false,
                    upstream: backends.by_service.get(service.full_name()).cloned(),
                };
                rpcs.insert(path, Arc::new(rpc));
            }
        }
        Ok(Self(rpcs))
    }

    /// Adds an RPC that the gateway answers itself.
    pub fn add_own(&mut self, service: &str, method: &str, upstream: Upstream) {
        let path = format!("/{service}/{method}");
        let rpc = Rpc {
            path: path.clone(),
            service: service.to_owned(),
            policy: Policy {
                auth: Auth::Public.into(),
                ..Policy::default()
            },
            client_streaming: true,
            server_streaming: true,
            may_be_silent: true,
            upstream: Some(upstream),
        };
        self.0.insert(path, Arc::new(rpc));
    }

    /// The RPC of a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Arc<Rpc>> {
        self.0.get(path)
    }

    /// The services of which clients may know.
    #[must_use]
    pub fn services(&self) -> BTreeSet<&str> {
        self.0.values().map(|rpc| rpc.service.as_str()).collect()
    }
}
