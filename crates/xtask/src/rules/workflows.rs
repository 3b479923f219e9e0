//! The hosted CI cannot be tried here, so what can be known without it is checked: workflows that GitHub understands, actions pinned by commit,
//! commands that exist, and a last job that waits for all others.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Rule, Verdict};
use crate::repository::{File, Repository};
use crate::tools::{self, Found};

pub const RULE: Rule = Rule {
    name: "workflows",
    promise: "workflows are valid, their actions pinned by commit, their xtask commands exist",
    remedy: "pin as `uses: owner/action@<40 digits> # v1.2.3`; `cargo xtask --help` names the commands",
    check: |subject| {
        let repository = &subject.repository;
        let findings = find(repository);
        match tools::actionlint()? {
            Found::Ready(tool) => Ok([findings, lint(&tool, repository)?].concat().into()),
            Found::Missing(why) if findings.is_empty() => Ok(Verdict::Skipped(why)),
            Found::Missing(_) => Ok(findings.into()),
        }
    },
};

/// The local twin, which calls the same commands.
const LOCAL: &str = ".ci/run";
/// The job that a branch protection names.
const LAST: &str = "done";

fn workflows(repository: &Repository) -> impl Iterator<Item = &File> {
    repository.files.iter().filter(|file| file.path.starts_with(".github/workflows/"))
}

fn find(repository: &Repository) -> Vec<String> {
    let mut findings = Vec::new();
    for file in workflows(repository) {
        findings.extend(find_unpinned(file));
        findings.extend(find_forgotten(file));
    }
    let local = repository.files.iter().filter(|file| file.path == LOCAL);
    for file in workflows(repository).chain(local) {
        for (number, line) in file.text.lines().enumerate() {
            let unknown = xtask_arguments(line).and_then(|arguments| crate::understand(arguments).err());
            findings.extend(unknown.map(|why| format!("{}:{}: {why}", file.path, number + 1)));
        }
    }
    findings
}

fn find_unpinned(file: &File) -> Vec<String> {
    let used = file
        .text
        .lines()
        .filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: "));
    used.filter(|used| !used.starts_with("./") && !is_pinned(used))
        .map(|used| format!("{}: {used} is not pinned by commit, with its version as comment", file.path))
        .collect()
}

fn is_pinned(used: &str) -> bool {
    let Some((reference, version)) = used.split_once(" # v") else {
        return false;
    };
    let commit = reference.split_once('@').map_or("", |(_, commit)| commit.trim());
    commit.len() == 40 && commit.chars().all(|letter| letter.is_ascii_hexdigit()) && !version.is_empty()
}

/// What follows `cargo xtask` in a line that is no comment.
fn xtask_arguments(line: &str) -> Option<Vec<&str>> {
    if line.trim_start().starts_with('#') {
        return None;
    }
    let (_, rest) = line.split_once("cargo xtask ")?;
    let end = rest.find(['|', '&', ';', ')', '"', '\'', '`']).unwrap_or(rest.len());
    Some(rest[..end].split_whitespace().collect())
}

/// Jobs for which the last one does not wait.
fn find_forgotten(file: &File) -> Vec<String> {
    let mut jobs = Vec::new();
    let mut waited_for = None;
    for line in file.text.lines().skip_while(|line| *line != "jobs:").skip(1) {
        if let Some(job) = line
            .strip_prefix("  ")
            .filter(|rest| !rest.starts_with([' ', '#']))
            .and_then(|rest| rest.strip_suffix(':'))
        {
            jobs.push(job);
        } else if jobs.last() == Some(&LAST)
            && let Some(needs) = line.trim().strip_prefix("needs: [")
        {
            waited_for = Some(needs.trim_end_matches(']').split(", ").collect::<Vec<_>>());
        }
    }
    let Some(waited_for) = waited_for else {
        return vec![format!("{}: no job `{LAST}` that needs others", file.path)];
    };
    let forgotten = jobs.iter().filter(|job| **job != LAST && !waited_for.contains(*job));
    forgotten
        .map(|job| format!("{}: `{LAST}` does not wait for {job}", file.path))
        .collect()
}

fn lint(tool: &Path, repository: &Repository) -> Result<Vec<String>> {
    let output = Command::new(tool)
        // The same findings whether these are installed or not.
        .args(["-no-color", "-oneline", "-shellcheck=", "-pyflakes="])
        .args(workflows(repository).map(|file| file.path.as_str()))
        .current_dir(&repository.root)
        .output()
        .context("cannot start actionlint")?;
    let text = [output.stdout, output.stderr].concat();
    let mut lines: Vec<String> = String::from_utf8_lossy(&text).lines().map(str::to_owned).collect();
    if lines.is_empty() && !output.status.success() {
        lines.push(format!("actionlint ended with {} and said nothing", output.status));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
jobs:
  check:
    steps:
      - uses: actions/checkout@0123456789abcdef0123456789abcdef01234567 # v4.3.1
      - uses: ./.github/own
      # cargo xtask no-such-thing
      - run: cargo xtask check --only names && echo
  test:
    runs-on: x
  done:
    needs: [check, test]
";

    fn findings(workflow: &str) -> Vec<String> {
        find(&Repository::of(&[(".github/workflows/ci.yml", workflow)]))
    }

    #[test]
    fn each_promise_can_be_broken() {
        assert_eq!(findings(GOOD), [""; 0]);
        for (from, to, wrong) in [
            ("@0123456789abcdef0123456789abcdef01234567 # v4.3.1", "@v4", "not pinned"),
            (" # v4.3.1", "", "not pinned"),
            ("@0123", "@g123", "not pinned"),
            ("check --only names", "chekc", "ci.yml:7: "),
            ("check --only", "check --olny", "ci.yml:7: "),
            ("[check, test]", "[check]", "does not wait for test"),
            ("  done:\n    needs: [check, test]\n", "", "no job `done`"),
        ] {
            let found = findings(&GOOD.replace(from, to));
            assert!(found.len() == 1 && found[0].contains(wrong), "{to}: {found:?}");
        }
    }

    #[test]
    fn the_local_twin_is_looked_at_too() {
        let repository = Repository::of(&[(LOCAL, "step cargo xtask check\nstep cargo xtask nothing\n")]);
        assert_eq!(find(&repository).len(), 1);
    }
}
