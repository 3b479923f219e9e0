//! `cargo xtask test`: all tests of the workspace, with the tools that the polyglot ones call. Ends with one line that sums up.

use std::io::{BufRead, BufReader, IsTerminal};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};

use crate::tools::{self, Found};
use crate::{environment, terminal};

/// Flags.
#[derive(clap::Args)]
pub struct Arguments {
    /// On SQLite and in one process (the default).
    #[arg(long, conflicts_with = "distributed")]
    embedded: bool,
    /// On PostgreSQL, Kafka, MongoDB, S3 and Redis, one process a service.
    #[arg(long)]
    distributed: bool,
    /// Only tests with this in their path; installs nothing unless it is `polyglot`.
    filter: Option<String>,
}

/// Part of a filter's text that asks for the tests with tools.
const POLYGLOT: &str = "polyglot";

/// Runs.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.distributed {
        terminal::warn("there is no distributed mode yet; `cargo xtask test` runs everything there is");
        return Ok(ExitCode::from(2));
    }
    let mut command = environment::cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]);
    if environment::is_ci() {
        command.arg("--locked");
    }
    for (variable, executable) in tools(arguments.filter.as_deref())? {
        command.env(variable, executable);
    }
    command.args(&arguments.filter);
    if std::io::stdout().is_terminal() {
        command.args(["--", "--color", "always"]);
    }
    let (tally, passed) = run_and_count(&mut command)?;
    if tally.passed + tally.failed == 0 {
        terminal::warn("no test ran");
    }
    terminal::say(format!(
        "{} passed, {} failed, {} skipped",
        tally.passed, tally.failed, tally.skipped
    ));
    let ran = tally.passed > 0;
    Ok(if passed && ran { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The tools and the variables that name them. With a filter only those that are there already, for a quick answer.
fn tools(filter: Option<&str>) -> Result<Vec<(&'static str, std::path::PathBuf)>> {
    let install = filter.is_none_or(|filter| filter.contains(POLYGLOT));
    let mut found = Vec::new();
    for (variable, tool) in tools::for_tests() {
        if !install {
            found.extend(tools::installed(&tool)?.map(|executable| (variable, executable)));
            continue;
        }
        match tools::ready(&tool)? {
            Found::Ready(executable) => found.push((variable, executable)),
            Found::Missing(why) => terminal::warn(format!("{why}; the tests that need it say that they are skipped")),
        }
    }
    Ok(found)
}

/// What `cargo test` counted, over all its binaries.
#[derive(Default, Debug, PartialEq)]
struct Tally {
    passed: u32,
    failed: u32,
    skipped: u32,
}

/// Runs `cargo test`, shows what it prints, and counts.
fn run_and_count(command: &mut Command) -> Result<(Tally, bool)> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start cargo")?;
    let mut tally = Tally::default();
    let printed = child.stdout.take().context("its output is piped")?;
    for line in BufReader::new(printed).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        tally.add(&line);
        terminal::say(line);
    }
    Ok((tally, child.wait()?.success()))
}

impl Tally {
    /// Reads `test result: ok. 5 passed; 0 failed; 1 ignored; ...`, coloured or not.
    fn add(&mut self, line: &str) {
        if !line.starts_with("test result: ") {
            return;
        }
        let count = |word: &str| -> u32 {
            let before = line.split(word).next().unwrap_or_default().trim_end();
            before
                .rsplit(|letter: char| !letter.is_ascii_digit())
                .next()
                .and_then(|number| number.parse().ok())
                .unwrap_or_default()
        };
        self.passed += count(" passed");
        self.failed += count(" failed");
        self.skipped += count(" ignored");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_over_all_binaries() {
        let mut tally = Tally::default();
        for line in [
            "running 7 tests",
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: \u{1b}[31mFAILED\u{1b}[m. 12 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        ] {
            tally.add(line);
        }
        assert_eq!(
            tally,
            Tally {
                passed: 17,
                failed: 2,
                skipped: 1
            }
        );
    }
}
