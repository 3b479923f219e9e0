//! Watch: the caller's own inbox.

use std::time::Duration;

use tasktracker_proto::auth::v1::SignOutRequest;
use tasktracker_proto::core::v1::watch_response::Event;
use tasktracker_proto::core::v1::*;
use tasktracker_testing::{Problem, User, World, eventually, problem};
use tokio::time::timeout;
use tonic::Streaming;

/// Longer than anything should take here, far shorter than a checkpoint.
const SOON: Duration = Duration::from_secs(10);

fn request(projects: &[&Project], resume_token: &str, notifications: bool) -> WatchRequest {
    WatchRequest {
        project_ids: projects.iter().map(|project| project.id.clone()).collect(),
        resume_token: resume_token.to_owned(),
        notifications,
    }
}

async fn open(user: &User, projects: &[&Project], resume_token: &str) -> Streaming<WatchResponse> {
    let mut stream = user
        .watch()
        .watch(request(projects, resume_token, true))
        .await
        .expect("opens")
        .into_inner();
    let first = next(&mut stream).await;
    assert!(matches!(first.event, Some(Event::Checkpoint(_))), "{first:?}");
    stream
}

async fn next(stream: &mut Streaming<WatchResponse>) -> WatchResponse {
    timeout(SOON, stream.message())
        .await
        .expect("soon")
        .expect("no end")
        .expect("a message")
}

async fn next_notification(stream: &mut Streaming<WatchResponse>) -> (Notification, String) {
    let message = next(stream).await;
    match message.event {
        Some(Event::NotificationUpserted(notification)) => (notification, message.resume_token),
        other => panic!("a notification, not {other:?}"),
    }
}

async fn assign(ada: &User, web: &Project, title: &str, linus: &User) -> Task {
    let task = Task {
        title: title.to_owned(),
        assignee_ids: vec![linus.id.clone()],
        ..Task::default()
    };
    ada.task_of(web, task).await
}

async fn scene() -> (World, User, User, Project) {
    let world = Box::pin(World::start()).await;
    let (ada, linus) = (world.user("ada").await, world.user("linus").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &linus, "contributor").await;
    eventually("welcome", || async { (linus.inbox().await.len() == 1).then_some(()) }).await;
    (world, ada, linus, web)
}

#[tokio::test]
async fn notifications_arrive_as_they_come_are_folded_and_are_read() {
    let (_world, ada, linus, web) = scene().await;
    let mut stream = open(&linus, &[], "").await;
    let plan = assign(&ada, &web, "Plan", &linus).await;
    let (told, _) = next_notification(&mut stream).await;
    assert_eq!((told.task_title.as_str(), told.reason()), ("Plan", NotificationReason::Assigned));
    assert_eq!(linus.inbox().await[0], told);

    ada.comment(&plan, "1").await;
    let (first, _) = next_notification(&mut stream).await;
    ada.comment(&plan, "2").await;
    let (second, _) = next_notification(&mut stream).await;
    assert_eq!((first.id.as_str(), first.count, second.count), (second.id.as_str(), 1, 2));

    let mark = MarkNotificationReadRequest {
        notification_id: told.id.clone(),
    };
    linus.notifications().mark_notification_read(mark).await.expect("marks");
    let (read, _) = next_notification(&mut stream).await;
    assert!(read.id == told.id && read.read_time.is_some());
    linus
        .notifications()
        .mark_all_notifications_read(MarkAllNotificationsReadRequest::default())
        .await
        .expect("marks");
    let mut ids = Vec::new();
    for _ in 0..2 {
        let (read, _) = next_notification(&mut stream).await;
        assert!(read.read_time.is_some());
        ids.push(read.id);
    }
    assert!(ids.contains(&second.id), "and the welcome");
}

