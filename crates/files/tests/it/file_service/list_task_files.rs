//! ListTaskFiles.

use std::time::Duration;

use tasktracker_proto::core::v1::DeleteTaskRequest;
use tasktracker_proto::files::v1::ListTaskFilesRequest;
use tasktracker_testing::problem;

use crate::scene::*;

#[tokio::test]
async fn files_come_in_pages_the_oldest_first() {
    let Scene {
        world, linus, tim, task, ..
    } = scene().await;
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(linus.put(&task, &format!("{number}"), b"x").await);
        world.advance(Duration::from_secs(1)).await;
    }
    assert_eq!(tim.list(&task.id).await.expect("lists"), made);
    let mut request = ListTaskFilesRequest {
        task_id: task.id.clone(),
        page_size: 2,
        ..ListTaskFilesRequest::default()
    };
    let mut seen = Vec::new();
    for size in [2, 2, 1] {
        let page = tim.files().list_task_files(request.clone()).await.expect("lists").into_inner();
        assert_eq!(page.files.len(), size);
        seen.extend(page.files);
        // Those before the page make no difference.
        if seen.len() == 2 {
            linus.delete(&made[0].id).await.expect("deletes");
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!((seen, request.page_token.as_str()), (made, ""));
    request.page_token = "damaged".to_owned();
    assert_eq!(problem(tim.files().list_task_files(request).await).reason, "INVALID_PAGE_TOKEN");
}

#[tokio::test]
async fn a_task_without_files_has_an_empty_list_for_who_sees_it() {
    let Scene {
        world,
        ada,
        tim,
        eve,
        task,
        web,
        ..
    } = scene().await;
    assert_eq!(tim.list(&task.id).await.expect("lists"), []);
    assert_eq!(code(eve.list(&task.id).await), tonic::Code::NotFound);
    assert_eq!(code(ada.list(MISSING).await), tonic::Code::NotFound);
    let other = ada.task(&web, "u").await;
    ada.put(&other, "a", b"1").await;
    assert_eq!(code(eve.list(&other.id).await), tonic::Code::NotFound);
    let deletion = DeleteTaskRequest {
        task_id: task.id.clone(),
        ..DeleteTaskRequest::default()
    };
    ada.tasks().delete_task(deletion).await.expect("deletes");
    assert_eq!(code(ada.list(&task.id).await), tonic::Code::NotFound);
    drop(world);
}
