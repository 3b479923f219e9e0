//! From events to numbers. A batch of events becomes one batch of writes, worked out from the documents as they are and made as a whole, so
//! an event counts once however often it comes.

mod plan;
pub mod read;
pub mod rebuild;
mod recount;

use std::sync::Arc;

use prost::Message;
use tasktracker_events::{Event, Topic};
use tasktracker_proto::events::v1::{ProjectEvent, TaskEvent, UserEvent};
use tasktracker_server::ids::Ids;
use tokio::sync::{Mutex, watch};
use uuid::Uuid;

use crate::records::archive;
use crate::records::ids::Generation;
use crate::store::{DocumentStore, Head, Ledger, SharedStore, StoreError};
use plan::{Plan, Readable};
use read::{Fact, Unreadable};

/// How often a batch is worked out again because somebody else wrote, before the delivery is left to come again.
const ATTEMPTS: usize = 5;

/// Why events were not counted.
#[derive(Debug, thiserror::Error)]
pub enum CountError {
    /// An event cannot be read, and never will be.
    #[error("an event of {topic} cannot be counted: {problem}")]
    Unreadable {
        /// Its topic.
        topic: &'static str,
        /// What is wrong.
        problem: Unreadable,
    },
    /// An event names another project than those before it: tasks do not move between projects yet.
    #[error("the task {0} was in another project")]
    Moved(Uuid),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Counts events. Cheap to clone; one after the other in a process.
#[derive(Debug, Clone)]
pub struct Projection(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ledger: Ledger,
    /// The lock of the store as it was left; none where that is in doubt.
    head: Mutex<Option<Head>>,
    counted: watch::Sender<u64>,
}

impl Projection {
    /// Counts into this store; `ids` name journals.
    #[must_use]
    pub fn new(store: SharedStore, ids: Ids) -> Self {
        Self(Arc::new(Inner {
            ledger: Ledger::new(store, ids),
            head: Mutex::new(None),
            counted: watch::Sender::new(0),
        }))
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &dyn DocumentStore {
        self.0.ledger.store()
    }

    /// Tells when something was counted in this process.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.counted.subscribe()
    }

    /// Counts events, those that were not counted before.
    ///
    /// # Errors
    /// An event cannot be read: then none is counted. Or the store does not answer: then all may be sent again.
    pub async fn count(&self, events: &[Event]) -> Result<(), CountError> {
        let readable: Vec<Readable<'_>> = events.iter().map(read_event).collect::<Result<_, _>>()?;
        let mut known = self.0.head.lock().await;
        for attempt in 1.. {
            // Taken out while it is in use: whoever is stopped here, or fails, leaves it in doubt.
            let head = match known.take() {
                Some(head) => head,
                None => self.0.ledger.open().await?,
            };
            match self.attempt(&head, &readable).await {
                Ok(next) => {
                    *known = Some(next);
                    break;
                }
                Err(CountError::Store(StoreError::Conflict)) if attempt < ATTEMPTS => {}
                Err(error) => return Err(error),
            }
        }
        drop(known);
        self.0.counted.send_modify(|batches| *batches += 1);
        Ok(())
    }

    async fn attempt(&self, head: &Head, events: &[Readable<'_>]) -> Result<Head, CountError> {
        let writes = Plan::make(self.store(), Generation(head.generation), events).await?;
        if writes.is_empty() {
            return Ok(head.clone());
        }
        Ok(self.0.ledger.commit(head, head.generation, writes).await?)
    }
}

fn read_event(event: &Event) -> Result<Readable<'_>, CountError> {
    let fact = decode(event).map_err(|problem| CountError::Unreadable {
        topic: event.topic.name,
        problem,
    })?;
    let id = archive::id_of(&fact, event.event_id);
    Ok(Readable { event, fact, id })
}

fn decode(event: &Event) -> Result<Fact, Unreadable> {
    let payload = event.payload.clone();
    if event.topic == Topic::CORE_TASK {
        read::task(&TaskEvent::decode(payload)?, event.event_id, event.occur_time)
    } else if event.topic == Topic::CORE_PROJECT {
        read::project(&ProjectEvent::decode(payload)?)
    } else if event.topic == Topic::AUTH_USER {
        read::account(&UserEvent::decode(payload)?)
    } else {
        Err(Unreadable::Part("topic"))
    }
}
