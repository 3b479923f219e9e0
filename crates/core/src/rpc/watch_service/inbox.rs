//! The watcher's own inbox in a stream: what changed in it after a place, as far as the watcher may view it at present.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use tasktracker_database::Failure;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::Notification;
use tokio::sync::watch;
use uuid::Uuid;

use crate::app::App;
use crate::db::notifications;
use crate::notify::Inbox;
use crate::rpc::notification_service::convert;

/// Changes read at once.
const BATCH: u64 = 256;

/// A followed inbox, and how far it was read.
#[derive(Debug)]
pub struct InboxReader {
    user_id: Uuid,
    inbox: Arc<Inbox>,
    /// Several changes that were made at once share a number: their ids tell them apart.
    place: (i64, Uuid),
}

/// A change of the inbox.
#[derive(Debug)]
pub struct Changed {
    /// The place to resume after it: within changes of one number, the one before them, so that a stream that breaks off there repeats some
    /// and misses none.
    pub place: i64,
    /// What to tell; none for what the watcher may not view.
    pub notification: Option<Notification>,
}

impl InboxReader {
    /// Follows an inbox from now on. Listening begins here, before anything is read.
    pub fn new(app: &App, user_id: Uuid) -> Self {
        Self {
            user_id,
            inbox: app.feed.inboxes().follow(user_id),
            place: (0, Uuid::max()),
        }
    }

    /// How far the inbox reaches.
    pub async fn reach(&self, app: &App) -> Result<i64, Failure> {
        let reaches = notifications::reach_of(app.db.reader(), &[self.user_id]).await?;
        Ok(reaches.first().map_or(0, |(_, seq)| *seq))
    }

    /// Reads on after this place.
    pub fn begin_after(&mut self, place: i64) {
        self.place = (place, Uuid::max());
    }

    /// Tells when the inbox has changed.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.inbox.subscribe()
    }

    /// What changed after the place, in order, at most a batch; the place moves behind it. Empty when there is nothing more.
    pub async fn read(&mut self, app: &App) -> Result<Vec<Changed>, Failure> {
        let rows = notifications::list_after(app.db.reader(), self.user_id, self.place, BATCH).await?;
        let is_whole = (rows.len() as u64) < BATCH;
        if let Some(last) = rows.last() {
            self.place = (last.seq, last.id);
        }
        let mut visible: HashMap<Uuid, bool> = HashMap::new();
        for row in &rows {
            if let Entry::Vacant(unknown) = visible.entry(row.project_id) {
                let granted = app.access.of_user(self.user_id, row.project_id).await?;
                unknown.insert(granted.has(Permission::TaskView));
            }
        }
        let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
        let changed = rows.into_iter().enumerate().map(|(index, row)| {
            let is_last_of_number = seqs.get(index + 1).map_or(is_whole, |next| *next != row.seq);
            let may_view = row.is_there && visible.get(&row.project_id) == Some(&true);
            Changed {
                place: if is_last_of_number { row.seq } else { row.seq - 1 },
                notification: may_view.then(|| convert::of_row(row)),
            }
        });
        Ok(changed.collect())
    }
}
