//! Makes the topics of `topics.toml` in a cluster, and compares those that are there. What would lose events or their order is refused, never
//! done; other differences are told and left, because an operator may want them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::error::RDKafkaErrorCode;

use super::Settings;
use super::librdkafka::{self, Quiet};
use crate::fact::{TOPICS, Topic};

/// How long the brokers may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a new topic is looked for, and the pause between looks.
const LOOKS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(100);
const DAY: u64 = 24 * 60 * 60 * 1000;

/// What was found or done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Name of the topic in the cluster.
    pub name: String,
    /// Whether it was made now.
    pub is_new: bool,
    /// Where it is not as it would be made, in plain words; empty where it is.
    pub differences: Vec<String>,
}

/// Why the topics are not as they must be.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A topic differs so that events or their order would be lost; nothing was done to it.
    #[error("{}", .0.join("; "))]
    Refused(Vec<String>),
    /// The brokers do not answer, or do not want to.
    #[error("{0:#}")]
    Unavailable(anyhow::Error),
}

impl From<anyhow::Error> for ApplyError {
    fn from(error: anyhow::Error) -> Self {
        Self::Unavailable(error)
    }
}

/// Makes missing topics, compares the others, and answers what there is now, topic by topic. It may run as often as one likes.
///
/// # Errors
/// A topic is there with another number of partitions or another policy, or the brokers do not answer. Topics that were missing are made all
/// the same.
pub async fn apply(settings: &Settings) -> Result<Vec<Applied>, ApplyError> {
    apply_these(settings, &TOPICS).await
}

/// The same for some topics only.
///
/// # Errors
/// As [`apply`].
pub async fn apply_these(settings: &Settings, topics: &[Topic]) -> Result<Vec<Applied>, ApplyError> {
    let cluster = Cluster::of(settings)?;
    let (mut applied, mut refused) = (Vec::new(), Vec::new());
    for topic in topics {
        let name = settings.named(topic.name);
        let is_new = cluster.make(settings, topic, &name).await?;
        let mut differences = Vec::new();
        if !is_new {
            cluster.compare(settings, topic, &name, &mut differences, &mut refused).await?;
        }
        applied.push(Applied { name, is_new, differences });
    }
    if refused.is_empty() {
        Ok(applied)
    } else {
        Err(ApplyError::Refused(refused))
    }
}

/// How a topic is configured.
fn wanted(settings: &Settings, topic: &Topic) -> Vec<(&'static str, String)> {
    let kept = (u64::from(topic.kept_days) * DAY).to_string();
    let mut config = vec![
        ("min.insync.replicas", settings.in_sync().to_string()),
        ("unclean.leader.election.enable", "false".to_owned()),
        // The brokers' clock decides what is old: events of an import, or of a process whose clock is wrong, must not go at once.
        ("message.timestamp.type", "LogAppendTime".to_owned()),
        ("compression.type", "producer".to_owned()),
    ];
    if topic.is_state {
        config.extend([
            ("cleanup.policy", "compact".to_owned()),
            ("min.cleanable.dirty.ratio", "0.3".to_owned()),
            // The segment at the end is never compacted, so it must not stay for long.
            ("segment.ms", (DAY / 4).to_string()),
            ("max.compaction.lag.ms", kept),
            // Who was away for less than this sees that something is gone.
            ("delete.retention.ms", (14 * DAY).to_string()),
        ]);
    } else {
        config.extend([("cleanup.policy", "delete".to_owned()), ("retention.ms", kept)]);
    }
    config
}

struct Cluster {
    admin: Arc<AdminClient<Quiet>>,
    options: AdminOptions,
}

impl Cluster {
    fn of(settings: &Settings) -> anyhow::Result<Self> {
        let admin: AdminClient<Quiet> = settings
            .client()
            .create_with_context(Quiet)
            .context("the settings of Kafka make no client")?;
        Ok(Self {
            admin: Arc::new(admin),
            options: AdminOptions::new()
                .request_timeout(Some(PATIENCE))
                .operation_timeout(Some(PATIENCE)),
        })
    }

