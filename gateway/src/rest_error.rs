//! A failure as REST says it: `{"error":{"code","status","message","details"}}`, with the details as ProtoJSON.

use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions, Value};
use serde::Serialize;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;
use tonic::body::Body;
use tonic_types::StatusExt;

use crate::failure::Failure;

#[derive(Debug, Serialize)]
struct Envelope {
    error: Error,
}

#[derive(Debug, Serialize)]
struct Error {
    code: u16,
    status: &'static str,
    message: String,
    details: Vec<serde_json::Value>,
}

/// The answer of a failed REST request. `conditional`: the request had `If-Match`.
#[must_use]
pub fn response(pool: &DescriptorPool, request_id: &str, failure: Failure, conditional: bool) -> Response<Body> {
    let status = http_status(&failure, conditional);
    let body = json(pool, request_id, &failure, conditional);
    let mut response = Response::new(Body::new(http_body_util::Full::from(body)));
    *response.status_mut() = status;
    let size = failure
        .status
        .get_details_error_info()
        .and_then(|mut info| info.metadata.remove("size"));
    let retry_after = failure.status.get_details_retry_info().and_then(|info| info.retry_delay);
    *response.headers_mut() = failure.headers;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(delay) = retry_after {
        headers.insert(
            header::RETRY_AFTER,
            HeaderValue::from(delay.as_secs() + u64::from(delay.subsec_nanos() > 0)),
        );
    }
    if status == StatusCode::RANGE_NOT_SATISFIABLE
        && let Some(range) = size.and_then(|size| HeaderValue::from_str(&format!("bytes */{size}")).ok())
    {
        headers.insert(header::CONTENT_RANGE, range);
    }
    if status == StatusCode::UNAUTHORIZED && !headers.contains_key(header::WWW_AUTHENTICATE) {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The envelope of a failure, as bytes without a line break.
#[must_use]
pub fn json(pool: &DescriptorPool, request_id: &str, failure: &Failure, conditional: bool) -> Vec<u8> {
    let status = &failure.status;
    let mut details = details(pool, status.details());
    let request_info = "type.googleapis.com/google.rpc.RequestInfo";
    if !details.iter().any(|detail| detail["@type"] == request_info) {
        details.push(serde_json::json!({"@type": request_info, "requestId": request_id}));
    }
    let code = http_status(failure, conditional).as_u16();
    let envelope = Envelope {
        error: Error {
            code,
            status: name(status.code()),
            message: status.message().to_owned(),
            details,
        },
    };
    serde_json::to_vec(&envelope).unwrap_or_else(|_| br#"{"error":{"code":500,"status":"INTERNAL","message":"","details":[]}}"#.to_vec())
}

/// Details of a known type; stack traces stay here.
fn details(pool: &DescriptorPool, bytes: &[u8]) -> Vec<serde_json::Value> {
    let Some(any) = pool.get_message_by_name("google.protobuf.Any") else {
        return Vec::new();
    };
    let Ok(status) = tonic_types::pb::Status::decode(bytes) else {
        return Vec::new();
    };
    let options = SerializeOptions::new().skip_default_fields(true);
    let printed = status.details.into_iter().filter_map(|detail| {
        if detail.type_url.ends_with("/google.rpc.DebugInfo") {
            return None;
        }
        let mut message = DynamicMessage::new(any.clone());
        message.set_field_by_name("type_url", Value::String(detail.type_url));
        message.set_field_by_name("value", Value::Bytes(detail.value.into()));
        message.serialize_with_options(serde_json::value::Serializer, &options).ok()
    });
    printed.collect()
}

fn http_status(failure: &Failure, conditional: bool) -> StatusCode {
    if let Some(status) = failure.http {
        return status;
    }
    let reason = failure.reason();
    match failure.status.code() {
        Code::Ok => StatusCode::OK,
        Code::OutOfRange if reason == Some(ErrorReason::RangeUnsatisfiable) => StatusCode::RANGE_NOT_SATISFIABLE,
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::Aborted if conditional && reason == Some(ErrorReason::EtagMismatch) => StatusCode::PRECONDITION_FAILED,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted if reason == Some(ErrorReason::PayloadTooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The name of a code as gRPC writes it.
fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
