//! The log where it promises more than every transport: nothing twice, holes that are told, what is damaged.

use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use tasktracker_events::log::schema;
use tasktracker_events::transport::{Outgoing, Subscription};
use tasktracker_events::{Delivery, Publisher, Subscriber, Topic};

use crate::reactions::Notes;
use crate::world::{World, both, until};

const GROUP: &str = "test.readers";
const TASKS: &[Topic] = &[Topic::CORE_TASK];

pub fn outgoing(world: &World, topic: Topic, key: &str, version: i64) -> Outgoing {
    let event = world.event(key, version);
    Outgoing {
        topic: topic.name.to_owned(),
        key: key.to_owned(),
        payload: prost::Message::encode_to_vec(&event).into(),
        event_id: event.meta.unwrap().event_id,
        occur_time: world.now(),
    }
}

pub async fn publish(world: &World, topic: Topic, key: &str, versions: std::ops::RangeInclusive<i64>) -> Vec<Outgoing> {
    let events: Vec<Outgoing> = versions.map(|version| outgoing(world, topic, key, version)).collect();
    assert_eq!(world.log.publish("core", 1, &events).await.unwrap(), events.len());
    events
}

/// As if somebody had removed entries by hand.
async fn remove(world: &World, topic: Topic, positions: std::ops::RangeInclusive<i64>) {
    let mut txn = world.events.begin();
    let delete = Query::delete()
        .from_table(schema::ENTRIES)
        .and_where(Expr::col("topic").eq(topic.name))
        .and_where(Expr::col("position").between(*positions.start(), *positions.end()))
        .take();
    txn.delete(delete);
    txn.commit().await.unwrap();
}

async fn fetch(subscription: &mut dyn Subscription, most: usize) -> (Vec<i64>, u64, i64) {
    let fetched = tokio::time::timeout(Duration::from_secs(10), subscription.fetch(most)).await;
    let fetched = fetched.expect("within ten seconds").unwrap();
    let positions = fetched.deliveries.iter().map(Delivery::position).collect();
    (positions, fetched.missing, fetched.end.position)
}

