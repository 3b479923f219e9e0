//! Counts what happens to tasks, projects and people.

use futures_util::future::BoxFuture;
use tasktracker_events::{Event, ReactError, Reaction, Topic};

use crate::projection::{CountError, Projection};

/// Name of the group.
pub const GROUP: &str = "analytics.projection";
/// What it reads.
pub const TOPICS: [Topic; 3] = [Topic::CORE_TASK, Topic::CORE_PROJECT, Topic::AUTH_USER];
/// Events that are counted together at most.
const BATCH: usize = 500;

impl Reaction for Projection {
    fn group(&self) -> &'static str {
        GROUP
    }

    fn topics(&self) -> &'static [Topic] {
        &TOPICS
    }

    fn batch(&self) -> usize {
        BATCH
    }

    fn react<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Result<(), ReactError>> {
        Box::pin(async move {
            self.count(events).await.map_err(|error| match error {
                CountError::Unreadable { .. } | CountError::Moved(_) => ReactError::poison(error),
                CountError::Store(_) => ReactError::transient(error),
            })
        })
    }
}
