//! Every Rust file opens with `//!` and every proto with a comment: what it is and what it promises.

use super::Rule;
use crate::repository::Repository;

pub const RULE: Rule = Rule {
    name: "file-headers",
    promise: "each Rust file opens with //! and each proto with //",
    remedy: "begin the file with one to three sentences: what it is, what it promises",
    check: |subject| Ok(find(&subject.repository).into()),
};

/// A crate's README.md is its documentation as well.
const README: &str = "#![doc = include_str!(\"../README.md\")]";

fn find(repository: &Repository) -> Vec<String> {
    let mut findings = Vec::new();
    for file in &repository.files {
        let opening = if file.is_rust() {
            "//! "
        } else if file.is_own_proto() {
            "// "
        } else {
            continue;
        };
        let is_readme = file.path.ends_with("src/lib.rs") && file.text.starts_with(README);
        if !file.text.starts_with(opening) && !is_readme {
            findings.push(format!("{}: does not open with `{}`", file.path, opening.trim_end()));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_files_without_an_opening() {
        let repository = Repository::of(&[
            ("a.rs", "use std::fs;\n"),
            ("b.rs", "\n//! Late.\n"),
            ("proto/tasktracker/core/v1/task.proto", "syntax = \"proto3\";\n"),
            ("good.rs", "//! Good.\n"),
            ("crates/core/src/lib.rs", "#![doc = include_str!(\"../README.md\")]\n"),
            ("proto/third_party/x.proto", "syntax = \"proto3\";\n"),
        ]);
        assert_eq!(find(&repository).len(), 3);
    }
}
