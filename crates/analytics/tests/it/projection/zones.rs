//! A project that changes its zone: its days are cut anew, all of them.

use std::sync::Arc;

use jiff::Timestamp;
use tasktracker_analytics::domain::days::Asked;
use tasktracker_analytics::numbers::Numbers;
use tasktracker_events::Topic;

use super::history::{self, Deed, DueKind, History};
use super::projection;
use crate::store::memory::Memory;

#[tokio::test]
async fn days_and_deadlines_move_with_the_zone() {
    // It is 20:00 UTC of 28 March: already the 29th on Kiritimati.
    let deeds = [
        (
            0,
            Deed::Create {
                project: 0,
                creator: 0,
                category: 2,
            },
        ),
        (
            60,
            Deed::Due {
                task: 0,
                due: DueKind::Day(1),
            },
        ),
        (
            60,
            Deed::Create {
                project: 0,
                creator: 0,
                category: 5,
            },
        ),
        (60, Deed::Zone { project: 0, zone: 2 }),
    ];
    let history = History::of(&deeds);
    let store = Arc::new(Memory::new(false));
    let projection = projection(store.clone());
    let numbers = Numbers::new(store.clone());
    let asked = Asked::read("2026-03-28", "2026-03-29").unwrap();
    let seen = async |now: &str| {
        let now: Timestamp = now.parse().unwrap();
        let (zone, sum) = numbers.of_project(history::project_id(0), asked, now).await.unwrap();
        let days = [asked.on(zone.day_of(now)).unwrap().start, asked.on(zone.day_of(now)).unwrap().end];
        (zone.name().to_owned(), days.map(|day| sum.on(day)), sum.overdue)
    };
    let (last, before) = history.events.split_last().unwrap();
    for event in before {
        projection.count(std::slice::from_ref(event)).await.unwrap();
    }
    assert_eq!(seen("2026-03-29T23:59:00Z").await, ("UTC".to_owned(), [(2, 1), (0, 0)], 0));
    assert_eq!(seen("2026-03-30T00:00:00Z").await.2, 1);
    projection.count(std::slice::from_ref(last)).await.unwrap();
    assert_eq!(
        seen("2026-03-29T09:59:00Z").await,
        ("Pacific/Kiritimati".to_owned(), [(0, 0), (2, 1)], 0)
    );
    // The 29th is over there 14 hours earlier.
    assert_eq!(seen("2026-03-29T10:00:00Z").await.2, 1);
}

#[tokio::test]
async fn the_zone_is_that_of_the_newest_event_of_the_project_and_before_it_that_of_its_tasks() {
    let deeds = [
        (0, Deed::Zone { project: 0, zone: 1 }),
        (
            60,
            Deed::Create {
                project: 0,
                creator: 0,
                category: 2,
            },
        ),
        (60, Deed::Zone { project: 0, zone: 3 }),
        (60, Deed::Title { task: 0 }),
    ];
    let history = History::of(&deeds);
    let mut events: Vec<_> = history
        .events
        .iter()
        .filter(|event| event.key == history::project_id(0).to_string())
        .collect();
    let mut tasks: Vec<_> = history.events.iter().filter(|event| event.topic == Topic::CORE_TASK).collect();
    // Everything backwards.
    events.reverse();
    tasks.reverse();
    let store = Arc::new(Memory::new(true));
    let projection = projection(store.clone());
    let numbers = Numbers::new(store.clone());
    let mut seen = Vec::new();
    for event in tasks.into_iter().chain(events) {
        projection.count(std::slice::from_ref(event)).await.unwrap();
        let (zone, _) = numbers
            .of_project(history::project_id(0), Asked::read("", "").unwrap(), event.occur_time)
            .await
            .unwrap();
        seen.push(zone.name().to_owned());
    }
    assert_eq!(seen, ["America/St_Johns"; 5]);
}
