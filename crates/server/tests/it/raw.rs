//! Calls as bytes, for what no generated client would send; and refusals as a client reads them.

use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use tasktracker_server::error::DOMAIN;
use tasktracker_server::stack::GrpcService;
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use tower::ServiceExt;

pub const KEYS: &str = "/tasktracker.auth.v1.KeyService/GetKeySet";

/// A message with its frame.
pub fn frame(flag: u8, message: &[u8]) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_u8(flag);
    bytes.put_u32(u32::try_from(message.len()).unwrap());
    bytes.put_slice(message);
    bytes.freeze()
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub headers: HeaderMap,
    pub status: Option<Status>,
}

/// Calls an RPC with these bytes.
pub async fn call(service: &GrpcService, path: &str, headers: &[(&str, &[u8])], body: Bytes) -> Answer {
    let mut request = Request::post(path)
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, http::HeaderValue::from_bytes(value).unwrap());
    }
    let response = service
        .clone()
        .oneshot(request.body(Body::new(Full::new(body))).unwrap())
        .await
        .unwrap();
    let (parts, body) = response.into_parts();
    let collected = body.collect().await.expect("a stream that ends as it should");
    let trailers = collected.trailers().cloned().unwrap_or_default();
    let status = Status::from_header_map(&parts.headers).or_else(|| Status::from_header_map(&trailers));
    Answer {
        headers: parts.headers,
        status,
    }
}

/// Asserts that a refusal has the form of all our refusals, and answers `CODE REASON` and the request id.
#[track_caller]
pub fn ours(status: &Status) -> (Code, String, String) {
    let info = status
        .get_details_error_info()
        .unwrap_or_else(|| panic!("no ErrorInfo: {status:?}"));
    assert_eq!(info.domain, DOMAIN);
    let id = status
        .get_details_request_info()
        .unwrap_or_else(|| panic!("no RequestInfo: {status:?}"))
        .request_id;
    assert!(!id.is_empty());
    let message = status.message();
    assert!(
        !message.is_empty() && (message.ends_with("...") || !message.ends_with('.')),
        "{message:?}"
    );
    (status.code(), info.reason, id)
}

/// `CODE REASON` of a refusal.
#[track_caller]
pub fn refused<T: std::fmt::Debug>(outcome: Result<T, Status>) -> (Code, String) {
    let status = outcome.expect_err("must be refused");
    let (code, reason, _) = ours(&status);
    (code, reason)
}

/// Asserts that nothing of the cause is in anything that the client receives.
#[track_caller]
pub fn opaque(status: &Status) {
    let seen = format!("{:?} {}", status, String::from_utf8_lossy(status.details()));
    for word in ["SELECT", "users", "/srv", ".rs", "panic", "a word", "42"] {
        assert!(!seen.contains(word), "{word} in {seen}");
    }
}
