//! Runs the reactions of a service: each is a consumer group, which handles the events of its topics in their order, stores how far it is,
//! waits out what fails for now, and puts aside what fails for good.

mod attempt;
mod group;

use std::sync::Arc;
use std::time::Duration;

use tasktracker_database::Database;
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::SharedClock;
use tasktracker_server::ids::Ids;
use tokio_util::sync::CancellationToken;

use crate::dead_letters::DeadLetters;
use crate::reaction::Reaction;
use crate::transport::{SubscribeError, Subscriber};
pub(crate) use attempt::attempt;
use group::Group;

/// How long a reaction may take for one batch.
pub const LIMIT: Duration = Duration::from_secs(60);

/// The consumer groups of a service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Consumers {
    dead_letters: DeadLetters,
    /// Where the dead letters are.
    database: Database,
    subscriber: Arc<dyn Subscriber>,
    clock: SharedClock,
    ids: Ids,
    lifecycle: Lifecycle,
    limit: Duration,
}

impl Consumers {
    /// The groups of a service, none of them yet. `database` is the service's own, with the table of [`crate::dead_letters`].
    #[must_use]
    pub fn new(
        service: &str,
        database: Database,
        subscriber: Arc<dyn Subscriber>,
        clock: SharedClock,
        ids: Ids,
        lifecycle: &Lifecycle,
    ) -> Self {
        Self {
            dead_letters: DeadLetters::new(service, database.clone(), LIMIT),
            database,
            subscriber,
            clock,
            ids,
            lifecycle: lifecycle.clone(),
            limit: LIMIT,
        }
    }

    /// Lets reactions take at most so long for one batch.
    #[must_use]
    pub fn with_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self.dead_letters = DeadLetters::new(&self.dead_letters.service, self.database.clone(), limit);
        self
    }

    /// Starts a group. It ends with the process, after the batch it is at.
    pub fn start(&self, reaction: Arc<dyn Reaction>) {
        let stopping = self.lifecycle.stopping().clone();
        self.lifecycle.spawn("consumer group", self.run(reaction, stopping));
    }

    /// A group whose work the caller runs: it ends after `stopping`; dropping it is what a crash is.
    pub fn run(&self, reaction: Arc<dyn Reaction>, stopping: CancellationToken) -> impl Future<Output = ()> + Send + use<> {
        self.dead_letters.register(Arc::clone(&reaction));
        Group::new(self.clone(), reaction, stopping).run()
    }

    /// How many events the groups that run here have yet to handle, counted for each group, as far as positions tell.
    ///
    /// # Errors
    /// The transport does not answer.
    pub async fn unhandled(&self) -> Result<u64, SubscribeError> {
        let mut sum = 0;
        for reaction in self.dead_letters.reactions() {
            sum += self.subscriber.unhandled(reaction.group(), reaction.topics()).await?;
        }
        Ok(sum)
    }

    /// What the groups could not handle.
    #[must_use]
    pub fn dead_letters(&self) -> DeadLetters {
        self.dead_letters.clone()
    }
}
