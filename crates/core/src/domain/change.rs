//! What a verb did: nothing, or a list of fields with their values before and after, as history shows them.

use serde_json::Value;

/// One field's change. Values are as in the resource's JSON, `null` for none.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// Name of the field as in the proto, such as `assignee_ids`.
    pub field: &'static str,
    /// Value before.
    pub before: Value,
    /// Value after.
    pub after: Value,
}

/// What a verb did.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "an unchanged thing must not be saved, a changed one must be"]
pub enum Outcome {
    /// Everything was as wanted already; the thing, its version and its times are untouched.
    Unchanged,
    /// These fields have new values, and the version is one higher.
    Changed(Vec<FieldChange>),
}

impl Outcome {
    /// Sorts out the fields whose value really is different.
    pub fn of(candidates: impl IntoIterator<Item = FieldChange>) -> Self {
        let changes: Vec<_> = candidates.into_iter().filter(|change| change.before != change.after).collect();
        if changes.is_empty() {
            Self::Unchanged
        } else {
            Self::Changed(changes)
        }
    }

    /// The changes; none for `Unchanged`.
    pub fn changes(&self) -> &[FieldChange] {
        match self {
            Self::Unchanged => &[],
            Self::Changed(changes) => changes,
        }
    }

    /// Whether this field has a new value.
    pub fn touches(&self, field: &str) -> bool {
        self.changes().iter().any(|change| change.field == field)
    }
}
