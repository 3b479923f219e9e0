//! `cargo xtask test`: all tests of the workspace, first embedded, then on the real stores, with the tools that the polyglot ones call. Ends
//! with one line that sums up.

use std::io::{BufRead, BufReader, IsTerminal};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};

use crate::services::ForTests;
use crate::tools::{self, Found};
use crate::{environment, programs, terminal};

/// Flags.
#[derive(clap::Args)]
pub struct Arguments {
    /// Only on SQLite and in one process.
    #[arg(long, conflicts_with = "distributed")]
    embedded: bool,
    /// Only on PostgreSQL, Kafka, MongoDB, S3, SES and Redis, and with one process a service. Servers that TASKTRACKER_TEST_POSTGRES and the like
    /// do not name are started for it.
    #[arg(long)]
    distributed: bool,
    /// Only tests with this in their path; installs no tools unless it is `polyglot`.
    filter: Option<String>,
}

/// Part of a filter's text that asks for the tests with tools.
const POLYGLOT: &str = "polyglot";

/// The packages whose tests run on the real stores too.
const ON_STORES: [&str; 9] = [
    "tasktracker-database",
    "tasktracker-events",
    "tasktracker-jobs",
    "tasktracker-mail",
    "tasktracker-auth",
    "tasktracker-core",
    "tasktracker-analytics",
    "tasktracker-files",
    "tasktracker",
];
/// Those of them that have more in them for the real stores.
const WITH_FEATURE: [&str; 7] = [
    "tasktracker-events",
    "tasktracker-mail",
    "tasktracker-auth",
    "tasktracker-core",
    "tasktracker-analytics",
    "tasktracker-files",
    "tasktracker",
];

/// Runs.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let tools = tools(arguments.filter.as_deref())?;
    let mut tally = Tally::default();
    let mut passed = true;
    if !arguments.distributed {
        let mut command = environment::cargo();
        command.args(["test", "--workspace", "--no-fail-fast"]);
        passed &= run_and_count(arguments, &mut command, &tools, &mut tally)?;
    }
    if !arguments.embedded {
        passed &= distributed(arguments, &tools, &mut tally)?;
    }
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

/// The same tests on servers that live as long as they run, and those that need the programs of several processes.
fn distributed(arguments: &Arguments, tools: &[Tool], tally: &mut Tally) -> Result<bool> {
    let folder = programs::build(false)?;
    let servers = ForTests::start()?;
    let mut command = environment::cargo();
    command.args(["test", "--no-fail-fast", "--features", &programs::features(&WITH_FEATURE)]);
    // What else there is of tests is about one process on files.
    command.args(["--lib", "--test", "it", "--test", "journeys", "--test", "kill_facts"]);
    for package in ON_STORES {
        command.args(["--package", package]);
    }
    command.env("TASKTRACKER_TEST_PROGRAMS", folder);
    for (variable, address) in &servers.variables {
        command.env(variable, address);
    }
    run_and_count(arguments, &mut command, tools, tally)
}

/// A tool that a test calls, by the variable that names it.
type Tool = (&'static str, std::path::PathBuf);

/// The tools and the variables that name them. With a filter only those that are there already, for a quick answer.
fn tools(filter: Option<&str>) -> Result<Vec<Tool>> {
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
fn run_and_count(arguments: &Arguments, command: &mut Command, tools: &[Tool], tally: &mut Tally) -> Result<bool> {
    if environment::is_ci() {
        command.arg("--locked");
    }
    command.envs(tools.iter().map(|(variable, executable)| (variable, executable)));
    command.args(&arguments.filter);
    if std::io::stdout().is_terminal() {
        command.args(["--", "--color", "always"]);
    }
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start cargo")?;
    let printed = child.stdout.take().context("its output is piped")?;
    for line in BufReader::new(printed).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        tally.add(&line);
        terminal::say(line);
    }
    Ok(child.wait()?.success())
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
