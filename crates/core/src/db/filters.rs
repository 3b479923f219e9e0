//! The logic of a filter in SQL. Like the language it has two values only: every test answers true or false and never NULL, so that NOT
//! lets rows without a value through.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Value};
use tasktracker_database::Time;

use crate::domain::filter::{Comparison, Filter, Literal, Test};

/// The condition of a filter; `test` makes one test of one field, which must not be NULL.
pub fn condition<F: Copy>(filter: &Filter<F>, test: &dyn Fn(F, &Test) -> Expr) -> Condition {
    match filter {
        Filter::All(filters) if filters.is_empty() => Condition::all().add(Expr::cust("true")),
        Filter::Any(filters) if filters.is_empty() => Condition::all().add(never()),
        Filter::All(filters) => filters
            .iter()
            .fold(Condition::all(), |all, filter| all.add(condition(filter, test))),
        Filter::Any(filters) => filters
            .iter()
            .fold(Condition::any(), |any, filter| any.add(condition(filter, test))),
        Filter::Not(filter) => Condition::all().add(condition(filter, test)).not(),
        Filter::Is(is) => Condition::all().add(test(is.field, &is.test)),
    }
}

/// What no row passes.
pub fn never() -> Expr {
    Expr::cust("false")
}

/// Compares a column that may be NULL.
pub fn compare_optional(column: Expr, comparison: Comparison, literal: &Literal) -> Expr {
    column.clone().is_not_null().and(compare(column, comparison, literal))
}

/// Compares a column that always has a value.
pub fn compare(column: Expr, comparison: Comparison, literal: &Literal) -> Expr {
    let Some(value) = value(literal) else { return never() };
    match comparison {
        Comparison::Equal => column.eq(value),
        Comparison::Less => column.lt(value),
        Comparison::LessOrEqual => column.lte(value),
        Comparison::Greater => column.gt(value),
        Comparison::GreaterOrEqual => column.gte(value),
    }
}

/// A literal as columns hold it: ids and days as text, moments as microseconds. U+0000 is in no text, and PostgreSQL does not take it.
fn value(literal: &Literal) -> Option<Value> {
    Some(match literal {
        Literal::Text(text) if text.contains('\0') => return None,
        Literal::Text(text) => text.as_str().into(),
        Literal::Id(id) => id.to_string().into(),
        Literal::Integer(number) => (*number).into(),
        Literal::Decimal(number) => (*number).into(),
        Literal::Date(day) => day.to_string().into(),
        Literal::Instant(instant) => Time::from(*instant).micros().into(),
        Literal::Flag(flag) => (*flag).into(),
    })
}
