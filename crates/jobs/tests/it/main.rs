//! The promises of this crate, on real SQLite files, and on PostgreSQL when TASKTRACKER_TEST_POSTGRES holds the URL of a server
//! (`postgres://user@host:port`) on which databases may be made.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may fail by panicking, and says what it skips"
)]

mod attempts;
mod clock;
mod crash;
mod enqueue;
mod keeping;
mod leases;
mod operations_service;
mod order;
mod schedules;
mod stopping;
mod two;
mod world;
