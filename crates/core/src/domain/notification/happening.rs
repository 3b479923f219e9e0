//! Something that happened, and who is told of it: never who did it, and each person once, for the best reason.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::notice::Notice;
use super::reason::Reason;
use crate::domain::ids::{CommentId, ProjectId, StatusId, TaskId, UserId};

/// Something that happened in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// Names it; the same on every delivery. Events have their ids, deadlines [`Happening::due_cause`].
    pub cause: String,
    /// When.
    pub at: Timestamp,
    /// Who did it; none for what time did, or the system.
    pub actor: Option<UserId>,
    /// Where.
    pub project_id: ProjectId,
    /// What.
    pub what: What,
}

/// What happened, as far as people are told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A task was made.
    TaskCreated {
        /// The task.
        task_id: TaskId,
        /// Who is to do it.
        assignees: BTreeSet<UserId>,
        /// Who is named in its description.
        mentioned: BTreeSet<UserId>,
    },
    /// A task was changed.
    TaskUpdated {
        /// The task.
        task_id: TaskId,
        /// Who was to do it.
        before: BTreeSet<UserId>,
        /// Who is to do it now.
        after: BTreeSet<UserId>,
        /// Who is newly named in its description.
        mentioned: BTreeSet<UserId>,
        /// The status it entered, if it did.
        entered: Option<StatusId>,
    },
    /// Somebody wrote under a task.
    Commented {
        /// The task.
        task_id: TaskId,
        /// The comment.
        comment_id: CommentId,
        /// Whether the comment is new: an edit tells only those who are newly named.
        is_new: bool,
        /// Who is to do the task.
        assignees: BTreeSet<UserId>,
        /// Who is newly named in the comment.
        mentioned: BTreeSet<UserId>,
    },
    /// A deadline is near, or has passed.
    Due {
        /// The task.
        task_id: TaskId,
        /// Whether it has passed.
        is_over: bool,
        /// The deadline.
        due_time: Timestamp,
        /// Who is to do the task.
        assignees: BTreeSet<UserId>,
    },
    /// Somebody became a member of the project.
    MemberAdded {
        /// They.
        user_id: UserId,
    },
}

impl Happening {
    /// What names a deadline that is near (or has passed): it is told once, and again when it was moved.
    #[must_use]
    pub fn due_cause(task_id: TaskId, is_over: bool, due_time: Timestamp) -> String {
        let kind = if is_over { "overdue" } else { "due_soon" };
        format!("{kind}:{task_id}:{}", due_time.as_microsecond())
    }

    /// The task whose followers are told; none where only people are told whom it names itself.
    #[must_use]
    pub fn followed_task(&self) -> Option<TaskId> {
        match &self.what {
            What::TaskUpdated {
                task_id, entered: Some(_), ..
            }
            | What::Commented { task_id, is_new: true, .. }
            | What::Due { task_id, .. } => Some(*task_id),
            _ => None,
        }
    }

    /// Whether anybody can be told: what is not leads to nobody, whoever follows the task.
    #[must_use]
    pub fn concerns_somebody(&self) -> bool {
        self.followed_task().is_some() || !self.notices(&BTreeSet::new()).is_empty()
    }

    /// What people are told. `followers` are those of [`Self::followed_task`].
    #[must_use]
    pub fn notices(&self, followers: &BTreeSet<UserId>) -> Vec<Notice> {
        let mut told: BTreeMap<UserId, Reason> = BTreeMap::new();
        let mut tell = |people: &mut dyn Iterator<Item = &UserId>, reason: Reason| {
            for person in people.filter(|person| Some(**person) != self.actor) {
                told.entry(*person)
                    .and_modify(|known| *known = reason.min(*known))
                    .or_insert(reason);
            }
        };
        let (mut task, mut comment, mut status, mut due) = (None, None, None, None);
        match &self.what {
            What::TaskCreated {
                task_id,
                assignees,
                mentioned,
            } => {
                task = Some(*task_id);
                tell(&mut mentioned.iter(), Reason::Mentioned);
                tell(&mut assignees.iter(), Reason::Assigned);
            }
            What::TaskUpdated {
                task_id,
                before,
                after,
                mentioned,
                entered,
            } => {
                (task, status) = (Some(*task_id), *entered);
                tell(&mut mentioned.iter(), Reason::Mentioned);
                tell(&mut after.difference(before), Reason::Assigned);
                tell(&mut before.difference(after), Reason::Unassigned);
                if entered.is_some() {
                    tell(&mut after.union(followers), Reason::StatusChanged);
                }
            }
            What::Commented {
                task_id,
                comment_id,
                is_new,
                assignees,
                mentioned,
            } => {
                (task, comment) = (Some(*task_id), Some(*comment_id));
                tell(&mut mentioned.iter(), Reason::Mentioned);
                if *is_new {
                    tell(&mut assignees.union(followers), Reason::Commented);
                }
            }
            What::Due {
                task_id,
                is_over,
                due_time,
                assignees,
            } => {
                (task, due) = (Some(*task_id), Some(*due_time));
                let reason = if *is_over { Reason::Overdue } else { Reason::DueSoon };
                tell(&mut assignees.union(followers), reason);
            }
            What::MemberAdded { user_id } => tell(&mut std::iter::once(user_id), Reason::MemberAdded),
        }
        let notice = |(recipient, reason)| Notice {
            recipient,
            cause: self.cause.clone(),
            reason,
            project_id: self.project_id,
            task_id: task,
            comment_id: comment,
            actor_id: self.actor,
            status_id: status.filter(|_| reason == Reason::StatusChanged),
            due_time: due,
            at: self.at,
        };
        told.into_iter().map(notice).collect()
    }
}

#[cfg(test)]
#[path = "happening_tests.rs"]
mod tests;
