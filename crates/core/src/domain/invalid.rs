//! A value that breaks a rule: which field, and what it must be. The border turns a list of these into field violations.

/// A field whose value breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct Invalid {
    /// Name of the field in the resource, as in the proto.
    pub field: &'static str,
    /// What it must be, as a fragment such as `must not be empty`.
    pub problem: String,
}

impl Invalid {
    /// A field, and what it must be.
    pub fn new(field: &'static str, problem: impl ToString) -> Self {
        Self {
            field,
            problem: problem.to_string(),
        }
    }
}
