//! Follows Auth's stream of changes, so that caches of permissions and sessions forget at once. While the stream is broken the caches'
//! own short life is the bound; when it is back, nothing is missed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use jiff::Timestamp;
use tasktracker_proto::auth::v1::permission_service_client::PermissionServiceClient;
use tasktracker_proto::auth::v1::watch_changes_response::Change as Message;
use tasktracker_proto::auth::v1::{WatchChangesRequest, WatchChangesResponse};
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::SharedClock;
use tokio::sync::{broadcast, watch};
use tonic::Code;
use uuid::Uuid;

use crate::service::AsService;
use crate::token;

/// How long a mark must be kept: longer than any answer can be on its way or in a cache.
const MARK_LIFE: i64 = 60;
/// A stream without a sign of life for so long is broken.
const SILENCE: Duration = Duration::from_secs(15);

/// Something that caches must forget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Somebody's permissions: whose and where, `None` for all.
    Access {
        /// Whose.
        user_id: Option<Uuid>,
        /// Where.
        project_id: Option<Uuid>,
    },
    /// A session ended.
    SessionEnded {
        /// The session.
        session_id: Uuid,
    },
    /// Changes were missed: everything.
    Flushed,
}

/// What Auth said that this process must know at once.
#[derive(Debug, Clone)]
pub struct Changes {
    clock: SharedClock,
    state: Arc<Mutex<State>>,
    sender: broadcast::Sender<Change>,
    revision: watch::Sender<i64>,
}

#[derive(Debug, Default)]
struct State {
    ended: HashMap<Uuid, Timestamp>,
    marks: HashMap<(Option<Uuid>, Option<Uuid>), (i64, Timestamp)>,
    floor: i64,
}

impl Changes {
    /// No changes known yet.
    #[must_use]
    pub fn new(clock: SharedClock) -> Self {
        Self {
            clock,
            state: Arc::default(),
            sender: broadcast::channel(1024).0,
            revision: watch::Sender::new(0),
        }
    }

    /// Follows Auth until the process stops.
    pub fn follow(&self, auth: AsService, lifecycle: &Lifecycle) {
        let (changes, stopping) = (self.clone(), lifecycle.stopping().clone());
        lifecycle.spawn("changes of access", async move {
            let mut pause = Duration::from_millis(50);
            while !stopping.is_cancelled() {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    heard = changes.listen(auth.clone()) => if heard { pause = Duration::from_millis(50) },
                }
                tokio::select! { () = stopping.cancelled() => return, () = tokio::time::sleep(pause) => {} }
                pause = (pause * 2).min(Duration::from_secs(2));
            }
        });
    }

    /// Waits until the first word of Auth.
    pub async fn ready(&self) {
        let mut revision = self.revision.subscribe();
        let _ = revision.wait_for(|revision| *revision > 0).await;
    }

    /// The changes from now on, for whoever must act on them.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.sender.subscribe()
    }

    /// Whether a session has ended within the life of its tokens.
    #[must_use]
    pub fn has_ended(&self, session_id: Uuid) -> bool {
        self.lock().ended.contains_key(&session_id)
    }

    /// The least revision that an answer about this person in this project must have.
    #[must_use]
    pub fn least_revision(&self, user_id: Uuid, project_id: Option<Uuid>) -> i64 {
        let state = self.lock();
        let keys = [(Some(user_id), project_id), (Some(user_id), None), (None, project_id), (None, None)];
        keys.iter()
            .filter_map(|key| state.marks.get(key))
            .map(|(revision, _)| *revision)
            .fold(state.floor, i64::max)
    }

    /// The least revision that an answer about all projects of this person must have.
    #[must_use]
    pub fn least_revision_anywhere(&self, user_id: Uuid) -> i64 {
        let state = self.lock();
        let concerns = |(whose, _): &(Option<Uuid>, Option<Uuid>)| whose.is_none_or(|whose| whose == user_id);
        state
            .marks
            .iter()
            .filter(|(key, _)| concerns(key))
            .map(|(_, (revision, _))| *revision)
            .fold(state.floor, i64::max)
    }

    async fn listen(&self, auth: AsService) -> bool {
        let after_revision = *self.revision.borrow();
        let mut client = PermissionServiceClient::new(auth);
        let opened = tokio::time::timeout(SILENCE, client.watch_changes(WatchChangesRequest { after_revision })).await;
        let mut stream = match opened {
            Ok(Ok(answer)) => answer.into_inner(),
            Ok(Err(status)) => return self.give_up(&status),
            Err(_) => return false,
        };
        let mut heard = false;
        loop {
            match tokio::time::timeout(SILENCE, stream.next()).await {
                Ok(Some(Ok(message))) => {
                    heard = true;
                    self.apply(&message);
                }
                Ok(Some(Err(status))) => return self.give_up(&status) || heard,
                Ok(None) | Err(_) => return heard,
            }
        }
    }

    fn give_up(&self, status: &tonic::Status) -> bool {
        if status.code() == Code::OutOfRange {
            // Too much was missed: forget all, start from now.
            self.lock().floor = i64::MAX;
            self.revision.send_replace(0);
            let _ = self.sender.send(Change::Flushed);
        } else {
            tracing::debug!(%status, "auth's changes cannot be followed");
        }
        false
    }

    /// Takes one message of Auth's stream into account.
    pub fn apply(&self, message: &WatchChangesResponse) {
        let now = self.clock.now();
        let id = |text: &str| Uuid::try_parse(text).ok();
        let change = {
            let mut state = self.lock();
            if state.floor == i64::MAX {
                state.floor = message.revision;
            }
            state.marks.retain(|_, (_, made)| now.as_second() - made.as_second() < MARK_LIFE);
            let token_life = i64::try_from(token::LIFETIME.as_secs()).unwrap_or(i64::MAX);
            state
                .ended
                .retain(|_, made| now.as_second() - made.as_second() < token_life + MARK_LIFE);
            match &message.change {
                Some(Message::AccessChanged(changed)) => {
                    let key = (id(&changed.user_id), id(&changed.project_id));
                    state.marks.insert(key, (message.revision, now));
                    Some(Change::Access {
                        user_id: key.0,
                        project_id: key.1,
                    })
                }
                Some(Message::SessionEnded(ended)) => id(&ended.session_id).map(|session_id| {
                    state.ended.insert(session_id, now);
                    Change::SessionEnded { session_id }
                }),
                None => None,
            }
        };
        self.revision.send_if_modified(|known| {
            let newer = message.revision > *known;
            *known = message.revision.max(*known);
            newer
        });
        if let Some(change) = change {
            // Nobody may be listening.
            let _ = self.sender.send(change);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
