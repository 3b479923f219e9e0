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

/// The messages of a service's answer.
#[derive(Debug)]
pub struct Messages {
    body: Body,
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
                        self.buffer.extend_from_slice(&frame.into_data().unwrap_or_default());
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
        let [compressed, a, b, c, d, ..] = self.buffer[..] else {
            return Ok(None);
        };
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if compressed != 0 || length > LARGEST {
            return Err(RpcError::internal(anyhow::anyhow!("{} sent a message that cannot be read", self.service)).into());
        }
        if self.buffer.len() < length + 5 {
            return Ok(None);
        }
        let mut message = self.buffer.split_to(length + 5);
        Ok(Some(message.split_off(5).freeze()))
    }

    fn broken(&self, what: &'static str) -> Failure {
        broken_answer(&self.service, anyhow::anyhow!(what)).into()
    }
}
