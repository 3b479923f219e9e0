//! What every process of the project promises at its border, shown on a service that does nothing but misbehave.

#![expect(clippy::disallowed_methods, reason = "tests measure how long the server is patient")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod data_dir;
mod deadlines;
mod foreign;
mod health;
mod lifecycle;
mod limits;
mod listen;
mod panics;
mod raw;
mod reflection;
mod request_ids;
mod slow_clients;
mod stopping;
mod streams;
mod things;
