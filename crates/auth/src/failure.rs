//! Why an attempt to answer an RPC failed: with an answer for the client, or because its transaction had no effect, which may be worth
//! another attempt.

use std::time::Duration;

use sea_orm::DbErr;
use tasktracker_database::CommitError;
use tasktracker_database::cursor::BadToken;
use tasktracker_database::stale::Stale;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use crate::db::members::PageError;
use crate::password_pool::PoolError;

/// A failed attempt.
#[derive(Debug)]
pub enum Failure {
    /// The client's answer.
    Answer(RpcError),
    /// The transaction had no effect.
    Commit(CommitError),
}

impl Stale for Failure {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Commit(error) if error.is_stale())
    }
}

impl From<RpcError> for Failure {
    fn from(error: RpcError) -> Self {
        Self::Answer(error)
    }
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        Self::Commit(error)
    }
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
        Self::Commit(error.into())
    }
}

impl From<Failure> for RpcError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Answer(error) => error,
            Failure::Commit(CommitError::GuardMissed | CommitError::Contention) => {
                Self::new(Code::Aborted, ErrorReason::Contention, "too many writers at once, try again")
                    .retry_after(Duration::from_millis(100))
            }
            Failure::Commit(CommitError::Closed) => Self::new(Code::Unavailable, ErrorReason::ShuttingDown, "this process is stopping"),
            Failure::Commit(CommitError::Storage(error)) => stored(error),
            Failure::Commit(error) => Self::internal(error),
        }
    }
}

/// What a failed query means for the client.
pub fn stored(error: DbErr) -> RpcError {
    match error {
        DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => RpcError::unavailable("the database", error),
        error => RpcError::internal(error),
    }
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
