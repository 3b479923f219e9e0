//! ListNotifications, and who is told of what.

use std::time::Duration;

use tasktracker_proto::core::v1::NotificationReason::{Assigned, Commented, MemberAdded, Mentioned, StatusChanged, Unassigned};
use tasktracker_proto::core::v1::*;
use tasktracker_testing::{User, World, problem};

use super::*;

async fn list(user: &User, request: ListNotificationsRequest) -> ListNotificationsResponse {
    user.notifications().list_notifications(request).await.expect("lists").into_inner()
}

#[tokio::test]
async fn people_are_told_what_concerns_them_and_never_what_they_did() {
    let Scene {
        world: _world,
        ada,
        linus,
        tim,
        web,
        ..
    } = scene().await;
    let described = Task {
        description: format!("with {} and {}", mention(&tim), mention(&ada)),
        ..task("Plan", &[&linus, &ada])
    };
    let plan = ada.task_of(&web, described).await;
    let [assigned] = wait_for(&linus, &[Assigned]).await.try_into().expect("one");
    assert_eq!(
        assigned,
        Notification {
            id: assigned.id.clone(),
            reason: Assigned.into(),
            project_id: web.id.clone(),
            task_id: plan.id.clone(),
            task_key: "WEB-1".to_owned(),
            task_title: "Plan".to_owned(),
            actor_id: ada.id.clone(),
            count: 1,
            create_time: plan.create_time,
            update_time: plan.create_time,
            ..Notification::default()
        }
    );
    wait_for(&tim, &[Mentioned]).await;

    let comment = linus.comment(&plan, &format!("{} knows more", mention(&tim))).await;
    let [commented] = wait_for(&ada, &[Commented]).await.try_into().expect("one");
    assert_eq!((commented.comment_id, commented.actor_id), (comment.id.clone(), linus.id.clone()));
    let [of_comment] = wait_for(&tim, &[Mentioned]).await.try_into().expect("one, because it is alike");
    assert_eq!((of_comment.count, of_comment.comment_id), (2, comment.id));

    ada.move_to(&web, &plan, "In progress").await;
    let told = wait_for(&linus, &[Assigned, StatusChanged]).await;
    let moved = told.iter().find(|told| told.reason == i32::from(StatusChanged)).expect("moved");
    assert_eq!(moved.status_id, ada.status(&web, "In progress").await.id);
    wait_for(&tim, &[Mentioned, StatusChanged]).await;

    linus.assign(&plan, &[&linus]).await;
    ada.assign(&plan, &[]).await;
    wait_for(&linus, &[Assigned, StatusChanged, Unassigned]).await;
    let told = wait_for(&ada, &[Commented, Unassigned]).await;
    assert!(told.iter().all(|told| told.actor_id == linus.id), "nothing of her own doing");
    let renamed = Task {
        id: plan.id.clone(),
        title: "Plans".to_owned(),
        ..Task::default()
    };
    ada.update(renamed, &["title"]).await;
    linus.comment(&plan, "x").await;
    let told = wait_for(&ada, &[Commented, Unassigned]).await;
    assert!(told.iter().all(|told| told.task_title == "Plans"), "the present title");
    wait_for(&tim, &[Mentioned, StatusChanged, Commented]).await;
    assert_eq!(
        list(&tim, ListNotificationsRequest::default()).await.notifications.len(),
        4,
        "with the read one"
    );
}

#[tokio::test]
async fn the_like_within_ten_minutes_is_one_until_it_is_read() {
    let Scene {
        world,
        ada,
        linus,
        tim,
        web,
        ..
    } = scene().await;
    let plan = ada.task(&web, "Plan").await;
    let other = ada.task(&web, "Other").await;
    linus.comment(&plan, "1").await;
    world.advance(Duration::from_secs(9 * 60)).await;
    linus.comment(&other, "on another task").await;
    ada.member(&web, &world.user("grace").await, "contributor").await;
    let last = world.user("grace").await.comment(&plan, "2").await;
    let told = eventually("the second comment is told", || async {
        unread(&ada).await.into_iter().find(|told| told.comment_id == last.id)
    })
    .await;
    wait_for(&ada, &[Commented, Commented]).await;
    assert_eq!((told.count, &told.task_id, &told.actor_id), (2, &plan.id, &last.author_id));
    assert!(told.create_time.expect("a time").seconds + 540 == told.update_time.expect("a time").seconds);

    world.advance(Duration::from_secs(10 * 60)).await;
    linus.comment(&plan, "3").await;
    let all = wait_for(&ada, &[Commented, Commented, Commented]).await;
    assert_eq!(
        (all[0].task_id.as_str(), all[0].count),
        (plan.id.as_str(), 1),
        "ten minutes are over"
    );
    ada.notifications()
        .mark_notification_read(MarkNotificationReadRequest {
            notification_id: all[0].id.clone(),
        })
        .await
        .expect("marks");
    linus.comment(&plan, "4").await;
    let all = wait_for(&ada, &[Commented, Commented, Commented]).await;
    assert_eq!(all[0].count, 1, "what was read takes nothing in");
    assert!(unread(&tim).await.is_empty(), "who does not follow is told nothing");
}

