//! How far a member is behind in each of its partitions, as librdkafka counts it.

use std::collections::HashMap;

use rdkafka::Statistics;

use super::parts::Key;
use crate::fact::Topic;

/// Tells the lag of a member's partitions.
pub(super) fn tell(group: &str, topics: &HashMap<String, Topic>, statistics: &Statistics) {
    for (name, topic) in topics {
        let Some(found) = statistics.topics.get(name) else { continue };
        for (partition, found) in &found.partitions {
            // Of those that it does not have, a member knows nothing.
            if found.consumer_lag >= 0 {
                set(group, (*topic, *partition), found.consumer_lag);
            }
        }
    }
}

/// Other members have these now, and tell their lag.
pub(super) fn forget(group: &str, keys: &[Key]) {
    for key in keys {
        set(group, *key, 0);
    }
}

fn set(group: &str, (topic, partition): Key, lag: i64) {
    metrics::gauge!("events_lag", "group" => group.to_owned(), "topic" => topic.name, "partition" => partition.to_string()).set(lag as f64);
}
