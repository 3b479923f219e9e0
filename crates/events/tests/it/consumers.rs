//! The loop of a consumer group, with reactions that do everything that reactions do.

use std::sync::Arc;
use std::time::Duration;

use tasktracker_events::{Reaction, Topic};
use tokio_util::sync::CancellationToken;

use crate::log::publish;
use crate::reactions::{Effects, Fate, Notes, version};
use crate::world::{World, both, sqlite, until};

const TASKS: &[Topic] = &[Topic::CORE_TASK];

fn versions(notes: &Notes) -> Vec<i64> {
    notes.handled().into_iter().map(|(_, version)| version).collect()
}

#[tokio::test]
async fn a_panic_is_poison_and_the_process_lives() {
    for world in both().await {
        let notes = Notes::deciding(
            "test.panics",
            TASKS,
            1,
            |event, _| {
                if version(event) == 2 { Fate::Panic } else { Fate::Fine }
            },
        );
        let letters = world.start(Arc::clone(&notes) as _);
        publish(&world, Topic::CORE_TASK, "a", 1..=3).await;
        until("the last one is handled", || async { versions(&notes) == [1, 3] }).await;
        let found = letters.list(None, None, 10).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].error, "the reaction panicked: this reaction has a defect");
        assert!(!world.lifecycle.stopping().is_cancelled());
    }
}

#[tokio::test]
async fn a_batch_with_poison_is_handled_one_by_one() {
    for world in both().await {
        publish(&world, Topic::CORE_TASK, "a", 1..=10).await;
        let notes = Notes::deciding("test.batches", TASKS, 10, |event, _| {
            if version(event) == 4 { Fate::Poison } else { Fate::Fine }
        });
        let letters = world.start(Arc::clone(&notes) as _);
        until("all but one are handled", || async { notes.handled().len() == 9 }).await;
        assert_eq!(versions(&notes), [1, 2, 3, 5, 6, 7, 8, 9, 10]);
        until("one is a dead letter", || async { letters.count().await.unwrap() == 1 }).await;
        assert_eq!(notes.tries("a"), 10 + 9 + 3, "the batch, each once, the bad one three times");
    }
}

