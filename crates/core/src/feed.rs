//! Wakes watchers when a project's log has grown, and keeps the end of each watched log in memory, so that a thousand watchers of a
//! project cost one read of each change. A wake-up may be lost or come twice: the log itself says what is new.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tasktracker_database::Failure;
use tasktracker_proto::core::v1::watch_response::Event;
use tokio::sync::watch;
use uuid::Uuid;

use crate::app::App;
use crate::db::activity;
use crate::notify::Inboxes;
use crate::rpc::watch_service::events;

/// Entries of a log that stay in memory while somebody watches.
const KEPT: usize = 1024;
/// Entries read at once.
pub const BATCH: u64 = 256;
/// How often changes that other processes made are looked for.
const POLL: Duration = Duration::from_millis(500);

/// A change as watchers get it, at its place in the log.
#[derive(Debug, Clone)]
pub struct Change {
    /// Place in the project's log: the last one, where several were folded into one.
    pub seq: i64,
    /// What to tell.
    pub event: Event,
}

/// The watched logs of this process.
#[derive(Debug, Clone, Default)]
pub struct Feed(Arc<Mutex<HashMap<Uuid, Arc<Log>>>>, Inboxes);

/// The end of a project's log.
#[derive(Debug)]
pub struct Log {
    project_id: Uuid,
    reach: watch::Sender<i64>,
    /// Changes in order, and the place after which they are complete.
    end: tokio::sync::Mutex<(i64, VecDeque<Change>)>,
}

impl Feed {
    /// The watched inboxes.
    #[must_use]
    pub fn inboxes(&self) -> &Inboxes {
        &self.1
    }

    /// Says that a project's log reaches this far, at least.
    pub fn reached(&self, project_id: Uuid, seq: i64) {
        let log = self.lock().get(&project_id).cloned();
        if let Some(log) = log {
            log.reach.send_if_modified(|known| {
                let newer = seq > *known;
                *known = seq.max(*known);
                newer
            });
        }
    }

    /// The log of a project, to be watched from now on.
    #[must_use]
    pub fn follow(&self, project_id: Uuid) -> Arc<Log> {
        let mut logs = self.lock();
        logs.retain(|_, log| Arc::strong_count(log) > 1);
        let fresh = || {
            Arc::new(Log {
                project_id,
                reach: watch::Sender::new(0),
                end: tokio::sync::Mutex::new((0, VecDeque::new())),
            })
        };
        logs.entry(project_id).or_insert_with(fresh).clone()
    }

    /// Looks now and then how far the watched logs reach: other processes write them too.
    pub fn poll(&self, app: &App) {
        self.1.poll(app);
        let (feed, app) = (self.clone(), app.clone());
        let (stopping, lifecycle) = (app.lifecycle.stopping().clone(), app.lifecycle.clone());
        lifecycle.spawn("feed", async move {
            loop {
                tokio::select! { () = stopping.cancelled() => return, () = tokio::time::sleep(POLL) => {} }
                let watched: Vec<Uuid> = feed
                    .lock()
                    .iter()
                    .filter(|(_, log)| Arc::strong_count(log) > 1)
                    .map(|(id, _)| *id)
                    .collect();
                if watched.is_empty() {
                    continue;
                }
                match activity::reach_of(app.db.reader(), &watched).await {
                    Ok(reaches) => reaches.into_iter().for_each(|(project_id, seq)| feed.reached(project_id, seq)),
                    Err(error) => tracing::warn!(%error, "the logs could not be polled"),
                }
            }
        });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, Arc<Log>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    /// Tells when the log has grown.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<i64> {
        self.reach.subscribe()
    }

    /// The changes after a place, in order, at most a batch; the place up to which they are complete.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn after(&self, app: &App, seq: i64) -> Result<(Vec<Change>, i64), Failure> {
        let mut end = self.end.lock().await;
        let (complete_after, kept) = &mut *end;
        let newest = kept.back().map_or(*complete_after, |change| change.seq);
        if seq < *complete_after || kept.is_empty() && *complete_after == 0 {
            // Before what is kept: read for this watcher alone, unless nothing is kept yet.
            let (changes, reach) = events::read(app, self.project_id, seq, BATCH).await?;
            if kept.is_empty() {
                *complete_after = reach;
            }
            return Ok((changes, reach));
        }
        if seq > newest {
            // This watcher begins further on than anybody has read.
            kept.clear();
            *complete_after = seq;
        }
        if seq >= newest {
            let (changes, reach) = events::read(app, self.project_id, seq, BATCH).await?;
            if kept.is_empty() && changes.is_empty() {
                *complete_after = reach;
            }
            kept.extend(changes);
            while kept.len() > KEPT {
                *complete_after = kept.pop_front().map_or(*complete_after, |change| change.seq);
            }
        }
        let changes: Vec<Change> = kept.iter().filter(|change| change.seq > seq).cloned().collect();
        let reach = changes.last().map_or(seq, |change| change.seq);
        Ok((changes, reach))
    }
}
