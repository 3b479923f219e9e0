//! What generated request checks are made of. A check names the field as the proto does (`task.assignee_ids[2]`) and says what is
//! wanted, never what was sent.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::hash::Hash;

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field in proto names.
    pub field: String,
    /// What is wanted of it.
    pub description: String,
}

/// A message that knows the rules written in its proto.
pub trait Validate {
    /// Adds a violation for each broken rule.
    fn check(&self, at: &Path<'_>, out: &mut Vec<Violation>);

    /// All broken rules of a request.
    fn violations(&self) -> Vec<Violation> {
        let mut out = Vec::new();
        self.check(&Path::Root, &mut out);
        out
    }
}

/// Where a check stands in the message; written out only when a rule is broken.
#[derive(Debug)]
pub enum Path<'a> {
    /// The request itself.
    Root,
    /// A field of the parent.
    Field(&'a Path<'a>, &'static str),
    /// An element of the parent.
    Index(&'a Path<'a>, usize),
}

impl Path<'_> {
    /// A field below this place.
    #[must_use]
    pub fn field(&self, name: &'static str) -> Path<'_> {
        Path::Field(self, name)
    }

    /// An element below this place.
    #[must_use]
    pub fn index(&self, index: usize) -> Path<'_> {
        Path::Index(self, index)
    }

    /// Notes a broken rule at this place.
    pub fn violate(&self, out: &mut Vec<Violation>, description: impl Into<String>) {
        let mut field = String::new();
        self.write(&mut field);
        out.push(Violation {
            field,
            description: description.into(),
        });
    }

    fn write(&self, text: &mut String) {
        match self {
            Path::Root => {}
            Path::Field(parent, name) => {
                parent.write(text);
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            Path::Index(parent, index) => {
                parent.write(text);
                let _ = write!(text, "[{index}]");
            }
        }
    }

    pub(crate) fn min_len(&self, out: &mut Vec<Violation>, value: &str, limit: usize) {
        if value.chars().take(limit).count() < limit {
            let wanted = if limit == 1 {
                "must not be empty".to_owned()
            } else {
                format!("must have at least {limit} characters")
            };
            self.violate(out, wanted);
        }
    }

    pub(crate) fn max_len(&self, out: &mut Vec<Violation>, value: &str, limit: usize) {
        if value.len() > limit && value.chars().count() > limit {
            self.violate(out, format!("must have at most {limit} characters"));
        }
    }

    pub(crate) fn max_bytes(&self, out: &mut Vec<Violation>, value: &str, limit: usize) {
        if value.len() > limit {
            self.violate(out, format!("must have at most {limit} bytes"));
        }
    }

    pub(crate) fn pattern(&self, out: &mut Vec<Violation>, value: &str, pattern: &regex::Regex) {
        if !pattern.is_match(value) {
            self.violate(out, format!("must match {}", pattern.as_str()));
        }
    }

    pub(crate) fn uuid(&self, out: &mut Vec<Violation>, value: &str) {
        if value.len() != 36 || uuid::Uuid::try_parse(value).is_err() {
            self.violate(out, "must be a UUID");
        }
    }

    pub(crate) fn gte(&self, out: &mut Vec<Violation>, value: i64, limit: i64) {
        if value < limit {
            self.violate(out, format!("must be at least {limit}"));
        }
    }

    pub(crate) fn between(&self, out: &mut Vec<Violation>, value: f64, low: f64, high: f64) {
        if !(low..=high).contains(&value) {
            let wanted = if high.is_finite() {
                format!("must be at most {high}")
            } else {
                format!("must be at least {low}")
            };
            self.violate(out, wanted);
        }
    }

    pub(crate) fn one_of(&self, out: &mut Vec<Violation>, value: i32, known: &[i32]) {
        if !known.contains(&value) {
            self.violate(out, "must be a known value");
        }
    }

    pub(crate) fn none_of(&self, out: &mut Vec<Violation>, value: i32, refused: &[i32]) {
        if refused.contains(&value) {
            self.violate(out, "must be set");
        }
    }

    pub(crate) fn at_least_items(&self, out: &mut Vec<Violation>, count: usize, limit: usize) {
        if count < limit {
            self.violate(out, format!("must have at least {limit} item(s)"));
        }
    }

    pub(crate) fn at_most_items(&self, out: &mut Vec<Violation>, count: usize, limit: usize) {
        if count > limit {
            self.violate(out, format!("must have at most {limit} items"));
        }
    }

    pub(crate) fn unique<T: Eq + Hash>(&self, out: &mut Vec<Violation>, items: &[T]) {
        let mut seen = HashSet::new();
        if !items.iter().all(|item| seen.insert(item)) {
            self.violate(out, "must not name anything twice");
        }
    }
}

/// Whether a field without presence holds its zero value.
pub(crate) fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
