//! Several members of one group: they share the partitions, and hand them over while they are busy.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tasktracker_events::transport::SubscribeError;
use tasktracker_events::{Event, Publisher, ReactError, Reaction, Subscriber, Topic};
use tokio_util::sync::CancellationToken;

use super::{TASKS, broker, history, keys, process};
use crate::reactions::version;
use crate::world::{sqlite, until_within};

/// Takes some time for each event, and notes which member it was.
struct Slow {
    member: usize,
    seen: Arc<Mutex<Vec<(usize, Event)>>>,
}

impl Reaction for Slow {
    fn group(&self) -> &'static str {
        "test.slow"
    }

    fn topics(&self) -> &'static [Topic] {
        TASKS
    }

    fn react<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Result<(), ReactError>> {
        Box::pin(async move {
            // This is the work, nobody waits for it to pass.
            tokio::time::sleep(Duration::from_millis(4)).await;
            let mut seen = self.seen.lock().unwrap();
            seen.extend(events.iter().map(|event| (self.member, event.clone())));
            Ok(())
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_come_and_go_while_busy_and_nothing_is_lost_repeated_or_out_of_order() {
    let Some(settings) = broker::settings().await else { return };
    let (world, publisher) = (sqlite().await, process(&settings));
    let keys = keys(30);
    let world = Arc::new(world);
    let seen: Arc<Mutex<Vec<(usize, Event)>>> = Arc::default();
    // There is always something to do, until enough has happened.
    let enough = CancellationToken::new();
    let mut writer = tokio::task::JoinSet::new();
    writer.spawn({
        let (world, publisher, keys, seen, enough) = (
            Arc::clone(&world),
            Arc::clone(&publisher),
            keys.clone(),
            Arc::clone(&seen),
            enough.clone(),
        );
        async move {
            let mut last = 0;
            while !enough.is_cancelled() {
                if seen.lock().unwrap().len() + 300 < keys.len() * last {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    continue;
                }
                last += 1;
                let version = i64::try_from(last).unwrap();
                let events = history(&world, &keys, version..=version);
                assert_eq!(publisher.publish("core", 1, &events).await.unwrap(), events.len());
            }
            last
        }
    });
    let stops: Vec<CancellationToken> = (0..4).map(|_| CancellationToken::new()).collect();
    let mut members = tokio::task::JoinSet::new();
    let mut start = |member: usize| {
        let consumers = world.consumers_of(process(&settings) as _);
        let reaction = Slow {
            member,
            seen: Arc::clone(&seen),
        };
        members.spawn(consumers.run(Arc::new(reaction), stops[member].clone()));
    };
    let count = |count: usize| {
        let seen = Arc::clone(&seen);
        async move { seen.lock().unwrap().len() >= count }
    };
    let by = |member: usize| {
        let seen = Arc::clone(&seen);
        async move { seen.lock().unwrap().iter().filter(|(other, _)| *other == member).count() >= 20 }
    };
    start(0);
    until_within(60, "the first one works", || count(60)).await;
    start(1);
    until_within(60, "the second one works, too", || by(1)).await;
    start(2);
    until_within(60, "and the third", || by(2)).await;
    stops[0].cancel();
    start(3);
    until_within(60, "and the fourth", || by(3)).await;
    stops[1].cancel();
    enough.cancel();
    let last = writer.join_next().await.unwrap().unwrap();
    until_within(60, "everything is handled", || count(keys.len() * last)).await;
    for stop in &stops {
        stop.cancel();
    }
    members.join_all().await;
    assert_eq!(publisher.unhandled("test.slow", TASKS).await.unwrap(), 0, "all of it is stored");

    let seen = seen.lock().unwrap().clone();
    let mut of_key: HashMap<String, Vec<i64>> = HashMap::new();
    for (_, event) in &seen {
        of_key.entry(event.key.clone()).or_default().push(version(event));
    }
    for key in &keys {
        assert_eq!(of_key[key], (1..=i64::try_from(last).unwrap()).collect::<Vec<i64>>(), "of {key}");
    }
    assert_eq!(seen.len(), keys.len() * last, "nothing came twice: each left what it had stored");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_that_hangs_is_not_waited_for() {
    let Some(settings) = broker::settings().await else { return };
    let (world, publisher) = (sqlite().await, process(&settings));
    let events = history(&world, &keys(12), 1..=10);
    publisher.publish("core", 1, &events).await.unwrap();
    // It has events in its hands, and neither stores nor asks for more.
    let mut hanging = process(&settings).join("test.slow", TASKS).await.unwrap();
    let held = tokio::time::timeout(Duration::from_secs(10), hanging.fetch(5)).await;
    let held = held.unwrap().unwrap().end;

    let seen: Arc<Mutex<Vec<(usize, Event)>>> = Arc::default();
    let reaction = Slow {
        member: 1,
        seen: Arc::clone(&seen),
    };
    world.consumers_of(process(&settings) as _).start(Arc::new(reaction));
    until_within(30, "the other one gets its share", || async { seen.lock().unwrap().len() >= 10 }).await;
    if !hanging.is_held(held) {
        let late = hanging.store(held).await;
        assert!(matches!(late, Err(SubscribeError::Lost)), "{late:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_far_a_group_is_can_be_asked() {
    let Some(settings) = broker::settings().await else { return };
    let (world, kafka) = (sqlite().await, process(&settings));
    let ends = |of: &Arc<tasktracker_events::kafka::Kafka>| {
        let of = Arc::clone(of);
        async move {
            let ends = of.ends(TASKS).await.unwrap();
            ends.into_iter().map(|end| (end.partition, end.position)).collect::<Vec<_>>()
        }
    };
    assert_eq!(ends(&kafka).await, [(0, 0), (1, 0), (2, 0)]);
    assert_eq!(kafka.unhandled("test.slow", TASKS).await.unwrap(), 0);
    let events = history(&world, &keys(9), 1..=2);
    kafka.publish("core", 1, &events).await.unwrap();
    assert_eq!(ends(&kafka).await.iter().map(|(_, end)| end).sum::<i64>(), 18);
    assert_eq!(kafka.unhandled("test.slow", TASKS).await.unwrap(), 18);

    let mut subscription = kafka.join("test.slow", TASKS).await.unwrap();
    let fetched = tokio::time::timeout(Duration::from_secs(10), subscription.fetch(500)).await;
    let fetched = fetched.unwrap().unwrap();
    subscription.store(fetched.end).await.unwrap();
    let rest = 18 - fetched.deliveries.len() as u64;
    assert_eq!(kafka.unhandled("test.slow", TASKS).await.unwrap(), rest);
}
