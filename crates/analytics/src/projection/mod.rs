//! From events to numbers. A batch of events becomes one batch of writes, worked out from the documents as they are and made as a whole, so
//! an event counts once however often it comes.

mod plan;
mod queue;
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
use queue::{Outcome, Queue, Ticket};
use read::{Fact, Unreadable};

/// How often a batch is worked out again because somebody else wrote, before the delivery is left to come again.
const ATTEMPTS: usize = 10;

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

/// Counts events. Cheap to clone; one batch after the other in a process.
#[derive(Debug, Clone)]
pub struct Projection(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ledger: Ledger,
    /// The lock of the store as it was left; none where that is in doubt.
    head: Mutex<Option<Head>>,
    /// Events of those who wait for the lock: whoever gets it counts them all, so that many small deliveries (a topic has many parts) cost as
    /// much as one large one.
    queue: Queue,
    counted: watch::Sender<u64>,
}

impl Projection {
    /// Counts into this store; `ids` name journals.
    #[must_use]
    pub fn new(store: SharedStore, ids: Ids) -> Self {
        Self(Arc::new(Inner {
            ledger: Ledger::new(store, ids),
            head: Mutex::new(None),
            queue: Queue::default(),
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
        let readable: Arc<[Readable]> = events.iter().map(read_event).collect::<Result<_, _>>()?;
        let place = self.0.queue.join(readable.clone());
        let mut known = self.0.head.lock().await;
        let others = match place.outcome() {
            Outcome::Counted => return Ok(()),
            Outcome::Waiting => self.0.queue.take_others(&place),
            Outcome::Alone => Vec::new(),
        };
        if !others.is_empty() {
            let all = others
                .iter()
                .map(Ticket::events)
                .chain([&*readable])
                .flatten()
                .cloned()
                .collect::<Vec<_>>();
            if self.count_on(&mut known, &all).await.is_ok() {
                others.iter().for_each(Ticket::counted);
                return Ok(());
            }
            // Whoever is to blame shall hear it: each for itself.
            others.iter().for_each(Ticket::alone);
        }
        self.count_on(&mut known, &readable).await
    }

    async fn count_on(&self, known: &mut Option<Head>, events: &[Readable]) -> Result<(), CountError> {
        for attempt in 1.. {
            // Taken out while it is in use: whoever is stopped here, or fails, leaves it in doubt.
            let outcome = match known.take() {
                Some(head) => self.attempt(&head, events).await,
                None => match self.0.ledger.open().await {
                    Ok(head) => self.attempt(&head, events).await,
                    Err(error) => Err(error.into()),
                },
            };
            match outcome {
                Ok(next) => {
                    *known = Some(next);
                    break;
                }
                Err(CountError::Store(StoreError::Conflict)) if attempt < ATTEMPTS => {}
                Err(error) => return Err(error),
            }
        }
        self.0.counted.send_modify(|batches| *batches += 1);
        Ok(())
    }

    async fn attempt(&self, head: &Head, events: &[Readable]) -> Result<Head, CountError> {
        let writes = Plan::make(self.store(), Generation(head.generation), events).await?;
        if writes.is_empty() {
            return Ok(head.clone());
        }
        Ok(self.0.ledger.commit(head, head.generation, writes).await?)
    }
}

fn read_event(event: &Event) -> Result<Readable, CountError> {
    let fact = decode(event).map_err(|problem| CountError::Unreadable {
        topic: event.topic.name,
        problem,
    })?;
    let id = archive::id_of(&fact, event.event_id);
    Ok(Readable {
        event: event.clone(),
        fact,
        id,
    })
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
