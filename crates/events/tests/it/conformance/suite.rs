//! The tests of the suite.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use jiff::SignedDuration;
use prost::Message;
use tasktracker_events::transport::{Outgoing, PublishError, SubscribeError, Subscription};
use tasktracker_events::{Consumers, Delivery, Event, Subscriber, Topic, meta};
use tasktracker_proto::events::v1::TaskEvent;
use tasktracker_server::Lifecycle;
use tokio_util::sync::CancellationToken;

use super::Transport;
use crate::reactions::{Fate, Notes};
use crate::world::until;

const GROUP: &str = "test.readers";
const TASKS: &[Topic] = &[Topic::CORE_TASK];
const BOTH: &[Topic] = &[Topic::CORE_TASK, Topic::AUTH_ACCESS];

/// An event of its own id.
fn event(transport: &impl Transport, topic: Topic, key: &str, version: i64) -> Outgoing {
    let at = transport.clock().now() + SignedDuration::from_micros(version);
    let id = transport.ids().next();
    let message = TaskEvent {
        meta: Some(meta(id, at, None, "core", "")),
        task_id: key.to_owned(),
        version,
        ..TaskEvent::default()
    };
    Outgoing {
        topic: topic.name.to_owned(),
        key: key.to_owned(),
        event_id: id.to_string(),
        occur_time: at,
        payload: Bytes::from(message.encode_to_vec()),
    }
}

/// Versions 1..=count of each key, in turn.
fn history(transport: &impl Transport, keys: &[&str], count: i64) -> Vec<Outgoing> {
    (1..=count)
        .flat_map(|version| keys.iter().map(move |key| (key, version)))
        .map(|(key, version)| event(transport, Topic::CORE_TASK, key, version))
        .collect()
}

async fn publish(transport: &impl Transport, token: i64, events: &[Outgoing]) {
    let mut rest = events;
    while !rest.is_empty() {
        let taken = transport.publisher().publish("core", token, rest).await.unwrap();
        assert!(taken > 0);
        rest = &rest[taken..];
    }
}

async fn join(subscriber: &Arc<dyn Subscriber>, group: &str, topics: &[Topic]) -> Box<dyn Subscription> {
    within(subscriber.join(group, topics)).await.unwrap()
}

async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), work)
        .await
        .expect("within ten seconds")
}

/// Fetches and stores until there were so many.
async fn drain(subscription: &mut dyn Subscription, count: usize) -> Vec<Event> {
    let mut events = Vec::new();
    while events.len() < count {
        let fetched = within(subscription.fetch(7)).await.unwrap();
        assert_eq!(fetched.missing, 0);
        assert!(fetched.deliveries.len() <= 7);
        events.extend(fetched.deliveries.into_iter().map(of_delivery));
        subscription.store(fetched.end).await.unwrap();
    }
    events
}

fn of_delivery(delivery: Delivery) -> Event {
    match delivery {
        Delivery::Event(event) => event,
        Delivery::Damaged(damaged) => panic!("{damaged:?}"),
    }
}

/// Repetitions left out.
fn once(events: Vec<Event>) -> Vec<Event> {
    let mut seen = HashSet::new();
    events.into_iter().filter(|event| seen.insert(event.event_id)).collect()
}

fn ids(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| event.event_id.to_string()).collect()
}

fn published_ids(events: &[Outgoing]) -> Vec<String> {
    events.iter().map(|event| event.event_id.clone()).collect()
}

/// Of each key, the ids in order.
fn by_key<'a>(events: impl Iterator<Item = (&'a str, String)>) -> HashMap<&'a str, Vec<String>> {
    let mut keys: HashMap<&str, Vec<String>> = HashMap::new();
    for (key, id) in events {
        keys.entry(key).or_default().push(id);
    }
    keys
}

fn assert_in_order_of_keys(seen: &[Event], published: &[Outgoing]) {
    assert_eq!(
        by_key(seen.iter().map(|event| (event.key.as_str(), event.event_id.to_string()))),
        by_key(published.iter().map(|event| (event.key.as_str(), event.event_id.clone())))
    );
}

pub async fn events_come_as_they_were_published_and_in_order<T: Transport>(transport: T) {
    let mut events = history(&transport, &["a", "b", "c"], 20);
    events.push(event(&transport, Topic::AUTH_ACCESS, "other", 1));
    for part in events.chunks(11) {
        publish(&transport, 1, part).await;
    }

    let member = transport.member().await;
    let mut subscription = join(&member, GROUP, BOTH).await;
    let seen = once(drain(&mut *subscription, events.len()).await);

    assert_in_order_of_keys(&seen, &events);
    let mut positions: HashMap<(Topic, String), i64> = HashMap::new();
    for event in &seen {
        let sent = events.iter().find(|sent| sent.event_id == event.event_id.to_string()).unwrap();
        assert_eq!((event.topic.name, &event.key), (sent.topic.as_str(), &sent.key));
        assert_eq!((event.occur_time, &event.payload), (sent.occur_time, &sent.payload));
        let last = positions.insert((event.topic, event.key.clone()), event.position);
        assert!(last.is_none_or(|last| last < event.position));
    }
}

