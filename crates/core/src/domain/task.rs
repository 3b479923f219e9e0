//! A task, and what may happen to it. Every verb either refuses, or leaves a task that keeps all rules, with its version raised.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::json;

use super::change::{FieldChange, Outcome};
use super::choices::StatusCategory;
use super::due::Deadline;
use super::ids::{ProjectId, TaskId, UserId};
use super::invalid::Invalid;
use super::mask::EditableField;
use super::merge::{ChangedSince, Conflict, Edit, merge};
use super::rank::Rank;
use super::status::Step;
use super::task_fields::{TaskField, TaskFields};
use super::zone::Zone;

/// Something to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Id.
    pub id: TaskId,
    /// Project it belongs to.
    pub project_id: ProjectId,
    /// Number in the project, never used again.
    pub number: i32,
    /// Who made it.
    pub creator_id: UserId,
    /// What people decide about it.
    pub fields: TaskFields,
    /// What follows from `fields.due` in the project's zone.
    pub deadline: Option<Deadline>,
    /// When it first entered a status of category STARTED.
    pub start_time: Option<Timestamp>,
    /// When it last entered category COMPLETED, while it stays there.
    pub complete_time: Option<Timestamp>,
    /// Number of comments; changes without a new version.
    pub comment_count: i32,
    /// Number of files; changes without a new version.
    pub attachment_count: i32,
    /// Place in the project.
    pub rank: Rank,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it was last changed.
    pub update_time: Timestamp,
    /// When it was deleted.
    pub delete_time: Option<Timestamp>,
    /// The task whose deletion took this one along (itself, where it was the one); what was deleted together is restored together.
    pub deleted_with: Option<TaskId>,
    /// Counted from 1 with every change.
    pub version: i64,
}

/// A new task that keeps all rules and has yet to get its number and rank, which the database counts.
#[derive(Debug, Clone, PartialEq)]
pub struct UnnumberedTask(Task);

/// Who makes a task where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Id of the new task.
    pub id: TaskId,
    /// Project it will belong to.
    pub project_id: ProjectId,
    /// Who makes it.
    pub creator_id: UserId,
}

/// What a verb of a task may refuse.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TaskError {
    /// Fields break a rule.
    #[error("fields of the task break a rule")]
    Invalid(Vec<Invalid>),
    /// Somebody else changed the same fields.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// It is deleted.
    #[error("the task is deleted")]
    Deleted,
    /// It is not deleted.
    #[error("the task is not deleted")]
    NotDeleted,
}

impl Task {
    /// Makes a task in a project of this zone.
    pub fn create(origin: Origin, mut fields: TaskFields, project: &Zone, now: Timestamp) -> Result<UnnumberedTask, TaskError> {
        fields
            .normalize(&TaskField::ALL.iter().copied().collect())
            .map_err(TaskError::Invalid)?;
        fields
            .check_order_of_days(project)
            .map_err(|invalid| TaskError::Invalid(vec![invalid]))?;

        let category = fields.step.category;
        let mut task = Self {
            id: origin.id,
            project_id: origin.project_id,
            number: 0,
            creator_id: origin.creator_id,
            fields,
            deadline: None,
            start_time: (category == StatusCategory::Started).then_some(now),
            complete_time: (category == StatusCategory::Completed).then_some(now),
            comment_count: 0,
            attachment_count: 0,
            rank: Rank::appended(0),
            create_time: now,
            update_time: now,
            delete_time: None,
            deleted_with: None,
            version: 1,
        };
        task.compute_deadline(project);
        Ok(UnnumberedTask(task))
    }

    /// Changes the fields of `mask` to the values in `wanted`, merged with what others changed since the version that the client had read.
    pub fn update(
        &mut self,
        mut wanted: TaskFields,
        mask: &BTreeSet<TaskField>,
        since: &ChangedSince,
        project: &Zone,
        now: Timestamp,
    ) -> Result<Outcome, TaskError> {
        self.must_live()?;
        wanted.normalize(mask).map_err(TaskError::Invalid)?;

        let edits = mask.iter().map(|field| Edit {
            field: *field,
            name: field.name(),
            current: self.fields.json(*field),
            wanted: wanted.json(*field),
        });
        let accepted = merge(edits, since)?;

        let mut merged = self.fields.clone();
        for field in &accepted {
            merged.take(*field, &wanted);
        }
        if accepted.contains(&TaskField::Due) || accepted.contains(&TaskField::StartDate) {
            merged
                .check_order_of_days(project)
                .map_err(|invalid| TaskError::Invalid(vec![invalid]))?;
        }

        let outcome = Outcome::of(TaskField::ALL.iter().map(|field| FieldChange {
            field: field.name(),
            before: self.fields.json(*field),
            after: merged.json(*field),
        }));
        if outcome != Outcome::Unchanged {
            let step = merged.step;
            merged.step = self.fields.step;
            self.fields = merged;
            self.enter(step, now);
            self.compute_deadline(project);
            self.next_version(now);
        }
        Ok(outcome)
    }

