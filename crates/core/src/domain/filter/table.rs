//! Which fields a list can be filtered by, and of what kind each is.

use super::super::choices::Named;

/// What kind of value a field has; decides which operators and values fit.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Text: `=` compares exactly, `:` looks for a part in any case.
    Text,
    /// A project's or task's key, in any case; `:` looks for a part.
    Key,
    /// An id.
    Id,
    /// A user's id; `me` is the caller.
    Person,
    /// Any number of users' ids; `=` and `:` ask whether one is among them.
    People,
    /// A whole number.
    Integer,
    /// A number.
    Decimal,
    /// One of a closed list, with or without its prefix, in any case.
    Choice(&'static [Named]),
    /// One of a closed list whose values are more or less.
    RankedChoice(&'static [Named]),
    /// A day.
    Date,
    /// A deadline: compared with a day by its day in the project's zone, with an instant by its instant.
    Due,
    /// An instant; a day means all of it.
    Instant,
    /// `true` or `false`.
    Flag,
}

/// A field that a list can be filtered by.
#[derive(Debug, Clone, Copy)]
pub struct Field<F> {
    /// Name as in the proto.
    pub name: &'static str,
    /// What it stands for.
    pub field: F,
    /// Kind of its values.
    pub kind: Kind,
    /// Whether there may be no value.
    pub optional: bool,
}

/// What a list can be filtered by.
#[derive(Debug, Clone, Copy)]
pub struct Table<F: 'static> {
    /// The fields.
    pub fields: &'static [Field<F>],
    /// The text field in which bare words are looked for.
    pub words: F,
}

impl<F> Field<F> {
    /// A field that always has a value.
    pub const fn required(name: &'static str, field: F, kind: Kind) -> Self {
        Self {
            name,
            field,
            kind,
            optional: false,
        }
    }

    /// A field that may have none.
    pub const fn optional(name: &'static str, field: F, kind: Kind) -> Self {
        Self {
            name,
            field,
            kind,
            optional: true,
        }
    }
}
