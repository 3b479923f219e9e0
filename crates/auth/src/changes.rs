//! Tells the streams of WatchChanges in this process that there is a new revision. Other processes' revisions are found by looking.

use tokio::sync::watch;

/// The latest revision that this process committed or saw.
#[derive(Debug, Clone)]
pub struct Revisions(watch::Sender<i64>);

impl Revisions {
    /// Starts with the present revision.
    #[must_use]
    pub fn new(present: i64) -> Self {
        Self(watch::Sender::new(present))
    }

    /// There is this revision now.
    pub fn publish(&self, revision: i64) {
        self.0.send_if_modified(|known| {
            let newer = revision > *known;
            *known = revision.max(*known);
            newer
        });
    }

    /// Wakes at each new revision.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<i64> {
        self.0.subscribe()
    }
}
