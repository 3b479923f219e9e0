//! Brokers that are away, slow, or say no: writes go on, and everything comes in order once they are back.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use tasktracker_events::{Event, Publisher, Topic};

use super::{everything, history, keys, mock, process};
use crate::log::outgoing;
use crate::reactions::version;
use crate::world::{World, sqlite, until};

/// Versions of each key, repetitions left out.
fn once(events: &[Event]) -> HashMap<String, Vec<i64>> {
    let mut of_key: HashMap<String, Vec<i64>> = HashMap::new();
    for event in events {
        let versions = of_key.entry(event.key.clone()).or_default();
        if !versions.contains(&version(event)) {
            versions.push(version(event));
        }
    }
    of_key
}

async fn commit(world: &World, keys: &[String], versions: std::ops::RangeInclusive<i64>) {
    for version in versions {
        for key in keys {
            world.commit(&[world.event(key, version)]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_go_on_without_a_broker_and_everything_comes_in_order_with_it() {
    let (cluster, settings) = mock::cluster();
    let (world, kafka) = (sqlite().await, process(&settings));
    let keys = keys(5);
    world.relay_to(Arc::clone(&kafka) as _);
    commit(&world, &keys, 1..=20).await;
    until("some are published", || async { world.waiting().await < 100 }).await;
    cluster.broker_down(1).unwrap();
    commit(&world, &keys, 21..=60).await;
    assert!(world.waiting().await >= 100, "they wait");
    cluster.broker_up(1).unwrap();
    commit(&world, &keys, 61..=70).await;
    until("the outbox is empty", || async { world.waiting().await == 0 }).await;
    let events = everything(&kafka, "test.readers", 350).await;
    let expected: Vec<i64> = (1..=70).collect();
    let seen = once(&events);
    for key in &keys {
        assert_eq!(seen[key], expected, "of {key}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_that_pass_are_tried_again_without_repetition() {
    let (cluster, settings) = mock::cluster();
    let (world, kafka) = (sqlite().await, process(&settings));
    let events = history(&world, &keys(3), 1..=30);
    cluster.request_errors(
        RDKafkaApiKey::Produce,
        &[
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
        ],
    );
    assert_eq!(kafka.publish("core", 1, &events).await.unwrap(), 90);
    assert_eq!(everything(&kafka, "test.readers", 90).await.len(), 90);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_waits_for_any_more_is_taken_back() {
    let (cluster, settings) = mock::cluster();
    let (world, kafka) = (sqlite().await, process(&settings));
    let first = outgoing(&world, Topic::CORE_TASK, "a", 1);
    kafka.publish("core", 1, std::slice::from_ref(&first)).await.unwrap();
    cluster.broker_down(1).unwrap();
    let given_up = [outgoing(&world, Topic::CORE_TASK, "a", 2)];
    let waited = tokio::time::timeout(Duration::from_millis(300), kafka.publish("core", 1, &given_up)).await;
    assert!(waited.is_err(), "no broker acknowledges it");
    cluster.broker_up(1).unwrap();
    // The next holder's event is there, the former one's is not.
    let last = [outgoing(&world, Topic::CORE_TASK, "a", 3)];
    until("it is published", || async { kafka.publish("core", 2, &last).await.is_ok() }).await;
    let versions: Vec<i64> = everything(&kafka, "test.readers", 2).await.iter().map(version).collect();
    assert_eq!(versions, [1, 3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_takes_too_long_is_given_up_and_comes_in_order_at_the_next_try() {
    let (cluster, settings) = mock::cluster();
    let (world, kafka) = (sqlite().await, process(&settings));
    let events = history(&world, &keys(3), 1..=10);
    kafka.publish("core", 1, &events[..3]).await.unwrap();
    cluster.broker_down(1).unwrap();
    let refused = tokio::time::timeout(Duration::from_secs(20), kafka.publish("core", 1, &events[3..])).await;
    let refused = refused.expect("it does not wait for ever").unwrap_err().to_string();
    assert!(refused.contains("did not acknowledge in time"), "{refused}");
    cluster.broker_up(1).unwrap();
    let mut rest = &events[3..];
    while !rest.is_empty() {
        // It may take a moment until the broker is found again.
        if let Ok(taken) = kafka.publish("core", 1, rest).await {
            rest = &rest[taken..];
        }
    }
    let seen = once(&everything(&kafka, "test.readers", 30).await);
    assert!(
        seen.values().all(|versions| *versions == (1..=10).collect::<Vec<i64>>()),
        "{seen:?}"
    );
}
