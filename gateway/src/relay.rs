//! A service's answer on its way to a gRPC client: the bytes as they are, the trailers by allow-list, and always an end that says how it
//! went, also when the service breaks off or the time is over. Old gRPC-web clients take missing trailers for success.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError, request};
use tonic::Status;
use tonic::body::Body;

use crate::deadline::{Deadline, Timer};
use crate::edge::Visit;
use crate::failure::{broken_answer, deadline_error};
use crate::headers;
use crate::message_limit::{Meter, Stopped};

/// The body of an answer that passes through.
pub struct Relay {
    inner: Body,
    timer: Timer,
    request_id: Arc<str>,
    service: String,
    stopped: Stopped,
    limit: usize,
    meter: Meter,
    web: bool,
    ended: bool,
}

impl Relay {
    /// Passes a body on. `limit` is the one that `stopped` speaks of.
    #[must_use]
    pub fn new(inner: Body, deadline: Deadline, visit: &Visit, service: &str, stopped: Stopped, limit: usize) -> Self {
        Self {
            inner,
            timer: Timer::new(deadline),
            request_id: visit.request_id.clone(),
            service: service.to_owned(),
            stopped,
            limit,
            meter: Meter::default(),
            web: visit.web,
            ended: false,
        }
    }

    fn end_with(&mut self, error: RpcError) -> Result<Frame<Bytes>, Status> {
        self.ended = true;
        // Lets go of the service at once.
        self.inner = Body::empty();
        let status = request::within_sync(self.request_id.clone(), || Status::from(error));
        // On gRPC-web the trailers follow in the body: in the middle of a message they would be taken for a part of it.
        if self.web && !self.meter.is_between_messages() {
            return Err(status);
        }
        let mut trailers = HeaderMap::new();
        if status.add_header(&mut trailers).is_err() {
            trailers.insert("grpc-status", http::HeaderValue::from(Code::Internal as i32));
        }
        Ok(Frame::trailers(trailers))
    }
}

/// A message was larger than allowed.
#[must_use]
pub fn too_large(limit: usize) -> RpcError {
    RpcError::new(
        Code::ResourceExhausted,
        ErrorReason::PayloadTooLarge,
        format!("the message is larger than {limit} bytes"),
    )
}

impl HttpBody for Relay {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        if this.ended {
            return Poll::Ready(None);
        }
        if this.timer.poll_passed(context).is_ready() {
            return Poll::Ready(Some(this.end_with(deadline_error())));
        }
        let frame = match std::task::ready!(Pin::new(&mut this.inner).poll_frame(context)) {
            Some(Ok(frame)) => match frame.into_trailers() {
                Err(frame) => {
                    this.timer.touch();
                    this.meter.fits(frame.data_ref().map_or(&[], |data| data), usize::MAX);
                    Ok(frame)
                }
                Ok(trailers) => {
                    this.ended = true;
                    Ok(Frame::trailers(headers::to_grpc_clients(&trailers)))
                }
            },
            _ if this.stopped.get() => this.end_with(too_large(this.limit)),
            Some(Err(status)) => this.end_with(broken_answer(&this.service.clone(), status)),
            None => this.end_with(broken_answer(
                &this.service.clone(),
                anyhow::anyhow!("the answer ended without a status"),
            )),
        };
        Poll::Ready(Some(frame))
    }
}
