//! Histories of projects and tasks, made up at random by a small Core of its own, as the events that it would send.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use tasktracker_events::{Event, Fact};
use tasktracker_proto::events::v1::task_event::Kind;
use tasktracker_proto::events::v1::*;
use tasktracker_server::time::to_proto;
use uuid::Uuid;

/// Zones that projects are in.
pub const ZONES: [&str; 5] = [
    "UTC",
    "Europe/Berlin",
    "Pacific/Kiritimati",
    "America/St_Johns",
    "America/Sao_Paulo",
];
/// When histories begin: shortly before clocks change in Berlin, late in a month.
pub const BEGINNING: &str = "2026-03-28T20:00:00Z";
/// People.
pub const USERS: u128 = 3;
/// Projects.
pub const PROJECTS: u128 = 2;

/// Id of a project.
pub fn project_id(number: u128) -> Uuid {
    Uuid::from_u128(0xA000 + number)
}

/// Id of a person.
pub fn user_id(number: u128) -> Uuid {
    Uuid::from_u128(0xB000 + number)
}

/// Id of a task.
pub fn task_id(number: u128) -> Uuid {
    Uuid::from_u128(0xC000 + number)
}

/// Id of the status of a category in a project; there are two for each.
pub fn status_id(category: i32, second: bool) -> Uuid {
    Uuid::from_u128(0xD000 + category as u128 * 2 + u128::from(second))
}

/// Something that somebody does.
#[derive(Debug, Clone)]
pub enum Deed {
    Create { project: u128, creator: u128, category: i32 },
    Status { task: usize, category: i32, second: bool },
    Due { task: usize, due: DueKind },
    Assign { task: usize, people: BTreeSet<u128> },
    Title { task: usize },
    Delete { task: usize },
    Restore { task: usize },
    Purge { task: usize },
    Comment { task: usize },
    Future { task: usize },
    Zone { project: u128, zone: usize },
}

/// A deadline.
#[derive(Debug, Clone)]
pub enum DueKind {
    None,
    Day(i64),
    Time { minutes: i64, zone: usize },
}

/// Deeds with the seconds before each: clocks may go back.
pub fn deeds() -> impl Strategy<Value = Vec<(i64, Deed)>> {
    let pause = prop_oneof![
        8 => 0..40_000_i64,
        2 => 40_000..2_000_000_i64,
        1 => -4_000..0_i64,
    ];
    prop::collection::vec((pause, deed()), 1..45)
}

fn deed() -> impl Strategy<Value = Deed> {
    let task = || 0..8_usize;
    let due = prop_oneof![
        1 => Just(DueKind::None),
        3 => (-3..20_i64).prop_map(DueKind::Day),
        3 => (-3_000..20_000_i64, 0..ZONES.len()).prop_map(|(minutes, zone)| DueKind::Time { minutes, zone }),
    ];
    prop_oneof![
        5 => (0..PROJECTS, 0..USERS, 1..=6_i32).prop_map(|(project, creator, category)| Deed::Create { project, creator, category }),
        9 => (task(), 1..=6_i32, any::<bool>()).prop_map(|(task, category, second)| Deed::Status { task, category, second }),
        4 => (task(), due).prop_map(|(task, due)| Deed::Due { task, due }),
        4 => (task(), prop::collection::btree_set(0..USERS, 0..3)).prop_map(|(task, people)| Deed::Assign { task, people }),
        1 => task().prop_map(|task| Deed::Title { task }),
        3 => task().prop_map(|task| Deed::Delete { task }),
        3 => task().prop_map(|task| Deed::Restore { task }),
        1 => task().prop_map(|task| Deed::Purge { task }),
        1 => task().prop_map(|task| Deed::Comment { task }),
        1 => task().prop_map(|task| Deed::Future { task }),
        2 => (0..PROJECTS, 0..ZONES.len()).prop_map(|(project, zone)| Deed::Zone { project, zone }),
    ]
}

