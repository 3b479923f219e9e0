//! An event as a message: the CloudEvents binding for Kafka in binary mode. What describes the event stands in headers, the message is its
//! bytes, the key is what it is about.

use bytes::Bytes;
use jiff::Timestamp;
use prost::Message as _;
use rdkafka::Message;
use rdkafka::message::{Header, Headers as _, OwnedHeaders};
use tasktracker_proto::events::v1::{FileEvent, ProjectEvent, TaskEvent, UserEvent};
use uuid::Uuid;

use crate::event::{Damaged, Delivery, Event, Headers};
use crate::fact::Topic;
use crate::transport::Outgoing;

/// The headers of an event on its way out.
pub(super) fn of(producer: &str, event: &Outgoing) -> OwnedHeaders {
    let topic = Topic::named(&event.topic);
    let kind = topic.map_or(event.topic.as_str(), |topic| topic.event_type);
    let (source, time) = (format!("/tasktracker/{producer}"), event.occur_time.to_string());
    let mut headers = OwnedHeaders::new_with_capacity(8);
    for (key, value) in [
        ("ce_specversion", "1.0"),
        ("ce_id", event.event_id.as_str()),
        ("ce_source", source.as_str()),
        ("ce_type", kind),
        ("ce_subject", event.key.as_str()),
        ("ce_time", time.as_str()),
        ("content-type", "application/protobuf"),
    ] {
        headers = headers.insert(Header { key, value: Some(value) });
    }
    match topic.and_then(|topic| version(topic, &event.payload)) {
        Some(version) => headers.insert(Header {
            key: "ce_sequence",
            value: Some(version.to_string().as_str()),
        }),
        None => headers,
    }
}

/// The version of what the event is about, where its events have one.
fn version(topic: Topic, payload: &Bytes) -> Option<i64> {
    let payload = payload.clone();
    let version = match topic {
        Topic::CORE_TASK => TaskEvent::decode(payload).ok()?.version,
        Topic::CORE_PROJECT => ProjectEvent::decode(payload).ok()?.version,
        Topic::AUTH_USER => UserEvent::decode(payload).ok()?.version,
        Topic::FILES_FILE => FileEvent::decode(payload).ok()?.version,
        _ => return None,
    };
    Some(version).filter(|version| *version > 0)
}

/// The event that a message is. What is none comes as it is, to become a dead letter.
pub(super) fn read(topic: Topic, message: &impl Message) -> Delivery {
    // Counted from 1, as everywhere.
    let position = message.offset() + 1;
    let headers: Headers = message.headers().map_or_else(Vec::new, |headers| {
        let whole = |header: Header<'_, &[u8]>| {
            let value = header.value.unwrap_or_default();
            (header.key.to_owned(), Bytes::copy_from_slice(value))
        };
        headers.iter().map(whole).collect()
    });
    let payload = message.payload().map(Bytes::copy_from_slice);
    let key = message.key().unwrap_or_default();
    match described(&headers, key, payload.is_some()) {
        Ok((event_id, occur_time, key)) => Delivery::Event(Event {
            topic,
            partition: message.partition(),
            position,
            key,
            event_id,
            occur_time,
            payload: payload.unwrap_or_default(),
            headers,
        }),
        Err(error) => Delivery::Damaged(Damaged {
            topic: topic.name.to_owned(),
            partition: message.partition(),
            position,
            key: String::from_utf8_lossy(key).replace('\0', " "),
            event_id: text(&headers, "ce_id").unwrap_or_default().to_owned(),
            payload: payload.unwrap_or_default(),
            headers,
            error,
        }),
    }
}

fn described(headers: &Headers, key: &[u8], has_payload: bool) -> Result<(Uuid, Timestamp, String), String> {
    if !has_payload {
        return Err("it has no message".to_owned());
    }
    let id = text(headers, "ce_id").ok_or("it has no header ce_id")?;
    let id = Uuid::try_parse(id).map_err(|error| format!("its id is no UUID: {error}"))?;
    let time = text(headers, "ce_time").ok_or("it has no header ce_time")?;
    let time = time.parse().map_err(|error| format!("its header ce_time is no time: {error}"))?;
    let key = std::str::from_utf8(key).map_err(|error| format!("its key is no text: {error}"))?;
    Ok((id, time, key.to_owned()))
}

fn text<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    let (_, value) = headers.iter().find(|(known, _)| known == name)?;
    std::str::from_utf8(value).ok().filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use rdkafka::Timestamp as Stamp;
    use rdkafka::message::OwnedMessage;

    use super::*;

    fn outgoing() -> Outgoing {
        let message = TaskEvent {
            task_id: "a".to_owned(),
            version: 7,
            ..TaskEvent::default()
        };
        Outgoing {
            topic: Topic::CORE_TASK.name.to_owned(),
            key: "a".to_owned(),
            event_id: "01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
            occur_time: "2026-03-01T12:00:00.123456Z".parse().unwrap(),
            payload: message.encode_to_vec().into(),
        }
    }

    fn message(payload: Option<&[u8]>, key: &[u8], headers: OwnedHeaders) -> OwnedMessage {
        let (payload, key) = (payload.map(<[u8]>::to_vec), Some(key.to_vec()));
        OwnedMessage::new(payload, key, "any".to_owned(), Stamp::NotAvailable, 3, 41, Some(headers))
    }

    #[test]
    fn an_event_comes_as_it_went() {
        let sent = outgoing();
        let delivery = read(Topic::CORE_TASK, &message(Some(&sent.payload), b"a", of("core", &sent)));
        let Delivery::Event(event) = delivery else { panic!("{delivery:?}") };
        assert_eq!((event.partition, event.position), (3, 42));
        assert_eq!((&event.key, &event.payload), (&sent.key, &sent.payload));
        assert_eq!((event.event_id.to_string(), event.occur_time), (sent.event_id, sent.occur_time));
        let shown: Vec<(&str, &str)> = event
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), std::str::from_utf8(value).unwrap()))
            .collect();
        assert_eq!(
            shown,
            [
                ("ce_specversion", "1.0"),
                ("ce_id", "01890a5d-ac96-774b-bcce-b302099a8057"),
                ("ce_source", "/tasktracker/core"),
                ("ce_type", "tasktracker.events.v1.TaskEvent"),
                ("ce_subject", "a"),
                ("ce_time", "2026-03-01T12:00:00.123456Z"),
                ("content-type", "application/protobuf"),
                ("ce_sequence", "7"),
            ]
        );
    }

    #[test]
    fn what_is_no_event_says_why_and_keeps_its_bytes() {
        let sent = outgoing();
        let good = || of("core", &sent);
        let nameless = of(
            "core",
            &Outgoing {
                event_id: "no id".to_owned(),
                ..outgoing()
            },
        );
        for (payload, key, headers, expected) in [
            (None, b"a" as &[u8], good(), "it has no message"),
            (Some(b"x" as &[u8]), b"a", OwnedHeaders::new(), "it has no header ce_id"),
            (Some(b"x"), b"a", nameless, "its id is no UUID"),
            (Some(b"x"), b"\xff", good(), "its key is no text"),
        ] {
            let delivery = read(Topic::CORE_TASK, &message(payload, key, headers));
            let Delivery::Damaged(damaged) = delivery else {
                panic!("{delivery:?}")
            };
            assert!(damaged.error.starts_with(expected), "{damaged:?}");
            assert_eq!((&damaged.payload[..], damaged.partition), (payload.unwrap_or_default(), 3));
        }
    }
}
