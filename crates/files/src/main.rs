//! The program `tasktracker-files`: Files in a process of its own.

use std::process::ExitCode;

use tasktracker_files::process::Process;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    tasktracker_service::main::<Process>()
}
