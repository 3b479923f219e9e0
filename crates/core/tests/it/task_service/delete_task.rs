//! DeleteTask.

use tasktracker_proto::core::v1::*;
use tasktracker_testing::{World, problem};

fn request(task: &Task) -> DeleteTaskRequest {
    DeleteTaskRequest {
        task_id: task.id.clone(),
        ..DeleteTaskRequest::default()
    }
}

#[tokio::test]
async fn a_deleted_task_takes_its_parts_along_and_is_seen_only_by_those_who_may_restore_it() {
    let world = World::start().await;
    let (ada, carl) = (world.user("ada").await, world.user("carl").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &carl, "contributor").await;
    let top = ada.task(&web, "top").await;
    let part = ada
        .task_of(
            &web,
            Task {
                title: "part".to_owned(),
                parent_id: top.id.clone(),
                ..Task::default()
            },
        )
        .await;
    let other = ada.task(&web, "other").await;
    let deleted = ada
        .tasks()
        .delete_task(request(&top))
        .await
        .expect("deletes")
        .into_inner()
        .task
        .expect("a task");
    assert!(deleted.delete_time.is_some());

    for task in [&top, &part] {
        let get = GetTaskRequest { task_id: task.id.clone() };
        assert!(
            ada.tasks()
                .get_task(get.clone())
                .await
                .expect("reads")
                .into_inner()
                .task
                .expect("a task")
                .delete_time
                .is_some()
        );
        assert_eq!(problem(carl.tasks().get_task(get).await).to_string(), "NOT_FOUND NOT_FOUND");
    }
    let list = ListTasksRequest {
        project_id: web.id.clone(),
        ..ListTasksRequest::default()
    };
    let left = carl.tasks().list_tasks(list).await.expect("lists").into_inner().tasks;
    assert_eq!(left.iter().map(|task| &task.id).collect::<Vec<_>>(), [&other.id]);
    assert_eq!(
        problem(ada.tasks().delete_task(request(&top)).await).to_string(),
        "NOT_FOUND NOT_FOUND"
    );
    let update = UpdateTaskRequest {
        task: Some(Task {
            id: top.id.clone(),
            title: "x".to_owned(),
            ..Task::default()
        }),
        ..UpdateTaskRequest::default()
    };
    assert_eq!(
        problem(ada.tasks().update_task(update).await).to_string(),
        "FAILED_PRECONDITION TASK_DELETED"
    );
}

#[tokio::test]
async fn refusals() {
    let world = World::start().await;
    let (ada, carl, eve) = (world.user("ada").await, world.user("carl").await, world.user("eve").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &carl, "contributor").await;
    let task = ada.task(&web, "t").await;
    assert_eq!(
        problem(carl.tasks().delete_task(request(&task)).await).to_string(),
        "PERMISSION_DENIED PERMISSION_MISSING permission=task.delete"
    );
    assert_eq!(
        problem(eve.tasks().delete_task(request(&task)).await).to_string(),
        "NOT_FOUND NOT_FOUND"
    );
    assert_eq!(
        problem(world.stranger().tasks().delete_task(request(&task)).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    assert_eq!(
        problem(
            ada.tasks()
                .delete_task(DeleteTaskRequest {
                    etag: "\"zz\"".to_owned(),
                    ..request(&task)
                })
                .await
        )
        .reason,
        "ETAG_MISMATCH"
    );
    assert_eq!(
        problem(ada.tasks().delete_task(DeleteTaskRequest::default()).await).fields(),
        ["task_id"]
    );
    let repeated = DeleteTaskRequest {
        request_id: "d".to_owned(),
        ..request(&task)
    };
    let first = ada.tasks().delete_task(repeated.clone()).await.expect("deletes").into_inner();
    assert_eq!(ada.tasks().delete_task(repeated).await.expect("answers").into_inner(), first);
}
