//! `docs/events.md`: every topic with its events, who writes them and who reads them, generated from crates/events/topics.toml and the
//! protos, and committed. The reactions in the services are those that the table names, and read the topics that it says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use anyhow::{Context, Result};
use prost_reflect::{FileDescriptor, MessageDescriptor};

use super::Rule;
use crate::protos::Protos;
use crate::repository::Repository;

pub const RULE: Rule = Rule {
    name: "events-doc",
    promise: "docs/events.md and crates/events/topics.toml say which facts there are and who reacts to them",
    remedy: "list the group at its topics in crates/events/topics.toml, then run `cargo xtask gen`",
    check: |subject| {
        let repository = &subject.repository;
        let topics = Topics::parse(repository.text(TABLE).unwrap_or_default())?;
        let mut findings = find_reactions(repository, &topics);
        findings.extend(find_changes(
            repository.text(PATH).unwrap_or_default(),
            &document(subject.protos()?, &topics)?,
        ));
        Ok(findings.into())
    },
};

/// Where the document is.
pub const PATH: &str = "docs/events.md";
/// Where the topics are listed.
pub const TABLE: &str = "crates/events/topics.toml";

/// The listed topics.
pub struct Topics(Vec<Topic>);

struct Topic {
    name: String,
    event: String,
    producer: String,
    key: String,
    is_state: bool,
    partitions: i64,
    kept_days: i64,
    groups: Vec<String>,
}

impl Topics {
    /// Reads the table.
    pub fn parse(text: &str) -> Result<Self> {
        let table: toml::Table = text.parse().with_context(|| format!("cannot read {TABLE}"))?;
        let rows = table.get("topic").and_then(toml::Value::as_array).cloned().unwrap_or_default();
        let topics: Option<Vec<Topic>> = rows.iter().map(Topic::of).collect();
        Ok(Self(topics.with_context(|| {
            format!("{TABLE}: a topic has name, event, producer, key, state, partitions, kept_days and groups")
        })?))
    }

    /// Topics by group, as `src/fact.rs` names them.
    fn by_group(&self) -> BTreeMap<&str, BTreeSet<String>> {
        let mut groups: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for topic in &self.0 {
            for group in &topic.groups {
                groups.entry(group).or_default().insert(topic.constant());
            }
        }
        groups
    }
}

