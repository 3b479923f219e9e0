//! The command line of `tasktracker`.

use std::process::ExitCode;

use clap::Parser;
use tasktracker::commands::Cli;

fn main() -> ExitCode {
    Cli::parse().run()
}
