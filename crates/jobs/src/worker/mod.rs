//! Working on jobs: one task claims, one begins them in order, each runs in a task of its own, one writes down how they ended, and one keeps
//! the claims alive and the table clean.

mod claim;
mod finish;
mod keep;
mod run;

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::jobs::Inner;

pub(crate) fn start(inner: &Arc<Inner>) {
    // Bounded by what is claimed at most.
    let (claimed, begin) = mpsc::unbounded_channel();
    let (ended, results) = mpsc::unbounded_channel();
    let lifecycle = &inner.lifecycle;
    lifecycle.spawn("jobs: claims", claim::run(Arc::clone(inner), claimed));
    lifecycle.spawn("jobs: beginnings", run::begin_all(Arc::clone(inner), begin, ended));
    lifecycle.spawn("jobs: results", finish::run(Arc::clone(inner), results));
    lifecycle.spawn("jobs: upkeep", keep::run(Arc::clone(inner)));
}
