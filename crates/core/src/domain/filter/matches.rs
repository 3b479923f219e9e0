//! Evaluates a filter in memory: the plain meaning of the language, against which the SQL made of filters is tested.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::super::due::Deadline;
use super::super::text::fold;
use super::expression::{Filter, Literal, Test};

/// The value of a field of one row.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored {
    /// None.
    Missing,
    /// A text or a key.
    Text(String),
    /// An id.
    Id(Uuid),
    /// A list of ids.
    Ids(Vec<Uuid>),
    /// A whole number, or the number of a choice.
    Integer(i64),
    /// A number.
    Decimal(f64),
    /// A day.
    Date(Date),
    /// A deadline.
    Due(Deadline),
    /// An instant.
    Instant(Timestamp),
    /// Yes or no.
    Flag(bool),
}

/// Whether a row passes a filter; `value` answers the row's fields.
pub fn matches<F: Copy>(filter: &Filter<F>, value: &dyn Fn(F) -> Stored) -> bool {
    match filter {
        Filter::All(filters) => filters.iter().all(|filter| matches(filter, value)),
        Filter::Any(filters) => filters.iter().any(|filter| matches(filter, value)),
        Filter::Not(filter) => !matches(filter, value),
        Filter::Is(condition) => passes(&condition.test, &value(condition.field)),
    }
}

fn passes(test: &Test, stored: &Stored) -> bool {
    match test {
        Test::Empty => *stored == Stored::Missing || *stored == Stored::Ids(Vec::new()),
        Test::Compare(comparison, literal) => order(stored, literal).is_some_and(|order| comparison.accepts(order)),
        Test::Contains(part) => matches!(stored, Stored::Text(text) if fold(text).contains(part)),
        Test::Holds(id) => matches!(stored, Stored::Ids(ids) if ids.contains(id)),
    }
}

