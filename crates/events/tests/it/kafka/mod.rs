//! Kafka where it differs from the log: a real broker when TASKTRACKER_TEST_KAFKA names one (`host:port`), and librdkafka's own cluster in
//! memory for faults that a broker does not have when one wants them.

mod broker;
mod faults;
mod groups;
mod letters;
mod mock;
mod refusals;
mod relays;
mod topics;
pub mod transport;

use std::sync::Arc;
use std::time::Duration;

use tasktracker_events::kafka::{Kafka, Settings};
use tasktracker_events::transport::Outgoing;
use tasktracker_events::{Event, Subscriber, Topic};

use crate::log::outgoing;
use crate::world::World;

pub const TASKS: &[Topic] = &[Topic::CORE_TASK];

/// As another process sees the brokers.
pub fn process(settings: &Settings) -> Arc<Kafka> {
    Arc::new(Kafka::new(settings.clone()))
}

/// Versions of keys, in turn.
pub fn history(world: &World, keys: &[String], versions: std::ops::RangeInclusive<i64>) -> Vec<Outgoing> {
    versions
        .flat_map(|version| keys.iter().map(move |key| (key, version)))
        .map(|(key, version)| outgoing(world, Topic::CORE_TASK, key, version))
        .collect()
}

pub fn keys(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("key-{number}")).collect()
}

/// All that the topic holds, in the order of its partitions, as a new group sees it; repetitions included.
pub async fn everything(subscriber: &Arc<Kafka>, group: &str, count: usize) -> Vec<Event> {
    let mut subscription = subscriber.join(group, TASKS).await.unwrap();
    let mut events = Vec::new();
    while events.len() < count {
        let fetched = tokio::time::timeout(Duration::from_secs(20), subscription.fetch(500)).await;
        let fetched = fetched.expect("within twenty seconds").unwrap();
        for delivery in fetched.deliveries {
            match delivery {
                tasktracker_events::Delivery::Event(event) => events.push(event),
                tasktracker_events::Delivery::Damaged(damaged) => panic!("{damaged:?}"),
            }
        }
        subscription.store(fetched.end).await.unwrap();
    }
    let more = tokio::time::timeout(Duration::from_millis(300), subscription.fetch(1)).await;
    assert!(more.is_err(), "there is more: {more:?}");
    subscription.leave().await;
    events
}
