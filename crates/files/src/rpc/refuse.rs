//! What the domain and the store refuse, in the words of the API. The one place where the rules of files meet codes and reasons.

use std::time::Duration;

use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use crate::blob::BlobError;
use crate::domain::checksum::BadChecksum;
use crate::domain::upload::UploadError;

/// An upload's refusal.
pub fn upload(error: UploadError) -> RpcError {
    match error {
        UploadError::Over => over(),
        UploadError::WrongOffset { next } => {
            RpcError::new(Code::FailedPrecondition, ErrorReason::OffsetMismatch, error.to_string()).meta("offset", next.to_string())
        }
        UploadError::Incomplete { next, .. } => {
            RpcError::new(Code::FailedPrecondition, ErrorReason::UploadIncomplete, error.to_string()).meta("offset", next.to_string())
        }
        UploadError::OtherChecksum => RpcError::invalid("sha256", error.to_string()),
        UploadError::WrongChecksum { .. } => RpcError::new(Code::InvalidArgument, ErrorReason::ChecksumMismatch, error.to_string()),
    }
}

/// Nothing more can be done with this upload.
pub fn over() -> RpcError {
    RpcError::new(Code::FailedPrecondition, ErrorReason::UploadOver, UploadError::Over.to_string())
}

/// Somebody else is writing the upload.
pub fn taken() -> RpcError {
    RpcError::new(Code::Aborted, ErrorReason::Contention, "another call is writing this upload").retry_after(Duration::from_millis(100))
}

/// A limit of the product; `name` is its key in the configuration.
pub fn limit(name: &str, limit: i64, message: &str) -> RpcError {
    RpcError::new(Code::ResourceExhausted, ErrorReason::LimitReached, format!("{message} ({limit})"))
        .meta("limit", name)
        .meta("value", limit.to_string())
}

/// A text that is no checksum.
pub fn checksum(field: &'static str, error: BadChecksum) -> RpcError {
    RpcError::invalid(field, error.to_string())
}

/// What a store's failure means for the client.
pub fn blob(error: BlobError) -> RpcError {
    match error {
        BlobError::Full(_) => {
            let message = "the disk is full or cannot be written, nothing was changed";
            RpcError::new(Code::Unavailable, ErrorReason::StorageFailed, message).caused_by(error)
        }
        BlobError::Unavailable(_) => RpcError::unavailable("the store of contents", error),
        error => RpcError::internal(error),
    }
}
