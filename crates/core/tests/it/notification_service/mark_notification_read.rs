//! MarkNotificationRead.

use std::time::Duration;

use tasktracker_proto::core::v1::NotificationReason::{Assigned, Mentioned};
use tasktracker_proto::core::v1::*;
use tasktracker_testing::{User, problem};

use super::*;

fn request(id: &str) -> MarkNotificationReadRequest {
    MarkNotificationReadRequest {
        notification_id: id.to_owned(),
    }
}

async fn mark(user: &User, id: &str) -> Notification {
    let answer = user.notifications().mark_notification_read(request(id)).await;
    answer.expect("marks").into_inner().notification.expect("a notification")
}

#[tokio::test]
async fn it_is_read_once() {
    let Scene {
        world, ada, linus, web, ..
    } = scene().await;
    ada.task_of(&web, task("Plan", &[&linus])).await;
    let [told] = wait_for(&linus, &[Assigned]).await.try_into().expect("one");
    let read = mark(&linus, &told.id).await;
    assert!(read.read_time.is_some());
    assert_eq!(
        Notification {
            read_time: None,
            ..read.clone()
        },
        told
    );
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(mark(&linus, &told.id).await, read, "reading it again changes nothing");
    assert!(unread(&linus).await.is_empty());
    assert_eq!(linus.inbox().await[0], read);
    let (status, body) = linus
        .rest(
            "POST",
            &format!("/v1/notifications/{}:read", told.id),
            Some("{}".parse().expect("JSON")),
        )
        .await;
    assert_eq!((status, &body["id"]), (200, &told.id.as_str().into()), "the bare notification");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_agree() {
    let Scene {
        world: _world,
        ada,
        linus,
        web,
        ..
    } = scene().await;
    ada.task_of(&web, task("Plan", &[&linus])).await;
    let [told] = wait_for(&linus, &[Assigned]).await.try_into().expect("one");
    let marked = futures_util::future::join_all((0..8).map(|_| mark(&linus, &told.id))).await;
    assert!(marked.iter().all(|one| *one == marked[0]));
}

#[tokio::test]
async fn somebody_else_s_is_not_there() {
    let scene = scene().await;
    let (ada, tim, web) = (&scene.ada, &scene.tim, &scene.web);
    let described = Task {
        description: mention(tim),
        ..task("Secret", &[])
    };
    let secret = ada.task_of(web, described).await;
    let [told] = wait_for(tim, &[Mentioned]).await.try_into().expect("one");
    let missing = problem(ada.notifications().mark_notification_read(request(MISSING)).await);
    assert_eq!(missing.to_string(), "NOT_FOUND NOT_FOUND");
    for user in [ada, &scene.eve] {
        assert_eq!(
            problem(user.notifications().mark_notification_read(request(&told.id)).await),
            missing
        );
    }
    assert_eq!(
        problem(
            scene
                .world
                .stranger()
                .notifications()
                .mark_notification_read(request(&told.id))
                .await
        )
        .to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    for id in ["", "x", "WEB-1"] {
        assert_eq!(
            problem(tim.notifications().mark_notification_read(request(id)).await).fields(),
            ["notification_id"]
        );
    }
    delete_task(ada, &secret).await;
    assert_eq!(
        problem(tim.notifications().mark_notification_read(request(&told.id)).await),
        missing
    );
    let restore = UndeleteTaskRequest {
        task_id: secret.id,
        ..UndeleteTaskRequest::default()
    };
    ada.tasks().undelete_task(restore).await.expect("restores");
    remove_tim(&scene).await;
    scene.world.clock.advance(Duration::from_secs(6));
    assert_eq!(
        problem(tim.notifications().mark_notification_read(request(&told.id)).await),
        missing
    );
}
