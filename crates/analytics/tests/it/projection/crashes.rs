//! Events that come twice, late, in other batches and mixed otherwise, while the store breaks at any write: in the end the numbers are those
//! of the events.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use tasktracker_events::Event;

use super::history::{self, History};
use super::{counted, difference, projection};
use crate::store::memory::Memory;

/// How a history is delivered.
#[derive(Debug, Clone)]
struct Delivery {
    is_atomic: bool,
    /// Decides from which key the next event is taken.
    mix: Vec<usize>,
    /// Sizes of batches.
    batches: Vec<usize>,
    /// After which batch the store breaks, after how many writes, and whether the write at which it breaks is done.
    faults: Vec<(u64, bool, u64)>,
    /// Whether the position is stored after a batch.
    stored: Vec<bool>,
    /// Events that are dead letters at first.
    dead: Vec<prop::sample::Index>,
}

fn deliveries() -> impl Strategy<Value = Delivery> {
    (
        any::<bool>(),
        prop::collection::vec(0..16_usize, 20..60),
        prop::collection::vec(1..12_usize, 10..30),
        prop::collection::vec((0..30_u64, any::<bool>(), any::<u64>()), 0..12),
        prop::collection::vec(prop::bool::weighted(0.7), 10..30),
        prop::collection::vec(any::<prop::sample::Index>(), 0..3),
    )
        .prop_map(|(is_atomic, mix, batches, faults, stored, dead)| Delivery {
            is_atomic,
            mix,
            batches,
            faults,
            stored,
            dead,
        })
}

/// The events mixed otherwise: those of a key stay in order.
pub fn mixed(events: &[Event], mix: &[usize]) -> Vec<Event> {
    let mut keys = BTreeMap::<&str, Vec<&Event>>::new();
    for event in events.iter().rev() {
        keys.entry(&event.key).or_default().push(event);
    }
    let mut mixed = Vec::new();
    for turn in 0.. {
        keys.retain(|_, events| !events.is_empty());
        let choice = mix[turn % mix.len()].checked_rem(keys.len());
        let Some(choice) = choice else { break };
        let taken = keys.values_mut().nth(choice).and_then(Vec::pop).cloned();
        mixed.extend(taken);
    }
    mixed
}

/// One topic after the other is how the log brings events: batches never mix them.
pub fn batches(events: &[Event], sizes: &[usize]) -> Vec<Vec<Event>> {
    let mut batches: Vec<Vec<Event>> = Vec::new();
    for event in events {
        let size = sizes[batches.len() % sizes.len()];
        match batches.last_mut() {
            Some(last) if last.len() < size && last[0].topic == event.topic => last.push(event.clone()),
            _ => batches.push(vec![event.clone()]),
        }
    }
    batches
}

pub async fn at_once(events: &[Event]) -> Arc<Memory> {
    let store = Arc::new(Memory::new(true));
    let projection = projection(store.clone());
    for batch in batches(events, &[usize::MAX]) {
        projection.count(&batch).await.expect("counts");
    }
    store
}

async fn troubled(events: &[Event], delivery: &Delivery) -> Arc<Memory> {
    let store = Arc::new(Memory::new(delivery.is_atomic));
    let mut projection = projection(store.clone());
    let mut log = mixed(events, &delivery.mix);
    let mut dead = Vec::new();
    for index in &delivery.dead {
        if !log.is_empty() {
            dead.push(log.remove(index.index(log.len())));
        }
    }
    let (mut faults, mut round) = (delivery.faults.iter(), 0);
    let all = batches(&log, &delivery.batches);
    let mut position = 0;
    while position < all.len() {
        round += 1;
        if let Some((writes, is_done, shuffle)) = faults.next() {
            store.break_after(*writes, *is_done, *shuffle);
        }
        let outcome = projection.count(&all[position]).await;
        store.mend();
        match outcome {
            // The position was not stored: it comes again, perhaps with the one before.
            Ok(()) if !delivery.stored[round % delivery.stored.len()] && round < 200 => position = position.saturating_sub(round % 2),
            Ok(()) => position += 1,
            // The process starts anew, or it only tries again.
            Err(_) if round % 2 == 0 => projection = super::projection(store.clone()),
            Err(_) => {}
        }
    }
    for event in dead {
        projection.count(&[event]).await.expect("a dead letter is handled at last");
    }
    store
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_on_the_way_the_numbers_are_those_of_the_events(deeds in history::deeds(), delivery in deliveries()) {
        let history = History::of(&deeds);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let plain = at_once(&history.events).await;
            let troubled = troubled(&history.events, &delivery).await;
            prop_assert_eq!(difference(&troubled, &plain), []);
            // And counted anew from what was kept.
            projection(troubled.clone()).rebuild().await.expect("rebuilds");
            prop_assert_eq!(difference(&troubled, &plain), []);
            let ids: Vec<String> = troubled.dump().into_iter().map(|document| document.id).collect();
            prop_assert!(ids.iter().all(|id| !id.starts_with("g1|")), "the old generation is gone");
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn what_was_counted_costs_no_write() {
    let history = History::of(&[(
        0,
        history::Deed::Create {
            project: 0,
            creator: 0,
            category: 2,
        },
    )]);
    let store = at_once(&history.events).await;
    let written = store.written();
    let again = projection(store.clone());
    for batch in batches(&history.events, &[1]) {
        again.count(&batch).await.expect("counts");
    }
    assert_eq!(store.written(), written);
}

#[tokio::test]
async fn a_rebuild_that_breaks_changes_nothing() {
    let deeds: Vec<_> = (0..6)
        .map(|n| {
            (
                1_000,
                history::Deed::Create {
                    project: n % 2,
                    creator: 0,
                    category: 2,
                },
            )
        })
        .collect();
    let history = History::of(&deeds);
    for is_atomic in [true, false] {
        for writes in 0..30 {
            let store = Arc::new(Memory::new(is_atomic));
            let first = projection(store.clone());
            for batch in batches(&history.events, &[3]) {
                first.count(&batch).await.expect("counts");
            }
            let before = counted(&store);
            store.break_after(writes, writes % 2 == 0, writes);
            let outcome = first.rebuild().await;
            store.mend();
            let numbers = tasktracker_analytics::numbers::Numbers::new(store.clone());
            let task = numbers.of_task(history::task_id(0)).await.expect("reads");
            assert!(task.is_some(), "what is answered is whole");
            first.rebuild().await.expect("rebuilds");
            assert_eq!(counted(&store), before, "{writes} {outcome:?}");
        }
    }
}
