//! What the brokers know of topics and groups, for those who ask how far things are. Asking waits on threads of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, anyhow};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};

use super::Settings;
use super::librdkafka::{self, Quiet};
use crate::fact::Topic;
use crate::transport::Place;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

type Client = BaseConsumer<Quiet>;

/// Asks about positions.
pub(super) struct Offsets {
    settings: Settings,
    /// Clients by group; the one without a name asks about topics.
    clients: Mutex<HashMap<String, Arc<Client>>>,
}

impl std::fmt::Debug for Offsets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Offsets").finish_non_exhaustive()
    }
}

impl Offsets {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            clients: Mutex::default(),
        }
    }

    /// Whether the brokers answer and have the topics.
    pub(super) async fn check(&self, topics: &[Topic]) -> anyhow::Result<()> {
        self.ask("", topics, |client, topics| {
            for (_, name) in topics {
                partitions(client, name)?;
            }
            Ok(())
        })
        .await
    }

    pub(super) async fn ends(&self, topics: &[Topic]) -> anyhow::Result<Vec<Place>> {
        self.ask("", topics, |client, topics| {
            let mut ends = Vec::new();
            for (topic, name) in topics {
                for partition in partitions(client, name)? {
                    let (_, high) = watermarks(client, name, partition)?;
                    // The offset of the next event is the position of the last one.
                    ends.push(Place {
                        topic: *topic,
                        partition,
                        position: high,
                    });
                }
            }
            Ok(ends)
        })
        .await
    }

    pub(super) async fn unhandled(&self, group: &str, topics: &[Topic]) -> anyhow::Result<u64> {
        self.ask(group, topics, |client, topics| {
            let mut asked = TopicPartitionList::new();
            for (_, name) in topics {
                for partition in partitions(client, name)? {
                    asked.add_partition(name, partition);
                }
            }
            let mut count = 0;
            let stored = client.committed_offsets(asked, PATIENCE).map_err(librdkafka::explained)?;
            for element in stored.elements() {
                let (low, high) = watermarks(client, element.topic(), element.partition())?;
                let next = match element.offset() {
                    Offset::Offset(next) => next.max(low),
                    _ => low,
                };
                count += u64::try_from(high - next).unwrap_or_default();
            }
            Ok(count)
        })
        .await
    }

    /// Lets a client of the group answer, which has no part in its work.
    async fn ask<T: Send + 'static>(
        &self,
        group: &str,
        topics: &[Topic],
        question: impl FnOnce(&Client, &[(Topic, String)]) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let client = self.client(group)?;
        let topics: Vec<(Topic, String)> = topics.iter().map(|topic| (*topic, self.settings.named(topic.name))).collect();
        tokio::task::spawn_blocking(move || question(&client, &topics))
            .await
            .context("librdkafka failed")?
    }

    fn client(&self, group: &str) -> anyhow::Result<Arc<Client>> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(group) {
            return Ok(Arc::clone(client));
        }
        let mut config = self.settings.client();
        if !group.is_empty() {
            config.set("group.id", self.settings.named(group));
        }
        let client: Client = config.create_with_context(Quiet).context("the settings of Kafka make no client")?;
        let client = Arc::new(client);
        clients.insert(group.to_owned(), Arc::clone(&client));
        Ok(client)
    }
}

fn partitions(client: &Client, name: &str) -> anyhow::Result<Vec<i32>> {
    let metadata = client.fetch_metadata(Some(name), PATIENCE).map_err(librdkafka::explained)?;
    let found = metadata.topics().iter().find(|topic| topic.name() == name);
    let found = found.ok_or_else(|| anyhow!("the brokers say nothing about {name}"))?;
    if let Some(error) = found.error() {
        let error = KafkaError::MetadataFetch(RDKafkaErrorCode::from(error));
        return Err(librdkafka::explained(error).context(format!("the topic {name} cannot be read")));
    }
    Ok(found.partitions().iter().map(rdkafka::metadata::MetadataPartition::id).collect())
}

fn watermarks(client: &Client, name: &str, partition: i32) -> anyhow::Result<(i64, i64)> {
    client.fetch_watermarks(name, partition, PATIENCE).map_err(librdkafka::explained)
}