impl Topic {
    fn of(row: &toml::Value) -> Option<Self> {
        let text = |name: &str| row.get(name)?.as_str().map(str::to_owned);
        let groups = row.get("groups")?.as_array()?;
        Some(Self {
            name: text("name")?,
            event: text("event")?,
            producer: text("producer")?,
            key: text("key")?,
            is_state: row.get("state")?.as_bool()?,
            partitions: row.get("partitions")?.as_integer().filter(|count| *count > 0)?,
            kept_days: row.get("kept_days")?.as_integer().filter(|days| *days > 0)?,
            groups: groups
                .iter()
                .map(|group| group.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
        })
    }

    /// `tasktracker.core.task.v1` as `CORE_TASK`.
    fn constant(&self) -> String {
        let words: Vec<&str> = self.name.split('.').skip(1).take(2).collect();
        words.join("_").to_uppercase()
    }
}

/// The document.
pub fn document(protos: &Protos, topics: &Topics) -> Result<String> {
    let mut text = String::from(
        "# Events\n\n<!-- Written by `cargo xtask gen` from crates/events/topics.toml and proto/tasktracker/events. -->\n\nFacts that services tell each \
         other. How they travel and what a reader may rely on is in [crates/events/README.md](../crates/events/README.md).\n\n\
         | topic | key | event | producer | groups that read it |\n|---|---|---|---|---|\n",
    );
    for topic in &topics.0 {
        let Topic {
            name,
            key,
            event,
            producer,
            ..
        } = topic;
        let groups: Vec<String> = topic.groups.iter().map(|group| format!("`{group}`")).collect();
        let event = event.rsplit('.').next().unwrap_or_default();
        let _ = writeln!(text, "| `{name}` | {key} | `{event}` | {producer} | {} |", groups.join(", "));
    }
    for topic in &topics.0 {
        let message = protos.pool.get_message_by_name(&topic.event);
        let message = message.with_context(|| format!("{TABLE}: there is no message {}", topic.event))?;
        section(&mut text, topic, &message);
    }
    Ok(text)
}

fn section(text: &mut String, topic: &Topic, message: &MessageDescriptor) {
    let comment = |path: &[i32]| comment(&message.parent_file(), path);
    let kept = if topic.is_state {
        "The newest event of a key is its state and is always kept."
    } else {
        "Kept until every group has handled it, and some days longer."
    };
    let (partitions, days) = (topic.partitions, topic.kept_days);
    let divided = if partitions == 1 {
        "one partition".to_owned()
    } else {
        format!("{partitions} partitions")
    };
    let on_kafka = if topic.is_state {
        format!("On Kafka: {divided}, compacted, an event that a newer one replaced goes after {days} days at most.")
    } else {
        format!("On Kafka: {divided}, every event for {days} days.")
    };
    let _ = write!(text, "\n## {}\n\n{} {kept} {on_kafka}\n\n", topic.name, comment(message.path()));
    let kinds: Vec<_> = message.oneofs().filter(|oneof| !oneof.is_synthetic()).collect();
    let rows: Vec<_> = if kinds.is_empty() {
        text.push_str("| field | what it says |\n|---|---|\n");
        message.fields().collect()
    } else {
        text.push_str("| kind | what happened |\n|---|---|\n");
        kinds.iter().flat_map(|oneof| oneof.fields().collect::<Vec<_>>()).collect()
    };
    for field in rows {
        let _ = writeln!(text, "| `{}` | {} |", field.name(), comment(field.path()));
    }
}

/// The comment of a declaration, on one line.
fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let source = file.file_descriptor_proto().source_code_info.as_ref();
    let location = source.and_then(|source| source.location.iter().find(|location| location.path == path));
    let comment = location.map(|location| location.leading_comments()).unwrap_or_default();
    comment.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// Reactions that are not in the table or read other topics, and groups of the table that nobody is.
fn find_reactions(repository: &Repository, topics: &Topics) -> Vec<String> {
    let groups = topics.by_group();
    let (mut findings, mut seen) = (Vec::new(), BTreeSet::new());
    for file in repository.rust() {
        let Some((service, _)) = file.path.strip_prefix("crates/").and_then(|path| path.split_once("/src/")) else {
            continue;
        };
        let code = file.text.split("#[cfg(test)]").next().unwrap_or_default();
        if !code.contains("impl Reaction for ") {
            continue;
        }
        let quoted = |group: &&str| code.contains(&format!("\"{group}\""));
        let Some(group) = groups.keys().copied().find(quoted) else {
            findings.push(format!("{}: its group is not in {TABLE}", file.path));
            continue;
        };
        if group.split('.').next() != Some(service) {
            findings.push(format!("{}: {group} is not a group of {service}", file.path));
        }
        if !seen.insert(group) {
            findings.push(format!("{}: {group} is the group of another reaction, too", file.path));
        }
        let (listed, read) = (&groups[group], constants(code));
        if *listed != read {
            findings.push(format!("{}: {group} reads {read:?}, but {TABLE} says {listed:?}", file.path));
        }
    }
    let nobody = groups.keys().filter(|group| !seen.contains(*group));
    findings.extend(nobody.map(|group| format!("{TABLE}: nobody reacts as {group}")));
    findings
}

/// Names after `Topic::` that are written as constants are.
fn constants(code: &str) -> BTreeSet<String> {
    let names = code.split("Topic::").skip(1).map(|rest| {
        rest.chars()
            .take_while(|letter| letter.is_ascii_uppercase() || *letter == '_')
            .collect::<String>()
    });
    names.filter(|name| name.len() > 1).collect()
}

/// Lines that differ between the committed document and the one of the protos.
fn find_changes(committed: &str, present: &str) -> Vec<String> {
    let lacks = |text: &str, line: &str| !text.lines().any(|other| other == line);
    let gone = committed
        .lines()
        .filter(|line| lacks(present, line))
        .map(|line| format!("{PATH}: - {line}"));
    let new = present
        .lines()
        .filter(|line| lacks(committed, line))
        .map(|line| format!("{PATH}: + {line}"));
    let findings: Vec<String> = gone.chain(new).collect();
    if findings.is_empty() && committed != present {
        vec![format!("{PATH}: its lines are not in order")]
    } else {
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protos::samples;

    const LISTED: &str = r#"
        [[topic]]
        name = "tasktracker.core.thing.v1"
        event = "tasktracker.core.v1.ThingEvent"
        producer = "core"
        key = "thing"
        state = false
        partitions = 12
        kept_days = 30
        groups = ["core.echo", "files.cascade"]

        [[topic]]
        name = "tasktracker.core.state.v1"
        event = "tasktracker.core.v1.StateEvent"
        producer = "core"
        key = "state"
        state = true
        partitions = 1
        kept_days = 7
        groups = ["files.cascade"]
    "#;

    fn contract(comment: &str) -> Protos {
        samples::protos(&format!(
            "// Something happened
             // to a thing.
             message ThingEvent {{
               string id = 1;
               oneof kind {{
                 // {comment}
                 Thing made = 2;
                 // It is gone.
                 Thing gone = 3;
               }}
             }}
             // A state.
             message StateEvent {{
               // Its number.
               optional int64 number = 1;
             }}"
        ))
    }

    fn listed() -> Topics {
        Topics::parse(LISTED).unwrap()
    }

    #[test]
    fn shows_topics_kinds_and_groups() {
        let text = document(&contract("It was made."), &listed()).unwrap();
        for line in [
            "| `tasktracker.core.thing.v1` | thing | `ThingEvent` | core | `core.echo`, `files.cascade` |",
            "Something happened to a thing. Kept until every group has handled it, and some days longer. On Kafka: 12 partitions, every event for 30 days.",
            "A state. The newest event of a key is its state and is always kept. On Kafka: one partition, compacted, an event that a newer one replaced goes after 7 days at most.",
            "| `made` | It was made. |",
            "| `gone` | It is gone. |",
            "| `number` | Its number. |",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn finds_a_document_that_is_old() {
        let before = document(&contract("It was made."), &listed()).unwrap();
        let after = document(&contract("It came to be."), &listed()).unwrap();
        assert!(find_changes(&before, &before).is_empty());
        assert_eq!(find_changes(&before, &after).len(), 2);
        assert!(find_changes("", &after).len() > 10);
        let shuffled: Vec<&str> = after.lines().rev().collect();
        assert_eq!(find_changes(&shuffled.join("\n"), &after).len(), 1);
    }

    #[test]
    fn finds_a_table_that_is_wrong() {
        assert!(Topics::parse("topic = [{ name = \"x\" }]").is_err());
        let unknown = Topics::parse(&LISTED.replace("StateEvent", "NoEvent")).unwrap();
        assert!(document(&contract("It was made."), &unknown).is_err());
    }

    #[test]
    fn finds_reactions_that_the_table_does_not_have_as_they_are() {
        let reaction = |group: &str, topics: &str| format!("const GROUP: &str = \"{group}\";\nimpl Reaction for X {{ &[{topics}] }}");
        let good = reaction("files.cascade", "Topic::CORE_THING, Topic::CORE_STATE");
        let echo = reaction("core.echo", "Topic::CORE_THING");
        let fine = [("crates/files/src/consumers/a.rs", good.as_str()), ("crates/core/src/b.rs", &echo)];
        assert!(find_reactions(&Repository::of(&fine), &listed()).is_empty());

        let (less, unknown) = (reaction("files.cascade", "Topic::CORE_THING"), reaction("auth.other", ""));
        let wrong = [
            ("crates/auth/src/consumers/a.rs", less.as_str()),
            ("crates/auth/src/consumers/b.rs", &unknown),
            ("crates/files/src/consumers/c.rs", &good),
            ("crates/jobs/tests/it/d.rs", &unknown),
        ];
        let findings = find_reactions(&Repository::of(&wrong), &listed());
        assert_eq!(findings.len(), 5, "{findings:#?}");
    }
}
