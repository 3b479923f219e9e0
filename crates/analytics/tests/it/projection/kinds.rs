//! Single events: what each kind does, what is refused, and what is passed over.

use std::sync::Arc;

use tasktracker_analytics::numbers::Numbers;
use tasktracker_analytics::projection::CountError;
use tasktracker_events::{Event, ReactError, Reaction, Topic};
use tasktracker_proto::events::v1::task_event::Kind;
use tasktracker_proto::events::v1::*;
use uuid::Uuid;

use super::history::{self, Deed, History, event};
use super::{counted, projection};
use crate::store::memory::Memory;

fn created() -> History {
    History::of(&[(
        0,
        Deed::Create {
            project: 0,
            creator: 0,
            category: 2,
        },
    )])
}

fn task_event(change: impl FnOnce(&mut TaskEvent)) -> Event {
    let history = created();
    let last = history.events.last().unwrap();
    let mut message: TaskEvent = last.decode().unwrap();
    change(&mut message);
    event(&message, 900, last.occur_time)
}

#[tokio::test]
async fn what_is_damaged_is_poison_and_nothing_of_its_batch_is_counted() {
    let damaged = [
        task_event(|event| event.after = None),
        task_event(|event| event.task_id = "no id".to_owned()),
        task_event(|event| event.project_id.clear()),
        task_event(|event| event.version = 0),
        task_event(|event| event.version = i64::MAX),
        task_event(|event| event.after.as_mut().unwrap().status_category = 0),
        task_event(|event| event.after.as_mut().unwrap().status_category = 99),
        task_event(|event| event.after.as_mut().unwrap().status_id.clear()),
        task_event(|event| event.after.as_mut().unwrap().create_time = None),
        task_event(|event| event.after.as_mut().unwrap().assignee_ids = vec!["|".to_owned()]),
        Event {
            payload: vec![0xff; 7].into(),
            ..task_event(|_| {})
        },
        Event {
            topic: Topic::FILES_FILE,
            ..task_event(|_| {})
        },
    ];
    for bad in damaged {
        let store = Arc::new(Memory::new(true));
        let projection = projection(store.clone());
        let batch = [created().events, vec![bad.clone()]].concat();
        let outcome = projection.react(&batch).await;
        assert!(matches!(outcome, Err(ReactError::Poison(_))), "{bad:?}: {outcome:?}");
        assert_eq!(store.dump(), []);
    }
}

#[tokio::test]
async fn each_part_of_a_topic_is_noted_by_itself() {
    let store = Arc::new(Memory::new(true));
    let projection = projection(store.clone());
    let first = created()
        .events
        .into_iter()
        .find(|event| event.topic == Topic::CORE_TASK)
        .expect("one of a task");
    let in_part = |partition, position| Event {
        partition,
        position,
        event_id: uuid::Uuid::from_u128(u128::try_from(position).expect("a place")),
        ..first.clone()
    };
    projection.react(&[in_part(0, 70), in_part(3, 9)]).await.expect("counts");
    // The place in one part says nothing of another.
    projection.react(&[in_part(3, 12)]).await.expect("counts");
    let noted = |id: String| {
        let found = store.dump().into_iter().find(|document| document.id == id);
        found.and_then(|document| document.fields.get_number("position"))
    };
    let source = |partition| tasktracker_analytics::records::ids::source(Topic::CORE_TASK.name, partition);
    assert_eq!((noted(source(0)), noted(source(3)), noted(source(1))), (Some(70), Some(12), None));
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_no_poison() {
    let store = Arc::new(Memory::new(true));
    let projection = projection(store.clone());
    store.break_after(0, false, 0);
    let outcome = projection.react(&created().events).await;
    assert!(matches!(outcome, Err(ReactError::Transient(_))), "{outcome:?}");
    store.mend();
    projection.react(&created().events).await.expect("works again");
}

#[tokio::test]
async fn a_kind_of_the_future_is_kept_and_passed_over() {
    let store = Arc::new(Memory::new(true));
    let projection = projection(store.clone());
    projection.count(&created().events).await.unwrap();
    let before = counted(&store);
    let future = task_event(|event| {
        event.version = 2;
        event.kind = None;
        event.after.as_mut().unwrap().status_category = 99;
    });
    projection.count(std::slice::from_ref(&future)).await.unwrap();
    let mut after = counted(&store);
    after.retain(|(id, _)| !id.contains(&future.event_id.to_string()));
    assert_eq!(after, before, "only the archive has grown");
    assert_eq!(counted(&store).len(), before.len() + 1);
}

#[tokio::test]
async fn a_hole_is_filled_by_the_next_snapshot_and_what_comes_late_is_put_in_its_place() {
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
            Deed::Status {
                task: 0,
                category: 4,
                second: false,
            },
        ),
        (
            60,
            Deed::Status {
                task: 0,
                category: 5,
                second: false,
            },
        ),
        (
            60,
            Deed::Status {
                task: 0,
                category: 4,
                second: true,
            },
        ),
    ];
    let history = History::of(&deeds);
    let tasks: Vec<&Event> = history.events.iter().filter(|event| event.topic == Topic::CORE_TASK).collect();
    let store = Arc::new(Memory::new(true));
    let projection = projection(store.clone());
    for index in [0, 3] {
        projection.count(std::slice::from_ref(tasks[index])).await.unwrap();
    }
    let numbers = Numbers::new(store.clone());
    let state = numbers.of_task(history::task_id(0)).await.unwrap().unwrap();
    assert_eq!(
        (state.version, state.reopen_count, state.status_times.len()),
        (4, 0, 1),
        "as far as it was told"
    );

    for index in [2, 1] {
        projection.count(std::slice::from_ref(tasks[index])).await.unwrap();
    }
    let state = numbers.of_task(history::task_id(0)).await.unwrap().unwrap();
    assert_eq!((state.version, state.reopen_count, state.status_times.len()), (4, 1, 3));
}

