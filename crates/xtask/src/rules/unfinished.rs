//! Nothing unfinished is committed: no placeholder, no note to oneself, no test that does not run.

use super::Rule;
use crate::repository::{File, Repository};

pub const RULE: Rule = Rule {
    name: "unfinished",
    promise: "no placeholders, notes to oneself or switched-off tests",
    remedy: "finish it, or leave it out and open an issue",
    check: |subject| Ok(find(&subject.repository).into()),
};

/// In Rust code. Written in halves, so that this file passes its own rule.
const IN_CODE: &[&str] = &[
    concat!("to", "do!("),
    concat!("unimpl", "emented!("),
    concat!("#[ign", "ore"),
    concat!("#![ign", "ore"),
];

/// Whole words in any text file.
const IN_TEXT: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME")];

/// Files that carry other people's text.
const FREE: &[&str] = &["proto/third_party/", "Cargo.lock", "web/package-lock.json"];

fn find(repository: &Repository) -> Vec<String> {
    let mut findings = Vec::new();
    for file in repository
        .files
        .iter()
        .filter(|file| !FREE.iter().any(|free| file.path.starts_with(free)))
    {
        for (number, line) in file.text.lines().enumerate() {
            findings.extend(unfinished(file, line).map(|mark| format!("{}:{}: `{mark}`", file.path, number + 1)));
        }
    }
    findings
}

fn unfinished(file: &File, line: &str) -> Option<&'static str> {
    let code = IN_CODE.iter().find(|mark| file.is_rust() && line.contains(**mark));
    code.or_else(|| IN_TEXT.iter().find(|mark| has_word(line, mark))).copied()
}

fn has_word(line: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_not_finished() {
        for (path, text) in [
            ("a.rs", concat!("fn a() { to", "do!() }")),
            ("a.rs", concat!("fn a() { unimpl", "emented!(\"later\") }")),
            ("a.rs", concat!("#[ign", "ore = \"slow\"]")),
            ("a.md", concat!("FIX", "ME: say why")),
            ("a.yml", concat!("# TO", "DO")),
        ] {
            assert_eq!(find(&Repository::of(&[(path, text)])).len(), 1, "{text}");
        }
    }

    #[test]
    fn lets_other_words_pass() {
        let text = concat!("STATUS_CATEGORY_TO", "DO and to", "do = \"deny\" and METHO", "DO");
        assert!(find(&Repository::of(&[("a.toml", text), ("Cargo.lock", concat!("TO", "DO"))])).is_empty());
    }
}
