//! GetTaskStatistics.

use std::time::Duration;

use tasktracker_proto::analytics::v1::*;
use tasktracker_proto::core::v1::Task;
use tasktracker_testing::{World, problem};

use super::{NOTHING, delete, make, move_to, of_task, task_numbers, undelete, until_allowed};

fn ask(task_id: &str, consistency_token: &str) -> GetTaskStatisticsRequest {
    GetTaskStatisticsRequest {
        task_id: task_id.to_owned(),
        consistency_token: consistency_token.to_owned(),
    }
}

fn seconds(duration: &Option<prost_types::Duration>) -> Option<i64> {
    duration.as_ref().map(|duration| duration.seconds)
}

/// Category and seconds of each status, the longest first.
fn times(statistics: &TaskStatistics) -> Vec<(i32, i64)> {
    let time = |time: &StatusTime| (time.status_category, seconds(&time.duration).expect("a duration"));
    statistics.status_times.iter().map(time).collect()
}

#[tokio::test]
async fn time_goes_to_the_status_that_the_task_is_in() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let (task, made) = make(&ada, &web, Task::default()).await;
    let first = task_numbers(&ada, &task, &made).await;
    assert_eq!(
        (first.task_id.as_str(), first.project_id.as_str()),
        (task.id.as_str(), web.id.as_str())
    );
    assert_eq!((first.lead_duration, first.cycle_duration, first.reopen_count), (None, None, 0));
    let begins_in = times(&first)[0].0;

    world.advance(Duration::from_secs(100)).await;
    move_to(&ada, &web, &task, "In progress").await;
    world.advance(Duration::from_secs(200)).await;
    ada.sign_in_again().await;
    let done = move_to(&ada, &web, &task, "Done").await;
    world.advance(Duration::from_secs(50)).await;
    let completed = task_numbers(&ada, &task, &done).await;
    assert_eq!(times(&completed), [(4, 200), (begins_in, 100), (5, 50)]);
    assert_eq!(
        (seconds(&completed.lead_duration), seconds(&completed.cycle_duration)),
        (Some(300), Some(200))
    );

    let again = move_to(&ada, &web, &task, "In review").await;
    world.advance(Duration::from_secs(30)).await;
    let reopened = task_numbers(&ada, &task, &again).await;
    assert_eq!(
        (reopened.lead_duration, reopened.cycle_duration, reopened.reopen_count),
        (None, None, 1)
    );
    let done = move_to(&ada, &web, &task, "Done").await;
    let twice = task_numbers(&ada, &task, &done).await;
    assert_eq!(
        (seconds(&twice.lead_duration), seconds(&twice.cycle_duration)),
        (Some(380), Some(280)),
        "from the first start"
    );
    assert_eq!(times(&twice), [(4, 200), (begins_in, 100), (5, 50), (4, 30)]);
}

#[tokio::test]
async fn a_task_that_was_never_started_has_no_cycle() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let (task, _) = make(&ada, &web, Task::default()).await;
    world.advance(Duration::from_secs(10)).await;
    let done = move_to(&ada, &web, &task, "Done").await;
    let statistics = task_numbers(&ada, &task, &done).await;
    assert_eq!((seconds(&statistics.lead_duration), statistics.cycle_duration), (Some(10), None));
    let (status, body) = ada.rest("GET", &format!("/v1/tasks/{}/statistics", task.id), None).await;
    assert_eq!((status, body["leadDuration"].as_str()), (200, Some("10s")), "{body}");
}

#[tokio::test]
async fn time_in_the_trash_counts_nowhere() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let (task, _) = make(&ada, &web, Task::default()).await;
    world.advance(Duration::from_secs(10)).await;
    let deleted = delete(&ada, &task).await;
    assert_eq!(
        problem(of_task(&ada, ask(&task.id, &deleted)).await).to_string(),
        "NOT_FOUND NOT_FOUND"
    );
    world.advance(Duration::from_secs(200)).await;
    let restored = undelete(&ada, &task).await;
    world.advance(Duration::from_secs(5)).await;
    let statistics = task_numbers(&ada, &task, &restored).await;
    assert_eq!(times(&statistics).iter().map(|time| time.1).collect::<Vec<_>>(), [15]);
}

#[tokio::test]
async fn what_is_hidden_and_what_is_missing_look_the_same() {
    let world = World::start_with(|settings| settings.analytics.consistency_wait_ms = 200).await;
    let (ada, eve) = (world.user("ada").await, world.user("eve").await);
    let web = ada.project("WEB").await;
    let (task, made) = make(&ada, &web, Task::default()).await;
    task_numbers(&ada, &task, &made).await;
    let missing = problem(of_task(&eve, ask(NOTHING, "")).await);
    assert_eq!(missing.to_string(), "NOT_FOUND NOT_FOUND");
    assert_eq!(problem(of_task(&eve, ask(&task.id, "")).await), missing);
    assert_eq!(problem(of_task(&ada, ask(&web.id, "")).await), missing, "the id of something else");
    let waited = problem(of_task(&eve, ask(&task.id, &made)).await);
    assert_eq!(waited, problem(of_task(&eve, ask(NOTHING, &format!("{NOTHING}:1"))).await));
    let refused = problem(of_task(&world.stranger(), ask(&task.id, "")).await);
    assert_eq!(refused.to_string(), "UNAUTHENTICATED CREDENTIAL_MISSING");
    for bad in ["", "no id", "WEB-1"] {
        assert_eq!(problem(of_task(&ada, ask(bad, "")).await).fields(), ["task_id"], "{bad:?}");
    }
    assert_eq!(problem(of_task(&ada, ask(&task.id, "x")).await).fields(), ["consistency_token"]);
    let refused = problem(of_task(&ada, ask(&task.id, &format!("{}:9", task.id))).await);
    assert_eq!(refused.to_string(), "FAILED_PRECONDITION CONSISTENCY_TIMEOUT");
    let _ = ada.member(&web, &eve, "viewer").await;
    let seen = until_allowed(async || of_task(&eve, ask(&task.id, "")).await).await;
    assert_eq!(seen.statistics.map(|seen| seen.task_id), Some(task.id), "a viewer may");
}
