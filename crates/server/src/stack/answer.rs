//! The body of an RPC's answer: keeps the request id around every frame, ends a stream at its deadline, turns a panic into a status,
//! and records how the RPC ended, also when nobody reads on.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};
use tonic::body::Body;
use tonic::{Code, Status};

use super::foreign;
use crate::error::RpcError;
use crate::request;

/// How an RPC went, for metrics and the log.
pub struct Record {
    path: String,
    known: bool,
    started: Instant,
    done: bool,
}

impl Record {
    /// An RPC that begins.
    pub fn new(path: &str, known: bool, started: Instant) -> Self {
        Self {
            path: path.to_owned(),
            known,
            started,
            done: false,
        }
    }

    /// It ended with this code.
    pub fn finish(mut self, code: Code) {
        self.note(code);
    }

    fn note(&mut self, code: Code) {
        if std::mem::replace(&mut self.done, true) {
            return;
        }
        // Unknown paths are the caller's words: they must not become labels without bound.
        let path = if self.known { self.path.as_str() } else { "unknown" };
        let (service, method) = path.trim_start_matches('/').rsplit_once('/').unwrap_or(("", path));
        let code = code_name(code);
        let seconds = self.started.elapsed().as_secs_f64();
        metrics::histogram!("rpc_server_duration_seconds", "service" => service.to_owned(), "method" => method.to_owned(), "code" => code)
            .record(seconds);
        tracing::debug!(rpc = path, code, seconds, "answered");
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.note(Code::Cancelled);
    }
}

/// The name of a code as gRPC writes it.
fn code_name(code: Code) -> &'static str {
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

/// The body of an answer.
pub struct Answer {
    inner: Body,
    id: Arc<str>,
    deadline: Option<Pin<Box<Sleep>>>,
    record: Record,
    ended: bool,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Answer {
    /// Wraps a body. `status` is the one of the headers, where the answer is an error without a body.
    pub fn new(
        inner: Body,
        id: Arc<str>,
        deadline: Option<Instant>,
        permit: Option<OwnedSemaphorePermit>,
        mut record: Record,
        status: Option<&http::HeaderValue>,
    ) -> Self {
        if let Some(status) = status {
            record.note(Code::from_bytes(status.as_bytes()));
        }
        let deadline = deadline.map(|deadline| Box::pin(tokio::time::sleep_until(deadline)));
        Self {
            inner,
            id,
            deadline,
            record,
            ended: false,
            _permit: permit,
        }
    }

    fn end_with(&mut self, error: RpcError) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.ended = true;
        let status = request::within_sync(self.id.clone(), || Status::from(error));
        self.record.note(status.code());
        let mut trailers = HeaderMap::new();
        Poll::Ready(Some(status.add_header(&mut trailers).map(|()| Frame::trailers(trailers))))
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        if this.ended {
            return Poll::Ready(None);
        }
        if let Some(deadline) = &mut this.deadline
            && deadline.as_mut().poll(context).is_ready()
        {
            return this.end_with(super::deadline_exceeded());
        }
        let inner = &mut this.inner;
        let id = this.id.clone();
        let frame = std::panic::catch_unwind(AssertUnwindSafe(|| {
            request::within_sync(id, || Pin::new(inner).poll_frame(context))
        }));
        match frame {
            Err(panic) => this.end_with(super::panicked(panic.as_ref())),
            Ok(Poll::Ready(Some(Ok(mut frame)))) => {
                if let Some(trailers) = frame.trailers_mut() {
                    foreign::trailers_made_ours(trailers, &this.id);
                    let code = trailers
                        .get("grpc-status")
                        .map_or(Code::Unknown, |status| Code::from_bytes(status.as_bytes()));
                    this.record.note(code);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Ok(Poll::Ready(None)) => {
                this.ended = true;
                Poll::Ready(None)
            }
            Ok(other) => other,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
