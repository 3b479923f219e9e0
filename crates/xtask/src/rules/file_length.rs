//! No source file is longer than 400 lines; its tests at the bottom are not counted.

use super::Rule;
use crate::repository::Repository;

pub const RULE: Rule = Rule {
    name: "file-length",
    promise: "no source file has more than 400 lines",
    remedy: "there are two stories in it: make each a file of its own",
    check: |subject| Ok(find(&subject.repository).into()),
};

const LONGEST: usize = 400;

fn find(repository: &Repository) -> Vec<String> {
    let sources = repository
        .rust()
        .filter(|file| file.path.contains("src/") || file.path.ends_with("build.rs") || file.path.contains("/build/"));
    let lengths = sources.map(|file| (&file.path, length(&file.text)));
    lengths
        .filter(|(_, length)| *length > LONGEST)
        .map(|(path, length)| format!("{path}: {length} lines"))
        .collect()
}

/// Lines before the tests at the bottom.
fn length(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines
        .windows(2)
        .position(|pair| pair[0] == "#[cfg(test)]" && pair[1].ends_with("mod tests {"));
    tests.unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_long_files_and_leaves_tests_out() {
        let long = "//! Long.\n".repeat(401);
        let tested = format!(
            "{}#[cfg(test)]\nmod tests {{\n{}}}\n",
            "// line\n".repeat(400),
            "// test\n".repeat(300)
        );
        let repository = Repository::of(&[
            ("crates/core/src/long.rs", &long),
            ("crates/core/src/tested.rs", &tested),
            ("crates/core/tests/it/long.rs", &long),
        ]);
        assert_eq!(find(&repository), ["crates/core/src/long.rs: 401 lines"]);
    }
}
