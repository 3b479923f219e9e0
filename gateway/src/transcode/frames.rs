//! gRPC's framing: a message behind 5 bytes, and an end that says how it went.

use bytes::{BufMut, Bytes, BytesMut};
use http::Response;
use http_body_util::BodyExt;
use prost::Message;
use tasktracker_server::{Code, RpcError};
use tonic::Status;
use tonic::body::Body;

use crate::deadline::Deadline;
use crate::failure::{Failure, broken_answer};
use crate::headers;

/// Bytes before each message: a flag and its length.
const PREFIX: usize = 5;
/// Largest message that is read from a service.
const LARGEST: usize = 64 << 20;

/// A message with its prefix.
#[must_use]
pub fn encode(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut bytes = BytesMut::with_capacity(length + 5);
    bytes.put_u8(0);
    bytes.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    // Never fails: the buffer grows.
    let _ = message.encode(&mut bytes);
    bytes.freeze()
}

/// All of a message with its prefix, but for bytes of this length that follow at its end: a field of a message in a field.
#[must_use]
pub fn before_bytes(outer: u32, inner: u32, length: usize) -> Bytes {
    use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len};
    let inner_length = key_len(inner) + encoded_len_varint(length as u64) + length;
    let whole = key_len(outer) + encoded_len_varint(inner_length as u64) + inner_length;
    let mut bytes = BytesMut::with_capacity(32);
    bytes.put_u8(0);
    bytes.put_u32(u32::try_from(whole).unwrap_or(u32::MAX));
    encode_key(outer, WireType::LengthDelimited, &mut bytes);
    encode_varint(inner_length as u64, &mut bytes);
    encode_key(inner, WireType::LengthDelimited, &mut bytes);
    encode_varint(length as u64, &mut bytes);
    bytes.freeze()
}

/// The messages of a service's answer.
#[derive(Debug)]
pub struct Messages {
    body: Body,
    /// What came last, as it came: most often whole messages, which are passed on without a copy.
    arrived: Bytes,
    /// The beginning of a message whose rest is still to come.
    buffer: BytesMut,
    deadline: Deadline,
    service: String,
    ended: bool,
}

impl Messages {
    /// Reads an answer whose headers did not say an error.
    #[must_use]
    pub fn new(answer: Response<Body>, service: &str, deadline: Deadline) -> Self {
        let ended = answer.headers().contains_key("grpc-status");
        Self {
            body: answer.into_body(),
            arrived: Bytes::new(),
            buffer: BytesMut::new(),
            deadline,
            service: service.to_owned(),
            ended,
        }
    }

    /// The next message; `None` after a good end. May be dropped while waiting without losing anything.
    ///
    /// # Errors
    /// The service failed, broke off, or was silent for too long.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            if let Some(message) = self.take()? {
                return Ok(Some(message));
            }
            if self.ended {
                return Ok(None);
            }
            match self.deadline.within(self.body.frame()).await? {
                None => return Err(self.broken("the answer ended without a status")),
                Some(Err(status)) => return Err(broken_answer(&self.service, status).into()),
                Some(Ok(frame)) => match frame.into_trailers() {
                    Err(frame) => {
                        self.deadline.touch();
                        let data = frame.into_data().unwrap_or_default();
                        if self.buffer.is_empty() {
                            self.arrived = data;
                        } else {
                            self.buffer.extend_from_slice(&data);
                        }
                    }
                    Ok(trailers) => {
                        self.ended = true;
                        match Status::from_header_map(&headers::to_grpc_clients(&trailers)) {
                            Some(status) if status.code() == Code::Ok => {}
                            Some(status) => return Err(Failure::of(status)),
                            None => return Err(self.broken("the answer ended without a status")),
                        }
                    }
                },
            }
        }
    }

    /// The only message.
    ///
    /// # Errors
    /// As `next`, or there is none.
    pub async fn only(mut self) -> Result<Bytes, Failure> {
        let Some(message) = self.next().await? else {
            return Err(self.broken("the answer has no message"));
        };
        // The end may still say that it failed.
        match self.next().await? {
            None => Ok(message),
            Some(_) => Err(self.broken("the answer has more than one message")),
        }
    }

    fn take(&mut self) -> Result<Option<Bytes>, Failure> {
        if !self.arrived.is_empty() {
            if let Some(length) = self.whole(&self.arrived)? {
                return Ok(Some(self.arrived.split_to(length).slice(PREFIX..)));
            }
            self.buffer.extend_from_slice(&std::mem::take(&mut self.arrived));
        }
        let Some(length) = self.whole(&self.buffer)? else { return Ok(None) };
        Ok(Some(self.buffer.split_to(length).freeze().slice(PREFIX..)))
    }

    /// The length of the first message with its prefix, where all of it is there.
    fn whole(&self, bytes: &[u8]) -> Result<Option<usize>, Failure> {
        let [compressed, a, b, c, d, ..] = *bytes else {
            return Ok(None);
        };
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if compressed != 0 || length > LARGEST {
            return Err(RpcError::internal(anyhow::anyhow!("{} sent a message that cannot be read", self.service)).into());
        }
        Ok(Some(length + PREFIX).filter(|length| bytes.len() >= *length))
    }

    fn broken(&self, what: &'static str) -> Failure {
        broken_answer(&self.service, anyhow::anyhow!(what)).into()
    }
}
