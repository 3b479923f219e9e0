//! What surrounds every RPC, whether the call came over a socket or from this process: a request id, a deadline that says
//! DEADLINE_EXCEEDED, a bound on work in flight, panics as INTERNAL, metrics, and tonic's own errors in our form.

mod answer;
mod foreign;

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{HeaderValue, Request, Response};
use tasktracker_proto::r#type::v1::ErrorReason;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceExt};

use crate::error::RpcError;
use crate::ids::Ids;
use crate::methods::METHODS;
use crate::request::{self, REQUEST_ID_HEADER};

use answer::Answer;

/// A gRPC service that anything can call.
pub type GrpcService = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// How long a unary RPC may take where the client does not say less.
pub const UNARY_DEADLINE: Duration = Duration::from_secs(10);

/// Unary RPCs that a process answers at once; more are refused instead of queued.
pub const IN_FLIGHT: usize = 1024;

/// The surroundings of a service's RPCs.
#[derive(Clone)]
pub struct Stack {
    inner: GrpcService,
    ids: Ids,
    in_flight: Arc<Semaphore>,
}

impl Stack {
    /// Surrounds a service, which may be tonic's `Routes` or any layered form of it.
    pub fn around<S>(service: S, ids: Ids) -> GrpcService
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
        S::Future: Send,
    {
        let stack = Self {
            inner: BoxCloneSyncService::new(service),
            ids,
            in_flight: Arc::new(Semaphore::new(IN_FLIGHT)),
        };
        BoxCloneSyncService::new(stack)
    }
}

impl Service<Request<Body>> for Stack {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let stack = self.clone();
        Box::pin(async move { Ok(stack.answer(request).await) })
    }
}

impl Stack {
    #[expect(clippy::disallowed_methods, reason = "deadlines are measured here")]
    async fn answer(self, mut request: Request<Body>) -> Response<Body> {
        let started = Instant::now();
        let id = take_request_id(&mut request, &self.ids);
        let method = METHODS.get(request.uri().path());
        let unary = method.map_or_else(
            || !is_standard_stream(request.uri().path()),
            |method| !method.server_streaming && !method.client_streaming,
        );
        let record = answer::Record::new(request.uri().path(), method.is_some(), started);

        let asked = match asked_deadline(&request) {
            Ok(asked) => asked,
            Err(error) => return fail(error, &id, record),
        };
        let limit = if unary {
            Some(asked.map_or(UNARY_DEADLINE, |asked| asked.min(UNARY_DEADLINE)))
        } else {
            asked
        };
        let deadline = limit.map(|limit| started + limit);
        let permit = if unary {
            match self.in_flight.clone().try_acquire_owned() {
                Ok(permit) => Some(permit),
                Err(_) => {
                    let error = RpcError::new(Code::ResourceExhausted, ErrorReason::Overloaded, "too many requests at once");
                    return fail(error.retry_after(Duration::from_secs(1)), &id, record);
                }
            }
        } else {
            None
        };

        let work = AssertUnwindSafe(request::within(id.clone(), self.inner.oneshot(request))).catch_unwind();
        let outcome = match deadline {
            None => work.await,
            Some(deadline) => match tokio::time::timeout_at(deadline, work).await {
                Ok(outcome) => outcome,
                Err(_) => return fail(deadline_exceeded(), &id, record),
            },
        };
        match outcome {
            Ok(Ok(response)) => {
                let (mut parts, body) = foreign::made_ours(response, &id).into_parts();
                echo_request_id(&mut parts.headers, &id);
                let body = Answer::new(body, id, deadline, permit, record, parts.headers.get("grpc-status"));
                Response::from_parts(parts, Body::new(body))
            }
            Ok(Err(never)) => match never {},
            Err(panic) => fail(panicked(panic.as_ref()), &id, record),
        }
    }
}

/// The streams of health and reflection, which no proto of ours describes.
fn is_standard_stream(path: &str) -> bool {
    path == "/grpc.health.v1.Health/Watch" || path.starts_with("/grpc.reflection.")
}

fn deadline_exceeded() -> RpcError {
    RpcError::new(Code::DeadlineExceeded, ErrorReason::DeadlineExceeded, "it took longer than allowed")
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> RpcError {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    RpcError::internal(anyhow::anyhow!("panic: {text}"))
}

fn fail(error: RpcError, id: &Arc<str>, record: answer::Record) -> Response<Body> {
    let status = request::within_sync(id.clone(), || Status::from(error));
    record.finish(status.code());
    let mut response = status.into_http::<Body>();
    echo_request_id(response.headers_mut(), id);
    response
}

fn echo_request_id(headers: &mut http::HeaderMap, id: &str) {
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID_HEADER, value);
    }
}

/// The caller's request id, or a new one put in its place.
fn take_request_id(request: &mut Request<Body>, ids: &Ids) -> Arc<str> {
    let sent = request
        .headers()
        .get(REQUEST_ID_HEADER)
        .and_then(|value| value.to_str().ok())
        .filter(|id| request::is_valid_id(id));
    if let Some(sent) = sent {
        return sent.into();
    }
    let made: Arc<str> = ids.next().to_string().into();
    echo_request_id(request.headers_mut(), &made);
    made
}

/// The deadline of the header `grpc-timeout`: at most 8 digits and a unit.
fn asked_deadline(request: &Request<Body>) -> Result<Option<Duration>, RpcError> {
    let Some(header) = request.headers().get("grpc-timeout") else {
        return Ok(None);
    };
    header
        .to_str()
        .ok()
        .and_then(parse_timeout)
        .map(Some)
        .ok_or_else(|| RpcError::invalid("grpc-timeout", "must be up to 8 digits and one of HMSmun"))
}

fn parse_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(amount * 3600),
        "M" => Duration::from_secs(amount * 60),
        "S" => Duration::from_secs(amount),
        "m" => Duration::from_millis(amount),
        "u" => Duration::from_micros(amount),
        "n" => Duration::from_nanos(amount),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_as_grpc_writes_them() {
        assert_eq!(parse_timeout("250m"), Some(Duration::from_millis(250)));
        assert_eq!(parse_timeout("2S"), Some(Duration::from_secs(2)));
        for wrong in ["", "S", "1", "-1S", "123456789S", "1s", "1 S", "1é"] {
            assert_eq!(parse_timeout(wrong), None, "{wrong:?}");
        }
    }
}
