//! Native gRPC, and gRPC-web once its framing is translated: the call goes to its service as it is. No message is decoded.

use std::sync::Arc;

use http::header::{self, HeaderValue};
use http::{Method, Request, Response};
use tonic::body::Body;

use crate::caller::Claim;
use crate::deadline::Deadline;
use crate::edge::{Edge, Visit};
use crate::failure::Failure;
use crate::headers;
use crate::message_limit::{Limited, Stopped};
use crate::relay::{Relay, too_large};
use crate::send::send;

/// Answers a gRPC call. Failures come as gRPC says: HTTP 200 and a status.
pub async fn answer(edge: Arc<Edge>, visit: Visit, request: Request<Body>) -> Response<Body> {
    call(edge, visit, request).await.unwrap_or_else(Failure::into_grpc)
}

async fn call(edge: Arc<Edge>, visit: Visit, request: Request<Body>) -> Result<Response<Body>, Failure> {
    if request.method() != Method::POST {
        return Err(Failure::unknown_rpc());
    }
    let Some(rpc) = edge.catalog.get(request.uri().path()).cloned() else {
        return Err(Failure::unknown_rpc());
    };
    if rpc.upstream.is_none() {
        return Err(Failure::unknown_rpc());
    }
    let deadline = Deadline::start(&edge.config, &rpc, request.headers())?;
    let claim = Claim::read(&edge, &rpc, &request)?;
    let (parts, body) = request.into_parts();
    let mut metadata = visit.metadata.clone();
    let caller = deadline.within(claim.settle(&edge, &mut metadata)).await??;

    let content_type = parts
        .headers
        .get(header::CONTENT_TYPE)
        .cloned()
        .unwrap_or(HeaderValue::from_static("application/grpc"));
    let limit = if rpc.is_streaming() {
        edge.config.max_stream_message_bytes
    } else {
        edge.config.max_body_bytes
    };
    let stopped = Stopped::default();
    let body = Body::new(Limited::new(body, limit, stopped.clone(), deadline.clone()));
    let sent = send(&rpc, metadata, content_type, body, &deadline).await;
    if stopped.get() {
        return Err(too_large(limit).into());
    }
    let (upstream, body) = sent?.into_parts();

    let mut response = Response::new(Body::empty());
    *response.headers_mut() = headers::to_grpc_clients(&upstream.headers);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        upstream
            .headers
            .get(header::CONTENT_TYPE)
            .cloned()
            .unwrap_or(HeaderValue::from_static("application/grpc")),
    );
    if let Some(cookie) = caller.obey(&edge, &upstream.headers).await? {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    if !upstream.headers.contains_key("grpc-status") {
        let relay = Relay::new(body, deadline, &visit, &rpc.service, stopped, limit);
        *response.body_mut() = Body::new(relay);
    }
    Ok(response)
}
