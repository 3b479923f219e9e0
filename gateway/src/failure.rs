//! Why a request failed, before it is known how the client wants to hear it: as gRPC trailers, as JSON, or as the last frame of a stream.

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::error::reason_of;
use tasktracker_server::{Code, RpcError};
use tonic::Status;
use tonic::body::Body;

/// A failure of a request.
#[derive(Debug)]
pub struct Failure {
    /// Code, message and details.
    pub status: Status,
    /// HTTP status on REST where the code alone would give another.
    pub http: Option<StatusCode>,
    /// Headers that go with it on every protocol.
    pub headers: HeaderMap,
}

impl Failure {
    /// What a service answered.
    #[must_use]
    pub fn of(status: Status) -> Self {
        Self {
            status,
            http: None,
            headers: HeaderMap::new(),
        }
    }

    /// Answers another HTTP status on REST.
    #[must_use]
    pub fn http(mut self, status: StatusCode) -> Self {
        self.http = Some(status);
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// No such route or RPC. Internal ones answer the same.
    #[must_use]
    pub fn unknown_rpc() -> Self {
        RpcError::new(Code::Unimplemented, ErrorReason::Unimplemented, "no such rpc").into()
    }

    /// No such REST route, file or page.
    #[must_use]
    pub fn unknown_route() -> Self {
        RpcError::new(Code::NotFound, ErrorReason::RouteNotFound, "no such route").into()
    }

    /// The route exists, but not with this HTTP method.
    #[must_use]
    pub fn method_not_allowed(allowed: &str) -> Self {
        let failure: Self = RpcError::new(
            Code::Unimplemented,
            ErrorReason::Unimplemented,
            format!("this route answers {allowed} only"),
        )
        .into();
        let failure = failure.http(StatusCode::METHOD_NOT_ALLOWED);
        match HeaderValue::from_str(allowed) {
            Ok(value) => failure.header(header::ALLOW, value),
            Err(_) => failure,
        }
    }

    /// The body is larger than allowed.
    #[must_use]
    pub fn too_large(limit: usize) -> Self {
        let error = RpcError::new(
            Code::ResourceExhausted,
            ErrorReason::PayloadTooLarge,
            format!("the body is larger than {limit} bytes"),
        );
        Self::from(error).http(StatusCode::PAYLOAD_TOO_LARGE)
    }

    /// The body is of a kind that the route does not take.
    #[must_use]
    pub fn unsupported_media_type(message: impl Into<String>) -> Self {
        Self::from(RpcError::new(Code::InvalidArgument, ErrorReason::MalformedRequest, message)).http(StatusCode::UNSUPPORTED_MEDIA_TYPE)
    }

    /// The request is no request of this RPC.
    #[must_use]
    pub fn malformed(message: impl Into<String>) -> Self {
        RpcError::new(Code::InvalidArgument, ErrorReason::MalformedRequest, message).into()
    }

    /// The time is over.
    #[must_use]
    pub fn deadline() -> Self {
        deadline_error().into()
    }

    /// The machine-readable reason, if there is one.
    #[must_use]
    pub fn reason(&self) -> Option<ErrorReason> {
        reason_of(&self.status)
    }

    /// The answer for a gRPC client: HTTP 200 whose headers are the trailers.
    #[must_use]
    pub fn into_grpc(self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.headers_mut() = self.headers;
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        if self.status.add_header(response.headers_mut()).is_err() {
            response
                .headers_mut()
                .insert("grpc-status", HeaderValue::from(Code::Internal as i32));
        }
        response
    }
}

impl From<RpcError> for Failure {
    fn from(error: RpcError) -> Self {
        Self::of(error.into())
    }
}

/// The time that the caller or the gateway gave is over.
#[must_use]
pub fn deadline_error() -> RpcError {
    RpcError::new(Code::DeadlineExceeded, ErrorReason::DeadlineExceeded, "it took longer than allowed")
}

/// A service ended its answer without saying how it went, or did not answer at all.
#[must_use]
pub fn broken_answer(service: &str, cause: impl Into<anyhow::Error>) -> RpcError {
    RpcError::unavailable(short_name(service), cause)
}

/// The name of a service for people: `core` of `tasktracker.core.v1.TaskService`. Says nothing of where it runs.
#[must_use]
pub fn short_name(service: &str) -> &str {
    let mut parts = service.rsplit('.');
    let last = parts.next().unwrap_or(service);
    parts
        .find(|part| !(part.starts_with('v') && part[1..].starts_with(|c: char| c.is_ascii_digit())))
        .unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_named_without_package_and_version() {
        assert_eq!(short_name("tasktracker.core.v1.TaskService"), "core");
        assert_eq!(short_name("grpc.health.v1.Health"), "health");
        assert_eq!(short_name("Plain"), "Plain");
    }
}
