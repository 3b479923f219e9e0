//! MarkAllNotificationsRead.

use std::time::Duration;

use prost_types::Timestamp;
use tasktracker_proto::core::v1::NotificationReason::Assigned;
use tasktracker_proto::core::v1::*;
use tasktracker_testing::{User, problem};

use super::*;

async fn mark(user: &User, until_time: Option<Timestamp>) -> i32 {
    let request = MarkAllNotificationsReadRequest { until_time };
    user.notifications()
        .mark_all_notifications_read(request)
        .await
        .expect("marks")
        .into_inner()
        .read_count
}

#[tokio::test]
async fn what_happened_until_a_moment_is_read() {
    let Scene {
        world, ada, linus, web, ..
    } = scene().await;
    for index in 0..4 {
        world.clock.advance(Duration::from_secs(60));
        ada.task_of(&web, task(&index.to_string(), &[&linus])).await;
    }
    let told = wait_for(&linus, &[Assigned; 4]).await;
    assert_eq!(mark(&linus, told[2].update_time).await, 2);
    let left: Vec<String> = unread(&linus).await.into_iter().map(|told| told.task_title).collect();
    assert_eq!(left, ["3", "2"]);
    assert_eq!(mark(&ada, None).await, 0, "of her own only");
    assert_eq!(mark(&linus, told[2].update_time).await, 0);
    assert_eq!(mark(&linus, None).await, 2);
    assert_eq!(mark(&linus, None).await, 0);
    assert!(linus.inbox().await.iter().all(|told| told.read_time.is_some()));
    let (status, body) = linus
        .rest("POST", "/v1/notifications:readAll", Some("{}".parse().expect("JSON")))
        .await;
    assert_eq!((status, &body["readCount"]), (200, &0.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_do_not_both_count() {
    let Scene {
        world: _world,
        ada,
        linus,
        web,
        ..
    } = scene().await;
    for index in 0..5 {
        ada.task_of(&web, task(&index.to_string(), &[&linus])).await;
    }
    wait_for(&linus, &[Assigned; 5]).await;
    let counts = futures_util::future::join_all((0..6).map(|_| mark(&linus, None))).await;
    assert_eq!(counts.iter().sum::<i32>(), 5, "{counts:?}");
}

#[tokio::test]
async fn refusals() {
    let Scene { world, linus, .. } = scene().await;
    let request = |seconds: i64| MarkAllNotificationsReadRequest {
        until_time: Some(Timestamp { seconds, nanos: 0 }),
    };
    assert_eq!(
        problem(linus.notifications().mark_all_notifications_read(request(i64::MAX)).await).fields(),
        ["until_time"]
    );
    assert_eq!(
        problem(world.stranger().notifications().mark_all_notifications_read(request(0)).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
}
