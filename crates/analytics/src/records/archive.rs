//! Events as they came: kept for good, never changed, so that all numbers can be counted anew. Their ids order them by project, task and
//! version; the id of the event at the end makes a repetition the same document.

use jiff::Timestamp;
use prost::Message;
use tasktracker_events::Event;
use tasktracker_proto::events::v1::{ProjectEvent, TaskEvent, UserEvent};
use uuid::Uuid;

use super::seen::Observation;
use crate::projection::read::{self, Fact, Unreadable};
use crate::store::{Document, Fields, StoreError, Write};

/// Events of tasks.
pub const TASKS: &str = "event|task|";
/// Events of projects.
pub const PROJECTS: &str = "event|project|";
/// Events of people.
pub const USERS: &str = "event|user|";
/// All events.
pub const ALL: &str = "event|";

/// What the ids of a project's task events begin with.
#[must_use]
pub fn tasks_of(project_id: Uuid) -> String {
    format!("{TASKS}{project_id}|")
}

/// What the ids of a task's events begin with.
#[must_use]
pub fn events_of(project_id: Uuid, task_id: Uuid) -> String {
    format!("{TASKS}{project_id}|{task_id}|")
}

/// The id of an event.
#[must_use]
pub fn id_of(fact: &Fact, event_id: Uuid) -> String {
    match fact {
        Fact::Task(task) => format!("{}{:019}|{event_id}", events_of(task.project_id, task.task_id), task.version),
        Fact::Project(project) => format!("{PROJECTS}{}|{:019}|{event_id}", project.project_id, project.version),
        Fact::Account(account) => format!("{USERS}{}|{:019}|{event_id}", account.user_id, account.version),
    }
}

/// Keeps an event.
#[must_use]
pub fn keep(id: &str, event: &Event) -> Write {
    let fields = Fields::default()
        .text("topic", event.topic.name)
        .number("partition", event.partition.into())
        .number("position", event.position)
        .number("time", event.occur_time.as_microsecond())
        .bytes("payload", event.payload.to_vec());
    Write {
        id: id.to_owned(),
        was: None,
        fields: Some(fields),
    }
}

/// Reads a kept event again.
///
/// # Errors
/// The document is damaged.
pub fn read(document: &Document) -> Result<Fact, StoreError> {
    let damaged = |problem: &str| StoreError::damaged(&document.id, problem);
    let time = document.fields.get_number("time").ok_or_else(|| damaged("no time"))?;
    let at = Timestamp::from_microsecond(time).map_err(|error| damaged(&error.to_string()))?;
    let payload = document.fields.get_bytes("payload").ok_or_else(|| damaged("no payload"))?;
    let event_id = document.id.rsplit('|').next().and_then(|id| Uuid::try_parse(id).ok());
    let event_id = event_id.ok_or_else(|| damaged("no event id"))?;
    decode(&document.id, payload, event_id, at).map_err(|error| damaged(&error.to_string()))
}

fn decode(id: &str, payload: &[u8], event_id: Uuid, at: Timestamp) -> Result<Fact, Unreadable> {
    if id.starts_with(TASKS) {
        read::task(&TaskEvent::decode(payload)?, event_id, at)
    } else if id.starts_with(PROJECTS) {
        read::project(&ProjectEvent::decode(payload)?)
    } else {
        read::account(&UserEvent::decode(payload)?)
    }
}

/// What an event of a task says about the zone of its project.
#[must_use]
pub fn observation(task: &read::TaskFact) -> Option<Observation> {
    task.zone.as_ref().map(|zone| Observation {
        at: task.at,
        zone: zone.clone(),
    })
}
