#![doc = include_str!("../README.md")]

mod handler;
mod job;
mod jobs;
pub mod operations;
mod options;
pub mod rpc;
mod schedule;
mod state;
mod store;
mod tables;
mod worker;

pub use handler::{Backoff, Handler, JobError, Outcome};
pub use job::{NewJob, RunningJob};
pub use jobs::Jobs;
pub use options::Options;
pub use schedule::{BadSchedule, Schedule};
pub use state::State;
pub use tables::{indexes, tables};
