//! Sixteen writers in one project: no error, numbers without gaps, ranks a total order, no lost update.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use tasktracker_proto::core::v1::move_task_request::Position;
use tasktracker_proto::core::v1::*;
use tasktracker_testing::World;

const WRITERS: usize = 16;

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_writers_make_tasks_without_gaps() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let writers = (0..WRITERS).map(|writer| {
        let (ada, web) = (ada.clone(), web.clone());
        async move {
            let mut made = Vec::new();
            for round in 0..10 {
                made.push(ada.task(&web, &format!("{writer} {round}")).await);
            }
            made
        }
    });
    let made: Vec<Task> = join_all(writers).await.into_iter().flatten().collect();
    let numbers: BTreeSet<i32> = made.iter().map(|task| task.number).collect();
    assert_eq!(numbers.into_iter().collect::<Vec<_>>(), (1..=160).collect::<Vec<_>>());
    let ranks: BTreeSet<&str> = made.iter().map(|task| task.rank.as_str()).collect();
    assert_eq!(ranks.len(), 160);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_writers_of_one_task_lose_nothing() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let task = ada.task(&web, "0").await;
    let writers = (0..WRITERS).map(|writer| {
        let (ada, task) = (ada.clone(), task.clone());
        async move {
            for round in 0..5 {
                let sent = Task {
                    id: task.id.clone(),
                    title: format!("{writer} {round}"),
                    ..Task::default()
                };
                ada.tasks()
                    .update_task(UpdateTaskRequest {
                        task: Some(sent),
                        ..UpdateTaskRequest::default()
                    })
                    .await
                    .expect("updates");
            }
        }
    });
    join_all(writers).await;
    let request = ListTaskActivityRequest {
        task_id: task.id.clone(),
        page_size: 200,
        ..ListTaskActivityRequest::default()
    };
    let history = ada
        .tasks()
        .list_task_activity(request)
        .await
        .expect("lists")
        .into_inner()
        .activities;
    let titles: BTreeSet<String> = history
        .iter()
        .flat_map(|entry| &entry.changes)
        .filter_map(|change| match change.after.as_ref()?.kind.as_ref()? {
            prost_types::value::Kind::StringValue(title) => Some(title.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(titles.len(), WRITERS * 5, "every update is in the history");
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_movers_into_one_gap_leave_a_total_order() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let anchor = ada.task(&web, "anchor").await;
    ada.task(&web, "after").await;
    let mut tasks = Vec::new();
    for index in 0..WRITERS {
        tasks.push(ada.task(&web, &index.to_string()).await);
    }
    let movers = tasks.iter().enumerate().map(|(index, task)| {
        let (ada, anchor, task) = (ada.clone(), anchor.clone(), task.clone());
        async move {
            for round in 0..4 {
                let position = match (index + round) % 3 {
                    0 => Position::AfterTaskId(anchor.id.clone()),
                    1 => Position::First(true),
                    _ => Position::Last(true),
                };
                let request = MoveTaskRequest {
                    task_id: task.id.clone(),
                    position: Some(position),
                    ..MoveTaskRequest::default()
                };
                ada.tasks().move_task(request).await.expect("moves");
            }
        }
    });
    join_all(movers).await;
    let request = ListTasksRequest {
        project_id: web.id.clone(),
        page_size: 200,
        ..ListTasksRequest::default()
    };
    let listed = ada.tasks().list_tasks(request).await.expect("lists").into_inner().tasks;
    assert_eq!(listed.len(), WRITERS + 2);
    assert!(listed.windows(2).all(|pair| pair[0].rank < pair[1].rank));
}
