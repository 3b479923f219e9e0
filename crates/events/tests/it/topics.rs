//! topics.toml, from which docs/events.md is made, says the same as the code and the protos.

use tasktracker_events::{TOPICS, Topic};
use tasktracker_proto::DESCRIPTORS;

const TABLE: &str = include_str!("../../topics.toml");

#[test]
fn the_table_says_what_the_code_says() {
    let table: toml::Table = TABLE.parse().unwrap();
    let rows = table["topic"].as_array().unwrap();
    let listed: Vec<[&str; 4]> = rows
        .iter()
        .map(|row| ["name", "event", "producer", "key"].map(|column| row[column].as_str().unwrap()))
        .collect();
    let known: Vec<[&str; 4]> = TOPICS
        .iter()
        .map(|topic| [topic.name, topic.event_type, topic.producer, topic.key])
        .collect();
    assert_eq!(listed, known);
    let states: Vec<bool> = rows.iter().map(|row| row["state"].as_bool().unwrap()).collect();
    assert_eq!(states, TOPICS.map(|topic| topic.is_state));
    let number = |row: &toml::Value, column: &str| row[column].as_integer().unwrap();
    let divided: Vec<(i64, i64)> = rows
        .iter()
        .map(|row| (number(row, "partitions"), number(row, "kept_days")))
        .collect();
    assert_eq!(
        divided,
        TOPICS.map(|topic| (i64::from(topic.partitions), i64::from(topic.kept_days)))
    );
}

#[test]
fn every_topic_has_its_message_and_its_name_finds_it() {
    let descriptors = <prost_types::FileDescriptorSet as prost::Message>::decode(DESCRIPTORS).unwrap();
    for topic in TOPICS {
        let name = topic.event_type.strip_prefix("tasktracker.events.v1.").unwrap();
        let messages = descriptors.file.iter().filter(|file| file.package() == "tasktracker.events.v1");
        assert!(
            messages.flat_map(|file| &file.message_type).any(|message| message.name() == name),
            "{name}"
        );
        assert_eq!(Topic::named(topic.name), Some(topic));
    }
    assert_eq!(Topic::named("tasktracker.later.thing.v1"), None);
}
