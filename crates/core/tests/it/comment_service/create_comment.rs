//! CreateComment.

use futures_util::future::join_all;
use tasktracker_proto::core::v1::*;
use tasktracker_testing::problem;

use super::{MISSING, Scene, delete_task, list, read_task, scene};

fn request(task_id: &str, body: &str) -> CreateCommentRequest {
    let comment = Comment {
        body: body.to_owned(),
        ..Comment::default()
    };
    CreateCommentRequest {
        task_id: task_id.to_owned(),
        comment: Some(comment),
        request_id: String::new(),
    }
}

#[tokio::test]
async fn a_comment_is_kept_and_counted_without_changing_the_task() {
    let Scene {
        world: _world,
        linus,
        ada,
        web,
        task,
        ..
    } = scene().await;
    let response = linus
        .comments()
        .create_comment(request("web-1", " *So* it is "))
        .await
        .expect("writes");
    let made = response.into_inner().comment.expect("a comment");
    assert_eq!(made.body, " *So* it is ", "Markdown is kept as it was written");
    assert_eq!((&made.task_id, &made.project_id, &made.author_id), (&task.id, &web.id, &linus.id));
    assert_eq!((made.create_time, made.edit_time), (made.update_time, None));
    assert_eq!(list(&ada, &task).await, [made]);

    let commented = read_task(&linus, &task).await;
    assert_eq!(commented.followed, Some(true), "who writes follows");
    assert_eq!(
        Task {
            followed: task.followed,
            comment_count: 0,
            ..commented
        },
        task,
        "a count is no edit"
    );
    assert_eq!(read_task(&ada, &task).await.comment_count, 1);
}

#[tokio::test]
async fn people_named_follow_if_they_can_see_the_task() {
    let Scene {
        world,
        ada,
        linus,
        eve,
        web,
        task,
    } = scene().await;
    let tim = world.user("tim").await;
    ada.member(&web, &tim, "viewer").await;
    let body = format!(
        "@(user:{}) ask @(user:{}), not @(user:{}) or `@(user:{MISSING})`, @(user:{})",
        linus.id, tim.id, eve.id, tim.id
    );
    assert_eq!(read_task(&tim, &task).await.followed, Some(false));
    let made = linus.comment(&task, &body).await;
    assert_eq!(made.mentioned_user_ids, [linus.id.clone(), tim.id.clone()]);
    assert_eq!(made.body, body, "the text stays");
    assert_eq!(read_task(&tim, &task).await.followed, Some(true));

    ada.member(&web, &eve, "viewer").await;
    assert_eq!(
        read_task(&eve, &task).await.followed,
        Some(false),
        "who could not see it then does not follow"
    );
}

#[tokio::test]
async fn bodies_and_references_are_checked() {
    let Scene {
        world: _world, ada, task, ..
    } = scene().await;
    for body in ["", "  \n ", "a\0b", &"x".repeat(32 * 1024 + 1)] {
        let refused = problem(ada.comments().create_comment(request(&task.id, body)).await);
        assert_eq!(
            (refused.reason.as_str(), refused.fields()),
            ("INVALID_FIELDS", vec!["comment.body"])
        );
    }
    ada.comments()
        .create_comment(request(&task.id, &"x".repeat(32 * 1024)))
        .await
        .expect("writes");
    for task_id in ["", "WEB", "WEB-0", "no id"] {
        assert_eq!(
            problem(ada.comments().create_comment(request(task_id, "x")).await).fields(),
            ["task_id"],
            "{task_id:?}"
        );
    }
    let none = CreateCommentRequest {
        comment: None,
        ..request(&task.id, "")
    };
    assert_eq!(problem(ada.comments().create_comment(none).await).fields(), ["comment"]);
    let large = problem(ada.comments().create_comment(request(&task.id, &"x".repeat(2 << 20))).await);
    assert_eq!(large.to_string(), "RESOURCE_EXHAUSTED PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn who_may_not_is_told_so_and_who_may_not_see_is_told_nothing() {
    let Scene {
        world,
        ada,
        eve,
        web,
        task,
        ..
    } = scene().await;
    let tim = world.user("tim").await;
    ada.member(&web, &tim, "viewer").await;
    let refused = problem(tim.comments().create_comment(request(&task.id, "x")).await);
    assert_eq!(
        refused.to_string(),
        "PERMISSION_DENIED PERMISSION_MISSING permission=comment.create"
    );
    let hidden = problem(eve.comments().create_comment(request(&task.id, "x")).await);
    assert_eq!(hidden.to_string(), "NOT_FOUND NOT_FOUND");
    for missing in [MISSING, "WEB-1", "WEB-99", "NOPE-1"] {
        assert_eq!(
            problem(eve.comments().create_comment(request(missing, "x")).await),
            hidden,
            "{missing}"
        );
    }
    let stranger = problem(world.stranger().comments().create_comment(request(&task.id, "x")).await);
    assert_eq!(stranger.to_string(), "UNAUTHENTICATED CREDENTIAL_MISSING");
}

#[tokio::test]
async fn a_deleted_task_takes_none() {
    let Scene {
        world: _world,
        ada,
        linus,
        task,
        ..
    } = scene().await;
    delete_task(&ada, &task).await;
    assert_eq!(
        problem(ada.comments().create_comment(request(&task.id, "x")).await).to_string(),
        "FAILED_PRECONDITION TASK_DELETED"
    );
    assert_eq!(
        problem(linus.comments().create_comment(request(&task.id, "x")).await).to_string(),
        "NOT_FOUND NOT_FOUND"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_makes_one_comment() {
    let Scene {
        world: _world,
        ada,
        linus,
        task,
        ..
    } = scene().await;
    let once = CreateCommentRequest {
        request_id: "once".to_owned(),
        ..request(&task.id, "words")
    };
    let writers = (0..8).map(|_| async { linus.comments().create_comment(once.clone()).await.expect("writes").into_inner() });
    let made = join_all(writers).await;
    assert!(made.iter().all(|answer| *answer == made[0]));
    assert_eq!((list(&ada, &task).await.len(), read_task(&ada, &task).await.comment_count), (1, 1));
    let other = CreateCommentRequest {
        request_id: "once".to_owned(),
        ..request(&task.id, "other words")
    };
    assert_eq!(
        problem(linus.comments().create_comment(other).await).reason,
        "IDEMPOTENCY_KEY_REUSED"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_count_is_right_after_many_writers() {
    let Scene {
        world: _world,
        ada,
        linus,
        task,
        ..
    } = scene().await;
    let writers = [&ada, &linus, &ada, &linus, &ada, &linus].map(|user| {
        let task = &task;
        async move {
            for index in 0..10 {
                let comment = user.comment(task, &index.to_string()).await;
                if index % 3 == 0 {
                    let request = DeleteCommentRequest {
                        comment_id: comment.id,
                        ..DeleteCommentRequest::default()
                    };
                    user.comments().delete_comment(request).await.expect("deletes");
                }
            }
        }
    });
    let edits = async {
        for index in 0..10 {
            let sent = Task {
                id: task.id.clone(),
                title: index.to_string(),
                ..Task::default()
            };
            ada.tasks()
                .update_task(UpdateTaskRequest {
                    task: Some(sent),
                    ..UpdateTaskRequest::default()
                })
                .await
                .expect("updates");
        }
    };
    tokio::join!(join_all(writers), edits);
    assert_eq!(
        (list(&ada, &task).await.len(), read_task(&ada, &task).await.comment_count),
        (36, 36)
    );
}
