//! Poison on Kafka: it is put aside with its bytes, its headers and its place, and its partition goes on.

use std::sync::Arc;

use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use tasktracker_events::transport::Outgoing;
use tasktracker_events::{Publisher, Topic};

use super::{TASKS, broker, process};
use crate::log::outgoing;
use crate::reactions::{Fate, Notes, version};
use crate::world::{sqlite, until};

const GROUP: &str = "test.poisoned";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_is_kept_as_it_came_and_its_partition_goes_on() {
    let Some(settings) = broker::settings().await else { return };
    let (world, kafka) = (sqlite().await, process(&settings));
    let notes = Notes::deciding(
        GROUP,
        TASKS,
        4,
        |event, _| if version(event) == 3 { Fate::Poison } else { Fate::Fine },
    );
    let consumers = world.consumers_of(Arc::clone(&kafka) as _);
    consumers.start(Arc::clone(&notes) as _);
    let events: Vec<Outgoing> = (1..=6).map(|version| outgoing(&world, Topic::CORE_TASK, "a", version)).collect();
    kafka.publish("core", 1, &events).await.unwrap();
    until("the others are handled", || async { notes.handled().len() == 5 }).await;

    let letters = consumers.dead_letters();
    until("one is a dead letter", || async { letters.count().await.unwrap() == 1 }).await;
    let letter = letters.list(Some(GROUP), None, 10).await.unwrap().remove(0);
    assert_eq!((letter.position, &letter.event_id), (3, &events[2].event_id));
    assert_eq!(letter.partition, notes.events()[0].partition);
    assert_eq!(letter.payload, events[2].payload);
    let names: Vec<&str> = letter.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"ce_id") && names.contains(&"ce_sequence"), "{names:?}");

    notes.heal();
    letters.replay(letter.id).await.unwrap();
    let replayed = notes.events().pop().unwrap();
    assert_eq!((replayed.headers, replayed.partition), (letter.headers, letter.partition));
    assert_eq!(letters.count().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_event_is_put_aside_with_its_headers() {
    let Some(settings) = broker::settings().await else { return };
    let (world, kafka) = (sqlite().await, process(&settings));
    let topic = format!("{}{}", settings.topic_prefix, Topic::CORE_TASK.name);
    let foreign: ThreadedProducer<DefaultProducerContext> =
        ClientConfig::new().set("bootstrap.servers", &settings.brokers).create().unwrap();
    let headers = OwnedHeaders::new().insert(Header {
        key: "from",
        value: Some(&[0xff_u8, 0x01] as &[u8]),
    });
    // The same place in two partitions: two letters.
    for partition in 0..2 {
        let record = BaseRecord::to(&topic)
            .partition(partition)
            .key("a")
            .payload(&b"\x00what is this"[..])
            .headers(headers.clone());
        foreign.send(record).map_err(|(error, _)| error).unwrap();
    }
    foreign
        .send(BaseRecord::<str, [u8]>::to(&topic).partition(2).key("gone"))
        .map_err(|(error, _)| error)
        .unwrap();
    tokio::task::spawn_blocking(move || foreign.flush(std::time::Duration::from_secs(10)))
        .await
        .unwrap()
        .unwrap();

    let notes = Notes::new(GROUP, TASKS, 4);
    let consumers = world.consumers_of(Arc::clone(&kafka) as _);
    consumers.start(Arc::clone(&notes) as _);
    kafka
        .publish("core", 1, &[outgoing(&world, Topic::CORE_TASK, "a", 1)])
        .await
        .unwrap();
    until("the event is handled", || async { notes.handled().len() == 1 }).await;
    let letters = consumers.dead_letters();
    until("the others are dead letters", || async { letters.count().await.unwrap() == 3 }).await;
    let mut found = letters.list(None, None, 10).await.unwrap();
    found.sort_by_key(|letter| letter.partition);
    let told: Vec<(i32, i64, &str)> = found
        .iter()
        .map(|letter| (letter.partition, letter.position, letter.error.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (0, 1, "it has no header ce_id"),
            (1, 1, "it has no header ce_id"),
            (2, 1, "it has no message")
        ]
    );
    assert_eq!(found[0].payload, &b"\x00what is this"[..]);
    assert_eq!(found[0].headers, [("from".to_owned(), vec![0xff_u8, 0x01].into())]);
}
