//! What people decide about a task, field by field: the rules of each, and how each looks in JSON.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::{Value, json};

use super::choices::{Priority, TaskType};
use super::due::Due;
use super::ids::{TaskId, UserId};
use super::invalid::Invalid;
use super::mask::EditableField;
use super::status::Step;
use super::text::{self, DESCRIPTION_MAX_BYTES};
use super::zone::Zone;

/// Longest title, in characters.
pub const TITLE_MAX: usize = 500;
/// Most people that a task can be assigned to.
pub const ASSIGNEES_MAX: usize = 20;
/// Highest estimate, in points.
pub const ESTIMATE_MAX: f64 = 1000.0;

/// What people decide about a task. All else follows from it, from time, and from what others do.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskFields {
    /// Title, one line.
    pub title: String,
    /// Markdown.
    pub description: String,
    /// Where in the project's workflow the task is.
    pub step: Step,
    /// How urgent it is.
    pub priority: Priority,
    /// What kind of work it is.
    pub task_type: TaskType,
    /// Who is to do it.
    pub assignee_ids: BTreeSet<UserId>,
    /// Task that it is part of.
    pub parent_id: Option<TaskId>,
    /// When it is to be done.
    pub due: Option<Due>,
    /// Day on which work is to begin.
    pub start_date: Option<Date>,
    /// Estimate in points.
    pub estimate_points: Option<f64>,
}

/// One of the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the field of TaskFields with this name")]
pub enum TaskField {
    Title,
    Description,
    StatusId,
    Priority,
    Type,
    AssigneeIds,
    ParentId,
    Due,
    StartDate,
    EstimatePoints,
}

impl EditableField for TaskField {
    const ALL: &'static [Self] = &[
        Self::Title,
        Self::Description,
        Self::StatusId,
        Self::Priority,
        Self::Type,
        Self::AssigneeIds,
        Self::ParentId,
        Self::Due,
        Self::StartDate,
        Self::EstimatePoints,
    ];
    const SENT_BACK: &'static [&'static str] = &["etag"];

    fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Description => "description",
            Self::StatusId => "status_id",
            Self::Priority => "priority",
            Self::Type => "type",
            Self::AssigneeIds => "assignee_ids",
            Self::ParentId => "parent_id",
            Self::Due => "due",
            Self::StartDate => "start_date",
            Self::EstimatePoints => "estimate_points",
        }
    }
}

impl TaskFields {
    /// The value of a field as in the resource's JSON, `null` for none.
    pub fn json(&self, field: TaskField) -> Value {
        match field {
            TaskField::Title => json!(self.title),
            TaskField::Description => json!(self.description),
            TaskField::StatusId => json!(self.step.status_id.to_string()),
            TaskField::Priority => json!(self.priority.name()),
            TaskField::Type => json!(self.task_type.name()),
            TaskField::AssigneeIds => self.assignee_ids.iter().map(UserId::to_string).collect(),
            TaskField::ParentId => json!(self.parent_id.map(|id| id.to_string())),
            TaskField::Due => json!(self.due.as_ref().map(Due::to_json)),
            TaskField::StartDate => json!(self.start_date.map(|date| date.to_string())),
            TaskField::EstimatePoints => json!(self.estimate_points),
        }
    }

    /// Takes over one field of another set.
    pub fn take(&mut self, field: TaskField, from: &Self) {
        match field {
            TaskField::Title => self.title.clone_from(&from.title),
            TaskField::Description => self.description.clone_from(&from.description),
            TaskField::StatusId => self.step = from.step,
            TaskField::Priority => self.priority = from.priority,
            TaskField::Type => self.task_type = from.task_type,
            TaskField::AssigneeIds => self.assignee_ids.clone_from(&from.assignee_ids),
            TaskField::ParentId => self.parent_id = from.parent_id,
            TaskField::Due => self.due.clone_from(&from.due),
            TaskField::StartDate => self.start_date = from.start_date,
            TaskField::EstimatePoints => self.estimate_points = from.estimate_points,
        }
    }

    /// Checks these fields one by one and brings them into the form in which they are kept. Others are not looked at: a task that became
    /// wrong by a change of the rules, or of the project, can still be edited elsewhere.
    pub(super) fn normalize(&mut self, fields: &BTreeSet<TaskField>) -> Result<(), Vec<Invalid>> {
        let broken: Vec<_> = fields.iter().filter_map(|field| self.normalize_one(*field).err()).collect();
        if broken.is_empty() { Ok(()) } else { Err(broken) }
    }

    fn normalize_one(&mut self, field: TaskField) -> Result<(), Invalid> {
        match field {
            TaskField::Title => self.title = text::one_line(field.name(), &self.title, TITLE_MAX)?,
            TaskField::Description => text::markdown(field.name(), &self.description, DESCRIPTION_MAX_BYTES)?,
            TaskField::AssigneeIds if self.assignee_ids.len() > ASSIGNEES_MAX => {
                return Err(Invalid::new(field.name(), format!("must be at most {ASSIGNEES_MAX} people")));
            }
            TaskField::EstimatePoints if self.estimate_points.is_some_and(|points| !(0.0..=ESTIMATE_MAX).contains(&points)) => {
                return Err(Invalid::new(field.name(), format!("must be from 0 to {ESTIMATE_MAX}")));
            }
            // The types of the others leave nothing to check here; whether the ids exist is a question to the database.
            _ => {}
        }
        Ok(())
    }

    /// Work begins on the due day at the latest, by the project's calendar.
    pub(super) fn check_order_of_days(&self, project: &Zone) -> Result<(), Invalid> {
        match (self.start_date, &self.due) {
            (Some(start), Some(due)) if start > due.deadline(project).day => {
                Err(Invalid::new(TaskField::StartDate.name(), "must not be after the due day"))
            }
            _ => Ok(()),
        }
    }
}
