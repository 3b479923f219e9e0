//! A job: as code enqueues it, and as a handler gets it.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::handler::JobError;

/// How often a job is tried where it does not say.
const MAX_ATTEMPTS: u32 = 10;
/// Priorities go so far in both directions: each level costs a look.
const PRIORITIES: i32 = 10;

/// When a job is to run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum When {
    /// So long after it was enqueued.
    After(Duration),
    /// At this moment, whatever happens to the clock.
    At(Timestamp),
}

/// A job to be enqueued.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub(crate) kind: String,
    pub(crate) payload: String,
    pub(crate) unique_key: Option<String>,
    pub(crate) group_key: Option<String>,
    pub(crate) when: When,
    pub(crate) priority: i32,
    pub(crate) max_attempts: u32,
}

impl NewJob {
    /// A job of a kind, such as `core.send_mail`, to run at once. The payload says what its handler needs: ids rather than contents.
    ///
    /// # Panics
    /// The payload cannot be written as JSON (a map whose keys are no texts): a defect of the caller, which any test finds.
    #[must_use]
    pub fn new(kind: impl Into<String>, payload: &impl Serialize) -> Self {
        Self {
            kind: kind.into(),
            payload: serde_json::to_string(payload).expect("a payload is plain data"),
            unique_key: None,
            group_key: None,
            when: When::After(Duration::ZERO),
            priority: 0,
            max_attempts: MAX_ATTEMPTS,
        }
    }

    /// While a job with the same key is unfinished, waiting or running, this one is not added; that is no error.
    #[must_use]
    pub fn unique(mut self, key: impl Into<String>) -> Self {
        self.unique_key = Some(key.into());
        self
    }

    /// Jobs of a group run one after another, in the order in which they were enqueued. One that waits for its time or for its next try
    /// holds back those behind it.
    #[must_use]
    pub fn group(mut self, key: impl Into<String>) -> Self {
        self.group_key = Some(key.into());
        self
    }

    /// Not before this moment.
    #[must_use]
    pub fn at(mut self, run_time: Timestamp) -> Self {
        self.when = When::At(run_time);
        self
    }

    /// Not before so much time has passed.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.when = When::After(delay);
        self
    }

    /// Due jobs of a higher priority run first; from -10 to 10, 0 where nothing is said.
    #[must_use]
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority.clamp(-PRIORITIES, PRIORITIES);
        self
    }

    /// How often it is tried, at least once; 10 times where nothing is said.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }
}

/// A job that is being done.
#[derive(Debug, Clone)]
pub struct RunningJob {
    /// Its id, the same on every attempt.
    pub id: Uuid,
    /// Its kind.
    pub kind: String,
    /// Its payload, as JSON.
    pub payload: String,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// How many there are at most.
    pub max_attempts: u32,
    /// Its unique key.
    pub unique_key: Option<String>,
    /// When it was due; of a job that a schedule made, on its first attempt: the slot.
    pub run_time: Timestamp,
    /// When it was enqueued.
    pub create_time: Timestamp,
    pub(crate) stopping: CancellationToken,
}

impl RunningJob {
    /// Reads the payload.
    ///
    /// # Errors
    /// `Discard`: it is of another shape, which no retry changes.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, JobError> {
        serde_json::from_str(&self.payload).map_err(|error| JobError::discard(anyhow::anyhow!(error).context("the payload cannot be read")))
    }

    /// Cancelled when the process stops: a long job should then come to an end or a resting place soon, or it is broken off and starts over.
    #[must_use]
    pub fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Whether there is no attempt after this one.
    #[must_use]
    pub fn is_last_attempt(&self) -> bool {
        self.attempt >= self.max_attempts
    }
}
