//! Filters and orders of projects in SQL.

use sea_orm::DbBackend;
use sea_orm::sea_query::{Condition, Expr, Func};
use serde_json::{Value, json};
use tasktracker_database::dialect::Kind;
use tasktracker_database::keyset::Key;

use super::contains::contains;
use super::entities::project::{Column, Model};
use super::filters::{self, compare, never};
use crate::domain::filter::{Filter, Test};
use crate::domain::order::Sort;
use crate::domain::project_list::{ProjectColumn, ProjectSort};

/// The condition of a filter.
pub fn condition(filter: &Filter<ProjectColumn>, backend: DbBackend) -> Condition {
    filters::condition(filter, &|field, test| one_test(backend, field, test))
}

/// All of these columns always have a value.
fn one_test(backend: DbBackend, field: ProjectColumn, test: &Test) -> Expr {
    let stored = match field {
        ProjectColumn::Key => Column::Key,
        ProjectColumn::Name => Column::Name,
        ProjectColumn::Visibility => Column::Visibility,
        ProjectColumn::CreateTime => Column::CreateTime,
    };
    match (field, test) {
        (_, Test::Compare(comparison, literal)) => compare(Expr::col(stored), *comparison, literal),
        (ProjectColumn::Name, Test::Contains(part)) => contains(backend, Expr::col(Column::NameFold), part),
        // Keys have letters of ASCII only, which all databases fold alike.
        (ProjectColumn::Key, Test::Contains(part)) => contains(backend, Func::lower(Expr::col(stored)).into(), part),
        (_, Test::Contains(_) | Test::Empty | Test::Holds(_)) => never(),
    }
}

/// The keys of an order; names sort without regard to case.
pub fn keys(order: &[Sort<ProjectSort>]) -> Vec<Key> {
    let key = |sort: &Sort<ProjectSort>| {
        let (column, kind) = match sort.field {
            ProjectSort::Name => (Column::NameFold, Kind::Text),
            ProjectSort::Key => (Column::Key, Kind::Text),
            ProjectSort::CreateTime => (Column::CreateTime, Kind::Integer),
            ProjectSort::UpdateTime => (Column::UpdateTime, Kind::Integer),
            ProjectSort::Id => (Column::Id, Kind::Text),
        };
        if sort.descending {
            Key::descending(Expr::col(column), kind)
        } else {
            Key::ascending(Expr::col(column), kind)
        }
    };
    order.iter().map(key).collect()
}

/// What a row has in the keys of an order.
pub fn values(order: &[Sort<ProjectSort>], row: &Model) -> Vec<Value> {
    let value = |sort: &Sort<ProjectSort>| match sort.field {
        ProjectSort::Name => json!(row.name_fold),
        ProjectSort::Key => json!(row.key),
        ProjectSort::CreateTime => json!(row.create_time),
        ProjectSort::UpdateTime => json!(row.update_time),
        ProjectSort::Id => json!(row.id),
    };
    order.iter().map(value).collect()
}
