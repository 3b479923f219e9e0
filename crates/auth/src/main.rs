//! The program `tasktracker-auth`: Auth in a process of its own.

use std::process::ExitCode;

use tasktracker_auth::process::Process;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    tasktracker_service::main::<Process>()
}
