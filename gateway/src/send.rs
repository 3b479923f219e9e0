//! Asking a service: one gRPC call with the gateway's metadata and the rest of the deadline. What goes wrong on the way is said without
//! addresses or causes; those go to the log.

use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Request, Response, StatusCode, Version};
use tonic::Status;
use tonic::body::Body;
use tower::ServiceExt;

use crate::catalog::Rpc;
use crate::deadline::{Deadline, GRPC_TIMEOUT};
use crate::failure::{Failure, broken_answer};
use crate::headers;

/// Calls an RPC and waits for the headers of its answer. A failure that is known by then comes as one.
///
/// # Errors
/// The service failed at once, is not run here, or does not answer in time.
pub async fn send(
    rpc: &Rpc,
    metadata: HeaderMap,
    content_type: HeaderValue,
    body: Body,
    deadline: &Deadline,
) -> Result<Response<Body>, Failure> {
    let Some(upstream) = rpc.upstream.clone() else {
        return Err(Failure::unknown_rpc());
    };
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    *request.uri_mut() = rpc
        .path
        .parse()
        .map_err(|error: http::uri::InvalidUri| Failure::from(broken_answer(&rpc.service, error)))?;
    *request.headers_mut() = metadata;
    let out = request.headers_mut();
    out.insert(header::CONTENT_TYPE, content_type);
    out.insert(header::TE, HeaderValue::from_static("trailers"));
    if let Some(left) = deadline.header() {
        out.insert(GRPC_TIMEOUT, left);
    }
    let response = deadline.within(upstream.oneshot(request)).await?;
    let response = response.map_err(|error| explain(&rpc.service, error.as_ref()))?;
    deadline.touch();

    if let Some(status) = response.headers().get("grpc-status") {
        if status != "0" {
            // Filtered first: a status carries all other headers along as its metadata.
            let status = Status::from_header_map(&headers::to_grpc_clients(response.headers()));
            return Err(status.map_or_else(
                || broken_answer(&rpc.service, anyhow::anyhow!("an unreadable status")).into(),
                Failure::of,
            ));
        }
    } else if response.status() != StatusCode::OK || !is_grpc(response.headers()) {
        // Something between here and the service answered in its place.
        return Err(broken_answer(&rpc.service, anyhow::anyhow!("HTTP {} that is no gRPC", response.status())).into());
    }
    Ok(response)
}

fn is_grpc(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

/// What a failed call means. The channel keeps the deadline too, and may be the first to notice that it has passed.
fn explain(service: &str, error: &(dyn std::error::Error + 'static)) -> Failure {
    let mut text = error.to_string();
    let mut next = Some(error);
    while let Some(cause) = next {
        if cause.is::<tonic::TimeoutExpired>() {
            return Failure::deadline();
        }
        next = cause.source();
        if let Some(next) = next {
            text.push_str(": ");
            text.push_str(&next.to_string());
        }
    }
    broken_answer(service, anyhow::anyhow!(text)).into()
}
