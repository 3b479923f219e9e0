//! REST from the descriptor set: every public RPC with a `google.api.http` option is a route, and no route is written by hand.

mod assemble;
mod binding;
mod body;
mod canonical;
pub mod fields;
mod frames;
mod http_rule;
mod json;
mod mask;
mod overlay;
mod print;
mod query;
mod raw;
mod routes;
mod stream;
mod template;
mod trie;
mod type_errors;

use std::sync::Arc;

use http::header::{self, HeaderMap, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use prost_reflect::DynamicMessage;
use tonic::body::Body;

pub use binding::{AnswerRule, Binding, BodyRule};
pub use routes::{Found, Lookup, Routes};
pub use template::Segment;

use crate::caller::Claim;
use crate::deadline::Deadline;
use crate::edge::{Edge, Visit};
use crate::failure::Failure;
use crate::headers;
use crate::send::send;
use frames::Messages;

/// Answers a REST request.
///
/// # Errors
/// Whatever goes wrong before the first byte of the answer.
pub async fn answer(edge: Arc<Edge>, visit: Visit, found: Found, request: Request<Body>) -> Result<Response<Body>, Failure> {
    let binding = found.binding.clone();
    let rpc = &binding.rpc;
    body::check_encoding(request.headers())?;
    let deadline = Deadline::start(&edge.config, rpc, request.headers())?;
    let claim = Claim::read(&edge, rpc, &request)?;
    let (parts, incoming) = request.into_parts();
    let mut metadata = visit.metadata;
    let caller = deadline.within(claim.settle(&edge, &mut metadata)).await??;

    let query = parts.uri.query().unwrap_or_default();
    let outgoing = if let (true, BodyRule::Raw(Some(field))) = (rpc.client_streaming, &binding.body) {
        let first = assemble::request(&found, query, &parts.headers, None)?;
        raw::upload(first, field.clone(), &parts.headers, incoming, deadline.clone())
    } else {
        let bytes = body::read(&parts.headers, incoming, edge.config.max_body_bytes, &deadline).await?;
        let json = body::json(&binding.body, &parts.headers, &bytes)?;
        let mut message = assemble::request(&found, query, &parts.headers, json)?;
        if let BodyRule::Raw(field) = &binding.body {
            raw::fill(&mut message, field.as_ref(), parts.headers.get(header::CONTENT_TYPE), bytes);
        }
        Body::new(Full::from(frames::encode(&message)))
    };
    metadata.remove("grpc-encoding");
    metadata.remove("grpc-accept-encoding");
    let answer = send(rpc, metadata, HeaderValue::from_static("application/grpc"), outgoing, &deadline).await?;
    let service_metadata = answer.headers().clone();
    let cookie = caller.obey(&edge, &service_metadata).await?;
    let messages = Messages::new(answer, &rpc.service, deadline);

    let mut response = match &binding.answer {
        AnswerRule::Raw(field) => downloaded(&binding, field.clone(), &service_metadata, messages, visit.request_id).await?,
        _ if rpc.server_streaming => {
            let writer = stream::Writer {
                edge: edge.clone(),
                binding: binding.clone(),
                request_id: visit.request_id,
            };
            let (headers, body) = stream::body(writer, messages, stream::wants_events(&parts.headers));
            assembled(binding.success, headers, body)
        }
        _ => {
            let message = print::decode(&binding.descriptor.output(), messages.only().await?)?;
            unary(&edge, &binding, &message)?
        }
    };
    for (name, value) in &headers::to_rest_clients(&service_metadata) {
        response.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

fn assembled(status: StatusCode, headers: HeaderMap, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

async fn downloaded(
    binding: &Binding,
    field: Option<prost_reflect::FieldDescriptor>,
    metadata: &HeaderMap,
    mut messages: Messages,
    request_id: Arc<str>,
) -> Result<Response<Body>, Failure> {
    let descriptor = binding.descriptor.output();
    let first = raw::first(&mut messages, &descriptor).await?;
    let (content_type, data) = raw::content(&first, field.as_ref());
    let (status, headers) = raw::head(metadata, content_type, binding.success);
    Ok(assembled(
        status,
        headers,
        raw::download(data, messages, descriptor, field, request_id),
    ))
}

fn unary(edge: &Edge, binding: &Binding, message: &DynamicMessage) -> Result<Response<Body>, Failure> {
    let mut headers = HeaderMap::new();
    if binding.success == StatusCode::NO_CONTENT {
        return Ok(assembled(binding.success, headers, Body::empty()));
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(resource) = print::resource(message, &binding.answer) {
        if let Some(etag) = print::text_of(&resource, "etag").and_then(|etag| quoted(&etag)) {
            headers.insert(header::ETAG, etag);
        }
        if binding.success == StatusCode::CREATED
            && let Some(location) = edge.routes.location(&resource)
        {
            headers.insert(header::LOCATION, location);
        }
    }
    let json = print::json(message, &binding.answer)?;
    Ok(assembled(binding.success, headers, Body::new(Full::from(json))))
}

/// An etag as HTTP spells it.
fn quoted(etag: &str) -> Option<HeaderValue> {
    let text = if etag.starts_with('"') || etag.starts_with("W/\"") {
        etag.to_owned()
    } else {
        format!("\"{etag}\"")
    };
    HeaderValue::from_str(&text).ok()
}