/// A task of the small Core.
#[derive(Debug, Clone)]
pub struct Made {
    pub id: Uuid,
    pub project: u128,
    pub version: i64,
    /// Every state it was in, with the time of the change; `true` for gone for good.
    pub states: Vec<(Timestamp, TaskSnapshot, bool)>,
}

/// What happened, and the events that tell it.
#[derive(Debug, Clone, Default)]
pub struct History {
    pub tasks: Vec<Made>,
    /// The zone that each project has at the end.
    pub zones: BTreeMap<u128, String>,
    versions: BTreeMap<u128, i64>,
    /// In the order in which they happened.
    pub events: Vec<Event>,
    comments: u128,
    /// The latest moment of all.
    pub end: Timestamp,
}

impl History {
    /// What follows from the deeds.
    pub fn of(deeds: &[(i64, Deed)]) -> Self {
        let mut history = Self::default();
        let mut now: Timestamp = BEGINNING.parse().unwrap();
        for project in 0..PROJECTS {
            history.zone(project, 0, now);
        }
        for (pause, deed) in deeds {
            now += SignedDuration::from_secs(*pause);
            history.end = history.end.max(now);
            history.happen(deed, now);
        }
        history
    }

    fn happen(&mut self, deed: &Deed, now: Timestamp) {
        match deed {
            Deed::Create {
                project,
                creator,
                category,
            } => self.create(*project, *creator, *category, now),
            Deed::Zone { project, zone } => self.zone(*project, *zone, now),
            Deed::Status { task, category, second } => self.change(*task, now, |task| {
                let was = task.status_category;
                task.status_id = status_id(*category, *second).to_string();
                task.status_category = *category;
                if *category == StatusCategory::Started as i32 && task.start_time.is_none() {
                    task.start_time = Some(to_proto(now));
                }
                let (was, is) = (
                    was == StatusCategory::Completed as i32,
                    *category == StatusCategory::Completed as i32,
                );
                if is && !was {
                    task.complete_time = Some(to_proto(now));
                } else if !is {
                    task.complete_time = None;
                }
            }),
            Deed::Due { task, due } => self.change(*task, now, |task| set_due(task, due)),
            Deed::Assign { task, people } => self.change(*task, now, |task| {
                task.assignee_ids = people.iter().map(|person| user_id(*person).to_string()).collect();
            }),
            Deed::Title { task } => self.change(*task, now, |_| {}),
            Deed::Delete { task } => self.trash(*task, now, true),
            Deed::Restore { task } => self.trash(*task, now, false),
            Deed::Purge { task } => self.purge(*task, now),
            Deed::Comment { task } => self.comment(*task, now),
            Deed::Future { task } => self.tell(*task, None, now),
        }
    }

    fn create(&mut self, project: u128, creator: u128, category: i32, now: Timestamp) {
        let snapshot = TaskSnapshot {
            status_id: status_id(category, false).to_string(),
            status_category: category,
            creator_id: user_id(creator).to_string(),
            create_time: Some(to_proto(now)),
            start_time: (category == StatusCategory::Started as i32).then(|| to_proto(now)),
            complete_time: (category == StatusCategory::Completed as i32).then(|| to_proto(now)),
            ..TaskSnapshot::default()
        };
        self.tasks.push(Made {
            id: task_id(self.tasks.len() as u128),
            project,
            version: 1,
            states: vec![(now, snapshot, false)],
        });
        self.tell(self.tasks.len() - 1, Some(Kind::Created(TaskCreated::default())), now);
    }

    fn change(&mut self, task: usize, now: Timestamp, change: impl FnOnce(&mut TaskSnapshot)) {
        let Some(made) = self.tasks.get_mut(task) else { return };
        let (_, mut snapshot, is_gone) = made.states.last().cloned().unwrap();
        if is_gone || snapshot.delete_time.is_some() {
            return;
        }
        change(&mut snapshot);
        made.version += 1;
        made.states.push((now, snapshot, false));
        self.tell(task, Some(Kind::Updated(TaskUpdated::default())), now);
    }