#[tokio::test]
async fn a_task_stays_in_its_project() {
    let store = Arc::new(Memory::new(true));
    let projection = projection(store.clone());
    projection.count(&created().events).await.unwrap();
    let before = store.dump();
    let moved = task_event(|event| {
        event.version = 2;
        event.project_id = history::project_id(1).to_string();
    });
    let outcome = projection.count(std::slice::from_ref(&moved)).await;
    assert!(matches!(outcome, Err(CountError::Moved(_))), "{outcome:?}");
    assert_eq!(store.dump(), before);
}

#[tokio::test]
async fn purging_changes_no_number() {
    let deeds = [
        (
            0,
            Deed::Create {
                project: 0,
                creator: 0,
                category: 5,
            },
        ),
        (200_000, Deed::Delete { task: 0 }),
    ];
    let purge = (3_000_000, Deed::Purge { task: 0 });
    let (deleted, purged) = (History::of(&deeds), History::of(&[deeds.as_slice(), &[purge]].concat()));
    let numbers = async |history: &History| {
        let store = Arc::new(Memory::new(true));
        let projection = projection(store.clone());
        projection.count(&history.events).await.unwrap();
        let mut counted = counted(&store);
        counted.retain(|(id, _)| id.starts_with("g|project|") || id.starts_with("g|user|"));
        counted
    };
    assert_eq!(numbers(&purged).await, numbers(&deleted).await);
    assert!(!numbers(&deleted).await.is_empty());
}

#[tokio::test]
async fn people_are_known_by_their_newest_event() {
    let store = Arc::new(Memory::new(true));
    let projection = projection(store.clone());
    let user = history::user_id(0);
    let told = |version, state: UserState, index| {
        let message = UserEvent {
            user_id: user.to_string(),
            version,
            state: state.into(),
            ..UserEvent::default()
        };
        event(&message, index, history::BEGINNING.parse().unwrap())
    };
    let numbers = Numbers::new(store.clone());
    let asked = tasktracker_analytics::domain::days::Asked::read("", "").unwrap();
    let now = history::BEGINNING.parse().unwrap();
    let is_known = async || numbers.of_user(user, &[], asked, now).await.unwrap().0;
    assert!(!is_known().await);
    projection.count(&[told(2, UserState::Deactivated, 1)]).await.unwrap();
    assert!(is_known().await);
    projection.count(&[told(4, UserState::Deleted, 2)]).await.unwrap();
    projection.count(&[told(3, UserState::Active, 3)]).await.unwrap();
    assert!(!is_known().await, "an older event changes nothing");
    projection.rebuild().await.unwrap();
    assert!(!is_known().await);
}

#[tokio::test]
async fn comments_count_nothing_but_can_be_waited_for() {
    let store = Arc::new(Memory::new(true));
    let projection = projection(store.clone());
    let numbers = Numbers::new(store.clone());
    let comment = Uuid::from_u128(7);
    let id = comment.to_string();
    let kinds = [
        Kind::CommentCreated(CommentCreated {
            comment_id: id.clone(),
            ..CommentCreated::default()
        }),
        Kind::CommentUpdated(CommentUpdated {
            comment_id: id.clone(),
            ..CommentUpdated::default()
        }),
        Kind::CommentDeleted(CommentDeleted { comment_id: id }),
    ];
    projection.count(&created().events).await.unwrap();
    assert_eq!(numbers.counted(comment).await.unwrap(), None);
    for (index, kind) in kinds.into_iter().enumerate() {
        let mut told = task_event(|event| event.kind = Some(kind));
        told.event_id = Uuid::from_u128(800 + index as u128);
        for _ in 0..2 {
            projection.count(std::slice::from_ref(&told)).await.unwrap();
        }
        let counted = numbers.counted(comment).await.unwrap().unwrap();
        assert_eq!((counted.version, counted.project_id), (index as i64 + 1, history::project_id(0)));
    }
    let task = numbers.counted(history::task_id(0)).await.unwrap().unwrap();
    assert_eq!(task.version, 1);
}
