//! ListComments.

use tasktracker_proto::core::v1::*;
use tasktracker_testing::{User, problem};

use super::{MISSING, Scene, delete_task, list, scene, scene_in};
use tasktracker_testing::World;

fn request(task_id: &str) -> ListCommentsRequest {
    ListCommentsRequest {
        task_id: task_id.to_owned(),
        ..ListCommentsRequest::default()
    }
}

async fn page(user: &User, request: ListCommentsRequest) -> ListCommentsResponse {
    user.comments().list_comments(request).await.expect("lists").into_inner()
}

async fn remove(user: &User, comment: &Comment) {
    user.comments()
        .delete_comment(DeleteCommentRequest {
            comment_id: comment.id.clone(),
            ..DeleteCommentRequest::default()
        })
        .await
        .expect("deletes");
}

#[tokio::test]
async fn the_oldest_come_first_whole_or_in_pages() {
    let Scene {
        world,
        ada,
        linus,
        web,
        task,
        ..
    } = scene().await;
    let other = ada.task(&web, "other").await;
    assert_eq!(list(&linus, &task).await, []);
    let mut written = Vec::new();
    for index in 0..7 {
        // Several in the same moment: the clock stands still in between.
        if index % 3 == 0 {
            world.clock.advance(std::time::Duration::from_secs(1));
        }
        written.push(linus.comment(&task, &index.to_string()).await);
        ada.comment(&other, "elsewhere").await;
    }
    assert_eq!(list(&ada, &task).await, written);
    for page_size in [1, 3, 6, 7, 8] {
        let (mut seen, mut page_token) = (Vec::new(), String::new());
        loop {
            let found = page(
                &linus,
                ListCommentsRequest {
                    page_size,
                    page_token,
                    ..request("WEB-1")
                },
            )
            .await;
            assert!(found.comments.len() <= usize::try_from(page_size).expect("small"));
            seen.extend(found.comments);
            page_token = found.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, written, "pages of {page_size}");
    }
}

#[tokio::test]
async fn pages_stay_right_while_comments_come_and_go() {
    let Scene {
        world: _world, ada, task, ..
    } = scene().await;
    let mut written = Vec::new();
    for index in 0..5 {
        written.push(ada.comment(&task, &index.to_string()).await);
    }
    let first = page(
        &ada,
        ListCommentsRequest {
            page_size: 2,
            ..request(&task.id)
        },
    )
    .await;
    for gone in [0, 1, 3] {
        remove(&ada, &written[gone]).await;
    }
    let new = ada.comment(&task, "new").await;
    let rest = page(
        &ada,
        ListCommentsRequest {
            page_token: first.next_page_token,
            ..request(&task.id)
        },
    )
    .await;
    assert_eq!(rest.comments, [written[2].clone(), written[4].clone(), new]);
}

#[tokio::test]
async fn tokens_are_of_one_list_and_one_caller() {
    let Scene {
        world: _world,
        ada,
        linus,
        web,
        task,
        ..
    } = scene().await;
    let other = ada.task(&web, "other").await;
    for _ in 0..3 {
        ada.comment(&task, "words").await;
    }
    let page_token = page(
        &ada,
        ListCommentsRequest {
            page_size: 1,
            ..request(&task.id)
        },
    )
    .await
    .next_page_token;
    page(
        &ada,
        ListCommentsRequest {
            page_token: page_token.clone(),
            ..request("WEB-1")
        },
    )
    .await;
    for (user, task_id, page_token) in [
        (&linus, &task.id, &page_token),
        (&ada, &other.id, &page_token),
        (&ada, &task.id, &"nonsense".to_owned()),
    ] {
        let refused = problem(
            user.comments()
                .list_comments(ListCommentsRequest {
                    page_token: page_token.clone(),
                    ..request(task_id)
                })
                .await,
        );
        assert_eq!(
            (refused.reason.as_str(), refused.fields()),
            ("INVALID_PAGE_TOKEN", vec!["page_token"])
        );
    }
}

#[tokio::test]
async fn refusals() {
    let Scene {
        world,
        ada,
        linus,
        eve,
        task,
        ..
    } = scene().await;
    ada.comment(&task, "words").await;
    let hidden = problem(eve.comments().list_comments(request(&task.id)).await);
    assert_eq!(hidden.to_string(), "NOT_FOUND NOT_FOUND");
    assert_eq!(problem(eve.comments().list_comments(request(MISSING)).await), hidden);
    assert_eq!(
        problem(world.stranger().comments().list_comments(request(&task.id)).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    assert_eq!(problem(ada.comments().list_comments(request("no id")).await).fields(), ["task_id"]);
    assert_eq!(
        problem(
            ada.comments()
                .list_comments(ListCommentsRequest {
                    page_size: -1,
                    ..request(&task.id)
                })
                .await
        )
        .fields(),
        ["page_size"]
    );
    delete_task(&ada, &task).await;
    assert_eq!(problem(linus.comments().list_comments(request(&task.id)).await), hidden);
    assert_eq!(list(&ada, &task).await.len(), 1, "who may restore the task reads on");
}

#[tokio::test]
async fn a_page_is_two_statements_whatever_its_size() {
    let Scene { world, ada, task, .. } = scene_in(Box::pin(World::still()).await).await;
    for _ in 0..60 {
        ada.comment(&task, "words").await;
    }
    for page_size in [1, 50, 200] {
        let before = world.system.core.db.counts().reads;
        page(
            &ada,
            ListCommentsRequest {
                page_size,
                ..request(&task.id)
            },
        )
        .await;
        assert_eq!(
            world.system.core.db.counts().reads - before,
            2,
            "the task, and {page_size} comments"
        );
    }
}
