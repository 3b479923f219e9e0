//! librdkafka's own cluster in memory: its broker goes down and slow when a test says so.

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use tasktracker_events::kafka::Settings;

use super::broker::TOPICS;

pub type Cluster = MockCluster<'static, DefaultProducerContext>;

/// A cluster of one broker with the topics of tests.
pub fn cluster() -> (Cluster, Settings) {
    let cluster = MockCluster::new(1).unwrap();
    for topic in TOPICS {
        cluster.create_topic(topic.name, topic.partitions, 1).unwrap();
    }
    let settings = Settings {
        brokers: cluster.bootstrap_servers(),
        session_seconds: 6,
        replication_factor: 1,
        ..Settings::default()
    };
    (cluster, settings)
}
