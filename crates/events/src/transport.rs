//! The way that events take between services. In one process that is [`crate::EventLog`]; Kafka has the same two traits. What every way must
//! keep to is the conformance suite in `tests/it/conformance`.

use std::fmt::Debug;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::event::Delivery;
use crate::fact::Topic;

/// An event on its way out of an outbox. Its topic may be one that this program does not know: an older release wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Name of its topic.
    pub topic: String,
    /// What it is about.
    pub key: String,
    /// Its id, the same on every delivery.
    pub event_id: String,
    /// When it happened.
    pub occur_time: Timestamp,
    /// Its message.
    pub payload: Bytes,
}

/// Takes events for good.
pub trait Publisher: Debug + Send + Sync + 'static {
    /// Publishes events of a producer in their order and answers how many are durable: always a beginning of them, and never none of some.
    /// Of one producer only the newest holder is heard: a token older than one that was seen is refused. An event that was published and
    /// is still kept is not added again.
    fn publish<'a>(&'a self, producer: &'a str, token: i64, events: &'a [Outgoing]) -> BoxFuture<'a, Result<usize, PublishError>>;
}

/// Why events were not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Somebody else publishes for this producer now.
    #[error("a newer holder publishes for this producer, with token {newest}")]
    Fenced {
        /// The newest token that was seen.
        newest: i64,
    },
    /// They were not taken, or nobody knows: publish them again.
    #[error("the events were not taken: {0:#}")]
    Unavailable(anyhow::Error),
}

/// Gives events to consumer groups.
pub trait Subscriber: Debug + Send + Sync + 'static {
    /// Waits until this caller may handle events of the group, and begins after the last position that the group stored; a new group begins
    /// with the oldest event that is kept.
    fn join<'a>(&'a self, group: &'a str, topics: &'a [Topic]) -> BoxFuture<'a, Result<Box<dyn Subscription>, SubscribeError>>;
}

/// A group's place at the events of its topics. Dropping it is a crash: whoever comes next begins after the last stored position.
pub trait Subscription: Send + Sync {
    /// Waits for events of one topic after the stored position, in their order, and answers at least one and at most `most`. Until their
    /// position is stored, it answers the same ones. It may be dropped while it waits.
    fn fetch(&mut self, most: usize) -> BoxFuture<'_, Result<Fetched, SubscribeError>>;

    /// Makes it durable that everything up to this place is done.
    fn store(&mut self, place: Place) -> BoxFuture<'_, Result<(), SubscribeError>>;

    /// Whether the group is still this caller's, as far as is known without asking.
    fn is_held(&self) -> bool;

    /// Makes room for others at once.
    fn leave(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// How far a group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// In this topic.
    pub topic: Topic,
    /// In this part of it; the process-wide log has one part.
    pub partition: i32,
    /// Up to here, included.
    pub position: i64,
}

/// What follows the stored position.
#[derive(Debug)]
pub struct Fetched {
    /// Where the group is when all of it is done.
    pub end: Place,
    /// The events; none only where all that followed is missing.
    pub deliveries: Vec<Delivery>,
    /// How many positions before `end` hold nothing though they should: their events were removed before the group came to them.
    pub missing: u64,
}

/// Why a group gets no events.
#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    /// Somebody else has the group now: join again.
    #[error("the group has another holder")]
    Lost,
    /// The transport does not answer: try again.
    #[error("{0:#}")]
    Unavailable(anyhow::Error),
}

impl PublishError {
    /// It may work later.
    pub fn unavailable(error: impl Into<anyhow::Error>) -> Self {
        Self::Unavailable(error.into())
    }
}

impl SubscribeError {
    /// It may work later.
    pub fn unavailable(error: impl Into<anyhow::Error>) -> Self {
        Self::Unavailable(error.into())
    }
}
