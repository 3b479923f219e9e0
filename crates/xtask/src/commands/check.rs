//! `cargo xtask check`: runs the rules and says of each whether it holds and, where not, what to do.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::rules::{RULES, Rule, Subject, Verdict};
use crate::stopwatch::Stopwatch;
use crate::{environment, terminal};

/// Flags.
#[derive(clap::Args)]
pub struct Arguments {
    /// Run this rule only; may be given several times.
    #[arg(long, value_name = "RULE")]
    only: Vec<String>,
    /// Name the rules, run none.
    #[arg(long)]
    list: bool,
}

/// Runs.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.list {
        RULES
            .iter()
            .for_each(|rule| terminal::say(format!("{:<14} {}", rule.name, rule.promise)));
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(unknown) = arguments.only.iter().find(|name| !RULES.iter().any(|rule| rule.name == **name)) {
        bail!("there is no rule `{unknown}`; `cargo xtask check --list` names them");
    }
    let subject = Subject::read(&environment::root())?;
    let chosen = RULES
        .iter()
        .filter(|rule| arguments.only.is_empty() || arguments.only.iter().any(|name| name == rule.name));
    let mut broken = Vec::new();
    let mut held = 0;
    for rule in chosen {
        match report(rule, &subject) {
            Outcome::Holds => held += 1,
            Outcome::Broken => broken.push(rule.name),
            Outcome::Skipped => {}
        }
    }
    if broken.is_empty() {
        terminal::say(format!("{held} rules hold"));
        return Ok(ExitCode::SUCCESS);
    }
    terminal::say(format!("{held} rules hold, {} do not: {}", broken.len(), broken.join(", ")));
    Ok(ExitCode::FAILURE)
}

/// What came of a rule.
enum Outcome {
    Holds,
    Broken,
    Skipped,
}

/// Checks one rule and prints what came of it.
fn report(rule: &Rule, subject: &Subject) -> Outcome {
    let watch = Stopwatch::start();
    let verdict = (rule.check)(subject);
    let time = if watch.elapsed() > Duration::from_secs(1) {
        format!(" ({})", watch.seconds())
    } else {
        String::new()
    };
    let findings = match verdict {
        Ok(Verdict::Looked(findings)) => findings,
        Ok(Verdict::Skipped(why)) if environment::is_ci() => vec![why],
        Ok(Verdict::Skipped(why)) => {
            terminal::say(format!("skip {:<14} {}", rule.name, rule.promise));
            terminal::warn(format!("{} was not checked: {why}", rule.name));
            return Outcome::Skipped;
        }
        Err(error) => vec![format!("{error:#}")],
    };
    let word = if findings.is_empty() { "ok  " } else { "FAIL" };
    terminal::say(format!("{word} {:<14} {}{time}", rule.name, rule.promise));
    for finding in &findings {
        terminal::say(format!("     {}", finding.replace('\n', "\n     ")));
    }
    if findings.is_empty() {
        return Outcome::Holds;
    }
    terminal::say(format!("     what to do: {}", rule.remedy));
    Outcome::Broken
}
