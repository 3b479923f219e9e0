//! Counting on a server of the MongoDB wire protocol that breaks, stops, and has several writers: in the end the documents are those of a
//! recount.

use std::sync::Arc;
use std::time::Duration;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRng, TestRunner};
use tasktracker_analytics::numbers::Numbers;
use tasktracker_analytics::projection::{CountError, Projection};
use tasktracker_analytics::store::StoreError;
use tasktracker_events::{Event, Topic};

use super::crashes::{at_once, batches, mixed};
use super::history::{self, History};
use super::{assert_counted, projection, rebuild};
use crate::store::mongo::Own;

/// Always the same histories: each takes seconds.
fn histories(count: usize) -> Vec<History> {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let mut history = || {
        let deeds = history::deeds().new_tree(&mut runner).expect("deeds").current();
        History::of(&deeds)
    };
    std::iter::repeat_with(&mut history)
        .filter(|history| history.events.len() >= 25)
        .take(count)
        .collect()
}

/// The parts of a topic that events stand in, by what they are about.
fn spread(events: &[Event], parts: i32) -> Vec<Event> {
    let mut positions = std::collections::BTreeMap::<(&str, i32), i64>::new();
    let place = |event: &Event| {
        let partition = event
            .key
            .bytes()
            .fold(0_i32, |sum, byte| sum.wrapping_mul(31).wrapping_add(i32::from(byte)))
            .rem_euclid(parts);
        let position = positions.entry((event.topic.name, partition)).or_default();
        *position += 1;
        Event {
            partition,
            position: *position,
            ..event.clone()
        }
    };
    events.iter().map(place).collect()
}

#[tokio::test]
async fn a_connection_that_is_cut_at_any_write_leaves_the_documents_of_a_recount() {
    for (number, history) in histories(3).into_iter().enumerate() {
        let Some(own) = Own::new() else { return };
        let (proxy, own) = own.behind_a_proxy().await;
        let log = mixed(&history.events, &[3, 1, 7, 2, number]);
        let all = batches(&log, &[5, 1, 9, 2]);
        let mut store = own.open().await;
        let mut counting = projection(store.clone());
        let (mut position, mut faults) = (0, 0_u64);
        while position < all.len() {
            let is_faulty = faults < 12;
            if is_faulty {
                proxy.break_after((faults * 5 + number as u64) % 7, faults.is_multiple_of(2));
            }
            let outcome = counting.count(&all[position]).await;
            faults += u64::from(proxy.is_cut());
            proxy.mend();
            match outcome {
                // Its position was not stored: it comes again, with the one before.
                Ok(()) if is_faulty && faults % 3 == 1 => position = position.saturating_sub(1),
                Ok(()) => position += 1,
                Err(CountError::Store(StoreError::Unavailable(_) | StoreError::Conflict)) if faults.is_multiple_of(2) => {
                    // The process starts anew.
                    store = own.open().await;
                    counting = projection(store.clone());
                }
                Err(CountError::Store(StoreError::Unavailable(_) | StoreError::Conflict)) => {}
                Err(error) => panic!("{error:?}"),
            }
            if is_faulty && faults % 3 == 1 {
                faults += 1;
            }
        }
        assert!(faults >= 12, "{faults}");
        let plain = at_once(&history.events).await;
        assert_counted(&*store, &plain).await;
        counting.rebuild().await.expect("rebuilds");
        assert_counted(&*store, &plain).await;
        own.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_share_the_parts_of_topics_count_together() {
    for history in histories(2) {
        let Some(own) = Own::new() else { return };
        let events = spread(&history.events, 4);
        let mut workers = Vec::new();
        for process in 0..2 {
            let counting = projection(own.open().await);
            for part in (0..4).filter(|part| part % 2 == process) {
                // Of each topic one batch at a time, the topics beside each other.
                for topic in [Topic::CORE_TASK, Topic::CORE_PROJECT, Topic::AUTH_USER] {
                    let part: Vec<Event> = events
                        .iter()
                        .filter(|event| event.partition == part && event.topic == topic)
                        .cloned()
                        .collect();
                    workers.push(deliver(counting.clone(), part));
                }
            }
        }
        futures_util::future::join_all(workers).await;
        let store = own.open().await;
        assert_counted(&*store, &*at_once(&events).await).await;
        own.end().await;
    }
}

/// Small batches, again and again until each is counted.
async fn deliver(counting: Projection, events: Vec<Event>) {
    for batch in events.chunks(3) {
        while let Err(error) = counting.count(batch).await {
            assert!(
                matches!(error, CountError::Store(StoreError::Conflict | StoreError::Unavailable(_))),
                "{error:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_server_that_stops_in_a_batch_and_comes_back_has_lost_nothing() {
    let Some(own) = Own::new() else { return };
    let (proxy, own) = own.behind_a_proxy().await;
    let history = histories(1).remove(0);
    let store = own.open().await;
    let counting = projection(store.clone());
    let all = batches(&history.events, &[4]);
    for (index, batch) in all.iter().enumerate() {
        if index % 4 == 2 {
            // The whole batch is on its way, and then nothing comes or goes.
            let stopped = async {
                tokio::time::sleep(Duration::from_millis(7 * index as u64 % 40)).await;
                proxy.freeze();
            };
            let (outcome, ()) = tokio::join!(counting.count(batch), stopped);
            if let Err(error) = outcome {
                assert!(matches!(error, CountError::Store(StoreError::Unavailable(_))), "{error:?}");
            }
            let numbers = Numbers::new(store.clone());
            let answer = numbers.of_task(history::task_id(0)).await;
            assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
            proxy.mend();
        }
        deliver(counting.clone(), batch.clone()).await;
    }
    assert_counted(&*store, &*at_once(&history.events).await).await;
    own.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_counted_anew_while_numbers_are_read() {
    let Some(own) = Own::new() else { return };
    rebuild::recounted(own.open().await).await;
    own.end().await;
}

#[tokio::test]
async fn what_came_before_is_found_by_who_comes_next() {
    let Some(own) = Own::new() else { return };
    let history = histories(1).remove(0);
    for batch in batches(&history.events, &[6]) {
        // A new process each time.
        projection(own.open().await).count(&batch).await.expect("counts");
    }
    let store = own.open().await;
    assert_counted(&*store, &*at_once(&history.events).await).await;
    let again: Arc<_> = own.open().await;
    projection(again.clone()).count(&history.events).await.expect("counts nothing");
    assert_counted(&*again, &*at_once(&history.events).await).await;
    own.end().await;
}