#[tokio::test]
async fn poison_that_passes_is_no_dead_letter() {
    for world in both().await {
        let notes = Notes::deciding(
            "test.shaky",
            TASKS,
            1,
            |_, before| if before < 2 { Fate::Poison } else { Fate::Fine },
        );
        let letters = world.start(Arc::clone(&notes) as _);
        publish(&world, Topic::CORE_TASK, "a", 1..=2).await;
        until("both are handled", || async { versions(&notes) == [1, 2] }).await;
        assert_eq!(letters.count().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn what_always_fails_for_now_is_tried_for_ever_and_never_given_up() {
    let world = sqlite().await;
    publish(&world, Topic::CORE_TASK, "a", 1..=3).await;
    let notes = Notes::deciding("test.waits", TASKS, 2, |_, _| Fate::Transient);
    let letters = world.start(Arc::clone(&notes) as _);
    until("it was tried several times", || async { notes.tries("a") >= 8 }).await;
    assert_eq!((notes.handled().len(), letters.count().await.unwrap()), (0, 0));
    notes.heal();
    until("it went on", || async { versions(&notes) == [1, 2, 3] }).await;
}

#[tokio::test]
async fn a_reaction_that_hangs_is_tried_again() {
    let world = sqlite().await;
    publish(&world, Topic::CORE_TASK, "a", 1..=2).await;
    let notes = Notes::deciding("test.hangs", TASKS, 1, |event, before| {
        if version(event) == 1 && before < 2 {
            Fate::Hang
        } else {
            Fate::Fine
        }
    });
    let consumers = world.consumers().with_limit(Duration::from_millis(30));
    consumers.start(Arc::clone(&notes) as _);
    until("both are handled", || async { versions(&notes) == [1, 2] }).await;
    assert_eq!(consumers.dead_letters().count().await.unwrap(), 0);
}

#[tokio::test]
async fn a_group_that_stops_goes_on_where_it_was() {
    for world in both().await {
        publish(&world, Topic::CORE_TASK, "a", 1..=30).await;
        let stopping = CancellationToken::new();
        let stop = stopping.clone();
        let first = Notes::deciding("test.stops", TASKS, 1, move |event, _| {
            if version(event) == 10 {
                stop.cancel();
            }
            Fate::Fine
        });
        // It finishes what it is at, stores it and leaves.
        world.consumers().run(Arc::clone(&first) as _, stopping).await;
        assert_eq!(versions(&first), (1..=10).collect::<Vec<i64>>());

        let second = Notes::new("test.stops", TASKS, 1);
        world.start(Arc::clone(&second) as _);
        until("the rest is handled", || async { second.handled().len() == 20 }).await;
        assert_eq!(versions(&second), (11..=30).collect::<Vec<i64>>());
    }
}

#[tokio::test]
async fn a_stop_does_not_wait_for_what_fails() {
    let world = sqlite().await;
    publish(&world, Topic::CORE_TASK, "a", 1..=3).await;
    let notes = Notes::deciding("test.fails", TASKS, 1, |event, _| {
        if version(event) == 2 { Fate::Transient } else { Fate::Fine }
    });
    world.start(Arc::clone(&notes) as _);
    until("it fails", || async { notes.tries("a") >= 3 }).await;
    world.lifecycle.stop();
    let finished = tokio::time::timeout(Duration::from_secs(5), world.lifecycle.finished()).await;
    finished.expect("it stops at once").unwrap();

    // The one before it was stored all the same.
    let world = world.restarted().await;
    let next = Notes::new("test.fails", TASKS, 1);
    world.start(Arc::clone(&next) as _);
    until("the rest is handled", || async { next.handled().len() == 2 }).await;
    assert_eq!(versions(&next), [2, 3]);
}

#[tokio::test]
async fn a_killed_group_repeats_at_most_what_was_not_stored_and_its_effects_happen_once() {
    for mut world in both().await {
        publish(&world, Topic::CORE_TASK, "a", 1..=300).await;
        for round in 1..=5_u64 {
            let effects = effects(&world);
            tokio::select! {
                () = world.consumers().run(effects, CancellationToken::new()) => unreachable!("it works for ever"),
                () = tokio::time::sleep(Duration::from_millis(7 * round)) => {}
            }
            world = world.restarted().await;
            world.pass_leases();
        }
        world.start(effects(&world));
        until("all effects are there", || async { written(&world).await.len() >= 300 }).await;
        assert_eq!(written(&world).await, (1..=300).collect::<Vec<i64>>());
    }
}

fn effects(world: &World) -> Arc<dyn Reaction> {
    Arc::new(Effects {
        group: "test.effects",
        database: world.owner.clone(),
        clock: world.shared_clock(),
    })
}

async fn written(world: &World) -> Vec<i64> {
    world.effects("a").await
}

#[tokio::test]
async fn every_group_of_a_service_gets_every_event() {
    for world in both().await {
        let consumers = world.consumers();
        let one = Notes::new("test.one", TASKS, 3);
        let other = Notes::new("test.other", &[Topic::AUTH_ACCESS, Topic::CORE_TASK], 1);
        consumers.start(Arc::clone(&one) as _);
        consumers.start(Arc::clone(&other) as _);
        publish(&world, Topic::CORE_TASK, "a", 1..=5).await;
        publish(&world, Topic::AUTH_ACCESS, "p", 1..=5).await;
        until("all are handled", || async {
            one.handled().len() == 5 && other.handled().len() == 10
        })
        .await;
        assert!(one.events().iter().all(|event| event.topic == Topic::CORE_TASK));
    }
}