#[tokio::test]
async fn pages_in_two_statements_whatever_their_size() {
    let Scene {
        world, ada, linus, web, ..
    } = scene().await;
    for index in 0..7 {
        world.clock.advance(Duration::from_secs(1));
        ada.task_of(&web, task(&index.to_string(), &[&linus])).await;
    }
    wait_for(&linus, &[Assigned; 7]).await;
    let whole = list(&linus, ListNotificationsRequest::default()).await;
    let titles: Vec<&str> = whole.notifications.iter().map(|told| told.task_title.as_str()).collect();
    assert_eq!(titles, ["6", "5", "4", "3", "2", "1", "0", ""]);
    assert_eq!((whole.unread_count, whole.next_page_token.as_str()), (7, ""));
    for page_size in [1, 3, 7, 8] {
        let (mut met, mut page_token) = (Vec::new(), String::new());
        loop {
            let page = list(
                &linus,
                ListNotificationsRequest {
                    page_size,
                    page_token,
                    unread_only: false,
                },
            )
            .await;
            met.extend(page.notifications);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!(met, whole.notifications, "by {page_size}");
    }

    // Others look at the database, too, now and then: the fewest of several tries are its own.
    let mut fewest = u64::MAX;
    for _ in 0..20 {
        let before = world.system.core.db.counts().reads;
        list(&linus, ListNotificationsRequest::default()).await;
        fewest = fewest.min(world.system.core.db.counts().reads - before);
    }
    assert_eq!(fewest, 2, "for eight rows");

    let page = |page_size: i32, page_token: &str, unread_only: bool| ListNotificationsRequest {
        page_size,
        page_token: page_token.to_owned(),
        unread_only,
    };
    let token = list(&linus, page(2, "", true)).await.next_page_token;
    for (user, request) in [
        (&ada, page(2, &token, true)),
        (&linus, page(2, &token, false)),
        (&linus, page(2, &format!("{token}A"), true)),
    ] {
        assert_eq!(
            problem(user.notifications().list_notifications(request).await).reason,
            "INVALID_PAGE_TOKEN"
        );
    }
    assert_eq!(
        problem(linus.notifications().list_notifications(page(-1, "", false)).await).fields(),
        ["page_size"]
    );
    assert_eq!(
        problem(linus.notifications().list_notifications(page(0, &"x".repeat(3000), false)).await).fields(),
        ["page_token"]
    );
    let (status, body) = linus.rest("GET", "/v1/notifications?unreadOnly=true&pageSize=1", None).await;
    assert_eq!(
        (status, &body["notifications"][0]["taskKey"], &body["unreadCount"]),
        (200, &"WEB-7".into(), &7.into())
    );
}

#[tokio::test]
async fn what_may_not_be_viewed_any_more_is_left_out() {
    let scene = scene().await;
    let (world, ada, tim, web) = (&scene.world, &scene.ada, &scene.tim, &scene.web);
    let described = Task {
        description: mention(tim),
        ..task("Secret", &[])
    };
    let secret = ada.task_of(web, described).await;
    wait_for(tim, &[Mentioned]).await;
    delete_task(ada, &secret).await;
    assert_eq!(
        list(tim, ListNotificationsRequest::default()).await.notifications.len(),
        1,
        "the membership"
    );
    assert!(unread(tim).await.is_empty());
    let restore = UndeleteTaskRequest {
        task_id: secret.id.clone(),
        ..UndeleteTaskRequest::default()
    };
    ada.tasks().undelete_task(restore).await.expect("restores");
    assert_eq!(unread(tim).await.len(), 1);

    remove_tim(&scene).await;
    world.clock.advance(Duration::from_secs(6));
    assert_eq!(
        list(tim, ListNotificationsRequest::default()).await,
        ListNotificationsResponse::default()
    );
    // Nor is anybody told who has left, though named in a text by somebody who knew them.
    let comment = Comment {
        body: format!("{} {}", mention(tim), mention(&scene.linus)),
        ..Comment::default()
    };
    let request = CreateCommentRequest {
        task_id: secret.id,
        comment: Some(comment),
        ..CreateCommentRequest::default()
    };
    ada.comments().create_comment(request).await.expect("writes");
    wait_for(&scene.linus, &[Mentioned]).await;
    ada.member(web, tim, "viewer").await;
    world.clock.advance(Duration::from_secs(6));
    wait_for(tim, &[Mentioned, MemberAdded]).await;
}

#[tokio::test]
async fn strangers_have_no_inbox_and_new_people_an_empty_one() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    assert_eq!(
        problem(
            world
                .stranger()
                .notifications()
                .list_notifications(ListNotificationsRequest::default())
                .await
        )
        .to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    assert_eq!(
        list(&ada, ListNotificationsRequest::default()).await,
        ListNotificationsResponse::default()
    );
}
