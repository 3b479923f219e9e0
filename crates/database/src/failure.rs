//! Why an attempt to answer an RPC failed: with an answer for the client, or because of the store, which may be worth another attempt.

use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use crate::CommitError;
use crate::stale::Stale;

/// A failed attempt.
#[derive(Debug)]
pub enum Failure {
    /// The client's answer.
    Answer(RpcError),
    /// The transaction had no effect, or a query failed.
    Store(CommitError),
}

impl Stale for Failure {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_stale())
    }
}

impl From<RpcError> for Failure {
    fn from(error: RpcError) -> Self {
        Self::Answer(error)
    }
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        Self::Store(error)
    }
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

impl From<Failure> for RpcError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Answer(error) => error,
            Failure::Store(error) => error.into(),
        }
    }
}

impl From<CommitError> for RpcError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::GuardMissed | CommitError::Contention | CommitError::Expired => {
                Self::new(Code::Aborted, ErrorReason::Contention, "too many writers at once, try again")
                    .retry_after(Duration::from_millis(100))
            }
            CommitError::Closed => Self::new(Code::Unavailable, ErrorReason::ShuttingDown, "this process is stopping"),
            CommitError::Storage(error) => of_query(error),
            error => Self::internal(error),
        }
    }
}

/// What a failed query means for the client.
fn of_query(error: DbErr) -> RpcError {
    match &error {
        DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => RpcError::unavailable("the database", error),
        DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) if is_full_or_read_only(inner) => {
            RpcError::new(
                Code::Unavailable,
                ErrorReason::StorageFailed,
                "the disk is full or cannot be written, nothing was changed",
            )
            .caused_by(error)
        }
        _ => RpcError::internal(error),
    }
}

/// SQLite's result codes FULL, READONLY, IOERR and CANTOPEN in any extended form, and PostgreSQL's class 53.
fn is_full_or_read_only(error: &sea_orm::sqlx::Error) -> bool {
    let Some(code) = error
        .as_database_error()
        .and_then(|error| error.code().map(|code| code.into_owned()))
    else {
        return false;
    };
    match code.parse::<i32>() {
        Ok(code) if code < 10_000 => matches!(code & 0xff, 8 | 10 | 13 | 14),
        _ => code.starts_with("53"),
    }
}
