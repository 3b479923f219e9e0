//! Deadlines announce themselves.

use std::time::Duration;

use tasktracker_proto::core::v1::NotificationReason::{Assigned, DueSoon, Overdue};
use tasktracker_proto::core::v1::due::Value;
use tasktracker_proto::core::v1::*;

use super::*;

fn due_at(local: &str) -> Option<Due> {
    Some(Due {
        value: Some(Value::At(ZonedDateTime {
            local_date_time: local.to_owned(),
            time_zone: "UTC".to_owned(),
        })),
    })
}

#[tokio::test]
async fn a_deadline_is_told_a_day_before_and_when_it_has_passed_and_once_each() {
    let Scene {
        world,
        ada,
        linus,
        tim,
        web,
        ..
    } = scene().await;
    let due = Task {
        due: due_at("2026-05-03T12:00"),
        ..task("Due", &[&linus])
    };
    let due = ada.task_of(&web, due).await;
    let done = Task {
        due: due_at("2026-05-03T12:00"),
        ..task("Done", &[&linus])
    };
    let done = ada.task_of(&web, done).await;
    wait_for(&linus, &[Assigned, Assigned]).await;
    world.advance(Duration::from_secs(24 * 3600)).await;
    let told = wait_for(&linus, &[Assigned, Assigned, DueSoon, DueSoon]).await;
    let soon = told
        .iter()
        .find(|told| told.task_id == due.id && told.reason == i32::from(DueSoon))
        .expect("told");
    assert_eq!(
        (soon.actor_id.as_str(), soon.due_time.expect("a time").seconds),
        ("", 1_777_809_600)
    );
    wait_for(&ada, &[DueSoon, DueSoon]).await;
    linus.move_to(&web, &done, "Done").await;
    for user in [&ada, &linus] {
        read_all(user).await;
    }
    // Also when nothing ran at that moment.
    world.advance(Duration::from_secs(30 * 3600)).await;
    for user in [&ada, &linus] {
        let told = eventually("overdue", || async {
            let unread = unread(user).await;
            unread.iter().any(|told| told.reason == i32::from(Overdue)).then_some(unread)
        })
        .await;
        let overdue: Vec<&str> = told
            .iter()
            .filter(|told| told.reason == i32::from(Overdue))
            .map(|told| told.task_id.as_str())
            .collect();
        assert_eq!(overdue, [due.id.as_str()], "not the one that is done");
    }
    assert!(unread(&tim).await.is_empty());
}
