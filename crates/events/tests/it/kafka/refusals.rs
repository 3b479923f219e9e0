//! Wrong settings: whoever publishes is told which one and what to do.

use std::time::Duration;

use tasktracker_events::kafka::{Security, Settings};
use tasktracker_events::transport::PublishError;
use tasktracker_events::{Publisher, TOPICS, Topic};

use super::{broker, process};
use crate::log::outgoing;
use crate::world::sqlite;

async fn refusal(settings: &Settings) -> String {
    let world = sqlite().await;
    let events = [outgoing(&world, Topic::CORE_TASK, "a", 1)];
    let kafka = process(settings);
    let published = tokio::time::timeout(Duration::from_secs(20), kafka.publish("core", 1, &events)).await;
    match published.expect("within twenty seconds") {
        Err(error @ PublishError::Unavailable(_)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_address_says_that_nobody_answers() {
    let settings = Settings {
        brokers: "127.0.0.1:9".to_owned(),
        ..Settings::default()
    };
    let told = refusal(&settings).await;
    assert!(told.contains("whether `brokers` names them"), "{told}");
    let told = format!("{:#}", process(&settings).check(&TOPICS).await.unwrap_err());
    assert!(told.contains("whether `brokers` names them"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_topic_says_how_it_is_made() {
    let Some(settings) = broker::bare().await else { return };
    let told = refusal(&settings).await;
    assert!(told.contains("tasktracker topics apply"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_wants_no_password_is_not_sent_one_without_an_error() {
    let Some(settings) = broker::bare().await else { return };
    let settings = Settings {
        security: Security::SaslPlain,
        username: "ann".to_owned(),
        password: "hush".to_owned().into(),
        ..settings
    };
    let told = refusal(&settings).await;
    assert!(!told.contains("hush"), "{told}");
}

/// Events behind one whose topic is missing are not sent again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_before_a_missing_topic_is_published_and_nothing_behind_it() {
    let Some(settings) = broker::settings().await else { return };
    let (world, kafka) = (sqlite().await, process(&settings));
    let events = [
        outgoing(&world, Topic::CORE_TASK, "a", 1),
        outgoing(&world, Topic::CORE_TASK, "a", 2),
        outgoing(&world, Topic::FILES_FILE, "f", 1),
        outgoing(&world, Topic::CORE_TASK, "a", 3),
    ];
    assert_eq!(kafka.publish("core", 1, &events).await.unwrap(), 2);
    for _ in 0..2 {
        let refused = kafka.publish("core", 1, &events[2..]).await.unwrap_err().to_string();
        assert!(refused.contains(Topic::FILES_FILE.name), "{refused}");
    }
    assert_eq!(super::everything(&kafka, "test.readers", 2).await.len(), 2);
}
