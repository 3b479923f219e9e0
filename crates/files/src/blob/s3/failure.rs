//! What S3's refusals mean: for us one of few kinds, for an operator a sentence that names the setting to look at.

use std::error::Error;
use std::io;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::blob::BlobError;

/// A refusal in our words.
#[derive(Debug, thiserror::Error)]
#[error("{meaning}")]
struct Refusal {
    meaning: &'static str,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

/// What an error of the client means.
pub fn of<E>(error: SdkError<E>) -> BlobError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    let code = error.code().unwrap_or_default().to_owned();
    match &error {
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => away("S3 does not answer in time", error),
        SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => {
            away("S3 does not answer: check files.s3.endpoint, and that it runs", error)
        }
        SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => away(
            "S3 cannot be asked: check files.s3.endpoint, and files.s3.access_key with files.s3.secret_key (or what stands for them in the environment)",
            error,
        ),
        _ => refusal(&code, status, error),
    }
}

fn refusal(code: &str, status: u16, error: impl Error + Send + Sync + 'static) -> BlobError {
    match (code, status) {
        ("NoSuchKey" | "NotFound" | "NoSuchUpload", _) => BlobError::Missing,
        ("XMinioStorageFull" | "StorageFull" | "InsufficientStorage" | "QuotaExceeded" | "XAmzQuotaExceeded", _) | (_, 507) => {
            BlobError::Full(io::Error::other(error))
        }
        ("NoSuchBucket", _) => away("the bucket does not exist: make it, or check files.s3.bucket", error),
        ("InvalidAccessKeyId", _) => away("S3 does not know who we are: check files.s3.access_key", error),
        ("SignatureDoesNotMatch", _) => away("S3 does not believe who we are: check files.s3.secret_key", error),
        ("ExpiredToken" | "InvalidToken" | "TokenRefreshRequired", _) => away("the credentials for S3 are no longer good", error),
        ("RequestTimeTooSkewed", _) => away("the clocks of this machine and of S3 differ: set them", error),
        ("PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException", _) | (_, 301 | 307 | 308) => {
            away("the bucket is elsewhere: check files.s3.region and files.s3.endpoint", error)
        }
        ("InvalidBucketName", _) => away("no bucket can have this name: check files.s3.bucket", error),
        (_, 401 | 403) => away("S3 refuses it: check what files.s3.access_key may do in files.s3.bucket", error),
        // An answer to HEAD has no code.
        ("", 404) => BlobError::Missing,
        ("SlowDown" | "ConditionalRequestConflict" | "OperationAborted" | "ServiceUnavailable" | "InternalError" | "RequestTimeout", _)
        | (_, 429 | 500..) => away("S3 cannot do it now", error),
        _ => BlobError::Io(io::Error::other(error)),
    }
}

fn away(meaning: &'static str, error: impl Error + Send + Sync + 'static) -> BlobError {
    let source = Box::new(error);
    BlobError::Unavailable(Box::new(Refusal { meaning, source }))
}

/// S3 has something else than we put there.
pub fn damaged(what: &'static str) -> BlobError {
    BlobError::Io(io::Error::other(what))
}
