//! Reactions of tests: one that notes what comes, and does with it what the test says.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use sea_orm::sea_query::Query;
use tasktracker_database::{Database, Time};
use tasktracker_events::{Event, ReactError, Reaction, Topic, inbox};
use tasktracker_proto::events::v1::TaskEvent;
use tasktracker_server::clock::SharedClock;

/// What the reaction does with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Fine,
    Transient,
    Poison,
    Panic,
    Hang,
}

type Decide = dyn Fn(&Event, usize) -> Fate + Send + Sync;

/// Notes the events that it handled, in their order. What becomes of an event is decided by the event and how often it came before.
pub struct Notes {
    group: &'static str,
    topics: &'static [Topic],
    batch: usize,
    decide: Box<Decide>,
    tried: Mutex<Vec<Event>>,
    handled: Mutex<Vec<Event>>,
    is_healed: AtomicBool,
}

impl Notes {
    pub fn new(group: &'static str, topics: &'static [Topic], batch: usize) -> Arc<Self> {
        Self::deciding(group, topics, batch, |_, _| Fate::Fine)
    }

    pub fn deciding(
        group: &'static str,
        topics: &'static [Topic],
        batch: usize,
        decide: impl Fn(&Event, usize) -> Fate + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            group,
            topics,
            batch,
            decide: Box::new(decide),
            tried: Mutex::default(),
            handled: Mutex::default(),
            is_healed: AtomicBool::new(false),
        })
    }

    /// From now on it handles everything.
    pub fn heal(&self) {
        self.is_healed.store(true, Ordering::SeqCst);
    }

    /// Key and version of what was handled.
    pub fn handled(&self) -> Vec<(String, i64)> {
        let handled = self.handled.lock().unwrap();
        handled.iter().map(|event| (event.key.clone(), version(event))).collect()
    }

    pub fn events(&self) -> Vec<Event> {
        self.handled.lock().unwrap().clone()
    }

    /// How often the reaction saw the event.
    pub fn tries(&self, key: &str) -> usize {
        self.tried.lock().unwrap().iter().filter(|event| event.key == key).count()
    }
}

pub fn version(event: &Event) -> i64 {
    event.decode::<TaskEvent>().map_or(-1, |event| event.version)
}

impl Reaction for Notes {
    fn group(&self) -> &'static str {
        self.group
    }

    fn topics(&self) -> &'static [Topic] {
        self.topics
    }

    fn batch(&self) -> usize {
        self.batch
    }

    fn react<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Result<(), ReactError>> {
        let mut fates = Vec::new();
        for event in events {
            let mut tried = self.tried.lock().unwrap();
            let before = tried.iter().filter(|other| other.event_id == event.event_id).count();
            tried.push(event.clone());
            drop(tried);
            fates.push(if self.is_healed.load(Ordering::SeqCst) {
                Fate::Fine
            } else {
                (self.decide)(event, before)
            });
        }
        Box::pin(async move {
            tokio::task::yield_now().await;
            for fate in fates {
                match fate {
                    Fate::Fine => {}
                    Fate::Transient => return Err(ReactError::transient(anyhow::anyhow!("the store is away"))),
                    Fate::Poison => return Err(ReactError::poison(anyhow::anyhow!("nobody can handle this"))),
                    Fate::Panic => panic!("this reaction has a defect"),
                    Fate::Hang => std::future::pending().await,
                }
            }
            self.handled.lock().unwrap().extend_from_slice(events);
            Ok(())
        })
    }
}

/// Writes one row an event, once each, whatever happens: by the inbox.
pub struct Effects {
    pub group: &'static str,
    pub database: Database,
    pub clock: SharedClock,
}

impl Reaction for Effects {
    fn group(&self) -> &'static str {
        self.group
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::CORE_TASK]
    }

    fn batch(&self) -> usize {
        7
    }

    fn react<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Result<(), ReactError>> {
        Box::pin(async move {
            let unseen = inbox::unseen(self.database.reader(), self.group, events)
                .await
                .map_err(ReactError::transient)?;
            let mut txn = self.database.begin();
            for event in &unseen {
                let insert = Query::insert()
                    .into_table("effects")
                    .columns(["consumer", "event_key", "version"])
                    .values_panic([self.group.into(), event.key.as_str().into(), version(event).into()])
                    .take();
                txn.insert(insert);
            }
            inbox::note(&mut txn, self.database.backend(), self.group, unseen, Time::from(self.clock.now()));
            txn.commit().await.map(drop).map_err(ReactError::transient)
        })
    }
}
