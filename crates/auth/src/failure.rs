//! What failures of the store mean for clients: the same in every service, in `database`, under the names that Auth uses.

use std::time::Duration;

use sea_orm::DbErr;
pub use tasktracker_database::Failure;
use tasktracker_database::cursor::BadToken;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use crate::db::members::PageError;
use crate::password_pool::PoolError;

/// What a failed query means for the client.
pub fn stored(error: DbErr) -> RpcError {
    Failure::from(error).into()
}

impl From<PoolError> for RpcError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Overloaded => Self::new(
                Code::ResourceExhausted,
                ErrorReason::Overloaded,
                "too many sign-ins are waiting, try again later",
            )
            .retry_after(Duration::from_secs(3)),
            PoolError::Failed(_) => Self::internal(error),
        }
    }
}

/// What a damaged or foreign page token, or a failed query, means for a list.
pub fn page_failed(error: PageError) -> RpcError {
    match error {
        PageError::Token(error) => bad_page_token(error),
        PageError::Storage(error) => stored(error),
    }
}

/// The page token is not one that was made for this call.
pub fn bad_page_token(error: BadToken) -> RpcError {
    let message = error.to_string();
    RpcError::new(Code::InvalidArgument, ErrorReason::InvalidPageToken, message)
        .violation("page_token", "must be the next_page_token of the same list")
}