#[tokio::test]
async fn what_is_still_there_is_not_added_again() {
    for world in both().await {
        let events = publish(&world, Topic::CORE_TASK, "a", 1..=5).await;
        let new = outgoing(&world, Topic::CORE_TASK, "a", 6);
        let again = [&events[1..], std::slice::from_ref(&new), &events[4..]].concat();
        assert_eq!(world.log.publish("core", 2, &again).await.unwrap(), again.len());
        assert_eq!(world.entries().await, 6);
        assert_eq!(world.log.ends()[Topic::CORE_TASK.name], 6, "positions are dense");
        // Another topic's event may have the same id.
        let elsewhere = Outgoing {
            topic: Topic::AUTH_ACCESS.name.to_owned(),
            ..new
        };
        world.log.publish("core", 2, &[elsewhere]).await.unwrap();
        assert_eq!(world.entries().await, 7);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_producers_at_once_leave_no_gap() {
    for world in both().await {
        let logs = if world.is_postgres() {
            vec![world.log.clone(), world.other_process().await, world.other_process().await]
        } else {
            vec![world.log.clone(); 3]
        };
        let mut producers = tokio::task::JoinSet::new();
        for (number, log) in logs.into_iter().enumerate() {
            let events: Vec<Outgoing> = (1..=40)
                .map(|version| outgoing(&world, Topic::CORE_TASK, &format!("of {number}"), version))
                .collect();
            producers.spawn(async move {
                for part in events.chunks(3) {
                    log.publish(&format!("producer {number}"), 1, part).await.unwrap();
                }
            });
        }
        producers.join_all().await;
        let mut subscription = world.log.join(GROUP, TASKS).await.unwrap();
        until("the log knows all", || async { world.log.ends()[Topic::CORE_TASK.name] == 120 }).await;
        assert_eq!(fetch(&mut *subscription, 500).await, ((1..=120).collect(), 0, 120));
    }
}

#[tokio::test]
async fn a_hole_is_told_and_passed() {
    for world in both().await {
        let mut subscription = world.log.join(GROUP, TASKS).await.unwrap();
        publish(&world, Topic::CORE_TASK, "a", 1..=10).await;
        remove(&world, Topic::CORE_TASK, 3..=5).await;
        assert_eq!(fetch(&mut *subscription, 500).await, (vec![1, 2, 6, 7, 8, 9, 10], 3, 10));
        assert_eq!(fetch(&mut *subscription, 2).await, (vec![1, 2], 0, 2));

        remove(&world, Topic::CORE_TASK, 1..=10).await;
        let place = subscription.fetch(500).await.unwrap();
        assert_eq!((place.deliveries.len(), place.missing, place.end.position), (0, 10, 10));
        subscription.store(place.end).await.unwrap();
        publish(&world, Topic::CORE_TASK, "a", 11..=11).await;
        assert_eq!(fetch(&mut *subscription, 500).await, (vec![11], 0, 11));
    }
}

#[tokio::test]
async fn a_group_goes_on_behind_a_hole() {
    for world in both().await {
        // The group is known before, so that what it misses is a hole and not the past of a new group.
        world.log.join("test.behind", TASKS).await.unwrap().leave().await;
        publish(&world, Topic::CORE_TASK, "a", 1..=6).await;
        remove(&world, Topic::CORE_TASK, 1..=4).await;
        let notes = Notes::new("test.behind", TASKS, 1);
        world.start(notes.clone());
        until("the rest is handled", || async { notes.handled().len() == 2 }).await;
        assert_eq!(notes.handled(), [("a".to_owned(), 5), ("a".to_owned(), 6)]);
    }
}

#[tokio::test]
async fn a_new_group_begins_with_what_is_kept_and_misses_nothing() {
    for world in both().await {
        publish(&world, Topic::CORE_TASK, "a", 1..=5).await;
        remove(&world, Topic::CORE_TASK, 1..=2).await;
        let mut subscription = world.log.join(GROUP, TASKS).await.unwrap();
        assert_eq!(fetch(&mut *subscription, 500).await, (vec![3, 4, 5], 0, 5));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_joins_while_an_event_comes_does_not_miss_it() {
    for world in both().await {
        for round in 1..=60 {
            remove(&world, Topic::CORE_TASK, 1..=round).await;
            let group = format!("test.new {round}");
            let (joined, _) = tokio::join!(world.log.join(&group, TASKS), publish(&world, Topic::CORE_TASK, "a", round..=round));
            assert_eq!(fetch(&mut *joined.unwrap(), 500).await, (vec![round], 0, round));
        }
    }
}

#[tokio::test]
async fn topics_take_turns() {
    for world in both().await {
        publish(&world, Topic::CORE_TASK, "a", 1..=6).await;
        publish(&world, Topic::AUTH_ACCESS, "p", 1..=2).await;
        let mut subscription = world.log.join(GROUP, &[Topic::CORE_TASK, Topic::AUTH_ACCESS]).await.unwrap();
        let mut turns = Vec::new();
        for _ in 0..4 {
            let fetched = subscription.fetch(2).await.unwrap();
            turns.push(fetched.end.topic);
            subscription.store(fetched.end).await.unwrap();
        }
        let (task, access) = (Topic::CORE_TASK, Topic::AUTH_ACCESS);
        assert_eq!(turns, [task, access, task, task], "a long topic does not keep a short one waiting");
    }
}

#[tokio::test]
async fn an_entry_without_a_readable_id_is_delivered_as_it_is() {
    for world in both().await {
        let damaged = Outgoing {
            event_id: "no id".to_owned(),
            ..outgoing(&world, Topic::CORE_TASK, "a", 1)
        };
        world.log.publish("core", 1, std::slice::from_ref(&damaged)).await.unwrap();
        let mut subscription = world.log.join(GROUP, TASKS).await.unwrap();
        let fetched = subscription.fetch(1).await.unwrap();
        let Delivery::Damaged(found) = &fetched.deliveries[0] else {
            panic!("{fetched:?}")
        };
        assert_eq!(
            (&found.event_id, &found.payload, found.position),
            (&damaged.event_id, &damaged.payload, 1)
        );
    }
}

#[tokio::test]
async fn bytes_and_keys_come_as_they_were() {
    for world in both().await {
        let odd = Outgoing {
            key: "quotes \" ' \\ and Ünïcode 🦀 {}".to_owned(),
            payload: (0..=255).collect::<Vec<u8>>().into(),
            ..outgoing(&world, Topic::CORE_TASK, "a", 1)
        };
        let empty = Outgoing {
            payload: Vec::new().into(),
            ..outgoing(&world, Topic::CORE_TASK, "", 1)
        };
        world.log.publish("core", 1, &[odd.clone(), empty.clone()]).await.unwrap();
        let mut subscription = world.log.join(GROUP, TASKS).await.unwrap();
        let fetched = subscription.fetch(10).await.unwrap();
        for (delivery, sent) in fetched.deliveries.iter().zip([odd, empty]) {
            let Delivery::Event(event) = delivery else { panic!("{delivery:?}") };
            assert_eq!((&event.key, &event.payload), (&sent.key, &sent.payload));
        }
        assert_eq!(fetched.deliveries.len(), 2);
    }
}
