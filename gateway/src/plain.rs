//! Requests that are no gRPC: REST routes first, then what the gateway says of itself, then the UI.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use tonic::body::Body;

use crate::edge::{Edge, Visit};
use crate::failure::Failure;
use crate::transcode::{self, Lookup};
use crate::{docs, rest_error, ui};

/// Answers such a request.
pub async fn answer(edge: Arc<Edge>, visit: Visit, request: Request<Body>) -> Response<Body> {
    let conditional = request.headers().contains_key(header::IF_MATCH);
    let request_id = visit.request_id.clone();
    let head = request.method() == Method::HEAD;
    let mut response = match find(edge.clone(), visit, request).await {
        Ok(response) => response,
        Err(failure) => rest_error::response(&edge.pool, &request_id, failure, conditional),
    };
    if head {
        *response.body_mut() = Body::empty();
    }
    response
}

async fn find(edge: Arc<Edge>, visit: Visit, request: Request<Body>) -> Result<Response<Body>, Failure> {
    let method = match *request.method() {
        Method::HEAD => Method::GET,
        ref method => method.clone(),
    };
    match edge.routes.find(&method, request.uri().path()) {
        Lookup::Found(found) => return Box::pin(transcode::answer(edge.clone(), visit, found, request)).await,
        Lookup::OtherMethods(allowed) => return Err(Failure::method_not_allowed(&allowed)),
        Lookup::None => {}
    }
    let path = request.uri().path();
    let own = match path {
        "/healthz" => Some(state(true)),
        "/readyz" => Some(state(edge.health.is_serving())),
        "/openapi.json" => Some(edge.openapi.json(request.headers())),
        _ => docs::page(&edge.openapi, path, request.headers()),
    };
    let own = own.or_else(|| ui::page(&edge, &request));
    match own {
        Some(response) if method == Method::GET => Ok(response),
        Some(_) => Err(Failure::method_not_allowed("GET, HEAD")),
        None => Err(Failure::unknown_route()),
    }
}

fn state(good: bool) -> Response<Body> {
    let mut response = text(
        if good { "ok\n" } else { "stopping\n" }.to_owned(),
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    if !good {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}

/// An answer with a body that is known at once.
#[must_use]
pub fn text(body: impl Into<bytes::Bytes>, content_type: HeaderValue) -> Response<Body> {
    let mut response = Response::new(Body::new(http_body_util::Full::new(body.into())));
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

/// Whether the client has this version already, so that 304 is the answer.
#[must_use]
pub fn has_version(request: &HeaderMap, etag: &str) -> bool {
    let known = request
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    known.split(',').any(|candidate| candidate.trim().trim_start_matches("W/") == etag)
}
