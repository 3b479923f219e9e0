//! A refusal as tests look at it: everything a client can see, but for the request id, in one line.

use std::collections::BTreeMap;
use std::fmt;

use tonic::{Code, Response, Status};
use tonic_types::StatusExt;

/// What a client sees of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The code.
    pub code: Code,
    /// The reason, without its prefix.
    pub reason: String,
    /// The sentence.
    pub message: String,
    /// Values for programs.
    pub metadata: BTreeMap<String, String>,
    /// Fields that break a rule: field and description.
    pub violations: Vec<(String, String)>,
}

/// The refusal of a call that must be refused.
#[track_caller]
pub fn problem<T: fmt::Debug>(outcome: Result<Response<T>, Status>) -> Problem {
    match outcome {
        Ok(response) => panic!("must be refused, but answered {:?}", response.into_inner()),
        Err(status) => Problem::of(&status),
    }
}

impl Problem {
    /// What a status says.
    #[must_use]
    pub fn of(status: &Status) -> Self {
        let info = status.get_details_error_info();
        let violations = status.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default();
        assert!(
            status.get_details_request_info().is_some(),
            "every refusal names its request: {status:?}"
        );
        Self {
            code: status.code(),
            reason: info.as_ref().map(|info| info.reason.clone()).unwrap_or_default(),
            message: status.message().to_owned(),
            metadata: info.map(|info| info.metadata.into_iter().collect()).unwrap_or_default(),
            violations: violations
                .into_iter()
                .map(|violation| (violation.field, violation.description))
                .collect(),
        }
    }

    /// The fields that break a rule.
    #[must_use]
    pub fn fields(&self) -> Vec<&str> {
        self.violations.iter().map(|(field, _)| field.as_str()).collect()
    }
}

/// `CODE REASON key=value field: description`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", screaming(&format!("{:?}", self.code)), self.reason)?;
        for (key, value) in &self.metadata {
            write!(f, " {key}={value}")?;
        }
        for (field, description) in &self.violations {
            write!(f, " [{field}: {description}]")?;
        }
        Ok(())
    }
}

fn screaming(camel: &str) -> String {
    let mut text = String::new();
    for letter in camel.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(letter.to_uppercase());
    }
    text
}
