//! What does the jobs of a kind, and what it may answer.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tasktracker_database::CommitError;
use tasktracker_server::RpcError;

use crate::job::RunningJob;

/// Does the jobs of one kind.
///
/// A job may run again although it was done: its process may die, or lose its claim, before that is written down. So a handler either looks
/// whether its effect is there already, or has it in one transaction with something that guards it.
pub trait Handler: Send + Sync + 'static {
    /// Does the job. A panic counts as [`JobError::Retry`].
    fn run<'a>(&'a self, job: &'a RunningJob) -> BoxFuture<'a, Result<Outcome, JobError>>;

    /// How long one attempt may take; then it is broken off, which counts as [`JobError::Retry`].
    fn timeout(&self) -> Duration {
        Duration::from_secs(5 * 60)
    }

    /// How long to wait between attempts.
    fn backoff(&self) -> Backoff {
        Backoff::default()
    }
}

/// How a job ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// Its time has not come: again after this long. This attempt does not count.
    Snooze(Duration),
}

/// Why a job was not done.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// It may work later.
    #[error("{0:#}")]
    Retry(anyhow::Error),
    /// It may work after this long, and not before.
    #[error("{1:#}")]
    RetryAfter(Duration, anyhow::Error),
    /// It will never work: no more attempts.
    #[error("{0:#}")]
    Discard(anyhow::Error),
}

impl JobError {
    /// It may work later.
    pub fn retry(error: impl Into<anyhow::Error>) -> Self {
        Self::Retry(error.into())
    }

    /// It may work after this long.
    pub fn retry_after(delay: Duration, error: impl Into<anyhow::Error>) -> Self {
        Self::RetryAfter(delay, error.into())
    }

    /// It will never work.
    pub fn discard(error: impl Into<anyhow::Error>) -> Self {
        Self::Discard(error.into())
    }
}

impl From<anyhow::Error> for JobError {
    fn from(error: anyhow::Error) -> Self {
        Self::Retry(error)
    }
}

impl From<CommitError> for JobError {
    fn from(error: CommitError) -> Self {
        Self::retry(error)
    }
}

impl From<sea_orm::DbErr> for JobError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::retry(error)
    }
}

impl From<RpcError> for JobError {
    fn from(error: RpcError) -> Self {
        Self::retry(error)
    }
}

/// No wait is longer, whatever a kind asks for.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How long to wait between attempts: twice as long each time, up to a bound, give or take a fifth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// After the first attempt.
    pub first: Duration,
    /// At most.
    pub most: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(5),
            most: Duration::from_secs(60 * 60),
        }
    }
}

impl Backoff {
    /// The wait after an attempt (counted from 1). `chance` spreads jobs that failed together.
    #[must_use]
    pub fn after(&self, attempt: u32, chance: u8) -> Duration {
        let doubled = self.first.saturating_mul(2u32.saturating_pow(attempt.saturating_sub(1)));
        // From 0.8 to 1.2.
        doubled.min(self.most).min(LONGEST).mul_f64(0.8 + 0.4 * f64::from(chance) / 255.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_bound() {
        let backoff = Backoff {
            first: Duration::from_secs(10),
            most: Duration::from_secs(100),
        };
        let seconds = |attempt, chance| backoff.after(attempt, chance).as_secs();
        assert_eq!([1, 2, 3, 4, 5, 60].map(|attempt| seconds(attempt, 0)), [8, 16, 32, 64, 80, 80]);
        assert_eq!([1, 2, 5].map(|attempt| seconds(attempt, 255)), [12, 24, 120]);
    }
}
