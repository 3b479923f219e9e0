//! Analytics through its API and from within: one file an RPC, and the promises of its store and its projection.
#![expect(clippy::unwrap_used, reason = "tests panic: that is how they fail")]

mod projection;
mod projection_service;
mod statistics_service;
mod store;
