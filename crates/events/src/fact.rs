//! The facts that services tell each other, and the topic of each. `docs/events.md` is generated from this table.

use jiff::Timestamp;
use prost::Message;
use tasktracker_proto::events::v1::{AccessEvent, Actor, EventMeta, FileEvent, ProjectEvent, TaskEvent, UserEvent};
use tasktracker_server::time;
use uuid::Uuid;

/// A stream of facts of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic {
    /// Its name, the same on every transport.
    pub name: &'static str,
    /// Full name of its message.
    pub event_type: &'static str,
    /// The service that writes it.
    pub producer: &'static str,
    /// What the key of an event names.
    pub key: &'static str,
    /// Whether the newest event of a key says all that is to know of it.
    pub is_state: bool,
    /// Into how many partitions Kafka divides it. That number never changes: events of one key would come out of order.
    pub partitions: i32,
    /// For how many days Kafka keeps its events; of a state the newest of each key for ever, and the others for so long at most.
    pub kept_days: u32,
}

impl Topic {
    /// What happens to tasks.
    pub const CORE_TASK: Self = Self {
        name: "tasktracker.core.task.v1",
        event_type: "tasktracker.events.v1.TaskEvent",
        producer: "core",
        key: "task",
        is_state: false,
        partitions: 12,
        kept_days: 30,
    };
    /// What projects are.
    pub const CORE_PROJECT: Self = Self {
        name: "tasktracker.core.project.v1",
        event_type: "tasktracker.events.v1.ProjectEvent",
        producer: "core",
        key: "project",
        is_state: true,
        partitions: 6,
        kept_days: 7,
    };
    /// Who has an account.
    pub const AUTH_USER: Self = Self {
        name: "tasktracker.auth.user.v1",
        event_type: "tasktracker.events.v1.UserEvent",
        producer: "auth",
        key: "user",
        is_state: true,
        partitions: 6,
        kept_days: 7,
    };
    /// What must follow from changes of access.
    pub const AUTH_ACCESS: Self = Self {
        name: "tasktracker.auth.access.v1",
        event_type: "tasktracker.events.v1.AccessEvent",
        producer: "auth",
        key: "project",
        is_state: false,
        partitions: 1,
        kept_days: 30,
    };
    /// What files there are.
    pub const FILES_FILE: Self = Self {
        name: "tasktracker.files.file.v1",
        event_type: "tasktracker.events.v1.FileEvent",
        producer: "files",
        key: "file",
        is_state: true,
        partitions: 6,
        kept_days: 7,
    };

    /// The topic of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TOPICS.into_iter().find(|topic| topic.name == name)
    }
}

/// All topics.
pub const TOPICS: [Topic; 5] = [
    Topic::CORE_TASK,
    Topic::CORE_PROJECT,
    Topic::AUTH_USER,
    Topic::AUTH_ACCESS,
    Topic::FILES_FILE,
];

/// A message that is a fact.
pub trait Fact: Message + Default {
    /// Where it goes.
    const TOPIC: Topic;

    /// What it is about: events of one key stay in order.
    fn key(&self) -> &str;

    /// What it says about itself.
    fn meta(&self) -> Option<&EventMeta>;
}

macro_rules! fact {
    ($message:ident, $topic:ident, $key:ident) => {
        impl Fact for $message {
            const TOPIC: Topic = Topic::$topic;

            fn key(&self) -> &str {
                &self.$key
            }

            fn meta(&self) -> Option<&EventMeta> {
                self.meta.as_ref()
            }
        }
    };
}

fact!(TaskEvent, CORE_TASK, task_id);
fact!(ProjectEvent, CORE_PROJECT, project_id);
fact!(UserEvent, AUTH_USER, user_id);
fact!(AccessEvent, AUTH_ACCESS, project_id);
fact!(FileEvent, FILES_FILE, file_id);

/// What an event says about itself. `user_id` is the person who did it; without one it was the service `service`.
#[must_use]
pub fn meta(event_id: Uuid, at: Timestamp, user_id: Option<Uuid>, service: &str, causation_id: &str) -> EventMeta {
    EventMeta {
        event_id: event_id.to_string(),
        occur_time: Some(time::to_proto(at)),
        actor: Some(Actor {
            user_id: user_id.map(|id| id.to_string()).unwrap_or_default(),
            service: if user_id.is_none() { service.to_owned() } else { String::new() },
        }),
        causation_id: causation_id.to_owned(),
    }
}
