//! Events of the first release, as bytes, are read as they were meant; and what a later release adds does no harm. New files are written by
//! `cargo run -p tasktracker-events --example write_golden`, which leaves those alone that are there.

mod values;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use prost::Message;
use tasktracker_events::transport::Outgoing;
use tasktracker_events::{Event, Publisher, TOPICS, Topic};
use tasktracker_proto::DESCRIPTORS;
use tasktracker_proto::events::v1::{TaskCreated, TaskEvent};

use crate::log::outgoing;
use crate::reactions::{Fate, Notes};
use crate::world::{World, both, until};
use values::Golden;

fn committed(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/v1")
        .join(format!("{name}.bin"));
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; cargo run -p tasktracker-events --example write_golden",
            path.display()
        )
    })
}

fn assert_read_as_meant<M: Message + Default + PartialEq + Debug>(values: Vec<Golden<M>>) {
    for Golden { name, value } in values {
        let bytes = committed(name);
        assert_eq!(M::decode(bytes.as_slice()).unwrap(), value, "{name}");
        assert_eq!(value.encode_to_vec(), bytes, "{name} is written as it was");
    }
}

#[test]
fn bytes_of_the_first_release_are_read_as_they_were_meant() {
    assert_read_as_meant(values::tasks());
    assert_read_as_meant(values::projects());
    assert_read_as_meant(values::users());
    assert_read_as_meant(values::accesses());
    assert_read_as_meant(values::uploads());
}

#[test]
fn every_kind_of_event_has_its_file() {
    let descriptors = prost_types::FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let names: BTreeSet<&str> = values::files().into_iter().map(|(name, _)| name).collect();
    let mut kinds = 0;
    for topic in TOPICS {
        let message_name = topic.event_type.rsplit('.').next().unwrap();
        let events = descriptors.file.iter().filter(|file| file.package() == "tasktracker.events.v1");
        let message = events
            .flat_map(|file| &file.message_type)
            .find(|message| message.name() == message_name);
        let about = message_name.strip_suffix("Event").unwrap().to_lowercase();
        for field in message.unwrap().field.iter().filter(|field| field.oneof_index.is_some()) {
            let name = format!("{about}_{}", field.name());
            assert!(names.contains(name.as_str()), "{name}");
            kinds += 1;
        }
        assert!(names.iter().any(|name| name.starts_with(&about)), "{about}");
    }
    assert_eq!(kinds, 11);
}

/// A varint field of this number, which no message has.
fn unknown_field(number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encoding::uint64::encode(number, &42, &mut bytes);
    bytes
}

/// A message field of this number: a case of the oneof that a later release added.
fn unknown_kind(number: u32) -> Vec<u8> {
    let something = TaskCreated {
        mentioned_user_ids: vec!["somebody".to_owned()],
    };
    let mut bytes = Vec::new();
    prost::encoding::message::encode(number, &something, &mut bytes);
    bytes
}

/// An event of a later release: a field and a kind that this one does not know.
fn of_later_release(known: &TaskEvent) -> Vec<u8> {
    let without_kind = TaskEvent {
        kind: None,
        ..known.clone()
    };
    [without_kind.encode_to_vec(), unknown_kind(200), unknown_field(1000)].concat()
}

fn received(world: &World, topic: Topic, payload: Vec<u8>) -> Event {
    Event {
        topic,
        partition: 0,
        position: 1,
        key: "a".to_owned(),
        event_id: world.ids.next(),
        occur_time: world.now(),
        payload: payload.into(),
    }
}

#[tokio::test]
async fn what_a_later_release_adds_is_left_out() {
    let world = crate::world::sqlite().await;
    for Golden { name, value } in values::tasks() {
        let with_field = [value.encode_to_vec(), unknown_field(1000)].concat();
        let event = received(&world, Topic::CORE_TASK, with_field);
        assert_eq!(event.decode::<TaskEvent>().unwrap(), value, "{name}");

        let later = received(&world, Topic::CORE_TASK, of_later_release(&value))
            .decode::<TaskEvent>()
            .unwrap();
        assert_eq!(later.kind, None);
        assert_eq!(
            (later.task_id, later.version, later.after),
            (value.task_id, value.version, value.after)
        );
    }
    let elsewhere = received(&world, Topic::CORE_PROJECT, Vec::new());
    assert!(
        elsewhere.decode::<TaskEvent>().is_err(),
        "a task event is not read from the topic of projects"
    );
}

#[tokio::test]
async fn dead_letters_and_replays_have_the_bytes_of_a_later_release() {
    for world in both().await {
        let later = of_later_release(&values::tasks()[0].value);
        let sent = Outgoing {
            payload: later.clone().into(),
            ..outgoing(&world, Topic::CORE_TASK, "a", 1)
        };
        let notes = Notes::deciding("test.later", &[Topic::CORE_TASK], 1, |_, _| Fate::Poison);
        let letters = world.start(Arc::clone(&notes) as _);
        world.log.publish("core", 1, &[sent]).await.unwrap();
        until("it is a dead letter", || async { letters.count().await.unwrap() == 1 }).await;
        let letter = letters.list(None, None, 1).await.unwrap().remove(0);
        assert_eq!(letter.payload, later);
        notes.heal();
        letters.replay(letter.id).await.unwrap();
        assert_eq!(notes.events()[0].payload, later);
    }
}
