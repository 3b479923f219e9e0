//! `cargo xtask soak`: the tests `kill` and `kill_facts` with many rounds. It kills the server, and each of
//! five processes, in the middle of writes and looks for what got lost.

use std::process::ExitCode;

use anyhow::Result;

use crate::services::ForTests;
use crate::{environment, programs};

/// Flags.
#[derive(clap::Args)]
pub struct Arguments {
    /// How often to kill.
    #[arg(long, default_value_t = 20)]
    rounds: u32,
}

/// Runs.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mut command = environment::cargo();
    command.args([
        "test",
        "--package",
        "tasktracker",
        "--test",
        "kill",
        "--test",
        "kill_facts",
        "--",
        "--nocapture",
    ]);
    command.env("TASKTRACKER_TEST_PROGRAMS", programs::build(false)?);
    let servers = ForTests::start()?;
    command.envs(servers.variables.iter().map(|(variable, address)| (variable, address)));
    command.env("TASKTRACKER_KILL_ROUNDS", arguments.rounds.to_string());
    let status = environment::run(&mut command)?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
