//! GetComment.

use tasktracker_proto::core::v1::*;
use tasktracker_testing::problem;

use super::{MISSING, Scene, delete_task, scene};

fn request(id: &str) -> GetCommentRequest {
    GetCommentRequest { comment_id: id.to_owned() }
}

#[tokio::test]
async fn it_is_there_for_those_who_see_its_task() {
    let Scene {
        world,
        ada,
        linus,
        eve,
        task,
        ..
    } = scene().await;
    let comment = ada.comment(&task, "words").await;
    let read = linus
        .comments()
        .get_comment(request(&comment.id))
        .await
        .expect("reads")
        .into_inner()
        .comment;
    assert_eq!(read, Some(comment.clone()));

    let hidden = problem(eve.comments().get_comment(request(&comment.id)).await);
    assert_eq!(
        (hidden.to_string().as_str(), hidden.message.as_str()),
        ("NOT_FOUND NOT_FOUND", "comment not found")
    );
    assert_eq!(problem(eve.comments().get_comment(request(MISSING)).await), hidden);
    assert_eq!(
        problem(world.stranger().comments().get_comment(request(&comment.id)).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    assert_eq!(problem(ada.comments().get_comment(request("WEB-1")).await).fields(), ["comment_id"]);

    delete_task(&ada, &task).await;
    assert_eq!(problem(linus.comments().get_comment(request(&comment.id)).await), hidden);
    ada.comments()
        .get_comment(request(&comment.id))
        .await
        .expect("who may restore the task reads on");
}
