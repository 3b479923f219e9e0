//! Spawned work has a name, an owner and an end. A first signal asks everything to finish; after a bound, or at a second signal, what
//! is left is aborted. A task that panics stops the process with an error: half a process is worse than none.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long open work may take after the request to stop.
pub const GRACE: Duration = Duration::from_secs(10);

/// The owner of everything that a process spawned.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    stopping: CancellationToken,
    aborting: CancellationToken,
    closing: CancellationToken,
    leaving: CancellationToken,
    tasks: TaskTracker,
    keepers: TaskTracker,
    failed: Arc<AtomicBool>,
}

impl Lifecycle {
    /// The owner of no work yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancelled when the process shall finish.
    #[must_use]
    pub fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Runs work until it ends by itself; it should watch `stopping`. It is dropped when the process aborts.
    pub fn spawn(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.spawn_on(&self.tasks, &self.aborting, name, work);
    }

    /// Runs work that others need until their end, such as the writer of a database: it should watch `closing`. It is not aborted with the
    /// rest, only where it does not close in time.
    pub fn spawn_keeper(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.spawn_on(&self.keepers, &self.leaving, name, work);
    }

    /// Cancelled when all other work has ended.
    #[must_use]
    pub fn closing(&self) -> &CancellationToken {
        &self.closing
    }

    #[expect(clippy::disallowed_methods, reason = "this is the owner of spawned work")]
    fn spawn_on(
        &self,
        tasks: &TaskTracker,
        abort: &CancellationToken,
        name: &'static str,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        let aborting = abort.clone();
        let owner = self.clone();
        tokio::spawn(tasks.track_future(async move {
            tokio::select! {
                () = aborting.cancelled() => tracing::warn!(task = name, "aborted"),
                outcome = AssertUnwindSafe(work).catch_unwind() => if outcome.is_err() {
                    tracing::error!(task = name, "a task panicked, stopping");
                    owner.failed.store(true, Ordering::SeqCst);
                    owner.stop();
                },
            }
        }));
    }

    /// Asks everything to finish.
    pub fn stop(&self) {
        self.stopping.cancel();
    }

    /// Waits for the end of all work, at most `GRACE` after it was asked to finish; then aborts the rest, and closes what others needed.
    ///
    /// # Errors
    /// A task panicked.
    pub async fn finished(&self) -> anyhow::Result<()> {
        self.stopping.cancelled().await;
        self.tasks.close();
        if tokio::time::timeout(GRACE, self.tasks.wait()).await.is_err() {
            tracing::warn!("open work did not finish in time, aborting it");
            self.aborting.cancel();
            self.tasks.wait().await;
        }
        self.closing.cancel();
        self.keepers.close();
        if tokio::time::timeout(GRACE, self.keepers.wait()).await.is_err() {
            tracing::warn!("a store did not close in time");
            self.leaving.cancel();
        }
        anyhow::ensure!(!self.failed.load(Ordering::SeqCst), "a task panicked; the log says where");
        Ok(())
    }

    /// Stops at SIGINT or SIGTERM, aborts at the second.
    ///
    /// # Errors
    /// The operating system refuses signal handlers.
    pub fn stop_on_signals(&self) -> anyhow::Result<()> {
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let lifecycle = self.clone();
        // Not tracked: it must not keep the process alive.
        #[expect(clippy::disallowed_methods, reason = "this is the owner of spawned work")]
        tokio::spawn(async move {
            for round in 0..2 {
                tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
                if round == 0 {
                    tracing::info!("stopping");
                    lifecycle.stop();
                } else {
                    lifecycle.aborting.cancel();
                }
            }
        });
        Ok(())
    }
}
