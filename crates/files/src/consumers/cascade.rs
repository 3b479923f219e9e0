//! Files follow their task and its project: hidden while one of them is in the trash, there again when it comes back, gone when it is gone
//! for good. A file in the trash keeps its room and its content, and nobody is told of it: what happened to the task says it already.

use futures_util::future::BoxFuture;
use tasktracker_database::{CommitError, stale};
use tasktracker_events::{Event, ReactError, Reaction, Topic, outbox};
use tasktracker_proto::events::v1::task_event::Kind;
use tasktracker_proto::events::v1::{ProjectEvent, TaskEvent};
use uuid::Uuid;

use crate::app::App;
use crate::db::places::{self, Freed, PlaceState};
use crate::db::{files, uploads};
use crate::discard;
use crate::domain::file::FileState;
use crate::jobs;
use crate::rpc::file_service::convert;

const BATCH: u64 = 100;

/// Reacts to what happens to tasks and projects.
#[derive(Debug, Clone)]
pub struct Cascade(App);

impl Cascade {
    /// The reaction of this service.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self(app)
    }
}

impl Reaction for Cascade {
    fn group(&self) -> &'static str {
        "files.cascade"
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::CORE_TASK, Topic::CORE_PROJECT]
    }

    fn batch(&self) -> usize {
        100
    }

    fn react<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Result<(), ReactError>> {
        Box::pin(async move {
            for event in events {
                if event.topic == Topic::CORE_TASK {
                    task(&self.0, &event.decode()?).await?;
                } else {
                    project(&self.0, &event.decode()?).await?;
                }
            }
            Ok(())
        })
    }
}

async fn task(app: &App, event: &TaskEvent) -> Result<(), ReactError> {
    let state = match &event.kind {
        Some(Kind::Deleted(_)) => PlaceState::Trashed,
        Some(Kind::Restored(_)) => PlaceState::Live,
        Some(Kind::Purged(_)) => PlaceState::Purged,
        _ => return Ok(()),
    };
    let (task_id, project_id) = (id(&event.task_id)?, id(&event.project_id)?);
    let mut txn = app.db.begin();
    places::hear_task(&mut txn, task_id, project_id, state, event.version);
    txn.commit().await.map_err(ReactError::transient)?;
    if state == PlaceState::Purged {
        purge_task(app, task_id).await.map_err(ReactError::transient)?;
    }
    Ok(())
}

async fn project(app: &App, event: &ProjectEvent) -> Result<(), ReactError> {
    let project_id = id(&event.project_id)?;
    let state = match (event.purged, &event.delete_time) {
        (true, _) => PlaceState::Purged,
        (false, Some(_)) => PlaceState::Trashed,
        (false, None) => PlaceState::Live,
    };
    if state == PlaceState::Live {
        let known = places::find_project(app.db.reader(), project_id).await;
        if known.map_err(ReactError::transient)?.is_none() {
            return Ok(());
        }
    }
    let mut txn = app.db.begin();
    places::hear_project(&mut txn, project_id, state, event.version);
    if state == PlaceState::Purged {
        places::purge_tasks_of(&mut txn, project_id);
    }
    txn.commit().await.map_err(ReactError::transient)?;
    if state == PlaceState::Purged {
        purge_project(app, project_id).await.map_err(ReactError::transient)?;
    }
    Ok(())
}

async fn purge_project(app: &App, project_id: Uuid) -> Result<(), CommitError> {
    for task_id in places::tasks_of(app.db.reader(), project_id).await? {
        purge_task(app, task_id).await?;
    }
    let mut txn = app.db.begin();
    places::forget_project(&mut txn, project_id);
    txn.commit().await.map(drop)
}

/// Everything of a task that is gone for good goes, too. Its row, which lets nothing new come, goes last.
async fn purge_task(app: &App, task_id: Uuid) -> Result<(), CommitError> {
    for upload in uploads::list_pending(app.db.reader(), task_id).await? {
        match discard::upload(app, &upload).await {
            Ok(()) | Err(CommitError::GuardMissed) => {}
            Err(error) => return Err(error),
        }
    }
    while stale::retry(|| purge_some(app, task_id)).await? {}
    let mut txn = app.db.begin();
    places::forget_task(&mut txn, task_id);
    txn.commit().await?;
    app.relay.wake();
    app.jobs.wake();
    Ok(())
}

/// Some files of a task go; whether there were any.
async fn purge_some(app: &App, task_id: Uuid) -> Result<bool, CommitError> {
    let mut found = files::list(app.db.reader(), task_id, None, BATCH).await?;
    let Some(project_id) = found.first().map(|file| file.project_id) else {
        return Ok(false);
    };
    let now = app.now();
    let freed = Freed {
        count: i64::try_from(found.len()).unwrap_or_default(),
        used: found.iter().map(|file| file.size_bytes).sum(),
        ..Freed::default()
    };
    let mut txn = app.db.begin();
    for file in &mut found {
        let loaded_version = file.version;
        file.leave(FileState::Purged, now);
        files::save(&mut txn, file, loaded_version);
    }
    places::give_back(&mut txn, task_id, project_id, freed);
    for file in &found {
        outbox::append(&mut txn, &convert::event(app, file, None));
    }
    jobs::enqueue_purge(app, &mut txn);
    txn.commit().await?;
    Ok(true)
}

fn id(text: &str) -> Result<Uuid, ReactError> {
    Uuid::try_parse(text).map_err(ReactError::poison)
}
