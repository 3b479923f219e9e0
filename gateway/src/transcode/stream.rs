//! Server streams: one JSON a line, or server-sent events. A failure after the first byte is the last line, never a silent end.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http_body::Frame;
use http_body_util::StreamBody;
use prost_reflect::{DynamicMessage, OneofDescriptor};
use tonic::body::Body;

use super::binding::Binding;
use super::frames::Messages;
use super::print;
use crate::edge::Edge;
use crate::failure::Failure;
use crate::rest_error;

/// What the messages of a stream are turned into text with.
pub struct Writer {
    /// For error details.
    pub edge: Arc<Edge>,
    /// The route.
    pub binding: Arc<Binding>,
    /// For errors.
    pub request_id: Arc<str>,
}

/// Whether the client asked for server-sent events.
#[must_use]
pub fn wants_events(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepts.flat_map(|value| value.split(',')).any(|kind| {
        kind.split(';')
            .next()
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
    })
}

/// The body and the headers of a stream's answer.
#[must_use]
pub fn body(writer: Writer, messages: Messages, events: bool) -> (HeaderMap, Body) {
    let content_type = if events { "text/event-stream" } else { "application/x-ndjson" };
    let headers = HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        // Proxies that collect an answer before they send it would hold a stream back for good.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ]);
    let body = if events {
        Body::new(StreamBody::new(as_events(writer, messages)))
    } else {
        Body::new(StreamBody::new(as_lines(writer, messages)))
    };
    (headers, body)
}

type Chunk = Result<Frame<Bytes>, Infallible>;

fn as_lines(writer: Writer, mut messages: Messages) -> impl Stream<Item = Chunk> + Send {
    async_stream::stream! {
        loop {
            let (line, last) = match messages.next().await.and_then(|bytes| bytes.map(|bytes| writer.read(bytes)).transpose()) {
                Ok(None) => break,
                Ok(Some(message)) => match print::json(&message, &writer.binding.answer) {
                    Ok(json) => ([br#"{"result":"#.as_slice(), &json, b"}\n"].concat(), false),
                    Err(failure) => (writer.error_line(&failure), true),
                },
                Err(failure) => (writer.error_line(&failure), true),
            };
            yield Ok(Frame::data(Bytes::from(line)));
            if last {
                break;
            }
        }
    }
}

fn as_events(writer: Writer, mut messages: Messages) -> impl Stream<Item = Chunk> + Send {
    let pause = Duration::from_millis(writer.edge.config.heartbeat_ms);
    async_stream::stream! {
        loop {
            let next = tokio::select! {
                next = messages.next() => next,
                () = tokio::time::sleep(pause) => {
                    yield Ok(Frame::data(Bytes::from_static(b": still here\n\n")));
                    continue;
                }
            };
            let (event, last) = match next.and_then(|bytes| bytes.map(|bytes| writer.read(bytes)).transpose()) {
                Ok(None) => break,
                Ok(Some(message)) => match writer.event(&message) {
                    Ok(event) => (event, false),
                    Err(failure) => (writer.error_event(&failure), true),
                },
                Err(failure) => (writer.error_event(&failure), true),
            };
            yield Ok(Frame::data(Bytes::from(event)));
            if last {
                break;
            }
        }
    }
}

impl Writer {
    fn read(&self, bytes: Bytes) -> Result<DynamicMessage, Failure> {
        print::decode(&self.binding.descriptor.output(), bytes)
    }

    fn error(&self, failure: &Failure) -> Vec<u8> {
        rest_error::json(&self.edge.pool, &self.request_id, failure, false)
    }

    fn error_line(&self, failure: &Failure) -> Vec<u8> {
        [self.error(failure).as_slice(), b"\n"].concat()
    }

    fn error_event(&self, failure: &Failure) -> Vec<u8> {
        [b"event: stream-error\ndata: ".as_slice(), &self.error(failure), b"\n\n"].concat()
    }

    fn event(&self, message: &DynamicMessage) -> Result<Vec<u8>, Failure> {
        let mut event = Vec::with_capacity(512);
        if let Some(token) = print::text_of(message, "resume_token").filter(|token| !token.contains(['\n', '\r', '\0'])) {
            event.extend_from_slice(format!("id: {token}\n").as_bytes());
        }
        if let Some(case) = message_case(message) {
            event.extend_from_slice(format!("event: {case}\n").as_bytes());
        }
        event.extend_from_slice(b"data: ");
        event.extend_from_slice(&print::json(message, &self.binding.answer)?);
        event.extend_from_slice(b"\n\n");
        Ok(event)
    }
}

/// The name of the field that is set in the message's first oneof.
fn message_case(message: &DynamicMessage) -> Option<String> {
    let descriptor = prost_reflect::ReflectMessage::descriptor(message);
    let mut oneofs = descriptor.oneofs().filter(|oneof: &OneofDescriptor| !oneof.is_synthetic());
    oneofs
        .next()?
        .fields()
        .find(|field| message.has_field(field))
        .map(|field| field.name().to_owned())
}
