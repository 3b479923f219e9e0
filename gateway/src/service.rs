//! The one entrance: gives a request its id, finds out what kind it is, has it answered, and sets what every answer carries.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::listen::Peer;
use tasktracker_server::{Code, RpcError, request};
use tonic::body::Body;
use tower::Service;

use crate::classify::Kind;
use crate::cors::Cors;
use crate::edge::{Edge, Visit};
use crate::failure::Failure;
use crate::{deadline, grpc_web, headers, pass_through, plain, rest_error};

/// The gateway as a tower service.
#[derive(Debug, Clone)]
pub struct GatewayService(pub(crate) Arc<Edge>);

impl<B> Service<Request<B>> for GatewayService
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let edge = self.0.clone();
        let request = request.map(Body::new);
        Box::pin(enter(edge, request).map(Ok))
    }
}

async fn enter(edge: Arc<Edge>, request: Request<Body>) -> Response<Body> {
    let started = deadline::now();
    let kind = Kind::of(&request);
    let request_id: Arc<str> = edge.ids.next().to_string().into();
    let client_id = client_request_id(request.headers());
    let metadata = metadata(&edge, &request, &request_id, client_id.as_ref());
    let allowed_origin = edge.cors.allows(request.headers());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let visit = Visit {
        request_id: request_id.clone(),
        metadata,
        web: matches!(kind, Kind::GrpcWeb(_)),
    };

    let work = AssertUnwindSafe(Box::pin(request::within(
        request_id.clone(),
        answer(edge.clone(), visit, kind, request),
    )))
    .catch_unwind();
    let mut response = work.await.unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        let error = RpcError::internal(anyhow::anyhow!("panic: {text}"));
        let failure = request::within_sync(request_id.clone(), || Failure::from(error));
        refuse(&edge, &request_id, kind, failure)
    });

    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        headers.insert(headers::REQUEST_ID, id);
    }
    if let Some(id) = client_id {
        headers.insert(headers::CLIENT_REQUEST_ID, id);
    }
    headers::secure(headers, edge.own_origin.is_https());
    Cors::finish(allowed_origin, headers);

    let (status, seconds) = (response.status().as_u16(), started.elapsed().as_secs_f64());
    metrics::histogram!("gateway_duration_seconds", "protocol" => kind.name(), "status" => status.to_string()).record(seconds);
    // The query stays out of the log: it may hold what a person searched for.
    tracing::debug!(request.id = &*request_id, %method, path, status, seconds, protocol = kind.name(), "answered");
    response
}

async fn answer(edge: Arc<Edge>, visit: Visit, kind: Kind, request: Request<Body>) -> Response<Body> {
    let request_id = visit.request_id.clone();
    let failure = match kind {
        Kind::Preflight => return edge.cors.preflight(request.headers()),
        Kind::Grpc => return pass_through::answer(edge, visit, request).await,
        Kind::GrpcWeb(content_type) => return grpc_web::answer(edge, visit, request, content_type).await,
        Kind::Plain => return Box::pin(plain::answer(edge, visit, request)).await,
        Kind::GrpcWrongMethod => Failure::method_not_allowed("POST"),
        Kind::GrpcWithoutTrailers => {
            let message = "gRPC needs HTTP/2; over HTTP/1.1 use gRPC-web or REST";
            Failure::from(RpcError::new(Code::Unimplemented, ErrorReason::Unimplemented, message))
                .http(StatusCode::HTTP_VERSION_NOT_SUPPORTED)
        }
    };
    rest_error::response(&edge.pool, &request_id, failure, false)
}

fn refuse(edge: &Edge, request_id: &str, kind: Kind, failure: Failure) -> Response<Body> {
    match kind {
        Kind::Grpc | Kind::GrpcWeb(_) => failure.into_grpc(),
        _ => rest_error::response(&edge.pool, request_id, failure, false),
    }
}

fn client_request_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let value = headers.get(headers::REQUEST_ID)?;
    request::is_valid_id(value.to_str().ok()?).then(|| value.clone())
}

fn metadata(edge: &Edge, request: &Request<Body>, request_id: &str, client_id: Option<&HeaderValue>) -> HeaderMap {
    let mut metadata = headers::to_services(request.headers());
    if let Ok(id) = HeaderValue::from_str(request_id) {
        metadata.insert(headers::REQUEST_ID, id);
    }
    if let Some(id) = client_id {
        metadata.insert(headers::CLIENT_REQUEST_ID, id.clone());
    }
    if let Some(Peer(peer)) = request.extensions().get::<Peer>() {
        let address = edge.proxies.client(peer.ip(), request.headers()).to_string();
        if let Ok(address) = HeaderValue::from_str(&address) {
            metadata.insert(headers::CLIENT_ADDRESS, address);
        }
    }
    metadata
}
