//! Starting over when what was loaded turned out to be stale.

use std::future::Future;

use crate::CommitError;

/// How often an attempt is made.
pub const ATTEMPTS: usize = 3;

/// An error that may mean: load again and retry.
pub trait Stale {
    /// Whether another attempt with freshly loaded data may succeed.
    fn is_stale(&self) -> bool;
}

impl Stale for CommitError {
    fn is_stale(&self) -> bool {
        matches!(self, Self::GuardMissed | Self::Contention)
    }
}

/// Runs the attempt, again while it ends in a stale error, at most [`ATTEMPTS`] times.
///
/// # Errors
/// The error of the last attempt.
pub async fn retry<T, E: Stale, F: Future<Output = Result<T, E>>>(mut attempt: impl FnMut() -> F) -> Result<T, E> {
    for _ in 1..ATTEMPTS {
        match attempt().await {
            Err(error) if error.is_stale() => {}
            outcome => return outcome,
        }
    }
    attempt().await
}
