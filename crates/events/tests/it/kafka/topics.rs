//! Topics are made as the table says, and what would lose events is refused.

use tasktracker_events::kafka::topics::{ApplyError, apply, apply_these};
use tasktracker_events::{TOPICS, Topic};

use super::{broker, process};

#[tokio::test]
async fn they_are_made_once_and_compared_after_that() {
    let Some(settings) = broker::bare().await else { return };
    let kafka = process(&settings);
    let missing = kafka.check(&TOPICS).await.unwrap_err();
    assert!(format!("{missing:#}").contains("tasktracker topics apply"), "{missing:#}");

    let made = apply(&settings).await.unwrap();
    assert_eq!(made.len(), TOPICS.len());
    assert!(
        made.iter()
            .all(|topic| topic.is_new && topic.name.starts_with(&settings.topic_prefix))
    );
    kafka.check(&TOPICS).await.unwrap();
    let again = apply(&settings).await.unwrap();
    assert!(again.iter().all(|topic| !topic.is_new && topic.differences.is_empty()), "{again:?}");
}

#[tokio::test]
async fn what_would_lose_events_is_refused_and_the_rest_is_told() {
    let Some(settings) = broker::bare().await else { return };
    let other = [
        Topic {
            partitions: 2,
            is_state: true,
            ..Topic::CORE_TASK
        },
        Topic {
            kept_days: 3,
            ..Topic::AUTH_ACCESS
        },
    ];
    apply_these(&settings, &other).await.unwrap();
    let refused = apply_these(&settings, &[Topic::CORE_TASK, Topic::AUTH_ACCESS, Topic::FILES_FILE]).await;
    let Err(ApplyError::Refused(reasons)) = &refused else {
        panic!("{refused:?}")
    };
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(reasons[0].contains("has 2 partitions and must have 12"), "{reasons:?}");
    assert!(
        reasons[1].contains("has cleanup.policy compact and must have delete"),
        "{reasons:?}"
    );
    // The missing one was made all the same, and nothing was changed.
    let fine = apply_these(&settings, &[Topic::AUTH_ACCESS, Topic::FILES_FILE]).await.unwrap();
    assert!(fine.iter().all(|topic| !topic.is_new));
    assert_eq!(fine[0].differences, ["retention.ms is 259200000, not 2592000000"]);
}

#[tokio::test]
async fn too_few_brokers_are_named() {
    let Some(mut settings) = broker::bare().await else { return };
    settings.replication_factor = 3;
    let refused = apply(&settings).await.unwrap_err().to_string();
    assert!(refused.contains("set `replication_factor`"), "{refused}");
}
