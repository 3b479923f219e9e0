//! The promises of this crate, on real SQLite files, and on PostgreSQL when TASKTRACKER_TEST_POSTGRES holds the URL of a server
//! (`postgres://user@host:port`) on which databases may be made.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may fail by panicking, and says what it skips"
)]

mod cancellation;
mod constraints;
mod dialects;
mod disk_full;
mod groups;
mod idempotency;
mod opening;
mod pages;
mod postgres;
mod store;
mod transactions;
mod turns;
