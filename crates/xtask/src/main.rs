//! `cargo xtask ...`: the only task runner. Every command here is what a developer, `.ci/run` and the hosted CI all call.

mod commands;
mod environment;
mod programs;
mod protos;
mod repository;
mod rules;
mod services;
mod stopwatch;
mod terminal;
mod tools;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Runs, checks and tests the Task Tracker.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the `tasktracker` binary and run everything in one process.
    Up(commands::up::Arguments),
    /// Check the repository's rules, formatting and lints.
    Check(commands::check::Arguments),
    /// Run all tests, with the tools they need.
    Test(commands::test::Arguments),
    /// Start and stop the third-party servers: PostgreSQL, Kafka, MongoDB, S3, SES, Redis.
    Services(commands::services::Arguments),
    /// Rewrite what is generated and committed.
    Gen(commands::generate::Arguments),
    /// Measure.
    Bench(commands::bench::Arguments),
    /// Kill and restart the server many times and look for lost writes.
    Soak(commands::soak::Arguments),
}

/// Whether there is such a command with such flags; if not, why.
fn understand(arguments: Vec<&str>) -> Result<(), String> {
    let parsed = Arguments::try_parse_from(std::iter::once("cargo xtask").chain(arguments));
    parsed
        .map(drop)
        .map_err(|error| error.to_string().lines().next().unwrap_or_default().to_owned())
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Up(arguments) => commands::up::run(&arguments),
        Command::Check(arguments) => commands::check::run(&arguments),
        Command::Test(arguments) => commands::test::run(&arguments),
        Command::Services(arguments) => commands::services::run(&arguments),
        Command::Gen(arguments) => commands::generate::run(&arguments),
        Command::Bench(arguments) => commands::bench::run(&arguments),
        Command::Soak(arguments) => commands::soak::run(&arguments),
    };
    outcome.unwrap_or_else(|error| {
        terminal::complain(format!("error: {error:#}"));
        ExitCode::FAILURE
    })
}
