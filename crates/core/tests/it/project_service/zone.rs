//! UpdateProject, as far as it changes when the project's days begin.

use std::time::Duration;

use futures_util::future::join_all;
use tasktracker_proto::core::v1::due::Value;
use tasktracker_proto::core::v1::*;
use tasktracker_testing::{User, World};

use super::{change, update};

/// Where the day is over at 10:00 UTC.
const EARLY: &str = "Pacific/Kiritimati";
/// Where it is over at 11:00 UTC of the next day.
const LATE: &str = "Pacific/Pago_Pago";

async fn move_to(user: &User, project: &Project, zone: &str) -> Project {
    let sent = Project {
        id: project.id.clone(),
        time_zone: zone.to_owned(),
        ..Project::default()
    };
    update(user, change(sent, &["time_zone"])).await
}

fn due_on(title: &str, date: &str) -> Task {
    Task {
        title: title.to_owned(),
        due: Some(Due {
            value: Some(Value::Date(date.to_owned())),
        }),
        ..Task::default()
    }
}

async fn read(user: &User, task: &Task) -> Task {
    user.tasks()
        .get_task(GetTaskRequest { task_id: task.id.clone() })
        .await
        .expect("reads")
        .into_inner()
        .task
        .expect("a task")
}

#[tokio::test]
async fn tasks_due_on_a_day_become_overdue_when_the_new_zone_s_day_ends() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let (web, ops) = (ada.project("WEB").await, ada.project("OPS").await);
    // It is noon of 1 May in UTC.
    let today = ada.task_of(&web, due_on("today", "2026-05-01")).await;
    let yesterday = ada.task_of(&web, due_on("yesterday", "2026-04-30")).await;
    let elsewhere = ada.task_of(&ops, due_on("elsewhere", "2026-05-01")).await;
    let undated = ada.task(&web, "undated").await;
    let at = ZonedDateTime {
        local_date_time: "2026-05-01T13:00".to_owned(),
        time_zone: "UTC".to_owned(),
    };
    let timed = ada
        .task_of(
            &web,
            Task {
                title: "timed".to_owned(),
                due: Some(Due {
                    value: Some(Value::At(at)),
                }),
                ..Task::default()
            },
        )
        .await;
    let trashed = ada.task_of(&web, due_on("trashed", "2026-05-01")).await;
    ada.tasks()
        .delete_task(DeleteTaskRequest {
            task_id: trashed.id.clone(),
            ..DeleteTaskRequest::default()
        })
        .await
        .expect("deletes");
    assert_eq!((today.overdue, yesterday.overdue, timed.overdue), (false, true, false));

    move_to(&ada, &web, EARLY).await;
    let moved = read(&ada, &today).await;
    assert_eq!(
        moved,
        Task {
            overdue: true,
            ..today.clone()
        },
        "nothing else changes, not even the etag"
    );
    assert!(read(&ada, &yesterday).await.overdue);
    assert!(!read(&ada, &timed).await.overdue, "a time is a time everywhere");
    assert!(!read(&ada, &elsewhere).await.overdue, "another project");
    assert_eq!(read(&ada, &undated).await, undated);
    let restored = ada
        .tasks()
        .undelete_task(UndeleteTaskRequest {
            task_id: trashed.id,
            ..UndeleteTaskRequest::default()
        })
        .await;
    assert!(
        restored.expect("restores").into_inner().task.expect("a task").overdue,
        "deleted ones too"
    );
    let list = ListTasksRequest {
        project_id: web.id.clone(),
        filter: "overdue = true".to_owned(),
        ..ListTasksRequest::default()
    };
    let listed = ada.tasks().list_tasks(list).await.expect("lists").into_inner().tasks;
    assert_eq!(
        listed.iter().map(|task| task.title.as_str()).collect::<Vec<_>>(),
        ["today", "yesterday", "trashed"]
    );

    move_to(&ada, &web, LATE).await;
    assert_eq!(
        (read(&ada, &today).await.overdue, read(&ada, &yesterday).await.overdue),
        (false, true)
    );
    world.advance(Duration::from_secs(3700)).await;
    assert!(read(&ada, &timed).await.overdue);
}

#[tokio::test]
async fn thousands_of_tasks_move_at_once() {
    let world = World::still().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let makers = (0..8).map(|_| async {
        for index in 0..50 {
            ada.task_of(&web, due_on(&index.to_string(), "2026-05-01")).await;
        }
    });
    join_all(makers).await;
    let before = world.system.core.db.counts();
    move_to(&ada, &web, EARLY).await;
    let spent = world.system.core.db.counts();
    assert!(spent.reads - before.reads <= 4, "{} reads", spent.reads - before.reads);
    assert!(
        spent.commands - before.commands <= 2,
        "{} commands",
        spent.commands - before.commands
    );
    let list = ListTasksRequest {
        project_id: web.id.clone(),
        filter: "overdue = false".to_owned(),
        ..ListTasksRequest::default()
    };
    assert_eq!(ada.tasks().list_tasks(list).await.expect("lists").into_inner().tasks, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_task_that_is_made_meanwhile_keeps_the_old_zone() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let makers = (0..4).map(|_| async {
        for index in 0..12 {
            ada.task_of(&web, due_on(&index.to_string(), "2026-05-01")).await;
        }
    });
    let mover = async {
        for zone in [EARLY, LATE, "UTC", LATE, EARLY] {
            let sent = Project {
                id: web.id.clone(),
                time_zone: zone.to_owned(),
                ..Project::default()
            };
            // Too many writers at once is an answer too: it says that nothing was done.
            while let Err(refused) = ada.projects().update_project(change(sent.clone(), &["time_zone"])).await {
                assert_eq!(tasktracker_testing::Problem::of(&refused).reason, "CONTENTION");
            }
        }
    };
    tokio::join!(join_all(makers), mover);
    let list = ListTasksRequest {
        project_id: web.id.clone(),
        page_size: 200,
        ..ListTasksRequest::default()
    };
    let listed = ada.tasks().list_tasks(list).await.expect("lists").into_inner().tasks;
    assert_eq!((listed.len(), listed.iter().filter(|task| task.overdue).count()), (48, 48));
}
