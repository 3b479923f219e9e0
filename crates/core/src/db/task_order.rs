//! Orders of tasks as keys of pages: the columns to sort by, and what a row has in them.

use sea_orm::sea_query::{Expr, Func};
use serde_json::{Value, json};
use tasktracker_database::dialect::Kind;
use tasktracker_database::keyset::Key;

use super::entities::task::Column;
use super::task_rows::{TaskRow, column};
use crate::domain::order::Sort;
use crate::domain::task_list::TaskSort;
use crate::domain::text::fold;

/// How many characters of a title decide its place. A page token holds it, in at most 2048 characters.
const SORTED_TITLE: u16 = 300;

/// The keys of an order; titles sort without regard to case.
pub fn keys(order: &[Sort<TaskSort>]) -> Vec<Key> {
    order.iter().map(key).collect()
}

fn key(sort: &Sort<TaskSort>) -> Key {
    let (expr, kind) = match sort.field {
        TaskSort::Rank => (column(Column::Rank), Kind::Text),
        TaskSort::Number => (column(Column::Number), Kind::Integer),
        TaskSort::CreateTime => (column(Column::CreateTime), Kind::Integer),
        TaskSort::UpdateTime => (column(Column::UpdateTime), Kind::Integer),
        TaskSort::Due => (column(Column::DueInstant), Kind::Integer),
        TaskSort::Priority => (column(Column::Priority), Kind::Integer),
        TaskSort::Title => (sorted_title(), Kind::Text),
        TaskSort::Id => (column(Column::Id), Kind::Text),
    };
    let key = if sort.descending {
        Key::descending(expr, kind)
    } else {
        Key::ascending(expr, kind)
    };
    if sort.field == TaskSort::Due { key.nullable() } else { key }
}

fn sorted_title() -> Expr {
    // PostgreSQL knows this function for 32-bit numbers only.
    let function = Func::cust("substr")
        .arg(column(Column::TitleFold))
        .arg(1_i32)
        .arg(i32::from(SORTED_TITLE));
    function.into()
}

/// What a row has in the keys of an order.
pub fn values(order: &[Sort<TaskSort>], row: &TaskRow) -> Vec<Value> {
    let value = |sort: &Sort<TaskSort>| match sort.field {
        TaskSort::Rank => json!(row.rank),
        TaskSort::Number => json!(row.number),
        TaskSort::CreateTime => json!(row.create_time),
        TaskSort::UpdateTime => json!(row.update_time),
        TaskSort::Due => json!(row.due_instant),
        TaskSort::Priority => json!(row.priority),
        TaskSort::Title => json!(fold(&row.title).chars().take(SORTED_TITLE.into()).collect::<String>()),
        TaskSort::Id => json!(row.id),
    };
    order.iter().map(value).collect()
}
