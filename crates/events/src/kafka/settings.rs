//! Where the brokers are and how this process speaks with them. A password is in no log and no `Debug`.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

/// How long a batch may take before it is given up. With [`LIFE`] and the age that a lease has at most when a relay publishes, it is less
/// than the length of the lease: the next holder finds nothing of the former one on its way.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How long librdkafka keeps an event that it cannot deliver. Longer than [`PATIENCE`], so it only counts in a process that stood still.
const LIFE: Duration = Duration::from_secs(15);
/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(10);

/// How to reach Kafka.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Some of the brokers, `host:port`, separated by commas.
    pub brokers: String,
    /// What the names of topics and groups begin with, so that several instances share one cluster, such as `staging.`.
    pub topic_prefix: String,
    /// Name of this process in the logs of the brokers.
    pub client_id: String,
    /// Name of this process among all of its service, the same after a restart, such as the name of a pod in a stateful set. With it a process
    /// that is started again has its partitions back at once, and a stopped one leaves them after `session_seconds`. Two living processes
    /// with one name throw each other out. Empty: a stopped process leaves its partitions at once, a killed one after `session_seconds`.
    pub instance: String,
    /// After so long without a sign of a process its partitions are given to others.
    pub session_seconds: u32,
    /// On how many brokers each event shall be; for topics that are made.
    pub replication_factor: i32,
    /// Without so many replicas in sync nothing is published; for topics that are made. 0: one less than all.
    pub min_insync_replicas: i32,
    /// How this process shows who it is.
    pub security: Security,
    /// Name of the user (`sasl_plain`).
    pub username: String,
    /// Password of the user (`sasl_plain`).
    #[serde(deserialize_with = "secret")]
    pub password: SecretString,
}

/// How a process shows who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// Not at all: for a network of one's own.
    Plaintext,
    /// By user and password. They travel as they are, so the network, or a tunnel that speaks TLS, protects them.
    SaslPlain,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            brokers: "127.0.0.1:9092".to_owned(),
            topic_prefix: String::new(),
            client_id: "tasktracker".to_owned(),
            instance: String::new(),
            session_seconds: 10,
            replication_factor: 3,
            min_insync_replicas: 0,
            security: Security::Plaintext,
            username: String::new(),
            password: SecretString::from(String::new()),
        }
    }
}

impl Settings {
    /// The name of a topic or group in the cluster.
    pub(super) fn named(&self, name: &str) -> String {
        format!("{}{name}", self.topic_prefix)
    }

    /// So many replicas must have an event before it counts as published.
    pub(super) fn in_sync(&self) -> i32 {
        if self.min_insync_replicas > 0 {
            self.min_insync_replicas
        } else {
            (self.replication_factor - 1).max(1)
        }
    }

    /// What every client needs.
    pub(super) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", &self.client_id)
            .set("socket.keepalive.enable", "true")
            .set("socket.timeout.ms", millis(REQUEST))
            .set("reconnect.backoff.max.ms", "2000")
            .set("topic.metadata.refresh.interval.ms", "30000")
            .set_log_level(RDKafkaLogLevel::Info);
        if self.security == Security::SaslPlain {
            config
                .set("security.protocol", "sasl_plaintext")
                .set("sasl.mechanism", "PLAIN")
                .set("sasl.username", &self.username)
                .set("sasl.password", self.password.expose_secret());
        }
        config
    }

    /// A producer whose retries neither repeat nor reorder, and that says of no event too early that it is safe.
    pub(super) fn producer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("message.timeout.ms", millis(LIFE))
            .set("topic.metadata.propagation.max.ms", "5000")
            .set("linger.ms", "2")
            .set("batch.num.messages", "10000")
            .set("queue.buffering.max.messages", "20000")
            .set("queue.buffering.max.kbytes", "65536")
            // As clients in other languages divide keys.
            .set("partitioner", "murmur2_random")
            .set("compression.type", "lz4");
        config
    }

    /// A member of a group.
    pub(super) fn consumer(&self, group: &str) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", self.named(group))
            .set("group.protocol", "classic")
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", millis(Duration::from_secs(self.session_seconds.into())))
            .set(
                "heartbeat.interval.ms",
                millis(Duration::from_secs(self.session_seconds.into()) / 4),
            )
            .set("max.poll.interval.ms", "300000")
            // Positions are stored by the group itself, after the effect.
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            // A new group begins with the oldest event that is kept.
            .set("auto.offset.reset", "earliest")
            .set("allow.auto.create.topics", "false")
            .set("queued.min.messages", "1000")
            .set("queued.max.messages.kbytes", "8192")
            .set("fetch.message.max.bytes", "1048576")
            // While the queue is full: the default of a second would let a quick group wait.
            .set("fetch.queue.backoff.ms", "10")
            .set("statistics.interval.ms", "5000");
        if !self.instance.is_empty() {
            config.set("group.instance.id", &self.instance);
        }
        config
    }
}

fn millis(duration: Duration) -> String {
    duration.as_millis().to_string()
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lease;

    fn read(text: &str) -> Result<Settings, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn a_former_holder_is_silent_before_the_next_one_begins() {
        // The lease is at most so old when a relay publishes (see `Relay`), and nothing lives longer than librdkafka keeps it.
        assert!(PATIENCE < LIFE && lease::RENEWAL + LIFE < lease::LENGTH);
    }

    #[test]
    fn secrets_are_not_shown() {
        let settings = read(r#"{"security":"sasl_plain","username":"ann","password":"hush"}"#).unwrap();
        assert_eq!(settings.client().get("sasl.password"), Some("hush"));
        assert!(!format!("{settings:?}").contains("hush"));
        assert!(read(r#"{"pasword":"x"}"#).is_err());
    }

    #[test]
    fn replicas_in_sync_follow_from_all_of_them() {
        let in_sync = |all, least| {
            let settings = Settings {
                replication_factor: all,
                min_insync_replicas: least,
                ..Settings::default()
            };
            settings.in_sync()
        };
        assert_eq!([in_sync(1, 0), in_sync(3, 0), in_sync(3, 1)], [1, 2, 1]);
    }
}
