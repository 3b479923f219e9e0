//! Wakes the streams of people whose inbox has changed. A wake-up may be lost or come twice: the inbox itself says what is new.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use crate::app::App;
use crate::db::notifications;

/// How often changes that other processes made are looked for.
const POLL: Duration = Duration::from_millis(500);

/// The watched inboxes of this process.
#[derive(Debug, Clone, Default)]
pub struct Inboxes(Arc<Mutex<HashMap<Uuid, Arc<Inbox>>>>);

/// A watched inbox.
#[derive(Debug)]
pub struct Inbox {
    /// How often it was woken.
    woken: watch::Sender<u64>,
    /// How far it reached when it was polled last.
    polled: Mutex<Option<i64>>,
}

impl Inbox {
    /// Tells when the inbox has changed.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.woken.subscribe()
    }
}

impl Inboxes {
    /// Says that these people's inboxes have changed.
    pub fn changed(&self, user_ids: impl IntoIterator<Item = Uuid>) {
        let inboxes = self.lock();
        for inbox in user_ids.into_iter().filter_map(|id| inboxes.get(&id)) {
            inbox.woken.send_modify(|times| *times += 1);
        }
    }

    /// A person's inbox, to be watched from now on.
    #[must_use]
    pub fn follow(&self, user_id: Uuid) -> Arc<Inbox> {
        let mut inboxes = self.lock();
        inboxes.retain(|_, inbox| Arc::strong_count(inbox) > 1);
        let fresh = || {
            Arc::new(Inbox {
                woken: watch::Sender::new(0),
                polled: Mutex::new(None),
            })
        };
        inboxes.entry(user_id).or_insert_with(fresh).clone()
    }

    /// Looks now and then whether the watched inboxes have changed: other processes write them too.
    pub fn poll(&self, app: &App) {
        let (inboxes, app) = (self.clone(), app.clone());
        let (stopping, lifecycle) = (app.lifecycle.stopping().clone(), app.lifecycle.clone());
        lifecycle.spawn("inboxes", async move {
            loop {
                tokio::select! { () = stopping.cancelled() => return, () = tokio::time::sleep(POLL) => {} }
                let watched = inboxes.watched();
                if watched.is_empty() {
                    continue;
                }
                match notifications::reach_of(app.db.reader(), &watched).await {
                    Ok(reaches) => inboxes.reached(&reaches),
                    Err(error) => tracing::warn!(%error, "the inboxes could not be polled"),
                }
            }
        });
    }

    fn watched(&self) -> Vec<Uuid> {
        let inboxes = self.lock();
        let watched = inboxes.iter().filter(|(_, inbox)| Arc::strong_count(inbox) > 1);
        watched.map(|(id, _)| *id).collect()
    }

    fn reached(&self, reaches: &[(Uuid, i64)]) {
        let inboxes = self.lock();
        for (user_id, seq) in reaches {
            let Some(inbox) = inboxes.get(user_id) else { continue };
            let before = inbox.polled.lock().unwrap_or_else(PoisonError::into_inner).replace(*seq);
            if before != Some(*seq) {
                inbox.woken.send_modify(|times| *times += 1);
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, Arc<Inbox>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
