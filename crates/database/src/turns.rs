//! Fair turns within this process for writers of one aggregate: they would otherwise miss each other's guards and try again.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};
use uuid::Uuid;

const STRIPES: usize = 256;

/// A turn ends when this is dropped.
#[derive(Debug)]
#[must_use = "the turn ends when this is dropped"]
pub struct Turn(#[expect(dead_code, reason = "held, not read")] OwnedMutexGuard<()>);

#[derive(Debug)]
pub(crate) struct Turns(Vec<Arc<Mutex<()>>>);

impl Turns {
    pub(crate) fn new() -> Self {
        Self((0..STRIPES).map(|_| Arc::default()).collect())
    }

    /// Different ids may share a stripe: never hold two turns at once.
    pub(crate) async fn take(&self, id: Uuid) -> Turn {
        let stripe = id
            .as_bytes()
            .iter()
            .fold(0_usize, |sum, byte| (sum * 31 + usize::from(*byte)) % STRIPES);
        Turn(Arc::clone(&self.0[stripe]).lock_owned().await)
    }
}
