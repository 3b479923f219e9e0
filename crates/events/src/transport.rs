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
    /// A token older than one that this publisher has seen of the producer is refused. Whoever waits no longer for the answer knows nothing:
    /// some of the events may be there.
    ///
    /// The process-wide log promises more: it has seen the tokens of all processes, and it does not add an event again that it still keeps.
    /// On Kafka a former holder of another process, and a second try, may add an event again; `docs/adr/0010-kafka.md` says what bounds that.
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

    /// How far the topics are: the newest position of each of their parts, 0 where there was no event yet.
    fn ends<'a>(&'a self, topics: &'a [Topic]) -> BoxFuture<'a, Result<Vec<Place>, SubscribeError>>;

    /// How many events the group has yet to handle, as far as positions tell.
    fn unhandled<'a>(&'a self, group: &'a str, topics: &'a [Topic]) -> BoxFuture<'a, Result<u64, SubscribeError>>;
}

/// The parts of its topics that a group has left to this caller: all of them in the process-wide log, some partitions on Kafka, where they
/// come and go. Dropping it is a crash: whoever comes next begins after the last stored position.
pub trait Subscription: Send + Sync {
    /// Waits for events of one part of one topic after the stored position, in their order, and answers at least one and at most `most`.
    /// Until their position is stored, it answers the same ones. It may be dropped while it waits. Calling it says that what was answered
    /// before is done with, stored or not. That the answer is `Lost` means that all parts are.
    fn fetch(&mut self, most: usize) -> BoxFuture<'_, Result<Fetched, SubscribeError>>;

    /// Makes it durable that everything up to this place is done. That the answer is `Lost` may mean this part only.
    fn store(&mut self, place: Place) -> BoxFuture<'_, Result<(), SubscribeError>>;

    /// Whether events of this part are still this caller's to handle, as far as is known without asking. While it is not, what was handled
    /// should be stored and the rest left: somebody may wait for it.
    fn is_held(&self, place: Place) -> bool;

    /// Makes room for others at once.
    fn leave(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// How far a group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// In this topic.
    pub topic: Topic,
    /// In this part of it; the process-wide log has one part, 0.
    pub partition: i32,
    /// Up to here, included, counted from 1.
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
    #[error("somebody else handles these events now")]
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