pub async fn the_same_events_come_until_their_position_is_stored<T: Transport>(transport: T) {
    let events = history(&transport, &["a"], 10);
    publish(&transport, 1, &events).await;
    let member = transport.member().await;
    let mut subscription = join(&member, GROUP, TASKS).await;

    let first = within(subscription.fetch(4)).await.unwrap();
    let again = within(subscription.fetch(4)).await.unwrap();
    // More may have come meanwhile.
    assert!(again.deliveries.starts_with(&first.deliveries) && again.deliveries.len() <= 4);

    subscription.store(again.end).await.unwrap();
    let stored = again.deliveries.len();
    let rest = drain(&mut *subscription, 10 - stored).await;
    assert_eq!(ids(&rest), published_ids(&events[stored..]));
}

pub async fn a_killed_member_goes_on_after_what_was_stored<T: Transport>(transport: T) {
    let events = history(&transport, &["a"], 12);
    publish(&transport, 1, &events).await;
    let member = transport.member().await;
    let mut subscription = join(&member, GROUP, TASKS).await;
    let stored = within(subscription.fetch(5)).await.unwrap();
    subscription.store(stored.end).await.unwrap();
    within(subscription.fetch(5)).await.unwrap();
    drop((subscription, member));

    let transport = transport.killed().await;
    transport.forget_the_dead();

    let member = transport.member().await;
    let mut subscription = join(&member, GROUP, TASKS).await;
    let done = stored.deliveries.len();
    let seen = drain(&mut *subscription, 12 - done).await;
    assert_eq!(ids(&seen), published_ids(&events[done..]));
}

pub async fn a_new_group_reads_everything<T: Transport>(transport: T) {
    let events = history(&transport, &["a", "b"], 10);
    publish(&transport, 1, &events).await;
    let member = transport.member().await;
    let mut first = join(&member, GROUP, TASKS).await;
    drain(&mut *first, events.len()).await;

    let mut second = join(&member, "test.newcomers", TASKS).await;
    let seen = once(drain(&mut *second, events.len()).await);
    assert_in_order_of_keys(&seen, &events);
}

pub async fn each_group_has_its_own_position<T: Transport>(transport: T) {
    let events = history(&transport, &["a"], 9);
    publish(&transport, 1, &events).await;
    let member = transport.member().await;
    let mut quick = join(&member, "test.quick", TASKS).await;
    let mut slow = join(&member, "test.slow", TASKS).await;
    let fetched = within(slow.fetch(2)).await.unwrap();
    slow.store(fetched.end).await.unwrap();
    let done = fetched.deliveries.len();

    assert_eq!(ids(&drain(&mut *quick, 9).await), published_ids(&events));
    assert_eq!(ids(&drain(&mut *slow, 9 - done).await), published_ids(&events[done..]));
}

pub async fn an_older_publisher_is_refused<T: Transport>(transport: T) {
    let events = history(&transport, &["a"], 3);
    publish(&transport, 1, &events[..1]).await;
    publish(&transport, 5, &events[1..2]).await;

    let late = event(&transport, Topic::CORE_TASK, "a", 99);
    let refused = transport.publisher().publish("core", 4, std::slice::from_ref(&late)).await;
    assert!(matches!(refused, Err(PublishError::Fenced { newest: 5 })), "{refused:?}");
    // Another producer's tokens are its own.
    let other = event(&transport, Topic::AUTH_ACCESS, "p", 1);
    assert_eq!(transport.publisher().publish("auth", 1, &[other]).await.unwrap(), 1);
    publish(&transport, 5, &events[2..]).await;

    let member = transport.member().await;
    let mut subscription = join(&member, GROUP, TASKS).await;
    assert_eq!(ids(&once(drain(&mut *subscription, 3).await)), published_ids(&events));
}

pub async fn what_is_published_twice_is_the_same_event<T: Transport>(transport: T) {
    let events = history(&transport, &["a", "b"], 4);
    publish(&transport, 1, &events[..6]).await;
    // The relay crashed before it removed them; the next one begins with some of them.
    publish(&transport, 2, &events[2..]).await;

    let member = transport.member().await;
    let mut subscription = join(&member, GROUP, TASKS).await;
    let seen = once(drain(&mut *subscription, events.len()).await);
    assert_in_order_of_keys(&seen, &events);
}

pub async fn a_waiting_member_is_woken<T: Transport>(transport: T) {
    let member = transport.member().await;
    let mut subscription = join(&member, GROUP, TASKS).await;
    let nothing = tokio::time::timeout(Duration::from_millis(50), subscription.fetch(1)).await;
    assert!(nothing.is_err(), "there is nothing");

    let events = history(&transport, &["a"], 1);
    let (fetched, ()) = tokio::join!(within(subscription.fetch(1)), async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        publish(&transport, 1, &events).await;
    });
    assert_eq!(fetched.unwrap().deliveries.len(), 1);
}