    /// Moves the task to another step of the workflow, another place, or both.
    pub fn move_to(&mut self, step: Step, rank: Rank, now: Timestamp) -> Result<Outcome, TaskError> {
        self.must_live()?;

        let before = (self.fields.json(TaskField::StatusId), json!(self.rank.as_str()));
        let after = (json!(step.status_id.to_string()), json!(rank.as_str()));
        let outcome = Outcome::of([
            FieldChange {
                field: TaskField::StatusId.name(),
                before: before.0,
                after: after.0,
            },
            FieldChange {
                field: "rank",
                before: before.1,
                after: after.1,
            },
        ]);
        if outcome != Outcome::Unchanged {
            self.rank = rank;
            self.enter(step, now);
            self.next_version(now);
        }
        Ok(outcome)
    }

    /// Moves the task to the trash. `with` is the task whose deletion takes this one along, or the task itself.
    pub fn delete(&mut self, with: TaskId, now: Timestamp) -> Result<(), TaskError> {
        self.must_live()?;
        self.delete_time = Some(now);
        self.deleted_with = Some(with);
        self.next_version(now);
        Ok(())
    }

    /// Takes the task from somebody who left, and gives it to somebody else where one is named.
    pub fn hand_over(&mut self, from: UserId, to: Option<UserId>, now: Timestamp) -> Outcome {
        let before = self.fields.json(TaskField::AssigneeIds);
        if self.fields.assignee_ids.remove(&from) {
            self.fields.assignee_ids.extend(to);
        }
        let outcome = Outcome::of([FieldChange {
            field: TaskField::AssigneeIds.name(),
            before,
            after: self.fields.json(TaskField::AssigneeIds),
        }]);
        if outcome != Outcome::Unchanged {
            self.next_version(now);
        }
        outcome
    }

    /// Brings the task back from the trash, to the place where it was.
    pub fn undelete(&mut self, now: Timestamp) -> Result<(), TaskError> {
        if self.delete_time.is_none() {
            return Err(TaskError::NotDeleted);
        }
        self.delete_time = None;
        self.deleted_with = None;
        self.next_version(now);
        Ok(())
    }

    /// Whether the deadline has passed and the task still waits to be done.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.deadline
            .is_some_and(|deadline| deadline.is_overdue(self.fields.step.category, now))
    }

    /// Computes what follows from the due day or time. Also called for all tasks of a project whose time zone changes.
    pub fn compute_deadline(&mut self, project: &Zone) {
        self.deadline = self.fields.due.as_ref().map(|due| due.deadline(project));
    }

    /// The start is the first one ever; the completion is the last one, and only while it lasts.
    fn enter(&mut self, step: Step, now: Timestamp) {
        use StatusCategory::{Completed, Started};

        let was = self.fields.step.category;
        self.fields.step = step;
        if step.category == Started && self.start_time.is_none() {
            self.start_time = Some(now);
        }
        match (was == Completed, step.category == Completed) {
            (false, true) => self.complete_time = Some(now),
            (true, false) => self.complete_time = None,
            (true, true) | (false, false) => {}
        }
    }

    fn must_live(&self) -> Result<(), TaskError> {
        if self.delete_time.is_some() {
            Err(TaskError::Deleted)
        } else {
            Ok(())
        }
    }

    fn next_version(&mut self, now: Timestamp) {
        self.version += 1;
        self.update_time = now;
    }
}

impl UnnumberedTask {
    /// All of the task but its number and rank, to be inserted.
    pub fn to_insert(&self) -> &Task {
        &self.0
    }

    /// The task, once the database has counted.
    pub fn numbered(self, number: i32, rank: Rank) -> Task {
        Task { number, rank, ..self.0 }
    }
}

#[cfg(test)]
#[path = "task_tests.rs"]
mod tests;
