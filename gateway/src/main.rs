//! The program `tasktracker-gateway`: the edge in a process of its own.

use std::process::ExitCode;

use tasktracker_gateway::process::Process;

fn main() -> ExitCode {
    tasktracker_server::program::main::<Process>()
}
