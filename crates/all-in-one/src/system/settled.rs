//! Waiting until everything has followed that follows from what happened so far: for the demo, whose clock runs ahead, and for tests.

use std::time::Duration;

use anyhow::ensure;
use tasktracker_core::reminders;
use tasktracker_database::stale;
use tasktracker_events::outbox;

use super::System;

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(3);
/// Looks until it is given up: some minutes.
const LOOKS: u32 = 40_000;

impl System {
    /// Waits until no event and no reminder waits and no job is due; slots of schedules are not waited for. Work that goes on by itself
    /// meanwhile may keep it waiting.
    ///
    /// # Errors
    /// A store does not answer, or it takes minutes.
    pub async fn settled(&self) -> anyhow::Result<()> {
        let mut quiet = 0;
        for _ in 0..LOOKS {
            // Twice in a row: what one part has finished may be what the next begins with.
            quiet = if self.is_settled().await? { quiet + 1 } else { 0 };
            if quiet == 2 {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        ensure!(false, "it does not come to rest");
        Ok(())
    }

    async fn is_settled(&self) -> anyhow::Result<bool> {
        for db in [self.auth.database(), &self.core.db, &self.files.db] {
            if outbox::count(db.reader()).await? > 0 {
                return Ok(false);
            }
        }
        if self.unhandled().await? {
            return Ok(false);
        }
        if !reminders::are_told(&self.core).await.map_err(told)? {
            // A clock that was set forward wakes nobody: whoever comes first tells them, and each once.
            stale::retry(|| reminders::fire(&self.core)).await.map_err(told)?;
            return Ok(false);
        }
        for jobs in [&self.core.jobs, &self.files.jobs] {
            if jobs.due_count().await? > 0 {
                jobs.wake();
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether events wait for a group.
    async fn unhandled(&self) -> anyhow::Result<bool> {
        if let Some(log) = &self.log {
            return Ok(log.unhandled().await? > 0);
        }
        for consumers in [
            self.auth.consumers(),
            &self.core.consumers,
            &self.files.consumers,
            &self.analytics.consumers,
        ] {
            if consumers.unhandled().await? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn told(failure: tasktracker_database::Failure) -> anyhow::Error {
    anyhow::anyhow!("{}", tasktracker_server::RpcError::from(failure))
}