/// How a value compares with a literal; not at all, where it is missing.
fn order(stored: &Stored, literal: &Literal) -> Option<Ordering> {
    match (stored, literal) {
        (Stored::Text(stored), Literal::Text(literal)) => Some(stored.cmp(literal)),
        (Stored::Id(stored), Literal::Id(literal)) => Some(stored.cmp(literal)),
        (Stored::Integer(stored), Literal::Integer(literal)) => Some(stored.cmp(literal)),
        (Stored::Decimal(stored), Literal::Decimal(literal)) => stored.partial_cmp(literal),
        (Stored::Date(stored), Literal::Date(literal)) => Some(stored.cmp(literal)),
        (Stored::Due(stored), Literal::Date(literal)) => Some(stored.day.cmp(literal)),
        (Stored::Due(stored), Literal::Instant(literal)) => Some(stored.instant.cmp(literal)),
        (Stored::Instant(stored), Literal::Instant(literal)) => Some(stored.cmp(literal)),
        (Stored::Flag(stored), Literal::Flag(literal)) => Some(stored.cmp(literal)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::due::Due;
    use super::super::super::task_list::{PROJECT_TASKS_FILTER, TaskColumn};
    use super::super::super::zone::Zone;
    use super::super::check::{Asker, compile};
    use super::*;

    const ADA: Uuid = Uuid::from_u128(1);
    const TIM: Uuid = Uuid::from_u128(2);

    fn instant(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Whether a task passes that Ada made, for Tim, with title, priority HIGH and a due day, but without parent, estimate and completion.
    fn passes(filter: &str) -> bool {
        let stored = |column| match column {
            TaskColumn::Title => Stored::Text("Größe of the Fence".to_owned()),
            TaskColumn::Key => Stored::Text("WEB-12".to_owned()),
            TaskColumn::Number => Stored::Integer(12),
            TaskColumn::Priority => Stored::Integer(4),
            TaskColumn::AssigneeIds => Stored::Ids(vec![TIM]),
            TaskColumn::CreatorId => Stored::Id(ADA),
            TaskColumn::Due => Stored::Due(Due::on("2026-05-01").unwrap().deadline(&Zone::UTC)),
            TaskColumn::Overdue => Stored::Flag(false),
            TaskColumn::CreateTime => Stored::Instant(instant("2026-04-01T12:00:00Z")),
            _ => Stored::Missing,
        };
        let asker = Asker {
            user_id: ADA.into(),
            zone: &Zone::UTC,
        };
        matches(
            &compile(filter, &PROJECT_TASKS_FILTER, asker).unwrap_or_else(|bad| panic!("{filter:?}: {bad}")),
            &stored,
        )
    }

    #[test]
    fn what_passes_and_what_does_not() {
        for (filter, expected) in [
            ("", true),
            ("fence", true),
            ("GRÖSSE", false),
            ("größe fence", true),
            ("gate OR fence", true),
            ("-fence", false),
            ("title = \"Größe of the Fence\"", true),
            ("title = \"größe of the fence\"", false),
            ("key = web-12 number = 12", true),
            ("key:WEB", true),
            ("priority >= HIGH", true),
            ("priority > high", false),
            ("creator_id = me", true),
            ("assignee_ids:me", false),
            ("assignee_ids != me", true),
            ("assignee_ids = none", false),
            ("due = 2026-05-01", true),
            ("due < 2026-05-01", false),
            ("due <= 2026-05-01", true),
            ("due < 2026-05-01T23:59:59Z", false),
            ("due <= 2026-05-02T00:00:00Z", true),
            ("overdue = false", true),
            ("create_time = 2026-04-01", true),
            ("create_time > 2026-04-01", false),
            ("create_time >= 2026-04-01T12:00:00Z", true),
        ] {
            assert_eq!(passes(filter), expected, "{filter:?}");
        }
    }

    #[test]
    fn a_missing_value_is_neither_more_nor_less_but_different() {
        for (filter, expected) in [
            ("estimate_points = 3", false),
            ("estimate_points != 3", true),
            ("NOT estimate_points = 3", true),
            ("estimate_points < 3", false),
            ("estimate_points >= 3", false),
            ("NOT estimate_points < 3", true),
            ("estimate_points = none", true),
            ("estimate_points:*", false),
            ("complete_time != 2026-05-01", true),
            ("parent_id != 01890a5d-ac96-774b-bcce-b302099a8057", true),
        ] {
            assert_eq!(passes(filter), expected, "{filter:?}");
        }
    }

    /// A filter as a tree, with its text and what it means for the task above.
    #[derive(Debug, Clone)]
    struct Meant {
        text: String,
        passes: bool,
    }

    fn meant() -> impl Strategy<Value = Meant> {
        let number = (0..25_i64, prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="])).prop_map(|(number, operator)| {
            let passes = match operator {
                "=" => 12 == number,
                "!=" => 12 != number,
                "<" => 12 < number,
                "<=" => 12 <= number,
                ">" => 12 > number,
                _ => 12 >= number,
            };
            Meant {
                text: format!("number {operator} {number}"),
                passes,
            }
        });
        let word = prop::sample::select(vec![("fence", true), ("gate", false)]).prop_map(|(word, passes)| Meant {
            text: word.to_owned(),
            passes,
        });

        prop_oneof![number, word].prop_recursive(4, 24, 3, |inner| {
            let list = |between: &'static str, decide: fn(&[bool]) -> bool| {
                prop::collection::vec(inner.clone(), 2..4).prop_map(move |parts| Meant {
                    text: format!(
                        "({})",
                        parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(between)
                    ),
                    passes: decide(&parts.iter().map(|part| part.passes).collect::<Vec<_>>()),
                })
            };
            let not = |sign: &'static str| {
                inner.clone().prop_map(move |part| Meant {
                    text: format!("({sign}({}))", part.text),
                    passes: !part.passes,
                })
            };
            prop_oneof![
                list(" AND ", |parts| !parts.contains(&false)),
                list(" ", |parts| !parts.contains(&false)),
                list(" OR ", |parts| parts.contains(&true)),
                not("NOT "),
                not("-"),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_filter_means_what_it_says(meant in meant()) {
            prop_assert_eq!(passes(&meant.text), meant.passes, "{}", meant.text);
        }
    }
}
