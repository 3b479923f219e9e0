//! Files through its API, on real stores: one file an RPC; its store of contents by itself; what it does without being asked.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may fail by panicking, and says what it skips"
)]

mod blobs;
#[cfg(feature = "s3")]
mod bucket;
mod cascade;
mod contents;
mod file_service;
#[cfg(feature = "s3")]
mod line;
#[cfg(feature = "s3")]
mod outage;
mod scene;
mod sweeping;
mod upload_service;
mod vanishing;
