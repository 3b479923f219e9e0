//! An event as a consumer gets it: its bytes as they came, and its place.

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use crate::fact::{Fact, Topic};
use crate::reaction::ReactError;

/// An event at its place in its topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its topic.
    pub topic: Topic,
    /// The part of the topic that it stands in: 0 in the process-wide log, the partition on Kafka.
    pub partition: i32,
    /// Its place there, counted from 1 (on Kafka it is the offset plus one): by one in the process-wide log.
    pub position: i64,
    /// What it is about.
    pub key: String,
    /// Its id, the same on every delivery.
    pub event_id: Uuid,
    /// When it happened.
    pub occur_time: Timestamp,
    /// Its message, as it came.
    pub payload: Bytes,
}

impl Event {
    /// Reads the message. Fields and kinds that this program does not know are left out: a message of a later release has no `kind` then,
    /// and its reaction skips it.
    ///
    /// # Errors
    /// It is damaged, or of another topic: poison, no retry helps.
    pub fn decode<F: Fact>(&self) -> Result<F, ReactError> {
        if F::TOPIC != self.topic {
            return Err(ReactError::poison(anyhow::anyhow!(
                "{} is not read from {}",
                F::TOPIC.event_type,
                self.topic.name
            )));
        }
        F::decode(self.payload.clone()).map_err(|error| ReactError::poison(anyhow::anyhow!(error).context("the event cannot be read")))
    }
}

/// What a transport delivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// An event.
    Event(Event),
    /// Something that is none.
    Damaged(Damaged),
}

/// Something that stands where an event should be: it becomes a dead letter, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// Name of the topic.
    pub topic: String,
    /// Its place in the topic.
    pub position: i64,
    /// What stands where its key should be.
    pub key: String,
    /// What stands where its id should be; may be empty.
    pub event_id: String,
    /// Its bytes.
    pub payload: Bytes,
    /// What is wrong with it.
    pub error: String,
}

impl Delivery {
    /// Its place in the topic.
    #[must_use]
    pub fn position(&self) -> i64 {
        match self {
            Self::Event(event) => event.position,
            Self::Damaged(damaged) => damaged.position,
        }
    }
}
