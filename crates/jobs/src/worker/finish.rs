//! The task that writes down how jobs ended: everything that ended while the last transaction was under way goes into the next one.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tasktracker_database::CommitError;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::jobs::Inner;
use crate::store::finish::{self, Finished};

/// Results in one transaction, and jobs claimed ahead.
const MOST: usize = 256;
/// After a failure.
const FAILED_PAUSE: Duration = Duration::from_millis(500);

/// Writes until all jobs have ended. When the process stops they have a while for that, then they are broken off.
pub(super) async fn run(inner: Arc<Inner>, mut results: UnboundedReceiver<Finished>) {
    let grace = async {
        inner.lifecycle.stopping().cancelled().await;
        tokio::time::sleep(inner.options.grace).await;
        inner.break_off.cancel();
        // Their results are still to come.
        std::future::pending::<()>().await;
    };
    tokio::pin!(grace);
    loop {
        let mut batch = Vec::new();
        tokio::select! {
            number = results.recv_many(&mut batch, MOST) => if number == 0 { return },
            () = &mut grace => {}
        }
        tokio::select! {
            () = write(&inner, batch) => {}
            () = &mut grace => {}
        }
    }
}

async fn write(inner: &Inner, mut batch: Vec<Finished>) {
    // What was canceled or claimed anew meanwhile has no say.
    batch.retain(|finished| inner.held().get(&finished.id).is_some_and(|held| held.claim == finished.claim));
    while let Err(error) = commit(inner, &batch).await {
        tracing::warn!(service = inner.service, %error, "writing down how jobs ended failed, trying again");
        tokio::time::sleep(FAILED_PAUSE).await;
    }
    let mut held = inner.held();
    for finished in &batch {
        if held.get(&finished.id).is_some_and(|held| held.claim == finished.claim) {
            held.remove(&finished.id);
        }
    }
    drop(held);
    // Jobs that end as fast as they can be written down are claimed ahead, as many as two transactions take; those that take their time
    // are left to processes that have a place for them.
    let quick = batch.len() >= 2 && batch.len() * 2 >= inner.options.concurrency;
    inner
        .ahead
        .store(if quick { (batch.len() * 2).min(MOST) } else { 0 }, Ordering::Relaxed);
    inner.wake();
}

async fn commit(inner: &Inner, batch: &[Finished]) -> Result<(), CommitError> {
    let mut txn = inner.db.begin();
    finish::write(&mut txn, inner.db.backend(), batch, inner.now());
    txn.commit().await.map(drop)
}
