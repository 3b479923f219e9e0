//! Several members of one group: they share the partitions, and hand them over while they are busy.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tasktracker_events::{Event, Publisher, ReactError, Reaction, Subscriber, Topic};
use tokio_util::sync::CancellationToken;

use super::relays::until_handled;
use super::{TASKS, broker, history, keys, process};
use crate::reactions::version;
use crate::world::{sqlite, until};

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
    let events = history(&world, &keys, 1..=40);
    for part in events.chunks(400) {
        assert_eq!(publisher.publish("core", 1, part).await.unwrap(), part.len());
    }
    let seen: Arc<Mutex<Vec<(usize, Event)>>> = Arc::default();
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
    until("the first one works", || count(60)).await;
    start(1);
    until("the second one works, too", || by(1)).await;
    start(2);
    until("and the third", || by(2)).await;
    stops[0].cancel();
    start(3);
    until("and the fourth", || by(3)).await;
    stops[1].cancel();
    until("everything is handled", || count(events.len())).await;
    until_handled(&publisher, "test.slow").await;
    for stop in &stops {
        stop.cancel();
    }
    members.join_all().await;

    let seen = seen.lock().unwrap().clone();
    let mut of_key: HashMap<String, Vec<i64>> = HashMap::new();
    for (_, event) in &seen {
        of_key.entry(event.key.clone()).or_default().push(version(event));
    }
    for key in &keys {
        assert_eq!(of_key[key], (1..=40).collect::<Vec<i64>>(), "of {key}");
    }
    assert_eq!(seen.len(), events.len(), "nothing came twice: each left what it had stored");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_member_is_followed_by_the_others() {
    let Some(settings) = broker::settings().await else { return };
    let (world, publisher) = (sqlite().await, process(&settings));
    let events = history(&world, &keys(12), 1..=10);
    publisher.publish("core", 1, &events).await.unwrap();
    // It takes events of every partition, and stores nothing; and no goodbye of it reaches the broker.
    let dead = process(&settings);
    let mut subscription = dead.join("test.slow", TASKS).await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), subscription.fetch(5))
        .await
        .unwrap()
        .unwrap();
    std::mem::forget(subscription);

    let seen: Arc<Mutex<Vec<(usize, Event)>>> = Arc::default();
    let reaction = Slow {
        member: 1,
        seen: Arc::clone(&seen),
    };
    world.consumers_of(process(&settings) as _).start(Arc::new(reaction));
    // The forgotten one still lives in this process and gives up what the broker asks for: a third of the work at least is the other's.
    until("the living one gets its share", || async { seen.lock().unwrap().len() >= 10 }).await;
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
