//! UndeleteTask.

use tasktracker_proto::core::v1::*;
use tasktracker_testing::{World, problem};

fn request(task: &Task) -> UndeleteTaskRequest {
    UndeleteTaskRequest {
        task_id: task.id.clone(),
        ..UndeleteTaskRequest::default()
    }
}

#[tokio::test]
async fn what_was_deleted_together_comes_back_together_to_its_place() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let top = ada.task(&web, "top").await;
    let child = |title: &str| Task {
        title: title.to_owned(),
        parent_id: top.id.clone(),
        ..Task::default()
    };
    let before = ada.task_of(&web, child("deleted before")).await;
    let along = ada.task_of(&web, child("deleted along")).await;
    ada.tasks()
        .delete_task(DeleteTaskRequest {
            task_id: before.id.clone(),
            ..DeleteTaskRequest::default()
        })
        .await
        .expect("deletes");
    ada.tasks()
        .delete_task(DeleteTaskRequest {
            task_id: top.id.clone(),
            ..DeleteTaskRequest::default()
        })
        .await
        .expect("deletes");

    let restored = ada
        .tasks()
        .undelete_task(request(&top))
        .await
        .expect("restores")
        .into_inner()
        .task
        .expect("a task");
    assert_eq!((restored.delete_time, &restored.rank), (None, &top.rank));
    let deleted = async |task: &Task| {
        let read = ada
            .tasks()
            .get_task(GetTaskRequest { task_id: task.id.clone() })
            .await
            .expect("reads");
        read.into_inner().task.expect("a task").delete_time.is_some()
    };
    assert!(!deleted(&along).await && deleted(&before).await);
    assert_eq!(
        problem(ada.tasks().undelete_task(request(&top)).await).to_string(),
        "ALREADY_EXISTS NOT_DELETED"
    );
}

#[tokio::test]
async fn refusals() {
    let world = World::start().await;
    let (ada, carl) = (world.user("ada").await, world.user("carl").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &carl, "contributor").await;
    let task = ada.task(&web, "t").await;
    ada.tasks()
        .delete_task(DeleteTaskRequest {
            task_id: task.id.clone(),
            ..DeleteTaskRequest::default()
        })
        .await
        .expect("deletes");
    assert_eq!(
        problem(carl.tasks().undelete_task(request(&task)).await).to_string(),
        "NOT_FOUND NOT_FOUND"
    );
    assert_eq!(
        problem(world.stranger().tasks().undelete_task(request(&task)).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    assert_eq!(
        problem(
            ada.tasks()
                .undelete_task(UndeleteTaskRequest {
                    etag: "\"zz\"".to_owned(),
                    ..request(&task)
                })
                .await
        )
        .reason,
        "ETAG_MISMATCH"
    );
    assert_eq!(
        problem(ada.tasks().undelete_task(UndeleteTaskRequest::default()).await).fields(),
        ["task_id"]
    );
}
