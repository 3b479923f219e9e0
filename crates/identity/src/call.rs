//! An RPC's call as its function sees it: the caller, the request's metadata, and metadata for the answer. Opening a call is the one
//! place where the rules written in the protos are checked.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::Stream;
use futures_util::stream::BoxStream;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_proto::validate::Validate;
use tasktracker_server::RpcError;
use tasktracker_server::error::Code;
use tasktracker_server::request::{REQUEST_ID_HEADER, current_id};
use tonic::metadata::{AsciiMetadataKey, MetadataMap, MetadataValue};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::caller::{Caller, CallerKind};

/// A server stream as tonic takes it.
pub type Outgoing<T> = BoxStream<'static, Result<T, Status>>;

/// One call of an RPC.
#[derive(Debug)]
pub struct Call {
    caller: Caller,
    metadata: MetadataMap,
    answer: Mutex<MetadataMap>,
}

impl Call {
    /// Takes a request apart and checks the rules of its proto.
    ///
    /// # Errors
    /// INVALID_ARGUMENT with every broken rule.
    pub fn open<T: Validate>(request: Request<T>) -> Result<(Self, T), RpcError> {
        let (metadata, extensions, message) = request.into_parts();
        let violations = message.violations();
        if !violations.is_empty() {
            return Err(RpcError::invalid_fields(violations));
        }
        let caller = extensions.get::<Caller>().cloned().unwrap_or(Caller::ANONYMOUS);
        Ok((
            Self {
                caller,
                metadata,
                answer: Mutex::new(MetadataMap::new()),
            },
            message,
        ))
    }

    /// Takes the request of a client stream apart. Its messages are checked as they come: see [`Call::check`].
    #[must_use]
    pub fn open_stream<T>(request: Request<T>) -> (Self, T) {
        let (metadata, extensions, messages) = request.into_parts();
        let caller = extensions.get::<Caller>().cloned().unwrap_or(Caller::ANONYMOUS);
        let call = Self {
            caller,
            metadata,
            answer: Mutex::new(MetadataMap::new()),
        };
        (call, messages)
    }

    /// Checks the rules of the proto of one message of a client stream.
    ///
    /// # Errors
    /// INVALID_ARGUMENT with every broken rule.
    pub fn check<T: Validate>(message: &T) -> Result<(), RpcError> {
        let violations = message.violations();
        if violations.is_empty() {
            Ok(())
        } else {
            Err(RpcError::invalid_fields(violations))
        }
    }

    /// A question to another service in the name of the caller: with their credential, what they want to see at least, and the id of the
    /// request being answered. The service that is asked decides what they may see.
    #[must_use]
    pub fn on_behalf<T>(&self, message: T, patience: Duration) -> Request<T> {
        let mut request = Request::new(message);
        for name in ["authorization", "x-authz-min-revision"] {
            if let Some(value) = self.metadata.get(name) {
                request.metadata_mut().insert(name, value.clone());
            }
        }
        if let Some(id) = current_id().and_then(|id| MetadataValue::try_from(&*id).ok()) {
            request.metadata_mut().insert(REQUEST_ID_HEADER, id);
        }
        request.set_timeout(patience);
        request
    }

    /// A call as a test or a job makes it.
    #[must_use]
    pub fn of(caller: Caller) -> Self {
        Self {
            caller,
            metadata: MetadataMap::new(),
            answer: Mutex::new(MetadataMap::new()),
        }
    }

    /// Who is calling.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The person who is calling.
    ///
    /// # Errors
    /// The caller is no person: the RPC's policy lets others in, which is a defect of the policy.
    pub fn user_id(&self) -> Result<Uuid, RpcError> {
        match self.caller.kind {
            CallerKind::User { user_id, .. } => Ok(user_id),
            _ => Err(only_people()),
        }
    }

    /// The session of the person who is calling.
    ///
    /// # Errors
    /// As `user_id`.
    pub fn session_id(&self) -> Result<Uuid, RpcError> {
        match self.caller.kind {
            CallerKind::User { session_id, .. } => Ok(session_id),
            _ => Err(only_people()),
        }
    }

    /// A value of the request's metadata. One that is no visible ASCII reads as U+FFFD: a damaged demand must be refused, not forgotten.
    #[must_use]
    pub fn metadata(&self, name: &str) -> Option<&str> {
        Some(self.metadata.get(name)?.to_str().unwrap_or("\u{fffd}"))
    }

    /// The strict etag of the metadata `if-match`, where one was sent.
    #[must_use]
    pub fn if_match(&self) -> Option<&str> {
        self.metadata("if-match").filter(|etag| !etag.is_empty())
    }

    /// Adds metadata to the answer.
    pub fn answer(&self, name: &'static str, value: &str) {
        if let Ok(value) = MetadataValue::try_from(value) {
            self.answer
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(AsciiMetadataKey::from_static(name), value);
        }
    }

    /// The answer with its metadata.
    #[must_use]
    pub fn reply<T>(self, message: T) -> Response<T> {
        let mut response = Response::new(message);
        *response.metadata_mut() = self.answer.into_inner().unwrap_or_else(PoisonError::into_inner);
        response
    }

    /// A streaming answer with its metadata.
    #[must_use]
    pub fn stream<T>(self, messages: impl Stream<Item = Result<T, RpcError>> + Send + 'static) -> Response<Outgoing<T>> {
        use futures_util::StreamExt;
        // Each frame is polled as part of the request, so the status knows the request id.
        self.reply(messages.map(|message| message.map_err(Status::from)).boxed())
    }
}

fn only_people() -> RpcError {
    RpcError::new(Code::PermissionDenied, ErrorReason::PermissionMissing, "this is for people only")
}
