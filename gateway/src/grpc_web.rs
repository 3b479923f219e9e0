//! gRPC-web: the framing is translated by tonic-web, around the pass-through alone (it would answer 400 to everything else).

use std::convert::Infallible;
use std::sync::Arc;

use http::header::{self, HeaderValue};
use http::{Request, Response};
use tonic::body::Body;
use tonic_web::GrpcWebLayer;
use tower::{Layer, ServiceExt, service_fn};

use crate::edge::{Edge, Visit};
use crate::pass_through;

/// Answers a gRPC-web call.
pub async fn answer(edge: Arc<Edge>, visit: Visit, mut request: Request<Body>, content_type: &'static str) -> Response<Body> {
    let headers = request.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    // The answer is framed by `accept`; clients that say nothing useful there get what they sent.
    headers.insert(header::ACCEPT, HeaderValue::from_static(content_type));
    let inner = service_fn(move |request: Request<Body>| {
        let (edge, visit) = (edge.clone(), visit.clone());
        async move { Ok::<_, Infallible>(pass_through::answer(edge, visit, request).await) }
    });
    match GrpcWebLayer::new().layer(inner).oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
