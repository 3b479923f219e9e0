//! The thread that polls librdkafka for a member of a group. librdkafka calls back on it when partitions come and go, and may keep it waiting,
//! so it is no task of the runtime; and nobody waits for it at the end of the process.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{ClientContext, Message, Offset, Statistics, TopicPartitionList};
use tokio::sync::oneshot;

use super::parts::{Key, Parts};
use super::{Settings, headers, lag, librdkafka};
use crate::fact::Topic;

/// How long a poll waits: also how soon the thread notices that it shall end.
const POLL: Duration = Duration::from_millis(100);
/// How long the group may be at its events while others wait for the partition.
const HANDOVER: Duration = Duration::from_secs(5);
/// How long the thread waits for room before it lets librdkafka fetch no more.
const ROOM: Duration = Duration::from_millis(500);
/// How long to wait for what the group stored.
const ASKING: Duration = Duration::from_secs(5);

/// A client of librdkafka that is a member of a group.
pub(super) type Client = BaseConsumer<Watch>;

/// Hears what librdkafka says of a member.
#[derive(Debug)]
pub(super) struct Watch {
    group: String,
    topics: HashMap<String, Topic>,
    parts: Arc<Parts>,
}

/// Joins the group and polls on a thread of its own until the parts are closed. The receiver hears the end.
pub(super) fn start(
    settings: &Settings,
    group: &str,
    topics: &[Topic],
    parts: &Arc<Parts>,
) -> anyhow::Result<(Arc<Client>, oneshot::Receiver<()>)> {
    let watch = Watch {
        group: group.to_owned(),
        topics: topics.iter().map(|topic| (settings.named(topic.name), *topic)).collect(),
        parts: Arc::clone(parts),
    };
    let names: Vec<String> = watch.topics.keys().cloned().collect();
    let client: Client = settings
        .consumer(group)
        .create_with_context(watch)
        .context("the settings of Kafka make no consumer")?;
    client.subscribe(&names.iter().map(String::as_str).collect::<Vec<_>>())?;
    let client = Arc::new(client);
    let (ended, end) = oneshot::channel();
    let polling = Polling {
        client: Arc::clone(&client),
        parts: Arc::clone(parts),
        _ended: ended,
    };
    std::thread::Builder::new()
        .name(format!("kafka {group}"))
        .spawn(move || polling.run())?;
    Ok((client, end))
}

/// Its fields end in this order: the client says goodbye to the group before the end is told.
struct Polling {
    client: Arc<Client>,
    parts: Arc<Parts>,
    _ended: oneshot::Sender<()>,
}

impl Drop for Polling {
    fn drop(&mut self) {
        // Also after a panic.
        self.parts.end();
        self.parts.close();
    }
}

impl Polling {
    fn run(self) {
        let mut is_paused = false;
        while !self.parts.is_closing() {
            if is_paused {
                if self.parts.wait_for_room(Duration::ZERO) {
                    self.let_fetch(true);
                    is_paused = false;
                }
            } else if self.parts.is_full() && !self.parts.wait_for_room(ROOM) {
                // The group is slow or stuck. Polling must go on all the same: partitions come and go meanwhile.
                self.let_fetch(false);
                is_paused = true;
            }
            match self.client.poll(POLL) {
                None => {}
                Some(Ok(message)) => {
                    if let Some(topic) = self.client.context().topics.get(message.topic()) {
                        self.parts.push((*topic, message.partition()), headers::read(*topic, &message));
                    }
                    if is_paused && self.parts.is_full() {
                        // It is of a partition that came after the pause.
                        self.let_fetch(false);
                    }
                }
                Some(Err(error)) => self.failed(error),
            }
        }
    }

    fn let_fetch(&self, more: bool) {
        let done = self
            .client
            .assignment()
            .and_then(|all| if more { self.client.resume(&all) } else { self.client.pause(&all) });
        if let Err(error) = done {
            tracing::debug!(group = self.client.context().group, %error, "fetching was not paused or resumed");
        }
    }

    fn failed(&self, error: KafkaError) {
        let group = &self.client.context().group;
        let is_fatal = matches!(error, KafkaError::MessageConsumptionFatal(_)) || self.client.client().fatal_error().is_some();
        match error.rdkafka_error_code() {
            _ if is_fatal => {
                tracing::warn!(group, %error, "the brokers do not let this member go on, it joins anew");
                self.parts.end();
            }
            Some(RDKafkaErrorCode::PollExceeded) => {
                tracing::warn!(
                    group,
                    "this process stood still for minutes, others have its partitions; it joins anew"
                );
                self.parts.end();
            }
            // librdkafka tries on by itself, and says so only once.
            Some(code) if !librdkafka::advice(code).is_empty() && code != RDKafkaErrorCode::BrokerTransportFailure => {
                tracing::warn!(group, %error, "no events come for now: {}", librdkafka::advice(code));
            }
            _ => tracing::debug!(group, %error, "librdkafka"),
        }
    }
}

impl Watch {
    fn keys(&self, list: &TopicPartitionList) -> Vec<Key> {
        let elements = list.elements();
        let key = |topic: &str, partition| Some((*self.topics.get(topic)?, partition));
        elements
            .iter()
            .filter_map(|element| key(element.topic(), element.partition()))
            .collect()
    }

    fn count(&self) {
        metrics::counter!("events_rebalances_total", "group" => self.group.clone()).increment(1);
        metrics::gauge!("events_partitions", "group" => self.group.clone()).set(self.parts.count() as f64);
    }

    /// Finds out after which positions the partitions go on, so that missing events are noticed.
    fn ask(&self, client: &Client, list: &TopicPartitionList) {
        let stored = client.committed_offsets(list.clone(), ASKING);
        match stored {
            Ok(stored) => {
                for element in stored.elements() {
                    // The offset of the next event is the position of the last one.
                    if let (Some(topic), Offset::Offset(position)) = (self.topics.get(element.topic()), element.offset()) {
                        self.parts.stored((*topic, element.partition()), position);
                    }
                }
            }
            Err(error) => tracing::debug!(group = self.group, %error, "stored positions are not known"),
        }
    }
}

impl ClientContext for Watch {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        librdkafka::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        librdkafka::tell(&error, reason);
    }

    fn stats(&self, statistics: Statistics) {
        lag::tell(&self.group, &self.topics, &statistics);
    }
}

impl ConsumerContext for Watch {
    fn pre_rebalance(&self, client: &Client, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(list) => {
                self.parts.came(self.keys(list));
                self.ask(client, list);
            }
            Rebalance::Revoke(list) => {
                // Where others have them already, nobody is helped by waiting.
                let patience = if client.assignment_lost() { Duration::ZERO } else { HANDOVER };
                let keys = self.keys(list);
                self.parts.go(&keys, patience);
                lag::forget(&self.group, &keys);
            }
            Rebalance::Error(error) => tracing::warn!(group = self.group, %error, "partitions were not assigned"),
        }
        self.count();
    }
}
