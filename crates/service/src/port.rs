//! The port of a service: its RPCs, and those of operations.

use tasktracker_server::upstream::UpstreamError;
use tasktracker_server::{Lifecycle, RpcError, Upstream, listen};
use tokio::net::TcpListener;
use tonic::body::Body;
use tower::ServiceExt;

use crate::house::Service;
use crate::operations::is_for_operations;

impl Service {
    /// Serves it on a port. Operators reach everything of this process there, too.
    pub fn listen(&self, listener: TcpListener, operations: &Upstream, lifecycle: &Lifecycle) {
        let (upstream, operations) = (self.upstream.clone(), operations.clone());
        let answering = tower::service_fn(move |request: http::Request<_>| {
            let upstream = if is_for_operations(request.uri().path()) {
                operations.clone()
            } else {
                upstream.clone()
            };
            async move {
                let answer = upstream.oneshot(request.map(Body::new)).await;
                Ok::<_, std::convert::Infallible>(answer.unwrap_or_else(unreachable))
            }
        });
        listen::serve("service port", listener, answering, lifecycle);
    }
}

fn unreachable(error: UpstreamError) -> http::Response<Body> {
    tonic::Status::from(RpcError::unavailable("the service", anyhow::anyhow!(error))).into_http()
}
