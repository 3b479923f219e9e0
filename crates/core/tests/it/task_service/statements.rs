//! What an RPC costs the store: round trips, counted at the database.

use tasktracker_database::{Backend, Counts};
use tasktracker_proto::core::v1::*;
use tasktracker_testing::World;

/// Reads, and commands of the writer, since then.
fn spent(world: &World, before: Counts) -> (u64, u64) {
    let now = world.system.core.db.counts();
    (now.reads - before.reads, now.commands - before.commands)
}

#[tokio::test]
async fn round_trips_are_few_and_do_not_grow() {
    let world = World::still().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    for index in 0..60 {
        ada.task(&web, &index.to_string()).await;
    }
    let counts = || world.system.core.db.counts();

    let before = counts();
    ada.tasks()
        .get_task(GetTaskRequest {
            task_id: "WEB-1".to_owned(),
        })
        .await
        .expect("reads");
    assert_eq!(spent(&world, before), (1, 0), "GetTask");

    for page_size in [1, 50, 200] {
        let before = counts();
        ada.tasks()
            .list_tasks(ListTasksRequest {
                project_id: web.id.clone(),
                page_size,
                ..ListTasksRequest::default()
            })
            .await
            .expect("lists");
        assert_eq!(spent(&world, before), (1, 0), "ListTasks of {page_size}");
    }

    // On PostgreSQL a statement commits by itself.
    let written = if world.system.core.db.backend() == Backend::Postgres {
        1
    } else {
        2
    };
    let before = counts();
    let task = ada.task(&web, "one more").await;
    assert_eq!(spent(&world, before).1, written, "CreateTask: the writes, and the commit");

    let before = counts();
    let sent = Task {
        id: task.id,
        title: "other".to_owned(),
        ..Task::default()
    };
    ada.tasks()
        .update_task(UpdateTaskRequest {
            task: Some(sent),
            ..UpdateTaskRequest::default()
        })
        .await
        .expect("updates");
    assert_eq!(spent(&world, before).1, written, "UpdateTask: the writes, and the commit");
}
