//! Group `core.attachments`: counts the files of each task, and tells its watchers. A file's newest version decides, so an event that
//! comes twice or too late changes nothing.

use std::collections::{BTreeMap, HashMap};

use futures_util::future::BoxFuture;
use tasktracker_database::{CommitError, Failure, stale};
use tasktracker_events::{Event, ReactError, Reaction, Topic};
use tasktracker_proto::core::v1::ActivityKind;
use tasktracker_proto::events::v1::{FileEvent, FileState};
use uuid::Uuid;

use super::transient;
use crate::app::App;
use crate::db::activity::{self, Counted, Entry};
use crate::db::entities::project::Column;
use crate::db::{task_files, tasks};
use crate::facts::Cause;

/// Counts files.
#[derive(Debug)]
pub struct Attachments(App);

impl Attachments {
    /// For this Core.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self(app)
    }
}

/// What an event says of a file.
struct Seen {
    file_id: Uuid,
    task_id: Uuid,
    version: i64,
    ready: bool,
    cause: Cause,
}

impl Reaction for Attachments {
    fn group(&self) -> &'static str {
        "core.attachments"
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::FILES_FILE]
    }

    fn batch(&self) -> usize {
        100
    }

    fn react<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Result<(), ReactError>> {
        Box::pin(async move {
            let now = self.0.now();
            let mut seen = Vec::new();
            for event in events {
                let file: FileEvent = event.decode()?;
                let id = |text: &str| Uuid::try_parse(text).map_err(ReactError::poison);
                seen.push(Seen {
                    file_id: id(&file.file_id)?,
                    task_id: id(&file.task_id)?,
                    version: file.version,
                    ready: file.state() == FileState::Ready,
                    cause: Cause::event(event, file.meta.as_ref(), now),
                });
            }
            stale::retry(|| count(&self.0, &seen)).await.map_err(transient)
        })
    }
}

async fn count(app: &App, seen: &[Seen]) -> Result<(), Failure> {
    let file_ids: Vec<Uuid> = seen.iter().map(|seen| seen.file_id).collect();
    let known = task_files::list(app.db.reader(), &file_ids).await?;
    let mut newest: HashMap<Uuid, (i64, bool)> = known.iter().map(|file| (file.file_id, (file.version, file.ready))).collect();
    // By task, in the order of the events: what is to be counted, and told.
    let mut changes: BTreeMap<Uuid, Vec<&Seen>> = BTreeMap::new();
    let mut files: HashMap<Uuid, &Seen> = HashMap::new();
    for event in seen {
        let before = newest.get(&event.file_id).copied();
        if before.is_some_and(|(version, _)| version >= event.version) {
            continue;
        }
        newest.insert(event.file_id, (event.version, event.ready));
        files.insert(event.file_id, event);
        if before.is_some_and(|(_, ready)| ready) != event.ready {
            changes.entry(event.task_id).or_default().push(event);
        }
    }
    if files.is_empty() {
        return Ok(());
    }
    let task_ids: Vec<Uuid> = changes.keys().copied().collect();
    let tasks_by_project = group(tasks::list_by_ids(app.db.reader(), &task_ids).await?);

    let mut txn = app.db.begin();
    for seen in files.values() {
        let loaded = known.iter().find(|file| file.file_id == seen.file_id).map(|file| file.version);
        task_files::save(&mut txn, seen.file_id, seen.task_id, seen.version, seen.ready, loaded);
    }
    let mut raised = Vec::new();
    for (project_id, task_ids) in tasks_by_project {
        let mut entries = Vec::new();
        for task_id in task_ids {
            let events = changes.get(&task_id).map(Vec::as_slice).unwrap_or_default();
            let by: i64 = events.iter().map(|seen| if seen.ready { 1 } else { -1 }).sum();
            tasks::count_attachments(&mut txn, task_id, by);
            entries.extend(events.iter().map(|seen| Entry {
                id: app.ids.next(),
                task_id: Some(task_id),
                comment_id: None,
                actor: seen.cause.actor_text(),
                at: seen.cause.at,
                kind: if seen.ready {
                    ActivityKind::FileAdded
                } else {
                    ActivityKind::FileRemoved
                },
                changes: &[],
                version: 0,
            }));
        }
        let counted = Counted {
            any_state: true,
            ..Counted::default()
        };
        raised.push((project_id, activity::append(&mut txn, project_id, counted, &entries)));
    }
    let rows = match txn.commit().await {
        // Another process counted one of them at the same moment.
        Err(error) if error.primary_key("task_files", &["file_id"]) => return Err(CommitError::GuardMissed.into()),
        outcome => outcome?,
    };
    for (project_id, raised) in raised {
        app.told(project_id, rows.get(&raised, Column::ActivitySeq)?);
    }
    Ok(())
}

/// Tasks that are there, by their project, both in order: the order of locks.
fn group(rows: Vec<crate::db::task_rows::TaskRow>) -> BTreeMap<Uuid, Vec<Uuid>> {
    let mut grouped: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for row in rows {
        grouped.entry(row.project_id).or_default().push(row.id);
    }
    grouped.values_mut().for_each(|tasks| tasks.sort_unstable());
    grouped
}
