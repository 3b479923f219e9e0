//! Bytes that are no JSON (`google.api.HttpBody`): uploads become a stream of messages of at most 64 KiB, downloads are the bytes as they
//! come. Neither is ever held whole.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;
use http::StatusCode;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor, Value};
use tasktracker_server::RpcError;
use tonic::body::Body;

use super::frames::{self, Messages};
use super::print;
use crate::deadline::Deadline;
use crate::failure::Failure;

const CHUNK: usize = 64 * 1024;
/// What a page with a form may do: show its own style, and send the form to us.
const PAGE_WITH_FORM: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Puts bytes into a message's field, or into the message itself where there is none.
pub fn fill(message: &mut DynamicMessage, field: Option<&FieldDescriptor>, content_type: Option<&HeaderValue>, data: Bytes) {
    let target = match field {
        None => Some(message),
        Some(field) => message.get_field_mut(field).as_message_mut(),
    };
    let Some(target) = target else { return };
    if let Some(Ok(content_type)) = content_type.map(HeaderValue::to_str) {
        target.set_field_by_name("content_type", Value::String(content_type.to_owned()));
    }
    target.set_field_by_name("data", Value::Bytes(data));
}

/// The gRPC body of an upload: what path and query say is in the first message, with the content type; the rest carries bytes only.
#[must_use]
pub fn upload(first: DynamicMessage, field: FieldDescriptor, headers: &HeaderMap, body: Body, deadline: Deadline) -> Body {
    let content_type = headers.get(header::CONTENT_TYPE).cloned();
    Body::new(StreamBody::new(upload_frames(first, field, content_type, body, deadline)))
}

fn upload_frames(
    first: DynamicMessage,
    field: FieldDescriptor,
    content_type: Option<HeaderValue>,
    mut body: Body,
    deadline: Deadline,
) -> impl Stream<Item = Result<Frame<Bytes>, std::io::Error>> + Send {
    let data_number = data_number(&field);
    async_stream::stream! {
        let mut first = Some(first);
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                // An error, and not an end: a broken upload must not look complete.
                yield Err(std::io::Error::other("the upload was broken off"));
                return;
            };
            deadline.touch();
            let Ok(mut data) = frame.into_data() else { continue };
            while !data.is_empty() {
                let chunk = data.split_to(data.len().min(CHUNK));
                let Some(mut message) = first.take() else {
                    // The bytes themselves are not copied: what stands before them is a frame of its own.
                    yield Ok(Frame::data(frames::before_bytes(field.number(), data_number, chunk.len())));
                    yield Ok(Frame::data(chunk));
                    continue;
                };
                fill(&mut message, Some(&field), content_type.as_ref(), chunk);
                yield Ok(Frame::data(frames::encode(&message)));
            }
        }
        if let Some(mut message) = first {
            fill(&mut message, Some(&field), content_type.as_ref(), Bytes::new());
            yield Ok(Frame::data(frames::encode(&message)));
        }
    }
}

/// The number of `HttpBody.data` in what a field holds.
fn data_number(field: &FieldDescriptor) -> u32 {
    let kind = field.kind();
    let data = kind.as_message().and_then(|body| body.get_field_by_name("data"));
    data.map_or(2, |data| data.number())
}

/// The bytes and the content type of a message.
#[must_use]
pub fn content(message: &DynamicMessage, field: Option<&FieldDescriptor>) -> (Option<HeaderValue>, Bytes) {
    let read = |body: &DynamicMessage| {
        let content_type = print::text_of(body, "content_type").and_then(|text| HeaderValue::from_str(&text).ok());
        let data = body
            .get_field_by_name("data")
            .and_then(|value| value.as_bytes().cloned())
            .unwrap_or_default();
        (content_type, data)
    };
    match field {
        None => read(message),
        Some(field) => message.get_field(field).as_message().map(read).unwrap_or_default(),
    }
}

/// The status and headers of a download, as the service's metadata orders them.
#[must_use]
pub fn head(metadata: &HeaderMap, content_type: Option<HeaderValue>, success: StatusCode) -> (StatusCode, HeaderMap) {
    let text = |name: &str| metadata.get(name).and_then(|value| value.to_str().ok());
    let ordered = text("x-http-status")
        .and_then(|code| code.parse::<u16>().ok())
        .filter(|code| matches!(code, 200 | 206 | 304 | 416));
    let status = ordered.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(success);
    let mut headers = HeaderMap::new();
    if status != StatusCode::NOT_MODIFIED {
        headers.insert(
            header::CONTENT_TYPE,
            content_type.unwrap_or(HeaderValue::from_static("application/octet-stream")),
        );
        // HTTP/2 would take `content-length` for the length of the gRPC answer, so services call it by another name.
        if let Some(length) = text("x-content-length")
            .filter(|text| text.parse::<u64>().is_ok())
            .and_then(|text| HeaderValue::from_str(text).ok())
        {
            headers.insert(header::CONTENT_LENGTH, length);
        }
    }
    // What people uploaded is shown by nobody as a page of ours. A service says where it made a page itself, with its style and a form.
    let policy = match text("x-page-policy") {
        Some("form") => PAGE_WITH_FORM,
        _ => "default-src 'none'; frame-ancestors 'none'; sandbox",
    };
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    (status, headers)
}

/// The body of a download whose first message is known. A failure on the way breaks the connection off, so that half a file is not
/// taken for a whole one.
#[must_use]
pub fn download(
    first: Bytes,
    messages: Messages,
    descriptor: MessageDescriptor,
    field: Option<FieldDescriptor>,
    request_id: Arc<str>,
) -> Body {
    Body::new(StreamBody::new(download_frames(first, messages, descriptor, field, request_id)))
}

fn download_frames(
    first: Bytes,
    mut messages: Messages,
    descriptor: MessageDescriptor,
    field: Option<FieldDescriptor>,
    request_id: Arc<str>,
) -> impl Stream<Item = Result<Frame<Bytes>, std::io::Error>> + Send {
    async_stream::stream! {
        if !first.is_empty() {
            yield Ok(Frame::data(first));
        }
        loop {
            let next = messages.next().await.and_then(|bytes| bytes.map(|bytes| print::decode(&descriptor, bytes)).transpose());
            match next {
                Ok(None) => return,
                Ok(Some(message)) => {
                    let (_, data) = content(&message, field.as_ref());
                    if !data.is_empty() {
                        yield Ok(Frame::data(data));
                    }
                }
                Err(Failure { status, .. }) => {
                    tracing::warn!(request.id = &*request_id, code = ?status.code(), "a download broke off");
                    yield Err(std::io::Error::other("the download broke off"));
                    return;
                }
            }
        }
    }
}

/// The first message of a download and what follows it; no message at all is an empty body.
///
/// # Errors
/// The service failed before the first message.
pub async fn first(messages: &mut Messages, descriptor: &MessageDescriptor) -> Result<DynamicMessage, Failure> {
    match messages.next().await? {
        Some(bytes) => DynamicMessage::decode(descriptor.clone(), bytes).map_err(|error| RpcError::internal(error).into()),
        None => Ok(DynamicMessage::new(descriptor.clone())),
    }
}
