//! How much a database was asked to do: tests hold RPCs to a number of round trips with it.

use std::sync::atomic::{AtomicU64, Ordering};

/// What was sent to a database since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Queries through the reader.
    pub reads: u64,
    /// Commands of transactions: each is one round trip (PostgreSQL) or one hop to the writer's thread (SQLite).
    pub commands: u64,
    /// Commits that were made durable; on SQLite one may serve many transactions.
    pub commits: u64,
    /// Transactions that were acknowledged.
    pub transactions: u64,
}

impl std::ops::Sub for Counts {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            reads: self.reads - earlier.reads,
            commands: self.commands - earlier.commands,
            commits: self.commits - earlier.commits,
            transactions: self.transactions - earlier.transactions,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) reads: Counter,
    pub(crate) commands: Counter,
    pub(crate) commits: Counter,
    pub(crate) transactions: Counter,
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            reads: self.reads.get(),
            commands: self.commands.get(),
            commits: self.commits.get(),
            transactions: self.transactions.get(),
        }
    }
}
