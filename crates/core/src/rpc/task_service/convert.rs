//! Tasks between the API and the rules.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tasktracker_database::Failure;
use tasktracker_proto::core::v1 as proto;
use tasktracker_server::RpcError;
use tasktracker_server::time::to_proto;

use crate::db::task_rows::TaskRow;
use crate::domain::choices::{Priority, TaskType};
use crate::domain::due::{Due, parse_date};
use crate::domain::ids::UserId;
use crate::domain::status::Step;
use crate::domain::task::Task;
use crate::domain::task_fields::{TaskField, TaskFields};
use crate::domain::task_key::TaskRef;
use crate::domain::version::Etag;

/// A task as the API shows it now. Streams, which are the same for everybody, leave `followed` out.
///
/// # Errors
/// The row is damaged: a defect.
pub fn of_row(row: TaskRow, now: Timestamp, for_viewer: bool) -> Result<proto::Task, Failure> {
    let followed = for_viewer.then_some(row.followed);
    let key = row.project_key.clone();
    Ok(of_task(row.into_task()?, &key, followed, now))
}

/// A task as the API shows it now.
pub fn of_task(task: Task, project_key: &str, followed: Option<bool>, now: Timestamp) -> proto::Task {
    let overdue = task.is_overdue(now);
    let etag = Etag::of(task.version).to_string();
    let fields = task.fields;
    let due = fields.due.map(|due| match due {
        Due::Date(date) => proto::due::Value::Date(date.to_string()),
        Due::At { local, zone } => proto::due::Value::At(proto::ZonedDateTime {
            local_date_time: local.strftime("%Y-%m-%dT%H:%M").to_string(),
            time_zone: zone.to_string(),
        }),
    });
    proto::Task {
        id: task.id.to_string(),
        project_id: task.project_id.to_string(),
        number: task.number,
        key: format!("{project_key}-{}", task.number),
        title: fields.title,
        description: fields.description,
        status_id: fields.step.status_id.to_string(),
        status_category: fields.step.category.number(),
        priority: fields.priority.number(),
        r#type: fields.task_type.number(),
        assignee_ids: fields.assignee_ids.iter().map(ToString::to_string).collect(),
        creator_id: task.creator_id.to_string(),
        parent_id: fields.parent_id.map(|id| id.to_string()).unwrap_or_default(),
        due: due.map(|value| proto::Due { value: Some(value) }),
        start_date: fields.start_date.map(|date| date.to_string()).unwrap_or_default(),
        estimate_points: fields.estimate_points,
        start_time: task.start_time.map(to_proto),
        complete_time: task.complete_time.map(to_proto),
        overdue,
        comment_count: task.comment_count,
        attachment_count: task.attachment_count,
        rank: task.rank.to_string(),
        create_time: Some(to_proto(task.create_time)),
        update_time: Some(to_proto(task.update_time)),
        delete_time: task.delete_time.map(to_proto),
        etag,
        followed,
    }
}

/// What a write answers so that a later read can wait for it.
pub fn consistency_token(task: &Task) -> String {
    format!("{}:{}", task.id, task.version)
}

/// Reads what names a task in a request.
///
/// # Errors
/// INVALID_ARGUMENT.
pub fn task_ref(field: &'static str, text: &str) -> Result<TaskRef, RpcError> {
    text.parse().map_err(|error| RpcError::invalid(field, format!("{error}")))
}

/// The fields that a client decides, in the types of the rules. `step` stands for the status, which the caller has looked up.
///
/// # Errors
/// INVALID_ARGUMENT for values that no task can have.
pub fn to_fields(task: &proto::Task, step: Step) -> Result<TaskFields, RpcError> {
    let wrong = |field: &str, error: &dyn std::fmt::Display| RpcError::invalid(format!("task.{field}"), error.to_string());
    let assignee_ids: BTreeSet<UserId> = task
        .assignee_ids
        .iter()
        .map(|id| id.parse())
        .collect::<Result<_, _>>()
        .map_err(|error| wrong("assignee_ids", &error))?;
    let parent_id = optional(&task.parent_id)
        .map(str::parse)
        .transpose()
        .map_err(|error| wrong("parent_id", &error))?;
    let due = match task.due.as_ref().map(|due| &due.value) {
        None => None,
        Some(None) => return Err(RpcError::invalid("task.due", "must have a date or a time")),
        Some(Some(proto::due::Value::Date(date))) => Some(Due::on(date).map_err(|error| wrong("due.date", &error))?),
        Some(Some(proto::due::Value::At(at))) => {
            Some(Due::at(&at.local_date_time, &at.time_zone).map_err(|error| wrong("due.at", &error))?)
        }
    };
    let start_date = optional(&task.start_date)
        .map(parse_date)
        .transpose()
        .map_err(|error| wrong("start_date", &error))?;
    Ok(TaskFields {
        title: task.title.clone(),
        description: task.description.clone(),
        step,
        priority: Priority::from_number(task.priority).unwrap_or(Priority::None),
        task_type: TaskType::from_number(task.r#type).unwrap_or(TaskType::Task),
        assignee_ids,
        parent_id,
        due,
        start_date,
        estimate_points: task.estimate_points,
    })
}

/// The fields that are set in a message: what an update without a mask changes.
pub fn set_fields(task: &proto::Task) -> Vec<TaskField> {
    let mut set = Vec::new();
    let mut note = |is_set: bool, field: TaskField| {
        if is_set {
            set.push(field);
        }
    };
    note(!task.title.is_empty(), TaskField::Title);
    note(!task.description.is_empty(), TaskField::Description);
    note(!task.status_id.is_empty(), TaskField::StatusId);
    note(task.priority != 0, TaskField::Priority);
    note(task.r#type != 0, TaskField::Type);
    note(!task.assignee_ids.is_empty(), TaskField::AssigneeIds);
    note(!task.parent_id.is_empty(), TaskField::ParentId);
    note(task.due.is_some(), TaskField::Due);
    note(!task.start_date.is_empty(), TaskField::StartDate);
    note(task.estimate_points.is_some(), TaskField::EstimatePoints);
    set
}

fn optional(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
