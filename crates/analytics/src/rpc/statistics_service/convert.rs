//! Numbers between the API and the rules.

use tasktracker_proto::analytics::v1::{CategoryCount, DayCounts};
use tasktracker_server::RpcError;
use uuid::Uuid;

use crate::domain::category::Category;
use crate::domain::days::{BadDays, Days};
use crate::numbers::Sum;

/// An id.
///
/// # Errors
/// INVALID_ARGUMENT.
pub fn id(field: &'static str, text: &str) -> Result<Uuid, RpcError> {
    Uuid::try_parse(text).map_err(|_| RpcError::invalid(field, "must be a UUID"))
}

/// What is wrong with the days of a question.
pub fn refused(BadDays(field, problem): BadDays) -> RpcError {
    RpcError::invalid(field, problem)
}

/// A count as the API has it: no instance counts further.
pub fn to_count(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Live tasks of all categories.
pub fn category_counts(sum: &Sum) -> Vec<CategoryCount> {
    let count = |category: Category| CategoryCount {
        status_category: category.proto(),
        task_count: to_count(sum.in_category(category)),
    };
    Category::ALL.map(count).into()
}

/// All days, without gaps.
pub fn day_counts(sum: &Sum, days: Days) -> Vec<DayCounts> {
    let count = |day| {
        let (created, completed) = sum.on(day);
        DayCounts {
            date: day.to_string(),
            created_count: to_count(created),
            completed_count: to_count(completed),
        }
    };
    days.each().map(count).collect()
}
