//! `cargo xtask bench NAME`: runs a benchmark, optimised. Its figures are for comparing on one machine, not for promising.

use std::process::ExitCode;

use anyhow::Result;
use clap::ValueEnum;

use crate::environment;

/// Which, and its own arguments.
#[derive(clap::Args)]
pub struct Arguments {
    /// The benchmark.
    name: Name,
    /// Its arguments, after `--`.
    #[arg(last = true)]
    more: Vec<String>,
}

/// The benchmarks.
#[derive(Clone, Copy, ValueEnum)]
enum Name {
    /// Requests through gateway, service and store of the embedded process.
    Spine,
    /// Events, jobs, statistics and files.
    Facts,
}

/// Runs.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let binary = match arguments.name {
        Name::Spine => "bench-spine",
        Name::Facts => "bench-facts",
    };
    let mut command = environment::cargo();
    command
        .args(["run", "--release", "--package", "tasktracker-testing", "--bin", binary, "--"])
        .args(&arguments.more);
    let status = environment::run(&mut command)?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
