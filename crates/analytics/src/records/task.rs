//! A task's state as a document.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::category::Category;
use crate::domain::due::Due;
use crate::domain::task::{Snapshot, StatusTime, TaskState};
use crate::store::{Document, Fields, StoreError};

/// The state as fields.
#[must_use]
pub fn to_fields(state: &TaskState) -> Fields {
    let mut fields = Fields::default()
        .text("project", state.project_id.to_string())
        .number("version", state.version)
        .number("at", state.at.as_microsecond())
        .number("since", state.since.as_microsecond())
        .number("purged", i64::from(state.purged))
        .number("reopened", state.reopen_count);
    for (status_id, time) in &state.status_times {
        fields = fields
            .number(format!("t_{status_id}"), time.micros)
            .number(format!("c_{status_id}"), time.category.number());
    }
    let Some(task) = &state.task else { return fields };
    let assignees: Vec<String> = task.assignee_ids.iter().map(Uuid::to_string).collect();
    fields = fields
        .text("status", task.status_id.to_string())
        .number("category", task.category.number())
        .text("assignees", assignees.join(" "))
        .number("created", task.create_time.as_microsecond());
    if let Some(creator_id) = task.creator_id {
        fields = fields.text("creator", creator_id.to_string());
    }
    if let Some(due) = &task.due {
        fields = fields.text("due", due.to_string());
    }
    for (name, at) in [
        ("started", task.start_time),
        ("completed", task.complete_time),
        ("deleted", task.delete_time),
    ] {
        if let Some(at) = at {
            fields = fields.number(name, at.as_microsecond());
        }
    }
    fields
}

/// The state of a document.
///
/// # Errors
/// The document is damaged.
pub fn from_document(document: &Document) -> Result<TaskState, StoreError> {
    let source = Source(document);
    let mut status_times = BTreeMap::new();
    for (name, micros) in document.fields.numbers() {
        if let Some(status_id) = name.strip_prefix("t_") {
            let id = Uuid::try_parse(status_id).map_err(|error| StoreError::damaged(&document.id, error))?;
            let category = source.category(&format!("c_{status_id}"))?;
            status_times.insert(id, StatusTime { category, micros });
        }
    }
    let task = match document.fields.get_text("status") {
        Some(_) => Some(source.snapshot()?),
        None => None,
    };
    Ok(TaskState {
        project_id: source.id("project")?,
        version: source.number("version")?,
        at: source.time("at")?,
        task,
        purged: source.number("purged")? == 1,
        since: source.time("since")?,
        status_times,
        reopen_count: source.number("reopened")?,
    })
}

struct Source<'a>(&'a Document);

impl Source<'_> {
    fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let assignees = self.0.fields.get_text("assignees").unwrap_or_default();
        let assignee_ids: Result<BTreeSet<Uuid>, _> = assignees.split_whitespace().map(Uuid::try_parse).collect();
        let due = self.0.fields.get_text("due");
        Ok(Snapshot {
            status_id: self.id("status")?,
            category: self.category("category")?,
            assignee_ids: assignee_ids.map_err(|error| StoreError::damaged(&self.0.id, error))?,
            creator_id: self.0.fields.get_text("creator").map(|_| self.id("creator")).transpose()?,
            due: due
                .map(|text| Due::from_text(text).ok_or_else(|| self.damaged("due")))
                .transpose()?,
            create_time: self.time("created")?,
            start_time: self.time_or_none("started")?,
            complete_time: self.time_or_none("completed")?,
            delete_time: self.time_or_none("deleted")?,
        })
    }

    fn damaged(&self, field: &str) -> StoreError {
        StoreError::damaged(&self.0.id, format!("the field {field} cannot be read"))
    }

    fn number(&self, field: &str) -> Result<i64, StoreError> {
        self.0.fields.get_number(field).ok_or_else(|| self.damaged(field))
    }

    fn id(&self, field: &str) -> Result<Uuid, StoreError> {
        let text = self.0.fields.get_text(field).unwrap_or_default();
        Uuid::try_parse(text).map_err(|_| self.damaged(field))
    }

    fn time(&self, field: &str) -> Result<Timestamp, StoreError> {
        Timestamp::from_microsecond(self.number(field)?).map_err(|_| self.damaged(field))
    }

    fn time_or_none(&self, field: &str) -> Result<Option<Timestamp>, StoreError> {
        self.0.fields.get_number(field).map(|_| self.time(field)).transpose()
    }

    fn category(&self, field: &str) -> Result<Category, StoreError> {
        Category::from_number(self.number(field)?).ok_or_else(|| self.damaged(field))
    }
}
