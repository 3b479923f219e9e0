//! Field-wise merge of concurrent edits. An update says which version it is based on; what others changed since then stays, and only
//! where both changed the same field to different values, somebody has to decide.
//!
//! A wanted value is compared with three others: nothing is in conflict where it equals the present one (both want the same) or the one
//! at the base (the client merely sent back what it had read).

use std::collections::BTreeMap;

use serde_json::Value;

/// Fields that were changed since the version an update is based on, with their values at that version.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChangedSince(BTreeMap<String, Value>);

/// A field of an update: the present value, and the one the client wants.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit<F> {
    /// The field.
    pub field: F,
    /// Its name as in the proto.
    pub name: &'static str,
    /// Its present value, as in the resource's JSON.
    pub current: Value,
    /// The value the client wants, as in the resource's JSON.
    pub wanted: Value,
}

/// Somebody else changed the same fields since, to something else.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("changed since it was read: {}", .0.iter().map(|conflict| conflict.field).collect::<Vec<_>>().join(", "))]
pub struct Conflict(pub Vec<ConflictingField>);

/// A field that two people changed.
#[derive(Debug, Clone, PartialEq)]
pub struct ConflictingField {
    /// Name of the field as in the proto.
    pub field: &'static str,
    /// The value that is there now.
    pub theirs: Value,
    /// The value that was asked for.
    pub yours: Value,
}

impl ChangedSince {
    /// Nothing was changed: the update is based on the present version, or does not care.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Reads the history after the base, the oldest change first, as names of fields and their values before each change: what a field
    /// was before its first change, it was at the base.
    pub fn from_history(changes: impl IntoIterator<Item = (String, Value)>) -> Self {
        let mut at_base = BTreeMap::new();
        for (field, before) in changes {
            at_base.entry(field).or_insert(before);
        }
        Self(at_base)
    }
}

/// The fields that really are to take the wanted values. Others of the edits are left as they are.
pub fn merge<F>(edits: impl IntoIterator<Item = Edit<F>>, since: &ChangedSince) -> Result<Vec<F>, Conflict> {
    let mut accepted = Vec::new();
    let mut conflicts = Vec::new();

    for edit in edits {
        match since.0.get(edit.name) {
            _ if edit.wanted == edit.current => {}
            None => accepted.push(edit.field),
            Some(at_base) if *at_base == edit.current => accepted.push(edit.field),
            Some(at_base) if *at_base == edit.wanted => {}
            Some(_) => conflicts.push(ConflictingField {
                field: edit.name,
                theirs: edit.current,
                yours: edit.wanted,
            }),
        }
    }

    if conflicts.is_empty() {
        Ok(accepted)
    } else {
        Err(Conflict(conflicts))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn edit(name: &'static str, current: i32, wanted: i32) -> Edit<&'static str> {
        Edit {
            field: name,
            name,
            current: json!(current),
            wanted: json!(wanted),
        }
    }

    fn since(changes: &[(&str, i32)]) -> ChangedSince {
        ChangedSince::from_history(changes.iter().map(|(field, before)| (field.to_string(), json!(before))))
    }

    #[test]
    fn edits_of_different_fields_merge() {
        assert_eq!(merge([edit("title", 1, 2)], &since(&[("priority", 7)])), Ok(vec!["title"]));
    }

    #[test]
    fn edits_of_the_same_field_are_told_with_both_values() {
        let conflict = merge([edit("title", 2, 3), edit("type", 1, 2)], &since(&[("title", 1)])).unwrap_err();
        assert_eq!(
            conflict.0,
            [ConflictingField {
                field: "title",
                theirs: json!(2),
                yours: json!(3)
            }]
        );
        assert_eq!(conflict.to_string(), "changed since it was read: title");
    }

    #[test]
    fn wanting_the_same_is_no_conflict() {
        assert_eq!(merge([edit("title", 2, 2)], &since(&[("title", 1)])), Ok(vec![]));
    }

    #[test]
    fn a_value_that_was_only_read_and_sent_back_undoes_nothing() {
        assert_eq!(merge([edit("title", 2, 1)], &since(&[("title", 1)])), Ok(vec![]));
    }

    #[test]
    fn a_field_changed_there_and_back_is_unchanged() {
        assert_eq!(
            merge([edit("title", 1, 3)], &since(&[("title", 1), ("title", 2)])),
            Ok(vec!["title"])
        );
    }

    proptest! {
        /// With fields of few values all constellations come up: what is accepted was nobody else's, and what is refused was.
        #[test]
        fn nothing_of_others_is_lost(fields in prop::collection::vec((0..3, 0..3, 0..3), 1..5)) {
            const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
            let others: Vec<_> = fields.iter().zip(NAMES).filter(|((base, current, _), _)| base != current).map(|((base, ..), name)| (name, *base)).collect();
            let edits = fields.iter().zip(NAMES).map(|((_, current, wanted), name)| edit(name, *current, *wanted));

            let truly_both = |(base, current, wanted): &(i32, i32, i32)| base != current && base != wanted && current != wanted;
            match merge(edits, &since(&others)) {
                Ok(accepted) => {
                    prop_assert!(!fields.iter().any(truly_both));
                    for ((base, current, wanted), name) in fields.iter().zip(NAMES) {
                        let merged = if accepted.contains(&name) { wanted } else { current };
                        prop_assert_eq!(merged, if base == wanted { current } else { wanted });
                    }
                }
                Err(conflict) => prop_assert_eq!(conflict.0.len(), fields.iter().filter(|field| truly_both(field)).count()),
            }
        }
    }
}
