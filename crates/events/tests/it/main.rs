//! The promises of this crate, on real SQLite files, and on PostgreSQL when TASKTRACKER_TEST_POSTGRES holds the URL of a server
//! (`postgres://user@host:port`) on which databases may be made. With the feature `kafka` also those of Kafka, when TASKTRACKER_TEST_KAFKA
//! holds the address of a broker (`host:port`).
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may fail by panicking, and says what it skips"
)]

mod clock;
mod conformance;
mod consumers;
mod dead_letters;
mod faults;
mod golden;
mod histories;
#[cfg(feature = "kafka")]
mod kafka;
mod log;
mod reactions;
mod relay;
mod sweep;
mod topics;
mod world;
