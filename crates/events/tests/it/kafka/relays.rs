//! Relays and Kafka: one holder at a time, and what becomes of a former one that wakes up late.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tasktracker_events::transport::PublishError;
use tasktracker_events::{Event, Publisher, Reaction, Topic, inbox};
use tasktracker_server::Lifecycle;

use super::{TASKS, broker, everything, process};
use crate::faults::{Gate, Moment};
use crate::log::outgoing;
use crate::reactions::{Effects, Notes, version};
use crate::world::{World, sqlite, until};

async fn until_empty(world: &World) {
    until("the outbox is empty", || async { world.waiting().await == 0 }).await;
}

async fn commit(world: &World, versions: std::ops::RangeInclusive<i64>) {
    for version in versions {
        world.commit(&[world.event("a", version)]).await;
    }
}

fn versions(events: &[Event]) -> Vec<i64> {
    events.iter().map(version).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facts_come_in_order_and_with_what_cloudevents_ask_for() {
    let Some(settings) = broker::settings().await else { return };
    let (world, kafka) = (sqlite().await, process(&settings));
    commit(&world, 1..=700).await;
    world.relay_to(Arc::clone(&kafka) as _);
    until_empty(&world).await;

    let events = everything(&kafka, "test.readers", 700).await;
    assert_eq!(versions(&events), (1..=700).collect::<Vec<i64>>());
    let positions: Vec<i64> = events.iter().map(|event| event.position).collect();
    assert_eq!(positions, (1..=700).collect::<Vec<i64>>());
    let header = |event: &Event, name: &str| {
        let found = event.headers.iter().find(|(known, _)| known == name);
        String::from_utf8(found.expect(name).1.to_vec()).unwrap()
    };
    let last = &events[699];
    assert_eq!(header(last, "ce_id"), last.event_id.to_string());
    assert_eq!(header(last, "ce_source"), "/tasktracker/core");
    assert_eq!(header(last, "ce_type"), Topic::CORE_TASK.event_type);
    assert_eq!(header(last, "ce_sequence"), "700");
    assert_eq!(header(last, "content-type"), "application/protobuf");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_relay_of_the_same_process_publishes_nothing() {
    let Some(settings) = broker::settings().await else { return };
    let (world, kafka) = (sqlite().await, process(&settings));
    commit(&world, 1..=3).await;
    let gate = Gate::new(Arc::clone(&kafka) as _, Moment::Before);
    world.relay_to(Arc::clone(&gate) as _);
    gate.reached().await;
    world.pass_leases();
    world.relay_to(Arc::clone(&kafka) as _);
    until_empty(&world).await;
    gate.open();
    commit(&world, 4..=6).await;
    until_empty(&world).await;
    let events = everything(&kafka, "test.readers", 6).await;
    assert_eq!(versions(&events), [1, 2, 3, 4, 5, 6]);
}

/// The worst that can happen on Kafka: a relay stands still after it made sure of its lease and before its events left it, for longer than its
/// lease, in a process of its own. Its events come again, and late; nothing comes of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_former_relay_of_another_process_repeats_has_no_effect() {
    let Some(settings) = broker::settings().await else { return };
    let (world, late, prompt) = (sqlite().await, process(&settings), process(&settings));
    commit(&world, 1..=3).await;
    let gate = Gate::new(Arc::clone(&late) as _, Moment::Before);
    let standing = world.mortal_relay(Arc::clone(&gate) as _);
    let world = &world;
    let others = async {
        gate.reached().await;
        world.pass_leases();
        world.relay_to(Arc::clone(&prompt) as _);
        until_empty(world).await;
        commit(world, 4..=6).await;
        until_empty(world).await;
        gate.open();
        let events = everything(&prompt, "test.raw", 9).await;
        assert_eq!(versions(&events), [1, 2, 3, 4, 5, 6, 1, 2, 3], "it did repeat them");
    };
    tokio::select! {
        () = standing => unreachable!("it works for ever"),
        () = others => {}
    }

    let effects: Arc<dyn Reaction> = Arc::new(Effects {
        group: "test.effects",
        database: world.owner.clone(),
        clock: world.shared_clock(),
    });
    let consumers = world.consumers_of(Arc::clone(&prompt) as _);
    consumers.start(effects);
    until_handled(&prompt, "test.effects").await;
    assert_eq!(world.effects("a").await, [1, 2, 3, 4, 5, 6], "each once, in order");
}

/// Waits until the group has no event left.
pub async fn until_handled(subscriber: &Arc<tasktracker_events::kafka::Kafka>, group: &str) {
    use tasktracker_events::Subscriber;
    until("everything is handled", || async {
        subscriber.unhandled(group, TASKS).await.unwrap() == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_stood_still_asks_before_it_publishes() {
    let Some(settings) = broker::settings().await else { return };
    let (world, kafka) = (sqlite().await, process(&settings));
    // It holds the lease, and then nothing happens for longer than that lasts; meanwhile another one takes over.
    let first = Gate::new(process(&settings) as _, Moment::Before);
    world.relay_to(Arc::clone(&first) as _);
    until("it holds the lease", || async { lease_token(&world).await == 1 }).await;
    world.pass_leases();
    let second = Gate::new(Arc::clone(&kafka) as _, Moment::Before);
    world.relay_to(Arc::clone(&second) as _);
    until("the other one holds it", || async { lease_token(&world).await == 2 }).await;
    commit(&world, 1..=2).await;
    // The facts wait at the other one's gate, so the first one sees them each time it looks.
    second.reached().await;
    let reached = tokio::time::timeout(Duration::from_millis(1500), first.reached()).await;
    assert!(reached.is_err(), "the first one publishes nothing");
    second.open();
    until_empty(&world).await;
    assert_eq!(versions(&everything(&kafka, "test.readers", 2).await), [1, 2]);
}

async fn lease_token(world: &World) -> i64 {
    use sea_orm::ConnectionTrait;
    use sea_orm::sea_query::Query;
    let query = Query::select().column("token").from(tasktracker_events::outbox::LEASE_TABLE).take();
    let row = world.owner.reader().query_one(&query).await.unwrap();
    row.map_or(0, |row| row.try_get_by_index(0).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_delivered_twice_changes_nothing() {
    let Some(settings) = broker::settings().await else { return };
    let (world, kafka) = (sqlite().await, process(&settings));
    let events: Vec<_> = (1..=40).map(|version| outgoing(&world, Topic::CORE_TASK, "a", version)).collect();
    assert_eq!(kafka.publish("core", 1, &events).await.unwrap(), 40);
    let lifecycle = Lifecycle::new();
    let effects: Arc<dyn Reaction> = Arc::new(Effects {
        group: "test.effects",
        database: world.owner.clone(),
        clock: world.shared_clock(),
    });
    world.consumers_of(Arc::clone(&kafka) as _).start(effects);
    until_handled(&kafka, "test.effects").await;
    assert_eq!(world.effects("a").await.len(), 40);

    let again = process(&settings);
    assert_eq!(again.publish("core", 2, &events).await.unwrap(), 40);
    assert!(matches!(
        again.publish("core", 1, &events[..1]).await,
        Err(PublishError::Fenced { newest: 2 })
    ));
    let looks = Notes::new("test.looks", TASKS, 10);
    world.consumers_of(Arc::clone(&kafka) as _).start(Arc::clone(&looks) as _);
    until("all of it comes twice", || async { looks.events().len() == 80 }).await;
    until_handled(&kafka, "test.effects").await;
    assert_eq!(world.effects("a").await, (1..=40).collect::<Vec<i64>>());
    let seen: HashSet<_> = looks.events().iter().map(|event| event.event_id).collect();
    assert_eq!(seen.len(), 40);
    let all = looks.events();
    let unseen = inbox::unseen(world.owner.reader(), "test.effects", &all).await.unwrap();
    assert!(unseen.is_empty());
    lifecycle.stop();
}
