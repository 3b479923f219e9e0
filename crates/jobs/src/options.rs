//! How a process works on the jobs of one database.

use std::time::Duration;

/// How a process works on the jobs of one database. The defaults suit services; tests take shorter times.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Jobs that run at once.
    pub concurrency: usize,
    /// How long a claim lasts without a sign of life of its process. Clocks of processes must agree better than this.
    pub lease: Duration,
    /// Longest pause between two looks for due jobs and slots.
    pub poll: Duration,
    /// How long running jobs may take to end when the process stops.
    pub grace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            concurrency: 4,
            lease: Duration::from_secs(30),
            poll: Duration::from_millis(500),
            // Less than the process itself is given: what is left must still be written back.
            grace: Duration::from_secs(7),
        }
    }
}