    fn trash(&mut self, task: usize, now: Timestamp, into: bool) {
        let Some(made) = self.tasks.get_mut(task) else { return };
        let (_, mut snapshot, is_gone) = made.states.last().cloned().unwrap();
        if is_gone || snapshot.delete_time.is_some() == into {
            return;
        }
        snapshot.delete_time = into.then(|| to_proto(now));
        made.version += 1;
        made.states.push((now, snapshot, false));
        let kind = if into {
            Kind::Deleted(TaskDeleted {})
        } else {
            Kind::Restored(TaskRestored {})
        };
        self.tell(task, Some(kind), now);
    }

    fn purge(&mut self, task: usize, now: Timestamp) {
        let Some(made) = self.tasks.get_mut(task) else { return };
        let (_, snapshot, is_gone) = made.states.last().cloned().unwrap();
        if is_gone {
            return;
        }
        made.version += 1;
        made.states.push((now, snapshot, true));
        self.tell(task, Some(Kind::Purged(TaskPurged {})), now);
    }

    fn comment(&mut self, task: usize, now: Timestamp) {
        self.comments += 1;
        // One comment a task, which is written and deleted in turn.
        let comment_id = Uuid::from_u128(0xE000 + task as u128).to_string();
        let kind = if self.comments.is_multiple_of(2) {
            Kind::CommentCreated(CommentCreated {
                comment_id,
                ..CommentCreated::default()
            })
        } else {
            Kind::CommentDeleted(CommentDeleted { comment_id })
        };
        self.tell(task, Some(kind), now);
    }

    fn zone(&mut self, project: u128, zone: usize, now: Timestamp) {
        self.zones.insert(project, ZONES[zone].to_owned());
        let version = self.versions.entry(project).or_default();
        *version += 1;
        let event = ProjectEvent {
            meta: None,
            project_id: project_id(project).to_string(),
            version: *version,
            time_zone: ZONES[zone].to_owned(),
            ..ProjectEvent::default()
        };
        self.send(&event, now);
    }

    fn tell(&mut self, task: usize, kind: Option<Kind>, now: Timestamp) {
        let Some(made) = self.tasks.get(task) else { return };
        let zone = self.zones[&made.project].clone();
        let snapshot = |state: &(Timestamp, TaskSnapshot, bool)| TaskSnapshot {
            time_zone: zone.clone(),
            ..state.1.clone()
        };
        let is_purge = matches!(kind, Some(Kind::Purged(_)));
        let event = TaskEvent {
            task_id: made.id.to_string(),
            project_id: project_id(made.project).to_string(),
            version: made.version,
            after: made.states.last().map(snapshot).filter(|_| !is_purge),
            kind,
            ..TaskEvent::default()
        };
        self.send(&event, now);
    }

    fn send<F: Fact>(&mut self, fact: &F, at: Timestamp) {
        self.events.push(event(fact, self.events.len(), at));
    }
}

/// An event as the log brings it; its place is that among all events.
pub fn event<F: Fact>(fact: &F, index: usize, at: Timestamp) -> Event {
    Event {
        topic: F::TOPIC,
        partition: 0,
        position: index as i64 + 1,
        key: fact.key().to_owned(),
        event_id: Uuid::from_u128(0xF_0000 + index as u128),
        occur_time: at,
        payload: fact.encode_to_vec().into(),
    }
}

fn set_due(task: &mut TaskSnapshot, due: &DueKind) {
    let beginning: jiff::civil::DateTime = "2026-03-28T20:00".parse().unwrap();
    (task.due_date, task.due_local_date_time, task.due_time_zone) = match due {
        DueKind::None => Default::default(),
        DueKind::Day(days) => {
            let day = beginning.date().saturating_add(jiff::Span::new().days(*days));
            (day.to_string(), String::new(), String::new())
        }
        DueKind::Time { minutes, zone } => {
            let local = beginning.saturating_add(jiff::Span::new().minutes(*minutes));
            (String::new(), local.strftime("%Y-%m-%dT%H:%M").to_string(), ZONES[*zone].to_owned())
        }
    };
}
