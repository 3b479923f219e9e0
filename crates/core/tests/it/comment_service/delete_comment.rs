//! DeleteComment.

use tasktracker_proto::core::v1::*;
use tasktracker_testing::problem;

use super::{MISSING, Scene, delete_task, list, read_task, scene};

fn request(comment: &Comment) -> DeleteCommentRequest {
    DeleteCommentRequest {
        comment_id: comment.id.clone(),
        ..DeleteCommentRequest::default()
    }
}

#[tokio::test]
async fn it_is_gone_and_no_longer_counted() {
    let Scene {
        world: _world,
        ada,
        linus,
        task,
        ..
    } = scene().await;
    let (kept, comment) = (ada.comment(&task, "kept").await, linus.comment(&task, "words").await);
    linus.comments().delete_comment(request(&comment)).await.expect("deletes");
    assert_eq!(list(&ada, &task).await, [kept]);
    let after = read_task(&ada, &task).await;
    assert_eq!((after.comment_count, after.etag), (1, task.etag.clone()));
    assert_eq!(
        problem(linus.comments().delete_comment(request(&comment)).await).to_string(),
        "NOT_FOUND NOT_FOUND"
    );
    assert_eq!(
        problem(linus.comments().get_comment(GetCommentRequest { comment_id: comment.id }).await).to_string(),
        "NOT_FOUND NOT_FOUND"
    );
    assert_eq!(read_task(&ada, &task).await.comment_count, 1);
}

#[tokio::test]
async fn moderators_delete_anybody_s_and_others_only_their_own() {
    let Scene {
        world,
        ada,
        linus,
        eve,
        web,
        task,
    } = scene().await;
    let (grace, carl) = (world.user("grace").await, world.user("carl").await);
    ada.member(&web, &grace, "maintainer").await;
    ada.member(&web, &carl, "contributor").await;
    let comment = linus.comment(&task, "words").await;
    let refused = problem(carl.comments().delete_comment(request(&comment)).await);
    assert_eq!(
        refused.to_string(),
        "PERMISSION_DENIED PERMISSION_MISSING permission=comment.delete_any"
    );
    let hidden = problem(eve.comments().delete_comment(request(&comment)).await);
    assert_eq!(hidden.to_string(), "NOT_FOUND NOT_FOUND");
    assert_eq!(
        problem(
            eve.comments()
                .delete_comment(DeleteCommentRequest {
                    comment_id: MISSING.to_owned(),
                    ..DeleteCommentRequest::default()
                })
                .await
        ),
        hidden
    );
    assert_eq!(
        problem(world.stranger().comments().delete_comment(request(&comment)).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    grace.comments().delete_comment(request(&comment)).await.expect("deletes");
    assert_eq!(list(&linus, &task).await, []);
}

#[tokio::test]
async fn stale_invalid_and_late_requests_are_refused() {
    let Scene {
        world: _world,
        ada,
        linus,
        task,
        ..
    } = scene().await;
    let comment = linus.comment(&task, "words").await;
    let stale = DeleteCommentRequest {
        etag: "\"zz\"".to_owned(),
        ..request(&comment)
    };
    assert_eq!(
        problem(linus.comments().delete_comment(stale).await).to_string(),
        format!("ABORTED ETAG_MISMATCH etag={}", comment.etag)
    );
    assert_eq!(
        problem(linus.comments().delete_comment(DeleteCommentRequest::default()).await).fields(),
        ["comment_id"]
    );
    delete_task(&ada, &task).await;
    assert_eq!(
        problem(ada.comments().delete_comment(request(&comment)).await).to_string(),
        "FAILED_PRECONDITION TASK_DELETED"
    );
    assert_eq!(
        problem(linus.comments().delete_comment(request(&comment)).await).to_string(),
        "NOT_FOUND NOT_FOUND"
    );
}

#[tokio::test]
async fn rest_answers_nothing() {
    let Scene {
        world: _world,
        linus,
        task,
        ..
    } = scene().await;
    let comment = linus.comment(&task, "words").await;
    let (status, body) = linus.rest("DELETE", &format!("/v1/comments/{}", comment.id), None).await;
    assert_eq!((status, body), (204, serde_json::Value::Null));
}
