//! The way that events take: the log in a database, or Kafka where `events.kafka.brokers` names some.

use std::sync::Arc;
use std::time::Duration;

use tasktracker_database::Database;
use tasktracker_events::{EventLog, Publisher, Subscriber};
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::SharedClock;

use crate::settings::Settings;

/// The way that events take. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Transport {
    /// Takes events.
    pub publisher: Arc<dyn Publisher>,
    /// Gives them.
    pub subscriber: Arc<dyn Subscriber>,
    /// The log, where that is the way.
    pub log: Option<EventLog>,
}

impl Transport {
    /// The way that the settings name.
    ///
    /// # Errors
    /// The database of events cannot be opened, or Kafka lacks the topics.
    pub async fn open(settings: &Settings, clock: &SharedClock, lifecycle: &Lifecycle) -> anyhow::Result<Self> {
        if settings.events.kafka.brokers.is_empty() {
            Self::log(settings, clock, lifecycle).await
        } else {
            Self::kafka(settings).await
        }
    }

    async fn log(settings: &Settings, clock: &SharedClock, lifecycle: &Lifecycle) -> anyhow::Result<Self> {
        let events = Database::open(&settings.databases(), "events", lifecycle).await?;
        migrate_events(&events).await?;
        let keep = Duration::from_secs(u64::from(settings.events.keep_hours) * 60 * 60);
        let log = EventLog::open_keeping(keep, events, clock.clone(), lifecycle).await?;
        Ok(Self {
            publisher: Arc::new(log.clone()),
            subscriber: Arc::new(log.clone()),
            log: Some(log),
        })
    }

    #[cfg(feature = "kafka")]
    async fn kafka(settings: &Settings) -> anyhow::Result<Self> {
        let kafka = tasktracker_events::kafka::Kafka::new(settings.events.kafka.clone());
        // Brokers that are away are waited for; topics that are missing would be waited for in vain.
        if let Err(error) = kafka.check(&tasktracker_events::TOPICS).await {
            tracing::warn!(error = format!("{error:#}"), "events wait until kafka is well");
        }
        Ok(Self {
            publisher: Arc::new(kafka.clone()),
            subscriber: Arc::new(kafka),
            log: None,
        })
    }

    #[cfg(not(feature = "kafka"))]
    async fn kafka(_: &Settings) -> anyhow::Result<Self> {
        anyhow::bail!(
            "events.kafka.brokers is set, but this program was built without Kafka: run the programs of the services, or build with --features distributed"
        )
    }
}

/// Makes the topics in Kafka and compares those that are there; answers what it found, a line each.
///
/// # Errors
/// A topic differs so that events would be lost, the brokers do not answer, or there is no Kafka.
#[cfg(feature = "kafka")]
pub async fn apply_topics(settings: &Settings) -> anyhow::Result<Vec<String>> {
    anyhow::ensure!(
        !settings.events.kafka.brokers.is_empty(),
        "events.kafka.brokers is empty: without Kafka there are no topics to make"
    );
    let applied = tasktracker_events::kafka::topics::apply(&settings.events.kafka).await?;
    let line = |topic: tasktracker_events::kafka::topics::Applied| {
        let state = if topic.is_new { "made" } else { "is there" };
        match topic.differences.as_slice() {
            [] => format!("{}: {state}", topic.name),
            differences => format!("{}: {state}, but {}", topic.name, differences.join("; ")),
        }
    };
    Ok(applied.into_iter().map(line).collect())
}

/// Brings the database of events to the schema of this program.
///
/// # Errors
/// The database cannot be changed, or is newer than this program.
pub async fn migrate_events(events: &Database) -> Result<(), tasktracker_database::OpenError> {
    events.migrate::<tasktracker_migrations::events::Migrator>().await
}
