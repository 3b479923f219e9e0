//! Partitions come, go and come again while their events are handled.

use std::sync::Arc;
use std::thread;

use bytes::Bytes;
use futures_util::FutureExt;
use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::event::Event;

const TASK: Topic = Topic::CORE_TASK;
const LONG: Duration = Duration::from_secs(30);

fn event(partition: i32, position: i64) -> Delivery {
    Delivery::Event(Event {
        topic: TASK,
        partition,
        position,
        key: "a".to_owned(),
        event_id: Uuid::nil(),
        occur_time: Timestamp::UNIX_EPOCH,
        payload: Bytes::from_static(b"x"),
        headers: Vec::new(),
    })
}

fn filled(partitions: &[(i32, i64)]) -> Parts {
    let parts = Parts::default();
    parts.came(partitions.iter().map(|(partition, _)| (TASK, *partition)));
    for (partition, count) in partitions {
        for position in 1..=*count {
            parts.push((TASK, *partition), event(*partition, position));
        }
    }
    parts
}

fn fetch(parts: &Parts, most: usize) -> Fetched {
    parts.fetch(most).now_or_never().expect("something is there").unwrap()
}

fn positions(fetched: &Fetched) -> Vec<i64> {
    fetched.deliveries.iter().map(Delivery::position).collect()
}

#[test]
fn partitions_take_turns_and_what_is_not_done_comes_again() {
    let parts = filled(&[(0, 4), (7, 1)]);
    let first = fetch(&parts, 3);
    assert_eq!((first.end.partition, positions(&first)), (0, vec![1, 2, 3]));
    assert_eq!(fetch(&parts, 3).end.partition, 7);
    let again = fetch(&parts, 3);
    assert_eq!(positions(&again), [1, 2, 3]);
    parts.done(Place { position: 2, ..again.end });
    parts.done(again.end);
    assert_eq!(fetch(&parts, 3).end.partition, 7);
    assert_eq!(positions(&fetch(&parts, 3)), [4]);
}

#[test]
fn a_partition_that_came_again_is_another_one() {
    let parts = filled(&[(0, 3)]);
    let old = fetch(&parts, 2);
    parts.go(&[(TASK, 0)], Duration::ZERO);
    assert!(!parts.may_store(old.end) && !parts.is_held(old.end));
    parts.came([(TASK, 0)]);
    parts.push((TASK, 0), event(0, 1));
    assert!(!parts.may_store(old.end), "somebody else may have been further meanwhile");
    let new = fetch(&parts, 2);
    assert!(parts.may_store(new.end) && parts.is_held(new.end));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "as the thread that polls does")]
fn whoever_takes_a_partition_away_waits_for_the_batch_at_hand() {
    let parts = Arc::new(filled(&[(0, 10), (1, 1)]));
    let fetched = fetch(&parts, 10);
    let going = thread::spawn({
        let parts = Arc::clone(&parts);
        move || parts.go(&[(TASK, 0)], LONG)
    });
    while parts.is_held(fetched.end) {
        thread::yield_now();
    }
    assert!(!going.is_finished(), "the group is at it");
    // The group stores how far it came, and leaves the rest to others.
    let place = Place {
        position: 4,
        ..fetched.end
    };
    assert!(parts.may_store(place));
    parts.done(place);
    going.join().unwrap();
    assert!(!parts.may_store(fetched.end));
    assert_eq!(fetch(&parts, 10).end.partition, 1);
}

#[test]
fn a_partition_that_is_idle_or_of_one_who_leaves_goes_at_once() {
    let parts = filled(&[(0, 1), (1, 1)]);
    assert_eq!(fetch(&parts, 1).end.partition, 0);
    parts.go(&[(TASK, 1)], LONG);
    parts.close();
    parts.go(&[(TASK, 0)], LONG);
    assert_eq!(parts.count(), 0);
}

#[test]
fn a_gap_is_counted_where_it_is_one() {
    let parts = Parts::default();
    let state = Topic::CORE_PROJECT;
    parts.came([(TASK, 0), (TASK, 1), (state, 0)]);
    parts.stored((TASK, 0), 4);
    parts.stored((state, 0), 4);
    parts.push((TASK, 0), event(0, 7));
    parts.push((TASK, 1), event(1, 7));
    parts.push((state, 0), event(0, 7));
    let missing: Vec<u64> = (0..3).map(|_| fetch(&parts, 5).missing).collect();
    // Compaction leaves holes in a state, and of a new group nobody knows where it should have begun.
    assert_eq!(missing.iter().sum::<u64>(), 2, "{missing:?}");
}

#[test]
fn there_is_room_again_when_half_is_done() {
    let parts = filled(&[(0, EVENTS as i64 - 1)]);
    assert!(!parts.is_full());
    parts.push((TASK, 0), event(0, EVENTS as i64));
    assert!(parts.is_full() && !parts.wait_for_room(Duration::ZERO));
    let end = fetch(&parts, 1).end;
    parts.done(Place {
        position: EVENTS as i64 / 2 - 1,
        ..end
    });
    assert!(!parts.is_full() && !parts.wait_for_room(Duration::ZERO));
    parts.done(Place {
        position: EVENTS as i64 / 2,
        ..end
    });
    assert!(parts.wait_for_room(Duration::ZERO));
    parts.go(&[(TASK, 0)], Duration::ZERO);
    let state = parts.state();
    assert_eq!((state.events, state.bytes), (0, 0));
}

#[test]
fn the_end_is_heard() {
    let parts = filled(&[(0, 1)]);
    let place = fetch(&parts, 1).end;
    parts.end();
    assert!(matches!(parts.fetch(1).now_or_never(), Some(Err(SubscribeError::Lost))));
    assert!(!parts.may_store(place) && !parts.is_held(place));
}
