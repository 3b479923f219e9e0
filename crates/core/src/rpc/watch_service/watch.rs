//! Streams the changes of several projects in the order of their logs, and those of the caller's inbox. A stream holds no queue of its own beyond a few messages: it reads
//! on when its client does, and is cut when the client does not for too long.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use futures_util::Stream;
use tasktracker_identity::Call;
use tasktracker_identity::changes::Change as AccessChange;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::watch_response::Event;
use tasktracker_proto::core::v1::{Checkpoint, Reset, WatchRequest, WatchResponse};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use super::inbox::InboxReader;
use super::resume::{Places, Resume};
use crate::app::App;
use crate::db::activity;
use crate::feed::Log;

/// Messages that wait for the client.
const WAITING: usize = 16;
/// Who missed more than this reads everything again.
const TOO_MANY: i64 = 10_000;

type Message = Result<WatchResponse, RpcError>;

pub async fn watch(app: &App, call: &Call, request: WatchRequest) -> Result<impl Stream<Item = Message> + use<>, RpcError> {
    let (user_id, session_id) = (call.user_id()?, call.session_id()?);
    let projects: Vec<Uuid> = request.project_ids.iter().filter_map(|id| Uuid::try_parse(id).ok()).collect();
    if projects.is_empty() && !request.notifications {
        return Err(RpcError::invalid(
            "project_ids",
            "must name a project where notifications are not asked for",
        ));
    }
    // Listening begins before anything is read, so nothing falls between.
    let access = app.access.changes().subscribe();
    for project in &projects {
        app.access
            .in_project(call, *project)
            .await?
            .require(Permission::TaskView, "project")?;
    }
    let mut inbox = request.notifications.then(|| InboxReader::new(app, user_id));
    let resume = Resume::new(&app.sealer, call, projects.clone(), inbox.is_some());
    let logs: BTreeMap<Uuid, Arc<Log>> = projects.iter().map(|project| (*project, app.feed.follow(*project))).collect();
    let reaches: BTreeMap<Uuid, i64> = activity::reach_of_live(app.db.reader(), &projects)
        .await
        .map_err(tasktracker_database::Failure::from)?
        .into_iter()
        .collect();
    if reaches.len() < projects.len() {
        return Err(RpcError::not_found("project"));
    }
    let inbox_reach = match &inbox {
        Some(inbox) => inbox.reach(app).await?,
        None => 0,
    };
    let resumed = resume.open(&request.resume_token)?;
    let missed_too_many = resumed
        .as_ref()
        .is_some_and(|places| missed(places, &reaches, inbox_reach) > TOO_MANY);
    let resumed = resumed.filter(|_| !missed_too_many);
    let inbox_place = resumed.as_ref().and_then(|places| places.inbox).unwrap_or(inbox_reach);
    if let Some(inbox) = &mut inbox {
        inbox.begin_after(inbox_place);
    }
    let places = resumed.map_or(reaches, |places| places.projects.into_iter().collect());

    let (sender, receiver) = mpsc::channel(WAITING);
    let last_word = LastWord::default();
    let watcher = Watcher {
        app: app.clone(),
        user_id,
        session_id,
        resume,
        logs,
        places,
        inbox,
        inbox_place,
        sender,
        last_word: last_word.clone(),
    };
    let first = if missed_too_many {
        Event::Reset(Reset {})
    } else {
        Event::Checkpoint(Checkpoint {})
    };
    app.lifecycle.spawn("watch", watcher.run(access, first));
    Ok(outgoing(receiver, last_word))
}

/// How many changes happened since these places.
fn missed(places: &Places, reaches: &BTreeMap<Uuid, i64>, inbox_reach: i64) -> i64 {
    let reach_of = |project: &Uuid| reaches.get(project).copied().unwrap_or(0);
    let in_projects = places.projects.iter().map(|(project, place)| (reach_of(project) - place).max(0));
    let in_inbox = places.inbox.map(|place| (inbox_reach - place).max(0));
    in_projects.chain(in_inbox).sum()
}

/// Why a stream ended: beside the queue, which may be full.
type LastWord = Arc<Mutex<Option<RpcError>>>;

fn outgoing(mut receiver: mpsc::Receiver<WatchResponse>, last_word: LastWord) -> impl Stream<Item = Message> {
    futures_util::stream::poll_fn(move |context| {
        let message = std::task::ready!(receiver.poll_recv(context));
        let last = || last_word.lock().unwrap_or_else(PoisonError::into_inner).take().map(Err);
        Poll::Ready(message.map(Ok).or_else(last))
    })
}

/// Waits until one of them changes; for ever, where there is none.
async fn any_change<T>(watched: &mut [watch::Receiver<T>]) {
    if watched.is_empty() {
        return std::future::pending().await;
    }
    // An error says that nobody will ever change it: it is followed as long as this stream lives, so there is none.
    let _ = futures_util::future::select_all(watched.iter_mut().map(|one| Box::pin(one.changed()))).await;
}

