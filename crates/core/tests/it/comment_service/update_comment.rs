//! UpdateComment.

use std::time::Duration;

use tasktracker_proto::core::v1::*;
use tasktracker_testing::{User, problem};

use super::{MISSING, Scene, delete_task, list, read_task, scene};

fn change(comment: Comment, paths: &[&str]) -> UpdateCommentRequest {
    let update_mask = Some(prost_types::FieldMask {
        paths: paths.iter().map(ToString::to_string).collect(),
    });
    UpdateCommentRequest {
        comment: Some(comment),
        update_mask,
        request_id: String::new(),
    }
}

fn body(comment: &Comment, body: &str) -> UpdateCommentRequest {
    UpdateCommentRequest {
        comment: Some(Comment {
            id: comment.id.clone(),
            body: body.to_owned(),
            ..Comment::default()
        }),
        ..UpdateCommentRequest::default()
    }
}

async fn update(user: &User, request: UpdateCommentRequest) -> Comment {
    user.comments()
        .update_comment(request)
        .await
        .expect("updates")
        .into_inner()
        .comment
        .expect("a comment")
}

#[tokio::test]
async fn an_edit_shows_when_it_was_and_counts_nothing_twice() {
    let Scene {
        world, ada, linus, task, ..
    } = scene().await;
    let comment = linus.comment(&task, "first").await;
    let before = read_task(&ada, &task).await;
    world.clock.advance(Duration::from_secs(60));
    let edited = update(&linus, body(&comment, "second")).await;
    assert_eq!((edited.body.as_str(), edited.create_time), ("second", comment.create_time));
    assert_eq!(
        edited.edit_time.expect("edited").seconds,
        comment.create_time.expect("made").seconds + 60
    );
    assert_eq!(edited.edit_time, edited.update_time);
    assert_ne!(edited.etag, comment.etag);
    assert_eq!(list(&ada, &task).await, std::slice::from_ref(&edited));
    assert_eq!(read_task(&ada, &task).await, before);

    assert_eq!(update(&linus, body(&comment, "second")).await, edited, "the same again is no edit");
    assert_eq!(
        update(
            &linus,
            change(
                Comment {
                    body: "x".to_owned(),
                    ..edited.clone()
                },
                &["etag"]
            )
        )
        .await,
        edited,
        "nothing is named that can change"
    );
}

#[tokio::test]
async fn people_newly_named_follow_and_others_are_left_alone() {
    let Scene {
        world,
        ada,
        linus,
        web,
        task,
        ..
    } = scene().await;
    let (tim, eve) = (world.user("tim").await, world.user("eve").await);
    ada.member(&web, &tim, "viewer").await;
    let comment = linus.comment(&task, &format!("@(user:{})", ada.id)).await;
    ada.tasks()
        .unfollow_task(UnfollowTaskRequest { task_id: task.id.clone() })
        .await
        .expect("unfollows");
    let edited = update(
        &linus,
        body(&comment, &format!("@(user:{}) @(user:{}) @(user:{})", ada.id, tim.id, eve.id)),
    )
    .await;
    assert_eq!(edited.mentioned_user_ids, [ada.id.clone(), tim.id.clone()]);
    assert_eq!(
        (read_task(&tim, &task).await.followed, read_task(&ada, &task).await.followed),
        (Some(true), Some(false))
    );
}

