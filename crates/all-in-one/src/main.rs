//! The command line of `tasktracker`.

use std::process::ExitCode;

use clap::Parser;
use tasktracker::commands::Cli;

/// The C library keeps the memory of a password hash (19 MiB) for each thread that made one.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    Cli::parse().run()
}
