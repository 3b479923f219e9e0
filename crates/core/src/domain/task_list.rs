//! What lists of tasks can be filtered and ordered by.

use super::choices::{Priority, StatusCategory, TaskType};
use super::filter::{Field, Kind, Table};
use super::order::{Ordering, SortField};

/// A field that tasks can be filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the field of the resource with this name")]
pub enum TaskColumn {
    ProjectId,
    Title,
    Key,
    Number,
    StatusId,
    StatusCategory,
    Priority,
    Type,
    AssigneeIds,
    CreatorId,
    ParentId,
    Due,
    StartDate,
    EstimatePoints,
    Overdue,
    CreateTime,
    UpdateTime,
    CompleteTime,
}

/// What tasks can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    missing_docs,
    reason = "each is the field of the resource with this name; `due` sorts by its instant"
)]
pub enum TaskSort {
    Rank,
    Number,
    CreateTime,
    UpdateTime,
    Due,
    Priority,
    Title,
    Id,
}

/// Filters across all projects.
pub const MY_TASKS_FILTER: Table<TaskColumn> = Table {
    fields: &FIELDS,
    words: TaskColumn::Title,
};

/// Filters within a project: the same, without `project_id`.
pub const PROJECT_TASKS_FILTER: Table<TaskColumn> = Table {
    fields: FIELDS.split_at(1).1,
    words: TaskColumn::Title,
};

/// Orders within a project, where numbers and ranks are unique.
pub const PROJECT_TASKS_ORDER: Ordering<TaskSort> = Ordering {
    fields: &[
        SortField {
            name: "rank",
            field: TaskSort::Rank,
            unique: true,
        },
        SortField {
            name: "number",
            field: TaskSort::Number,
            unique: true,
        },
        CREATE_TIME,
        UPDATE_TIME,
        DUE,
        PRIORITY,
        TITLE,
    ],
    default: "rank",
    tiebreak: TaskSort::Id,
};

/// Orders across all projects, where ranks say nothing and numbers repeat.
pub const MY_TASKS_ORDER: Ordering<TaskSort> = Ordering {
    fields: &[
        SortField {
            name: "number",
            field: TaskSort::Number,
            unique: false,
        },
        CREATE_TIME,
        UPDATE_TIME,
        DUE,
        PRIORITY,
        TITLE,
    ],
    default: "due, create_time",
    tiebreak: TaskSort::Id,
};

static FIELDS: [Field<TaskColumn>; 18] = [
    Field::required("project_id", TaskColumn::ProjectId, Kind::Id),
    Field::required("title", TaskColumn::Title, Kind::Text),
    Field::required("key", TaskColumn::Key, Kind::Key),
    Field::required("number", TaskColumn::Number, Kind::Integer),
    Field::required("status_id", TaskColumn::StatusId, Kind::Id),
    Field::required("status_category", TaskColumn::StatusCategory, Kind::Choice(StatusCategory::NAMES)),
    Field::required("priority", TaskColumn::Priority, Kind::RankedChoice(Priority::NAMES)),
    Field::required("type", TaskColumn::Type, Kind::Choice(TaskType::NAMES)),
    Field::optional("assignee_ids", TaskColumn::AssigneeIds, Kind::People),
    Field::required("creator_id", TaskColumn::CreatorId, Kind::Person),
    Field::optional("parent_id", TaskColumn::ParentId, Kind::Id),
    Field::optional("due", TaskColumn::Due, Kind::Due),
    Field::optional("start_date", TaskColumn::StartDate, Kind::Date),
    Field::optional("estimate_points", TaskColumn::EstimatePoints, Kind::Decimal),
    Field::required("overdue", TaskColumn::Overdue, Kind::Flag),
    Field::required("create_time", TaskColumn::CreateTime, Kind::Instant),
    Field::required("update_time", TaskColumn::UpdateTime, Kind::Instant),
    Field::optional("complete_time", TaskColumn::CompleteTime, Kind::Instant),
];

const CREATE_TIME: SortField<TaskSort> = SortField {
    name: "create_time",
    field: TaskSort::CreateTime,
    unique: false,
};
const UPDATE_TIME: SortField<TaskSort> = SortField {
    name: "update_time",
    field: TaskSort::UpdateTime,
    unique: false,
};
const DUE: SortField<TaskSort> = SortField {
    name: "due",
    field: TaskSort::Due,
    unique: false,
};
const PRIORITY: SortField<TaskSort> = SortField {
    name: "priority",
    field: TaskSort::Priority,
    unique: false,
};
const TITLE: SortField<TaskSort> = SortField {
    name: "title",
    field: TaskSort::Title,
    unique: false,
};