#[tokio::test]
async fn only_the_author_edits() {
    let Scene {
        world,
        ada,
        linus,
        eve,
        task,
        ..
    } = scene().await;
    let comment = linus.comment(&task, "linus's").await;
    let refused = problem(ada.comments().update_comment(body(&comment, "x")).await);
    assert_eq!(
        refused.to_string(),
        "PERMISSION_DENIED PERMISSION_MISSING permission=comment.update_own",
        "not even the owner"
    );
    let hidden = problem(eve.comments().update_comment(body(&comment, "x")).await);
    assert_eq!(hidden.to_string(), "NOT_FOUND NOT_FOUND");
    let missing = Comment {
        id: MISSING.to_owned(),
        ..Comment::default()
    };
    assert_eq!(problem(eve.comments().update_comment(body(&missing, "x")).await), hidden);
    assert_eq!(
        problem(world.stranger().comments().update_comment(body(&comment, "x")).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    assert_eq!(list(&linus, &task).await, [comment]);
}

#[tokio::test]
async fn who_may_comment_no_more_may_not_edit() {
    use tasktracker_proto::auth::v1::{ProjectMember, UpdateProjectMemberRequest};
    let Scene { world, ada, web, task, .. } = scene().await;
    let tim = world.user("tim").await;
    let member = ada.member(&web, &tim, "commenter").await;
    let comment = tim.comment(&task, "words").await;
    let less = ProjectMember {
        id: member.id,
        role_id: "viewer".to_owned(),
        ..ProjectMember::default()
    };
    let request = UpdateProjectMemberRequest {
        project_id: web.id.clone(),
        member: Some(less),
        ..UpdateProjectMemberRequest::default()
    };
    let answer = ada.access().update_project_member(request).await.expect("updates");
    let revision = answer
        .metadata()
        .get("x-authz-revision")
        .expect("a revision")
        .to_str()
        .expect("text")
        .to_owned();
    let tim = tim.with("x-authz-min-revision", &revision);
    let refused = problem(tim.comments().update_comment(body(&comment, "x")).await);
    assert_eq!(
        refused.to_string(),
        "PERMISSION_DENIED PERMISSION_MISSING permission=comment.update_own"
    );
    let refused = problem(
        tim.comments()
            .delete_comment(DeleteCommentRequest {
                comment_id: comment.id,
                ..DeleteCommentRequest::default()
            })
            .await,
    );
    assert_eq!(
        refused.to_string(),
        "PERMISSION_DENIED PERMISSION_MISSING permission=comment.delete_own"
    );
}

#[tokio::test]
async fn an_edit_of_an_edited_comment_conflicts() {
    let Scene {
        world: _world,
        linus,
        task,
        ..
    } = scene().await;
    let base = linus.comment(&task, "base").await;
    let now = update(&linus, body(&base, "now")).await;
    let sent = |text: &str| {
        change(
            Comment {
                body: text.to_owned(),
                ..base.clone()
            },
            &["body"],
        )
    };
    let refused = problem(linus.comments().update_comment(sent("mine")).await);
    assert_eq!((refused.code, refused.reason.as_str()), (tonic::Code::Aborted, "EDIT_CONFLICT"));
    assert_eq!(
        (refused.metadata["body.theirs"].as_str(), refused.metadata["body.yours"].as_str()),
        (r#""now""#, r#""mine""#)
    );
    assert_eq!(refused.metadata["etag"], now.etag);
    assert_eq!(update(&linus, sent("now")).await, now, "wanting the same is no conflict");
    assert_eq!(
        update(&linus, sent("base")).await,
        now,
        "what was only read and sent back undoes nothing"
    );

    let strict = problem(linus.with("if-match", &base.etag).comments().update_comment(body(&base, "x")).await);
    assert_eq!(strict.to_string(), format!("ABORTED ETAG_MISMATCH etag={}", now.etag));
    update(&linus.with("if-match", &now.etag), body(&base, "x")).await;
}

#[tokio::test]
async fn bad_values_are_refused() {
    let Scene {
        world: _world,
        linus,
        task,
        ..
    } = scene().await;
    let comment = linus.comment(&task, "words").await;
    for (sent, paths, field) in [
        (
            Comment {
                body: " ".to_owned(),
                ..comment.clone()
            },
            vec!["body"],
            "comment.body",
        ),
        (
            Comment {
                body: String::new(),
                ..comment.clone()
            },
            vec!["body"],
            "comment.body",
        ),
        (
            Comment {
                body: "x".repeat(32 * 1024 + 1),
                ..comment.clone()
            },
            vec!["body"],
            "comment.body",
        ),
        (
            Comment {
                body: "x".to_owned(),
                etag: "nonsense".to_owned(),
                ..comment.clone()
            },
            vec!["body"],
            "comment.etag",
        ),
        (
            Comment {
                id: "no id".to_owned(),
                ..comment.clone()
            },
            vec!["body"],
            "comment.id",
        ),
        (comment.clone(), vec!["author_id"], "update_mask"),
        (comment.clone(), vec!["mentionedUserIds"], "update_mask"),
    ] {
        assert_eq!(
            problem(linus.comments().update_comment(change(sent, &paths)).await).fields(),
            [field]
        );
    }
    assert_eq!(
        problem(linus.comments().update_comment(UpdateCommentRequest::default()).await).fields(),
        ["comment"]
    );
}

#[tokio::test]
async fn comments_of_deleted_tasks_and_deleted_comments_stay_as_they_are() {
    let Scene {
        world: _world,
        ada,
        linus,
        task,
        ..
    } = scene().await;
    let (hers, his) = (ada.comment(&task, "hers").await, linus.comment(&task, "his").await);
    linus
        .comments()
        .delete_comment(DeleteCommentRequest {
            comment_id: his.id.clone(),
            ..DeleteCommentRequest::default()
        })
        .await
        .expect("deletes");
    assert_eq!(
        problem(linus.comments().update_comment(body(&his, "x")).await).to_string(),
        "NOT_FOUND NOT_FOUND"
    );
    delete_task(&ada, &task).await;
    assert_eq!(
        problem(ada.comments().update_comment(body(&hers, "x")).await).to_string(),
        "FAILED_PRECONDITION TASK_DELETED"
    );
}

#[tokio::test]
async fn a_repeated_edit_is_applied_once() {
    let Scene {
        world: _world,
        linus,
        task,
        ..
    } = scene().await;
    let comment = linus.comment(&task, "words").await;
    let once = UpdateCommentRequest {
        request_id: "once".to_owned(),
        ..body(&comment, "once")
    };
    update(&linus, once.clone()).await;
    let later = update(&linus, body(&comment, "later")).await;
    assert_eq!(update(&linus, once).await, later);
}