#[tokio::test]
async fn a_resumed_stream_misses_nothing() {
    let (world, ada, linus, web) = scene().await;
    let mut stream = open(&linus, &[&web], "").await;
    assign(&ada, &web, "seen", &linus).await;
    // The task and the notification come in either order.
    let mut token = String::new();
    let mut kinds = Vec::new();
    for _ in 0..2 {
        let message = next(&mut stream).await;
        token = message.resume_token;
        kinds.push(matches!(message.event, Some(Event::NotificationUpserted(_))));
    }
    kinds.sort_unstable();
    assert_eq!(kinds, [false, true]);
    drop(stream);
    for index in 0..5 {
        world.clock.advance(Duration::from_secs(1));
        assign(&ada, &web, &format!("missed {index}"), &linus).await;
    }
    eventually("told", || async { (linus.inbox().await.len() == 7).then_some(()) }).await;
    for _ in 0..2 {
        let mut stream = open(&linus, &[&web], &token).await;
        let (mut tasks, mut told) = (Vec::new(), Vec::new());
        for _ in 0..10 {
            match next(&mut stream).await.event {
                Some(Event::TaskUpserted(task)) => tasks.push(task.title),
                Some(Event::NotificationUpserted(notification)) => told.push(notification.task_title),
                other => panic!("{other:?}"),
            }
        }
        let expected: Vec<String> = (0..5).map(|index| format!("missed {index}")).collect();
        assert_eq!((&tasks, &told), (&expected, &expected));
    }
}

#[tokio::test]
async fn reading_everything_is_one_place_that_is_not_torn() {
    let (_world, ada, linus, web) = scene().await;
    for index in 0..20 {
        assign(&ada, &web, &format!("{index}"), &linus).await;
    }
    eventually("told", || async { (linus.inbox().await.len() == 21).then_some(()) }).await;
    let mut stream = open(&linus, &[], "").await;
    linus
        .notifications()
        .mark_all_notifications_read(MarkAllNotificationsReadRequest::default())
        .await
        .expect("marks");
    let (_, in_the_middle) = next_notification(&mut stream).await;
    for _ in 0..19 {
        next_notification(&mut stream).await;
    }
    let (_, at_the_end) = next_notification(&mut stream).await;
    let mut again = open(&linus, &[], &in_the_middle).await;
    for _ in 0..21 {
        assert!(next_notification(&mut again).await.0.read_time.is_some());
    }
    let mut nothing = open(&linus, &[], &at_the_end).await;
    assign(&ada, &web, "new", &linus).await;
    assert_eq!(next_notification(&mut nothing).await.0.task_title, "new");
}

#[tokio::test]
async fn it_is_the_caller_s_own_and_the_token_is_of_the_same_watch() {
    let (world, ada, linus, web) = scene().await;
    let mut stream = open(&ada, &[], "").await;
    let plan = assign(&ada, &web, "Plan", &linus).await;
    linus.comment(&plan, "words").await;
    let (told, token) = next_notification(&mut stream).await;
    assert_eq!(told.reason(), NotificationReason::Commented, "what she did herself is not told");
    for (user, projects, token, notifications) in [
        (&linus, vec![], token.as_str(), true),
        (&ada, vec![&web], token.as_str(), true),
        (&ada, vec![&web], token.as_str(), false),
        (&ada, vec![], "damaged", true),
    ] {
        assert_eq!(
            problem(user.watch().watch(request(&projects, token, notifications)).await).to_string(),
            "OUT_OF_RANGE RESUME_TOKEN_EXPIRED"
        );
    }
    let refused = problem(ada.watch().watch(request(&[], "", false)).await);
    assert_eq!((refused.reason.as_str(), refused.fields()), ("INVALID_FIELDS", vec!["project_ids"]));
    assert_eq!(
        problem(world.stranger().watch().watch(request(&[], "", true)).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    linus.sessions().sign_out(SignOutRequest {}).await.expect("signs out");
    let refused = linus
        .watch()
        .watch(request(&[], "", true))
        .await
        .map(|_| ())
        .map_err(|status| Problem::of(&status));
    assert_eq!(refused.expect_err("signed out").to_string(), "UNAUTHENTICATED CREDENTIAL_INVALID");
}
