//! What Core tells the other services: events, written in the transaction of the change. They carry ids, numbers and times, never a text
//! that a person wrote.

use jiff::Timestamp;
use tasktracker_database::Transaction;
use tasktracker_events::{Event, meta, outbox};
use tasktracker_identity::Call;
use tasktracker_proto::events::v1::task_event::Kind;
use tasktracker_proto::events::v1::{
    EventMeta, ProjectEvent, ProjectStatus, StatusCategory as EventCategory, TaskEvent, TaskPurged, TaskSnapshot,
};
use tasktracker_server::{RpcError, request, time};
use uuid::Uuid;

use crate::app::App;
use crate::domain::choices::StatusCategory;
use crate::domain::due::Due;
use crate::domain::ids::UserId;
use crate::domain::project::Project;
use crate::domain::status::Status;
use crate::domain::task::Task;

/// Who did something, when, and what it follows from.
#[derive(Debug, Clone)]
pub struct Cause {
    /// The person; none where Core did it by itself.
    pub actor: Option<Uuid>,
    /// When.
    pub at: Timestamp,
    /// Id of the request, event or job that it follows from.
    pub causation_id: String,
}

impl Cause {
    /// A person did it by calling.
    ///
    /// # Errors
    /// The caller is no person.
    pub fn call(call: &Call, at: Timestamp) -> Result<Self, RpcError> {
        Ok(Self {
            actor: Some(call.user_id()?),
            at,
            causation_id: request::current_id().map(|id| id.to_string()).unwrap_or_default(),
        })
    }

    /// It follows from what happened elsewhere: whoever did that did this.
    #[must_use]
    pub fn event(event: &Event, meta: Option<&EventMeta>, at: Timestamp) -> Self {
        let actor = meta.and_then(|meta| meta.actor.as_ref());
        Self {
            actor: actor.and_then(|actor| Uuid::try_parse(&actor.user_id).ok()),
            at,
            causation_id: event.event_id.to_string(),
        }
    }

    /// Core does it by itself, because of a job or a moment.
    #[must_use]
    pub fn own(at: Timestamp) -> Self {
        Self {
            actor: None,
            at,
            causation_id: String::new(),
        }
    }

    /// How activity names the one who did it.
    #[must_use]
    pub fn actor_text(&self) -> String {
        self.actor.map_or_else(|| "core".to_owned(), |id| UserId::from(id).to_string())
    }

    fn meta(&self, app: &App) -> EventMeta {
        meta(app.ids.next(), self.at, self.actor, "core", &self.causation_id)
    }
}

/// What happened to a task, with what the task was before, where that says something.
#[derive(Debug)]
pub struct Told<'a> {
    /// The task now.
    pub after: &'a Task,
    /// The task before.
    pub before: Option<&'a Task>,
    /// Time zone of its project.
    pub zone: &'a str,
    /// What happened.
    pub kind: Kind,
}

/// Tells what happened to a task.
pub fn task(txn: &mut Transaction, app: &App, cause: &Cause, told: Told<'_>) {
    let event = TaskEvent {
        meta: Some(cause.meta(app)),
        task_id: told.after.id.to_string(),
        project_id: told.after.project_id.to_string(),
        version: told.after.version,
        after: Some(snapshot(told.after, told.zone)),
        before: told.before.map(|before| snapshot(before, told.zone)),
        kind: Some(told.kind),
    };
    outbox::append(txn, &event);
}

/// Tells that a task is gone for good.
pub fn task_purged(txn: &mut Transaction, app: &App, cause: &Cause, task_id: Uuid, project_id: Uuid, version: i64) {
    let event = TaskEvent {
        meta: Some(cause.meta(app)),
        task_id: task_id.to_string(),
        project_id: project_id.to_string(),
        version,
        kind: Some(Kind::Purged(TaskPurged {})),
        ..TaskEvent::default()
    };
    outbox::append(txn, &event);
}

/// Tells what a project is now.
pub fn project(txn: &mut Transaction, app: &App, cause: &Cause, project: &Project, workflow: &[Status]) {
    let status = |status: &Status| ProjectStatus {
        status_id: status.id.to_string(),
        category: category(status.category).into(),
    };
    let event = ProjectEvent {
        meta: Some(cause.meta(app)),
        project_id: project.id.to_string(),
        version: project.version,
        time_zone: project.fields.time_zone.to_string(),
        statuses: workflow.iter().map(status).collect(),
        archive_time: project.archive_time.map(time::to_proto),
        delete_time: project.delete_time.map(time::to_proto),
        purged: false,
    };
    outbox::append(txn, &event);
}

/// Tells that a project is gone for good.
pub fn project_purged(txn: &mut Transaction, app: &App, cause: &Cause, project_id: Uuid, version: i64) {
    let event = ProjectEvent {
        meta: Some(cause.meta(app)),
        project_id: project_id.to_string(),
        version,
        purged: true,
        ..ProjectEvent::default()
    };
    outbox::append(txn, &event);
}

fn snapshot(task: &Task, zone: &str) -> TaskSnapshot {
    let fields = &task.fields;
    let (due_date, due_local, due_zone) = match &fields.due {
        Some(due @ Due::Date(_)) => (due.local_text(), String::new(), String::new()),
        Some(due @ Due::At { zone, .. }) => (String::new(), due.local_text(), zone.to_string()),
        None => Default::default(),
    };
    TaskSnapshot {
        time_zone: zone.to_owned(),
        status_id: fields.step.status_id.to_string(),
        status_category: category(fields.step.category).into(),
        priority: fields.priority.number(),
        r#type: fields.task_type.number(),
        assignee_ids: fields.assignee_ids.iter().map(ToString::to_string).collect(),
        creator_id: task.creator_id.to_string(),
        parent_id: fields.parent_id.map(|id| id.to_string()).unwrap_or_default(),
        due_date,
        due_local_date_time: due_local,
        due_time_zone: due_zone,
        due_time: task.deadline.map(|deadline| time::to_proto(deadline.instant)),
        estimate_points: fields.estimate_points,
        create_time: Some(time::to_proto(task.create_time)),
        start_time: task.start_time.map(time::to_proto),
        complete_time: task.complete_time.map(time::to_proto),
        delete_time: task.delete_time.map(time::to_proto),
    }
}

fn category(category: StatusCategory) -> EventCategory {
    match category {
        StatusCategory::Triage => EventCategory::Triage,
        StatusCategory::Backlog => EventCategory::Backlog,
        StatusCategory::Unstarted => EventCategory::Unstarted,
        StatusCategory::Started => EventCategory::Started,
        StatusCategory::Completed => EventCategory::Completed,
        StatusCategory::Canceled => EventCategory::Canceled,
    }
}
