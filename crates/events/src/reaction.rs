//! What a consumer does with events.

use futures_util::future::BoxFuture;

use crate::event::Event;
use crate::fact::Topic;

/// Why a reaction did not happen.
#[derive(Debug, thiserror::Error)]
pub enum ReactError {
    /// Something it needs does not answer: the same events come again after a pause, for as long as it takes.
    #[error("{0:#}")]
    Transient(anyhow::Error),
    /// The event itself cannot be handled: after a few tries it becomes a dead letter, and the next one's turn comes.
    #[error("{0:#}")]
    Poison(anyhow::Error),
}

impl ReactError {
    /// It may work later.
    pub fn transient(error: impl Into<anyhow::Error>) -> Self {
        Self::Transient(error.into())
    }

    /// It will never work.
    pub fn poison(error: impl Into<anyhow::Error>) -> Self {
        Self::Poison(error.into())
    }
}

/// A consumer group: reacts to the events of its topics, each key's in their order.
///
/// The same event may come again, after a crash or a replay, so a reaction guards its effect: state by the version in the event, everything
/// else by [`crate::inbox`] in the same transaction as the effect.
pub trait Reaction: Send + Sync + 'static {
    /// Name of the group, such as `analytics.projection`.
    fn group(&self) -> &'static str;

    /// What it reads.
    fn topics(&self) -> &'static [Topic];

    /// How many events it takes at once, at most. If a batch fails as poison, its events come again one by one.
    fn batch(&self) -> usize {
        1
    }

    /// Reacts to events of one topic, in their order. After `Ok` they do not come again, but for crashes.
    fn react<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Result<(), ReactError>>;
}