pub async fn two_members_share_a_group<T: Transport>(transport: T) {
    let events = history(&transport, &["a", "b", "c", "d"], 25);
    publish(&transport, 1, &events[..50]).await;
    let seen: Arc<Mutex<Vec<Event>>> = Arc::default();
    let stopping = [CancellationToken::new(), CancellationToken::new()];
    let mut members = tokio::task::JoinSet::new();
    for stop in &stopping {
        let (member, seen, stop) = (transport.member().await, Arc::clone(&seen), stop.clone());
        members.spawn(async move {
            let mut subscription = tokio::select! {
                joined = member.join(GROUP, TASKS) => joined.unwrap(),
                () = stop.cancelled() => return,
            };
            loop {
                let fetched = tokio::select! {
                    fetched = subscription.fetch(3) => fetched.unwrap(),
                    () = stop.cancelled() => break subscription.leave().await,
                };
                seen.lock().unwrap().extend(fetched.deliveries.into_iter().map(of_delivery));
                subscription.store(fetched.end).await.unwrap();
            }
        });
    }
    let count = |count: usize| {
        let seen = Arc::clone(&seen);
        async move { seen.lock().unwrap().len() >= count }
    };
    until("the first half is handled", || count(50)).await;
    // Whichever of them has it, the other goes on.
    stopping[0].cancel();
    publish(&transport, 1, &events[50..]).await;
    until("the second half is handled", || count(100)).await;
    stopping[1].cancel();
    members.join_all().await;

    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 100, "nothing came twice: nobody crashed");
    assert_in_order_of_keys(&seen, &events);
}

pub async fn a_member_that_was_replaced_cannot_store<T: Transport>(transport: T) {
    let events = history(&transport, &["a"], 6);
    publish(&transport, 1, &events).await;
    let mut old = join(&transport.replaceable().await, GROUP, TASKS).await;
    let fetched = within(old.fetch(2)).await.unwrap();
    let place = fetched.end;
    // It is only slow, but others think that it is dead.
    let usurper = transport.usurper().await;
    let mut new = join(&usurper, GROUP, TASKS).await;
    let seen = drain(&mut *new, 6).await;
    assert_eq!(ids(&seen), published_ids(&events));

    let late = within(old.store(place)).await;
    assert!(matches!(late, Err(SubscribeError::Lost)), "{late:?}");
    assert!(!old.is_held(place));
    let late = within(old.fetch(1)).await;
    assert!(matches!(late, Err(SubscribeError::Lost)), "{late:?}");
    let more = event(&transport, Topic::CORE_TASK, "a", 7);
    publish(&transport, 1, std::slice::from_ref(&more)).await;
    assert_eq!(ids(&drain(&mut *new, 1).await), [more.event_id]);
}

fn consumers(transport: &impl Transport, subscriber: Arc<dyn Subscriber>, lifecycle: &Lifecycle) -> Consumers {
    Consumers::new(
        "core",
        transport.database(),
        subscriber,
        transport.clock(),
        transport.ids(),
        lifecycle,
    )
}

pub async fn poison_in_the_middle_stops_nothing<T: Transport>(transport: T) {
    let events = history(&transport, &["a"], 9);
    publish(&transport, 1, &events).await;
    let lifecycle = Lifecycle::new();
    let consumers = consumers(&transport, transport.member().await, &lifecycle);
    let bad = events[4].event_id.clone();
    let notes = Notes::deciding(GROUP, TASKS, 4, move |event, _| {
        if event.event_id.to_string() == bad {
            Fate::Poison
        } else {
            Fate::Fine
        }
    });
    consumers.start(Arc::clone(&notes) as _);
    until("the last event is handled", || async { notes.handled().len() >= 8 }).await;

    let expected: Vec<i64> = (1..=9).filter(|version| *version != 5).collect();
    let versions: Vec<i64> = notes.handled().into_iter().map(|(_, version)| version).collect();
    assert_eq!(versions, expected);
    let letters = consumers.dead_letters().list(Some(GROUP), None, 10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(
        (&letters[0].event_id, &letters[0].payload, letters[0].attempts),
        (&events[4].event_id, &events[4].payload, 3)
    );
    lifecycle.stop();
    within(lifecycle.finished()).await.unwrap();
}

pub async fn what_fails_for_now_is_waited_for_in_order<T: Transport>(transport: T) {
    let events = history(&transport, &["a"], 6);
    publish(&transport, 1, &events).await;
    let lifecycle = Lifecycle::new();
    let consumers = consumers(&transport, transport.member().await, &lifecycle);
    let slow = events[2].event_id.clone();
    let notes = Notes::deciding(GROUP, TASKS, 1, move |event, before| {
        if event.event_id.to_string() == slow && before < 4 {
            Fate::Transient
        } else {
            Fate::Fine
        }
    });
    consumers.start(Arc::clone(&notes) as _);
    until("the last event is handled", || async { notes.handled().len() >= 6 }).await;

    let versions: Vec<i64> = notes.handled().into_iter().map(|(_, version)| version).collect();
    assert_eq!(versions, [1, 2, 3, 4, 5, 6]);
    assert_eq!(consumers.dead_letters().count().await.unwrap(), 0);
    lifecycle.stop();
    within(lifecycle.finished()).await.unwrap();
}
