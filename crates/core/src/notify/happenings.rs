//! From events to what people are told of. An event of a kind that nobody is told of is none.

use std::collections::BTreeSet;
use std::str::FromStr;

use tasktracker_events::{Event, ReactError};
use tasktracker_proto::events::v1::access_event::Kind as AccessKind;
use tasktracker_proto::events::v1::task_event::Kind;
use tasktracker_proto::events::v1::{AccessEvent, EventMeta, TaskEvent, TaskSnapshot};

use crate::domain::ids::UserId;
use crate::domain::notification::{Happening, What};

/// What an event of a task tells people.
///
/// # Errors
/// The event is damaged: poison.
pub fn of_task_event(event: &Event) -> Result<Option<Happening>, ReactError> {
    let told: TaskEvent = event.decode()?;
    let task_id = id(&told.task_id)?;
    let nothing = TaskSnapshot::default();
    let (before, after) = (told.before.as_ref().unwrap_or(&nothing), told.after.as_ref().unwrap_or(&nothing));
    let what = match &told.kind {
        Some(Kind::Created(created)) => What::TaskCreated {
            task_id,
            assignees: people(&after.assignee_ids)?,
            mentioned: people(&created.mentioned_user_ids)?,
        },
        Some(Kind::Updated(updated)) => {
            let moved = (&before.status_id, before.status_category) != (&after.status_id, after.status_category);
            What::TaskUpdated {
                task_id,
                before: people(&before.assignee_ids)?,
                after: people(&after.assignee_ids)?,
                mentioned: people(&updated.mentioned_user_ids)?,
                entered: if moved { Some(id(&after.status_id)?) } else { None },
            }
        }
        Some(Kind::CommentCreated(created)) => What::Commented {
            task_id,
            comment_id: id(&created.comment_id)?,
            is_new: true,
            assignees: people(&after.assignee_ids)?,
            mentioned: people(&created.mentioned_user_ids)?,
        },
        Some(Kind::CommentUpdated(updated)) => What::Commented {
            task_id,
            comment_id: id(&updated.comment_id)?,
            is_new: false,
            assignees: BTreeSet::new(),
            mentioned: people(&updated.mentioned_user_ids)?,
        },
        // A newer release may know more kinds.
        Some(Kind::Deleted(_) | Kind::Restored(_) | Kind::Purged(_) | Kind::CommentDeleted(_)) | None => return Ok(None),
    };
    happening(event, told.meta.as_ref(), &told.project_id, what).map(Some)
}

/// What an event of somebody's access tells people.
///
/// # Errors
/// The event is damaged: poison.
pub fn of_access_event(event: &Event) -> Result<Option<Happening>, ReactError> {
    let told: AccessEvent = event.decode()?;
    match &told.kind {
        Some(AccessKind::MemberAdded(_)) => {
            let what = What::MemberAdded {
                user_id: id(&told.user_id)?,
            };
            happening(event, told.meta.as_ref(), &told.project_id, what).map(Some)
        }
        Some(AccessKind::MemberChanged(_) | AccessKind::MemberRemoved(_)) | None => Ok(None),
    }
}

fn happening(event: &Event, meta: Option<&EventMeta>, project_id: &str, what: What) -> Result<Happening, ReactError> {
    let actor = meta.and_then(|meta| meta.actor.as_ref()).map(|actor| actor.user_id.as_str());
    Ok(Happening {
        cause: event.event_id.to_string(),
        at: event.occur_time,
        actor: actor.filter(|id| !id.is_empty()).map(id).transpose()?,
        project_id: id(project_id)?,
        what,
    })
}

fn people(ids: &[String]) -> Result<BTreeSet<UserId>, ReactError> {
    ids.iter().map(|text| id(text)).collect()
}

fn id<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(text: &str) -> Result<T, ReactError> {
    text.parse()
        .map_err(|error: T::Err| ReactError::poison(anyhow::Error::new(error).context("an event names something by no id")))
}
