//! Filters of tasks in SQL: they mean exactly what `domain::filter::matches` says, on both dialects.

use jiff::Timestamp;
use sea_orm::DbBackend;
use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use tasktracker_database::Time;

use super::contains::contains;
use super::entities::task::Column;
use super::filters::{self, compare, compare_optional, never};
use super::task_rows::column;
use super::tasks;
use crate::domain::choices::StatusCategory;
use crate::domain::filter::{Comparison, Filter, Literal, Test};
use crate::domain::task_key::TaskKey;
use crate::domain::task_list::TaskColumn;

/// The condition for a query made of `task_rows::select`; `now` decides what is overdue.
pub fn condition(filter: &Filter<TaskColumn>, backend: DbBackend, now: Timestamp) -> Condition {
    filters::condition(filter, &|field, test| one_test(backend, now, field, test))
}

fn one_test(backend: DbBackend, now: Timestamp, field: TaskColumn, test: &Test) -> Expr {
    match (field, test) {
        (TaskColumn::AssigneeIds, Test::Empty) => column(Column::AssigneeIds).eq("[]"),
        (TaskColumn::AssigneeIds, Test::Holds(user_id)) => tasks::concerns("task_assignees", *user_id).into(),
        (TaskColumn::Key, Test::Compare(_, Literal::Text(key))) => has_key(key),
        (TaskColumn::Title, Test::Contains(part)) => contains(backend, column(Column::TitleFold), part),
        (TaskColumn::Key, Test::Contains(part)) => contains(backend, folded_key(backend), part),
        (TaskColumn::Overdue, Test::Compare(Comparison::Equal, Literal::Flag(wanted))) => {
            if *wanted {
                is_overdue(now)
            } else {
                is_overdue(now).not()
            }
        }
        (TaskColumn::Due, Test::Compare(comparison, day @ Literal::Date(_))) => compare_optional(column(Column::DueDay), *comparison, day),
        _ => of_column(field, test),
    }
}

/// Fields that are one column.
fn of_column(field: TaskColumn, test: &Test) -> Expr {
    let (stored, optional) = match field {
        TaskColumn::ProjectId => (Column::ProjectId, false),
        TaskColumn::Title => (Column::Title, false),
        TaskColumn::Number => (Column::Number, false),
        TaskColumn::StatusId => (Column::StatusId, false),
        TaskColumn::StatusCategory => (Column::StatusCategory, false),
        TaskColumn::Priority => (Column::Priority, false),
        TaskColumn::Type => (Column::TaskType, false),
        TaskColumn::CreatorId => (Column::CreatorId, false),
        TaskColumn::ParentId => (Column::ParentId, true),
        TaskColumn::Due => (Column::DueInstant, true),
        TaskColumn::StartDate => (Column::StartDate, true),
        TaskColumn::EstimatePoints => (Column::EstimatePoints, true),
        TaskColumn::CreateTime => (Column::CreateTime, false),
        TaskColumn::UpdateTime => (Column::UpdateTime, false),
        TaskColumn::CompleteTime => (Column::CompleteTime, true),
        // These have tests of their own, and the language lets no others through.
        TaskColumn::Key | TaskColumn::AssigneeIds | TaskColumn::Overdue => return never(),
    };
    let stored = column(stored);
    match test {
        Test::Empty => stored.is_null(),
        Test::Compare(comparison, literal) if optional => compare_optional(stored, *comparison, literal),
        Test::Compare(comparison, literal) => compare(stored, *comparison, literal),
        Test::Contains(_) | Test::Holds(_) => never(),
    }
}

/// A key in its two parts, which have indexes. Text that is no key is no task's.
fn has_key(key: &str) -> Expr {
    match key.parse::<TaskKey>() {
        Ok(key) => project_key()
            .eq(key.project.as_str())
            .and(column(Column::Number).eq(i64::from(key.number))),
        Err(_) => never(),
    }
}

/// Keys have letters of ASCII only, which all databases fold alike.
fn folded_key(backend: DbBackend) -> Expr {
    let text = match backend {
        DbBackend::Postgres => "lower($1 || '-' || $2)",
        _ => "lower(? || '-' || ?)",
    };
    Expr::cust_with_exprs(text, [project_key(), column(Column::Number)])
}

fn project_key() -> Expr {
    Expr::col(("projects", "key"))
}

fn is_overdue(now: Timestamp) -> Expr {
    let closed = StatusCategory::NAMES
        .iter()
        .map(|name| name.number)
        .filter(|number| StatusCategory::from_number(*number).is_some_and(StatusCategory::is_closed));
    let due = column(Column::DueInstant);
    due.clone()
        .is_not_null()
        .and(due.lte(Time::from(now).micros()))
        .and(column(Column::StatusCategory).is_not_in(closed.map(i64::from)))
}