struct Watcher {
    app: App,
    user_id: Uuid,
    session_id: Uuid,
    resume: Resume,
    logs: BTreeMap<Uuid, Arc<Log>>,
    places: BTreeMap<Uuid, i64>,
    inbox: Option<InboxReader>,
    /// Where in the inbox a stream that breaks off now goes on.
    inbox_place: i64,
    sender: mpsc::Sender<WatchResponse>,
    last_word: LastWord,
}

/// Why a stream ends.
enum End {
    /// The client is gone, or cannot be told.
    Silently,
    /// With this last word.
    With(RpcError),
}

impl From<RpcError> for End {
    fn from(error: RpcError) -> Self {
        Self::With(error)
    }
}

impl Watcher {
    async fn run(mut self, access: broadcast::Receiver<AccessChange>, first: Event) {
        if let Err(End::With(error)) = self.stream(access, first).await {
            // Told when the queue has been read, and the watcher, with its end of the queue, is gone.
            *self.last_word.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
    }

    async fn stream(&mut self, mut access: broadcast::Receiver<AccessChange>, first: Event) -> Result<(), End> {
        let stopping = self.app.lifecycle.stopping().clone();
        let mut beat = tokio::time::interval(self.app.config.watch_checkpoint());
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beat.reset();
        let mut growth: Vec<_> = self.logs.values().map(|log| log.subscribe()).collect();
        let mut woken = self.inbox.as_ref().map(InboxReader::subscribe);

        self.send(first).await?;
        self.send_new().await?;
        self.send_inbox().await?;
        loop {
            let grown = any_change(&mut growth);
            let woken = any_change(woken.as_mut_slice());
            tokio::select! {
                () = stopping.cancelled() => {
                    self.send(Event::Checkpoint(Checkpoint {})).await?;
                    return Err(RpcError::new(Code::Unavailable, ErrorReason::ShuttingDown, "this process is stopping").into());
                }
                () = self.sender.closed() => return Err(End::Silently),
                _ = beat.tick() => {
                    self.check_access().await?;
                    self.send(Event::Checkpoint(Checkpoint {})).await?;
                }
                change = access.recv() => if self.concerns(change)? {
                    self.check_access().await?;
                },
                () = grown => {
                    self.check_access().await?;
                    self.send_new().await?;
                }
                () = woken => {
                    self.check_access().await?;
                    self.send_inbox().await?;
                }
            }
        }
    }

    /// Whether a change of access must be looked into; ends the stream of a session that has ended.
    fn concerns(&self, change: Result<AccessChange, broadcast::error::RecvError>) -> Result<bool, End> {
        match change {
            Ok(AccessChange::SessionEnded { session_id }) if session_id == self.session_id => {
                Err(RpcError::unauthenticated(ErrorReason::CredentialInvalid, "the session has ended").into())
            }
            Ok(AccessChange::SessionEnded { .. }) => Ok(false),
            Ok(AccessChange::Access { user_id, project_id }) => {
                let me = user_id.is_none_or(|user_id| user_id == self.user_id);
                Ok(me && project_id.is_none_or(|project_id| self.logs.contains_key(&project_id)))
            }
            Ok(AccessChange::Flushed) | Err(_) => Ok(true),
        }
    }

    async fn check_access(&self) -> Result<(), End> {
        if self.app.access.changes().has_ended(self.session_id) {
            return Err(RpcError::unauthenticated(ErrorReason::CredentialInvalid, "the session has ended").into());
        }
        for project in self.logs.keys() {
            self.app
                .access
                .of_user(self.user_id, *project)
                .await?
                .require(Permission::TaskView, "project")?;
        }
        Ok(())
    }

    async fn send_new(&mut self) -> Result<(), End> {
        for (project, log) in self.logs.clone() {
            loop {
                let place = self.places.get(&project).copied().unwrap_or(0);
                let (changes, reach) = log.after(&self.app, place).await.map_err(RpcError::from)?;
                if reach == place {
                    break;
                }
                for change in changes {
                    if let Event::ProjectUpserted(changed) = &change.event
                        && changed.delete_time.is_some()
                    {
                        return Err(RpcError::not_found("project").into());
                    }
                    self.places.insert(project, change.seq);
                    self.send(change.event).await?;
                }
                self.places.insert(project, reach);
            }
        }
        Ok(())
    }

    async fn send_inbox(&mut self) -> Result<(), End> {
        loop {
            let Some(inbox) = &mut self.inbox else { return Ok(()) };
            let changed = inbox.read(&self.app).await.map_err(RpcError::from)?;
            if changed.is_empty() {
                return Ok(());
            }
            for change in changed {
                self.inbox_place = change.place;
                if let Some(notification) = change.notification {
                    self.send(Event::NotificationUpserted(notification)).await?;
                }
            }
        }
    }

    async fn send(&self, event: Event) -> Result<(), End> {
        let resume_token = self
            .resume
            .seal(|project| self.places.get(&project).copied().unwrap_or(0), Some(self.inbox_place));
        let message = WatchResponse {
            resume_token,
            event: Some(event),
        };
        match tokio::time::timeout(self.app.config.watch_patience(), self.sender.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Silently),
            Err(_) => Err(RpcError::new(
                Code::ResourceExhausted,
                ErrorReason::SlowReader,
                "the stream was not read fast enough, resume it",
            )
            .into()),
        }
    }
}
