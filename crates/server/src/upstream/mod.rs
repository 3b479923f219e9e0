//! Where a service is: in this process, or in others. Generated clients do not know the difference.

mod instances;

use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{Request, Response, Uri};
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint};
use tower::{Service, ServiceExt};

pub use instances::Instances;

use crate::lifecycle::Lifecycle;
use crate::services::Addresses;
use crate::stack::GrpcService;

/// What a failed call to a service in another process says.
pub type UpstreamError = Box<dyn std::error::Error + Send + Sync>;

/// A service that a generated client can call.
#[derive(Clone)]
pub enum Upstream {
    /// In this process: no socket, no copy of the bytes.
    Local(GrpcService),
    /// In another process.
    Remote(Channel),
    /// In other processes, whichever of them are well.
    Instances(Instances),
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Local(_) => "Upstream::Local",
            Self::Remote(_) => "Upstream::Remote",
            Self::Instances(_) => "Upstream::Instances",
        })
    }
}

impl Upstream {
    /// A service in this process, with the stack that surrounds it.
    #[must_use]
    pub fn local(service: GrpcService) -> Self {
        Self::Local(service)
    }

    /// A service in another process. Connects when first used, and again whenever the connection is lost.
    #[must_use]
    pub fn remote(address: Uri) -> Self {
        Self::Remote(tuned(address).connect_lazy())
    }

    /// A service at several addresses, each of which is called as long as it is healthy.
    #[must_use]
    pub fn instances(name: &'static str, addresses: Addresses, lifecycle: &Lifecycle) -> Self {
        Self::Instances(Instances::follow(name, addresses, lifecycle))
    }
}

/// An address with the limits that the library leaves open.
fn tuned(address: Uri) -> Endpoint {
    Endpoint::from(address)
        .connect_timeout(Duration::from_millis(500))
        .http2_keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10))
        .tcp_nodelay(true)
}

impl Service<Request<Body>> for Upstream {
    type Response = Response<Body>;
    type Error = UpstreamError;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        match self {
            Self::Local(_) | Self::Instances(_) => Poll::Ready(Ok(())),
            Self::Remote(channel) => channel.poll_ready(context).map_err(Into::into),
        }
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match self {
            Self::Local(service) => {
                let service = service.clone();
                Box::pin(async move {
                    match service.oneshot(request).await {
                        Ok(response) => Ok(response),
                        Err(never) => match never {},
                    }
                })
            }
            Self::Remote(channel) => {
                let call = channel.call(request);
                Box::pin(async move { call.await.map_err(Into::into) })
            }
            Self::Instances(instances) => Box::pin(instances.clone().call(request)),
        }
    }
}
