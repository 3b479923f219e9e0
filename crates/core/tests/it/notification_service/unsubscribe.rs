//! Unsubscribe.

use tasktracker_proto::core::v1::NotificationReason::{Assigned, Commented};
use tasktracker_proto::core::v1::*;
use tasktracker_proto::google::api::HttpBody;
use tasktracker_testing::problem;

use super::*;

/// What a mail program does, which knows nothing but the mail's header.
async fn one_click(world: &World, path: &str) -> u16 {
    let answer = reqwest::Client::new()
        .post(format!("http://{}{path}", world.address))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("List-Unsubscribe=One-Click")
        .send()
        .await
        .expect("answers");
    answer.status().as_u16()
}

#[tokio::test]
async fn one_click_ends_the_mails_and_following_brings_them_back() {
    let Scene {
        world, ada, linus, web, ..
    } = scene().await;
    let plan = ada.task_of(&web, task("Plan", &[&linus])).await;
    let other = ada.task_of(&web, task("Other", &[&linus])).await;
    let mails = wait_for_mails(&world, &linus, 3).await;
    let path = mails[1].unsubscribe_path();
    assert!(!path.contains(&linus.email) && !path.contains("linus"), "no address in it");
    assert_eq!(one_click(&world, &path).await, 200);
    assert_eq!(one_click(&world, &path).await, 200, "twice is the same as once");

    ada.comment(&plan, "unheard").await;
    ada.comment(&other, "heard").await;
    wait_for(&linus, &[Assigned, Assigned, Commented, Commented]).await;
    let mails = wait_for_mails(&world, &linus, 4).await;
    assert_eq!(mails[3].subject, "WEB-2: Other", "the inbox fills, but one mail comes");

    let follow = FollowTaskRequest { task_id: plan.id.clone() };
    linus.tasks().follow_task(follow).await.expect("follows");
    read_all(&linus).await;
    ada.comment(&plan, "heard again").await;
    assert_eq!(wait_for_mails(&world, &linus, 5).await[4].subject, "WEB-1: Plan");

    // The link in the mail about the project ends all of it.
    assert_eq!(one_click(&world, &mails[0].unsubscribe_path()).await, 200);
    ada.comment(&plan, "unheard").await;
    ada.comment(&other, "unheard").await;
    eventually("told", || async { (unread(&linus).await.len() == 2).then_some(()) }).await;
    let ops = ada.project("OPS").await;
    ada.member(&ops, &linus, "viewer").await;
    assert_eq!(wait_for_mails(&world, &linus, 6).await[5].subject, "Welcome to Project OPS");
}

#[tokio::test]
async fn a_token_of_nobody_is_refused() {
    let Scene { world, linus, .. } = scene().await;
    let [mail] = wait_for_mails(&world, &linus, 1).await.try_into().expect("one");
    let path = mail.unsubscribe_path();
    let token = path.split_once("token=").expect("a token").1;
    let request = |token: &str| UnsubscribeRequest {
        token: token.to_owned(),
        content: Some(HttpBody::default()),
    };
    let stranger = world.stranger();
    stranger
        .notifications()
        .unsubscribe(request(token))
        .await
        .expect("anybody who has it");
    let page_token = linus
        .notifications()
        .list_notifications(ListNotificationsRequest {
            page_size: 1,
            ..ListNotificationsRequest::default()
        })
        .await
        .expect("lists")
        .into_inner()
        .next_page_token;
    for bad in [
        "",
        "x",
        &token[1..],
        &format!("{token}A"),
        &"x".repeat(3000),
        &format!("{page_token}x"),
    ] {
        let refused = problem(stranger.notifications().unsubscribe(request(bad)).await);
        assert_eq!(
            (refused.reason.as_str(), refused.fields()),
            ("INVALID_FIELDS", vec!["token"]),
            "{bad:?}"
        );
    }
    assert_eq!(one_click(&world, "/v1/notifications:unsubscribe").await, 400);
    assert_eq!(one_click(&world, "/v1/notifications:unsubscribe?token=x").await, 400);
}
