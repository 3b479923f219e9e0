//! A filter whose fields are known and whose values have the right types.

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// A filter. Its logic has two values only: a test of a missing value is false, so that its negation is true.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter<F> {
    /// All of these hold; always, where there are none.
    All(Vec<Filter<F>>),
    /// At least one of these holds; never, where there are none.
    Any(Vec<Filter<F>>),
    /// This does not hold.
    Not(Box<Filter<F>>),
    /// A test of one field.
    Is(Condition<F>),
}

/// A test of one field.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition<F> {
    /// The field.
    pub field: F,
    /// The test.
    pub test: Test,
}

/// A test of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// There is no value, or an empty list.
    Empty,
    /// It compares like this with a literal of its own type.
    Compare(Comparison, Literal),
    /// The text has this part; both sides folded by `text::fold`.
    Contains(String),
    /// The list has this id.
    Holds(Uuid),
}

/// How a value compares with a literal. There is no "not equal": it is `Not` of `Equal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A value written in a filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Text, or a key in capitals.
    Text(String),
    /// An id.
    Id(Uuid),
    /// A whole number, or the number of a choice.
    Integer(i64),
    /// A finite number.
    Decimal(f64),
    /// A day.
    Date(Date),
    /// An instant in whole microseconds, as they are stored.
    Instant(Timestamp),
    /// Yes or no.
    Flag(bool),
}

impl<F> Filter<F> {
    /// Lets everything through.
    pub const fn everything() -> Self {
        Self::All(Vec::new())
    }

    pub(super) fn is(field: F, test: Test) -> Self {
        Self::Is(Condition { field, test })
    }

    pub(super) fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }
}

impl Comparison {
    /// Whether two values that compare like this pass.
    pub fn accepts(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}
