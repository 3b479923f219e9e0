//! What people do, and the numbers that follow.

use std::time::Duration;

use tasktracker_proto::core::v1::Task;
use tasktracker_testing::World;

use super::{busy, categories, delete, make, move_to, project_numbers, undelete};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test]
async fn reopening_and_deleting_correct_the_past() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let (one, _) = make(&ada, &web, Task::default()).await;
    let (two, made) = make(&ada, &web, Task::default()).await;
    let backlog = project_numbers(&ada, &web, &made).await;
    assert_eq!(categories(&backlog.category_counts).iter().sum::<i32>(), 2);
    assert_eq!(busy(&backlog.days), [("2026-05-01", 2, 0)]);

    world.advance(DAY).await;
    move_to(&ada, &web, &one, "Done").await;
    let done = move_to(&ada, &web, &two, "Done").await;
    let numbers = project_numbers(&ada, &web, &done).await;
    assert_eq!(categories(&numbers.category_counts), [0, 0, 0, 0, 2, 0]);
    assert_eq!(busy(&numbers.days), [("2026-05-01", 2, 0), ("2026-05-02", 0, 2)]);

    world.advance(DAY).await;
    let reopened = move_to(&ada, &web, &one, "In progress").await;
    let numbers = project_numbers(&ada, &web, &reopened).await;
    assert_eq!(categories(&numbers.category_counts), [0, 0, 0, 1, 1, 0]);
    assert_eq!(
        busy(&numbers.days),
        [("2026-05-01", 2, 0), ("2026-05-02", 0, 1)],
        "it leaves its day"
    );
    let done = move_to(&ada, &web, &one, "Done").await;
    let numbers = project_numbers(&ada, &web, &done).await;
    assert_eq!(
        busy(&numbers.days),
        [("2026-05-01", 2, 0), ("2026-05-02", 0, 1), ("2026-05-03", 0, 1)],
        "and gets another one"
    );

    // Both go to the trash: what happened before today stays, what happened today does not.
    delete(&ada, &two).await;
    let deleted = delete(&ada, &one).await;
    let numbers = project_numbers(&ada, &web, &deleted).await;
    assert_eq!(categories(&numbers.category_counts), [0; 6]);
    assert_eq!(busy(&numbers.days), [("2026-05-01", 2, 0), ("2026-05-02", 0, 1)]);
    world.advance(DAY).await;
    let restored = undelete(&ada, &one).await;
    let numbers = project_numbers(&ada, &web, &restored).await;
    assert_eq!(categories(&numbers.category_counts), [0, 0, 0, 0, 1, 0]);
    assert_eq!(
        busy(&numbers.days),
        [("2026-05-01", 2, 0), ("2026-05-02", 0, 1), ("2026-05-03", 0, 1)]
    );
}

#[tokio::test]
async fn a_task_that_is_made_and_deleted_on_one_day_was_never_there() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let (task, _) = make(&ada, &web, Task::default()).await;
    let deleted = delete(&ada, &task).await;
    assert_eq!(busy(&project_numbers(&ada, &web, &deleted).await.days), []);
}

#[tokio::test]
async fn numbers_survive_a_restart_and_a_rebuild() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    for _ in 0..5 {
        make(&ada, &web, Task::default()).await;
    }
    let (last, _) = make(&ada, &web, Task::default()).await;
    let token = move_to(&ada, &web, &last, "Done").await;
    let before = project_numbers(&ada, &web, &token).await;
    let world = world.restart().await;
    let ada = world.again(&ada).await;
    assert_eq!(project_numbers(&ada, &web, &token).await, before);
    let rebuilt = tasktracker_analytics::rebuild(&world.system.analytics).await.expect("rebuilds");
    assert_eq!(rebuilt.generation, 2);
    assert_eq!(project_numbers(&ada, &web, &token).await, before);
    let (_, more) = make(&ada, &web, Task::default()).await;
    let after = project_numbers(&ada, &web, &more).await;
    assert_eq!(busy(&after.days), [("2026-05-01", 7, 1)]);
}
