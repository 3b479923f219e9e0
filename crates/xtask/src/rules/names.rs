//! Files, folders and modules are named after what is in them; no drawer for odds and ends, and no `foo.rs` beside `foo/`.

use std::collections::BTreeSet;

use super::Rule;
use crate::repository::Repository;

pub const RULE: Rule = Rule {
    name: "names",
    promise: "files and modules are named after what is in them",
    remedy: "name it after the one thing in it, or move the code to its only user; folders carry mod.rs",
    check: |subject| Ok(find(&subject.repository).into()),
};

const FORBIDDEN: &[&str] = &[
    "util", "utils", "helper", "helpers", "common", "misc", "shared", "base", "manager", "managers", "data", "info", "impl", "impls",
    "stuff",
];

/// Folders in which other people's rules for names hold.
const FREE: &[&str] = &["proto/third_party/", "web/"];

fn find(repository: &Repository) -> Vec<String> {
    let mut findings = BTreeSet::new();
    let rust: BTreeSet<&str> = repository.rust().map(|file| file.path.as_str()).collect();
    for file in &repository.files {
        let code = file.is_rust() || file.is_own_proto() || file.path.ends_with("/Cargo.toml");
        if !code || FREE.iter().any(|folder| file.path.starts_with(folder)) {
            continue;
        }
        let stem = file.path.rsplit_once('.').map_or(file.path.as_str(), |(stem, _)| stem);
        for part in stem.split('/').filter(|part| is_forbidden(part)) {
            findings.insert(format!("{}: `{part}` says nothing about what is inside", file.path));
        }
        if file.path.ends_with("/mod.rs") && rust.contains(format!("{}.rs", file.path.trim_end_matches("/mod.rs")).as_str()) {
            findings.insert(format!("{}: a file of the folder's name lies beside the folder", file.path));
        }
        for (number, line) in file.text.lines().enumerate().filter(|_| file.is_rust()) {
            if let Some(name) = inline_module(line).filter(|name| is_forbidden(name)) {
                findings.insert(format!(
                    "{}:{}: module `{name}` says nothing about what is inside",
                    file.path,
                    number + 1
                ));
            }
        }
    }
    findings.into_iter().collect()
}

fn is_forbidden(name: &str) -> bool {
    FORBIDDEN.contains(&name)
}

/// The name in `mod name {`, whatever its visibility.
fn inline_module(line: &str) -> Option<&str> {
    let declaration = line.trim().strip_suffix('{')?.trim_end();
    let (visibility, name) = declaration.rsplit_once("mod ")?;
    (visibility.is_empty() || visibility.starts_with("pub")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_drawers() {
        let repository = Repository::of(&[
            ("crates/core/src/utils.rs", "//! Odds."),
            ("crates/core/tests/common/mod.rs", "//! Ends."),
            ("crates/core/src/lib.rs", "//! Lib.\npub(crate) mod helpers {\n}"),
            ("proto/tasktracker/core/v1/info.proto", "// Info."),
        ]);
        assert_eq!(find(&repository).len(), 4);
    }

    #[test]
    fn finds_a_file_beside_its_folder() {
        let repository = Repository::of(&[("crates/core/src/rpc.rs", "//! A."), ("crates/core/src/rpc/mod.rs", "//! B.")]);
        assert_eq!(
            find(&repository),
            ["crates/core/src/rpc/mod.rs: a file of the folder's name lies beside the folder"]
        );
    }

    #[test]
    fn lets_telling_names_pass() {
        let repository = Repository::of(&[
            ("crates/database/src/rank.rs", "//! Ranks.\nmod tests {\n}"),
            ("proto/third_party/google/common.proto", "// Not ours."),
            ("web/src/utils/dates.rs", "//! Not ours."),
        ]);
        assert!(find(&repository).is_empty());
    }
}
