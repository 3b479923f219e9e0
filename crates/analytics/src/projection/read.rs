//! Events as statistics take them: what they say in the types of the rules. An event that cannot be read so is damaged, and will ever be.

use jiff::Timestamp;
use tasktracker_proto::events::v1::task_event::Kind;
use tasktracker_proto::events::v1::{ProjectEvent, TaskEvent, TaskSnapshot, UserEvent, UserState};
use tasktracker_server::time::from_proto;
use uuid::Uuid;

use crate::domain::category::Category;
use crate::domain::due::Due;
use crate::domain::task::{Change, Snapshot, Step};
use crate::domain::zone::Zone;

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// About a task.
    Task(Box<TaskFact>),
    /// About a project.
    Project(ProjectFact),
    /// About a person.
    Account(AccountFact),
}

/// What an event says about a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskFact {
    /// The task.
    pub task_id: Uuid,
    /// Its project.
    pub project_id: Uuid,
    /// Version of the task.
    pub version: i64,
    /// When it happened.
    pub at: Timestamp,
    /// The zone of the project, where this program knows it.
    pub zone: Option<Zone>,
    /// What happened.
    pub about: About,
}

/// What an event of a task is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// The task itself.
    Task(Step),
    /// A comment under it.
    Comment(Uuid),
    /// Something that this program does not know.
    Unknown,
}

/// What an event says about a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectFact {
    /// The project.
    pub project_id: Uuid,
    /// Its version.
    pub version: i64,
    /// Its zone, where this program knows it.
    pub zone: Option<Zone>,
}

/// What an event says about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountFact {
    /// The person.
    pub user_id: Uuid,
    /// Version of the account.
    pub version: i64,
    /// Whether the account is gone for good.
    pub is_deleted: bool,
}

/// Why an event cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It is no message of its topic.
    #[error("it is damaged: {0}")]
    Damaged(#[from] prost::DecodeError),
    /// A part of it is missing or means nothing.
    #[error("its {0} cannot be read")]
    Part(&'static str),
}

/// Reads what an event says about a task.
///
/// # Errors
/// It is damaged.
pub fn task(event: &TaskEvent, event_id: Uuid, at: Timestamp) -> Result<Fact, Unreadable> {
    let at = whole_micros(at);
    let version = version(event.version)?;
    let zone = event.after.as_ref().map(|after| after.time_zone.as_str()).unwrap_or_default();
    let step = |change| {
        About::Task(Step {
            event_id,
            version,
            at,
            change,
        })
    };
    let about = match &event.kind {
        Some(Kind::Created(_) | Kind::Updated(_) | Kind::Deleted(_) | Kind::Restored(_)) => {
            let after = event.after.as_ref().ok_or(Unreadable::Part("snapshot"))?;
            step(Change::Is(Box::new(snapshot(after)?)))
        }
        Some(Kind::Purged(_)) => step(Change::Purged),
        Some(Kind::CommentCreated(comment)) => About::Comment(id(&comment.comment_id, "comment_id")?),
        Some(Kind::CommentUpdated(comment)) => About::Comment(id(&comment.comment_id, "comment_id")?),
        Some(Kind::CommentDeleted(comment)) => About::Comment(id(&comment.comment_id, "comment_id")?),
        None => About::Unknown,
    };
    Ok(Fact::Task(Box::new(TaskFact {
        task_id: id(&event.task_id, "task_id")?,
        project_id: id(&event.project_id, "project_id")?,
        version,
        at,
        zone: Zone::named(zone),
        about,
    })))
}

/// Reads what an event says about a project.
///
/// # Errors
/// It is damaged.
pub fn project(event: &ProjectEvent) -> Result<Fact, Unreadable> {
    Ok(Fact::Project(ProjectFact {
        project_id: id(&event.project_id, "project_id")?,
        version: version(event.version)?,
        zone: Zone::named(&event.time_zone),
    }))
}

/// Reads what an event says about a person.
///
/// # Errors
/// It is damaged.
pub fn account(event: &UserEvent) -> Result<Fact, Unreadable> {
    Ok(Fact::Account(AccountFact {
        user_id: id(&event.user_id, "user_id")?,
        version: version(event.version)?,
        is_deleted: event.state() == UserState::Deleted,
    }))
}

fn snapshot(task: &TaskSnapshot) -> Result<Snapshot, Unreadable> {
    let moment = |moment: &Option<prost_types::Timestamp>| moment.as_ref().and_then(from_proto).map(whole_micros);
    let assignees = task.assignee_ids.iter().map(|text| id(text, "assignee_ids"));
    let creator = Some(task.creator_id.as_str()).filter(|text| !text.is_empty());
    let due = Due::read(
        &task.due_date,
        &task.due_local_date_time,
        &task.due_time_zone,
        moment(&task.due_time),
    );
    Ok(Snapshot {
        status_id: id(&task.status_id, "status_id")?,
        category: Category::try_from(task.status_category()).map_err(|()| Unreadable::Part("status_category"))?,
        assignee_ids: assignees.collect::<Result<_, _>>()?,
        creator_id: creator.map(|text| id(text, "creator_id")).transpose()?,
        due,
        create_time: moment(&task.create_time).ok_or(Unreadable::Part("create_time"))?,
        start_time: moment(&task.start_time),
        complete_time: moment(&task.complete_time),
        delete_time: moment(&task.delete_time),
    })
}

/// What stores keep.
fn whole_micros(moment: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(moment.as_microsecond()).unwrap_or(moment)
}

fn id(text: &str, part: &'static str) -> Result<Uuid, Unreadable> {
    Uuid::try_parse(text).map_err(|_| Unreadable::Part(part))
}

fn version(version: i64) -> Result<i64, Unreadable> {
    if (1..i64::MAX).contains(&version) {
        Ok(version)
    } else {
        Err(Unreadable::Part("version"))
    }
}