    /// Makes the topic; whether it was missing.
    async fn make(&self, settings: &Settings, topic: &Topic, name: &str) -> anyhow::Result<bool> {
        let config = wanted(settings, topic);
        let replicas = TopicReplication::Fixed(settings.replication_factor);
        let mut new = NewTopic::new(name, topic.partitions, replicas);
        for (key, value) in &config {
            new = new.set(key, value);
        }
        let made = self
            .admin
            .create_topics([&new], &self.options)
            .await
            .map_err(librdkafka::explained)?;
        match made.into_iter().next() {
            Some(Ok(_)) => {
                self.seen(topic, name).await?;
                Ok(true)
            }
            Some(Err((_, RDKafkaErrorCode::TopicAlreadyExists))) => Ok(false),
            Some(Err((_, RDKafkaErrorCode::InvalidReplicationFactor))) => Err(anyhow!(
                "{name} cannot be made: there are fewer than {} brokers; set `replication_factor` to their number",
                settings.replication_factor
            )),
            Some(Err((_, code))) => Err(anyhow!("{name} was not made: {code}. {}", librdkafka::advice(code))),
            None => Err(anyhow!("the brokers do not say whether {name} was made")),
        }
    }

    /// Waits until the brokers have heard of a topic that was made.
    async fn seen(&self, topic: &Topic, name: &str) -> anyhow::Result<()> {
        for _ in 0..LOOKS {
            if self.shape(name).await?.0 == topic.partitions {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(anyhow!("{name} was made, but the brokers do not show it"))
    }

    async fn compare(
        &self,
        settings: &Settings,
        topic: &Topic,
        name: &str,
        differences: &mut Vec<String>,
        refused: &mut Vec<String>,
    ) -> anyhow::Result<()> {
        let (partitions, replicas) = self.shape(name).await?;
        if partitions != topic.partitions {
            refused.push(format!(
                "{name} has {partitions} partitions and must have {}: events of one key would come out of order; move to a new topic",
                topic.partitions
            ));
        }
        if replicas != settings.replication_factor {
            differences.push(format!("{replicas} replicas, not {}", settings.replication_factor));
        }
        let present = self.config(name).await?;
        for (key, value) in wanted(settings, topic) {
            let found = present.get(key).map(String::as_str).unwrap_or_default();
            if found == value {
                continue;
            }
            if key == "cleanup.policy" {
                refused.push(format!(
                    "{name} has cleanup.policy {found} and must have {value}: events would be removed that are needed"
                ));
            } else {
                differences.push(format!("{key} is {found}, not {value}"));
            }
        }
        Ok(())
    }

    /// Its partitions, and the fewest replicas that one has.
    async fn shape(&self, name: &str) -> anyhow::Result<(i32, i32)> {
        let (admin, asked) = (Arc::clone(&self.admin), name.to_owned());
        let metadata = tokio::task::spawn_blocking(move || admin.inner().fetch_metadata(Some(&asked), PATIENCE));
        let metadata = metadata.await.context("librdkafka failed")?.map_err(librdkafka::explained)?;
        let topic = metadata.topics().iter().find(|topic| topic.name() == name);
        let partitions = topic.map(rdkafka::metadata::MetadataTopic::partitions).unwrap_or_default();
        let replicas = partitions
            .iter()
            .map(|partition| partition.replicas().len())
            .min()
            .unwrap_or_default();
        Ok((i32::try_from(partitions.len())?, i32::try_from(replicas)?))
    }

    async fn config(&self, name: &str) -> anyhow::Result<HashMap<String, String>> {
        let asked = [ResourceSpecifier::Topic(name)];
        let answers = self
            .admin
            .describe_configs(&asked, &self.options)
            .await
            .map_err(librdkafka::explained)?;
        let answer = answers
            .into_iter()
            .next()
            .context("the brokers do not say how the topic is configured")?;
        let answer = answer.map_err(|code| anyhow!("the configuration of {name} cannot be read: {code}"))?;
        let values = answer.entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?)));
        Ok(values.collect())
    }
}
