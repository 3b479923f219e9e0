//! MoveTask.

use tasktracker_proto::core::v1::move_task_request::Position;
use tasktracker_proto::core::v1::*;
use tasktracker_testing::{User, World, problem};

fn to(task: &Task, position: Position) -> MoveTaskRequest {
    MoveTaskRequest {
        task_id: task.id.clone(),
        position: Some(position),
        ..MoveTaskRequest::default()
    }
}

async fn order(user: &User, project: &Project) -> String {
    let request = ListTasksRequest {
        project_id: project.id.clone(),
        page_size: 200,
        ..ListTasksRequest::default()
    };
    let tasks = user.tasks().list_tasks(request).await.expect("lists").into_inner().tasks;
    let mut ranks: Vec<&str> = tasks.iter().map(|task| task.rank.as_str()).collect();
    ranks.dedup();
    assert_eq!(ranks.len(), tasks.len(), "ranks are a total order");
    tasks.iter().map(|task| task.title.as_str()).collect()
}

#[tokio::test]
async fn a_task_goes_before_after_first_and_last() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let mut tasks = Vec::new();
    for title in ["a", "b", "c", "d"] {
        tasks.push(ada.task(&web, title).await);
    }
    let [a, b, c, d] = &tasks[..] else { panic!("four") };
    for (request, expected) in [
        (to(d, Position::BeforeTaskId(b.id.clone())), "adbc"),
        (to(a, Position::AfterTaskId(b.key.clone())), "dbac"),
        (to(c, Position::First(true)), "cdba"),
        (to(d, Position::First(true)), "dcba"),
        (to(d, Position::Last(true)), "cbad"),
        (to(a, Position::BeforeTaskId(c.id.clone())), "acbd"),
        (to(a, Position::AfterTaskId(d.id.clone())), "cbda"),
        (to(c, Position::AfterTaskId(b.id.clone())), "bcda"),
    ] {
        let moved = ada
            .tasks()
            .move_task(request.clone())
            .await
            .expect("moves")
            .into_inner()
            .task
            .expect("a task");
        assert_eq!(order(&ada, &web).await, expected);
        let read = ada
            .tasks()
            .get_task(GetTaskRequest { task_id: moved.id.clone() })
            .await
            .expect("reads")
            .into_inner()
            .task
            .expect("a task");
        assert_eq!(read, moved, "the answer is what is stored");
        let again = ada
            .tasks()
            .move_task(request)
            .await
            .expect("moves")
            .into_inner()
            .task
            .expect("a task");
        assert_eq!(again, moved, "where it is already, nothing changes");
    }
    assert_eq!(ada.task(&web, "e").await.title, "e");
    assert_eq!(order(&ada, &web).await, "bcdae");
}

#[tokio::test]
async fn a_status_alone_moves_to_the_end() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let a = ada.task(&web, "a").await;
    ada.task(&web, "b").await;
    let done = ada.status(&web, "Done").await;
    let request = MoveTaskRequest {
        task_id: a.id.clone(),
        status_id: done.id.clone(),
        ..MoveTaskRequest::default()
    };
    let moved = ada
        .tasks()
        .move_task(request)
        .await
        .expect("moves")
        .into_inner()
        .task
        .expect("a task");
    assert_eq!((&moved.status_id, moved.status_category()), (&done.id, StatusCategory::Completed));
    assert!(moved.complete_time.is_some());
    assert_eq!(order(&ada, &web).await, "ba");
}

#[tokio::test]
async fn bad_moves_are_refused() {
    let world = World::start().await;
    let (ada, tim, eve) = (world.user("ada").await, world.user("tim").await, world.user("eve").await);
    let (web, ops) = (ada.project("WEB").await, ada.project("OPS").await);
    ada.member(&web, &tim, "viewer").await;
    let (a, foreign) = (ada.task(&web, "a").await, ada.task(&ops, "x").await);
    let foreign_status = ada.status(&ops, "Done").await.id;
    for (request, field) in [
        (
            MoveTaskRequest {
                task_id: a.id.clone(),
                ..MoveTaskRequest::default()
            },
            "position",
        ),
        (to(&a, Position::First(false)), "first"),
        (to(&a, Position::Last(false)), "last"),
        (to(&a, Position::BeforeTaskId(foreign.id.clone())), "before_task_id"),
        (to(&a, Position::AfterTaskId(a.id.clone())), "after_task_id"),
        (to(&a, Position::AfterTaskId("no id".to_owned())), "after_task_id"),
        (
            MoveTaskRequest {
                task_id: a.id.clone(),
                status_id: foreign_status,
                ..MoveTaskRequest::default()
            },
            "status_id",
        ),
    ] {
        let refused = problem(ada.tasks().move_task(request).await);
        assert_eq!(refused.fields(), [field], "{refused}");
    }
    let stale = MoveTaskRequest {
        etag: "\"zz\"".to_owned(),
        ..to(&a, Position::First(true))
    };
    assert_eq!(
        problem(
            ada.tasks()
                .move_task(MoveTaskRequest {
                    status_id: ada.status(&web, "Done").await.id,
                    ..stale
                })
                .await
        )
        .reason,
        "ETAG_MISMATCH"
    );
    let request = to(&a, Position::First(true));
    assert_eq!(
        problem(tim.tasks().move_task(request.clone()).await).to_string(),
        "PERMISSION_DENIED PERMISSION_MISSING permission=task.transition"
    );
    assert_eq!(
        problem(eve.tasks().move_task(request.clone()).await).to_string(),
        "NOT_FOUND NOT_FOUND"
    );
    assert_eq!(
        problem(world.stranger().tasks().move_task(request).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
}

#[tokio::test]
async fn a_repeated_move_is_applied_once() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let (a, b) = (ada.task(&web, "a").await, ada.task(&web, "b").await);
    let request = MoveTaskRequest {
        request_id: "m".to_owned(),
        ..to(&b, Position::First(true))
    };
    ada.tasks().move_task(request.clone()).await.expect("moves");
    ada.tasks().move_task(to(&a, Position::First(true))).await.expect("moves");
    ada.tasks().move_task(request).await.expect("answers");
    assert_eq!(order(&ada, &web).await, "ab");
}
