//! GetTask.

use std::time::Duration;

use tasktracker_proto::core::v1::due::Value;
use tasktracker_proto::core::v1::*;
use tasktracker_testing::{User, World, problem};

async fn get(user: &User, task_id: &str) -> Result<tonic::Response<GetTaskResponse>, tonic::Status> {
    user.tasks()
        .get_task(GetTaskRequest {
            task_id: task_id.to_owned(),
        })
        .await
}

#[tokio::test]
async fn a_task_is_found_by_id_and_by_key_in_any_case() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let made = ada.task(&web, "Draw a map").await;
    for name in [made.id.clone(), made.id.to_uppercase(), "WEB-1".to_owned(), "web-1".to_owned()] {
        let read = get(&ada, &name).await.expect("reads").into_inner().task.expect("a task");
        assert_eq!(read, made, "{name}");
    }
}

#[tokio::test]
async fn what_is_hidden_and_what_is_missing_look_the_same() {
    let world = World::start().await;
    let (ada, eve) = (world.user("ada").await, world.user("eve").await);
    let web = ada.project("WEB").await;
    let task = ada.task(&web, "Secret").await;
    let missing = problem(get(&eve, "01890a5d-ac96-774b-bcce-b302099a8057").await);
    assert_eq!(missing.to_string(), "NOT_FOUND NOT_FOUND");
    for name in [task.id.as_str(), "WEB-1", "WEB-2", "NONE-1"] {
        assert_eq!(problem(get(&eve, name).await), missing, "{name}");
    }
    assert_eq!(
        problem(get(&world.stranger(), &task.id).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    for name in ["", "no id", "WEB-0", "WEB-", "x".repeat(65).as_str()] {
        assert_eq!(problem(get(&ada, name).await).fields(), ["task_id"], "{name:?}");
    }
}

#[tokio::test]
async fn a_deadline_passes_with_the_day_in_the_zone_of_the_project() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let project = Project {
        key: "TOK".to_owned(),
        name: "Tokyo".to_owned(),
        time_zone: "Asia/Tokyo".to_owned(),
        ..Project::default()
    };
    let tokyo = ada
        .projects()
        .create_project(CreateProjectRequest {
            project: Some(project),
            request_id: String::new(),
        })
        .await
        .expect("makes");
    let tokyo = tokyo.into_inner().project.expect("a project");
    let due = |value| Task {
        title: "t".to_owned(),
        due: Some(Due { value: Some(value) }),
        ..Task::default()
    };
    let day = ada.task_of(&tokyo, due(Value::Date("2026-05-02".to_owned()))).await;
    let at = Value::At(ZonedDateTime {
        local_date_time: "2026-05-01T14:30".to_owned(),
        time_zone: "Europe/London".to_owned(),
    });
    let moment = ada.task_of(&tokyo, due(at)).await;
    let overdue = async |task: &Task| get(&ada, &task.id).await.expect("reads").into_inner().task.expect("a task").overdue;

    // It is 12:00 UTC of May 1st: 21:00 in Tokyo, 13:00 in London.
    assert!(!overdue(&day).await && !overdue(&moment).await);
    world.advance(Duration::from_secs(90 * 60 - 1)).await;
    assert!(!overdue(&moment).await);
    world.advance(Duration::from_secs(1)).await;
    assert!(overdue(&moment).await);
    // May 2nd ends in Tokyo at 15:00 UTC.
    world.clock.set("2026-05-02T14:59:59Z".parse().expect("a moment"));
    ada.sign_in_again().await;
    assert!(!overdue(&day).await);
    world.advance(Duration::from_secs(1)).await;
    assert!(overdue(&day).await);

    let done = ada.status(&tokyo, "Done").await;
    let request = MoveTaskRequest {
        task_id: day.id.clone(),
        status_id: done.id,
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
    assert!(!moved.overdue && moved.etag != day.etag);
    assert!(!overdue(&day).await);
}
