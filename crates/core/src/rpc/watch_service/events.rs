//! From the log to what watchers are told: the newest state of what changed, several changes of one thing at once as one.

use std::collections::HashMap;

use tasktracker_database::Failure;
use tasktracker_proto::core::v1::watch_response::Event;
use tasktracker_proto::core::v1::{CommentRemoved, TaskRemoved};
use uuid::Uuid;

use crate::app::App;
use crate::db::entities::activity::Model;
use crate::db::{activity, comments, projects, tasks};
use crate::feed::Change;
use crate::rpc::{comment_service, project_service, task_service};

/// What an entry of the log is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Subject {
    Project,
    Task(Uuid),
    Comment { comment_id: Uuid, task_id: Uuid },
}

/// Reads the log after a place: the changes, and the place up to which they are complete. Four statements, whatever the number of changes.
pub async fn read(app: &App, project_id: Uuid, seq: i64, limit: u64) -> Result<(Vec<Change>, i64), Failure> {
    let entries = activity::list_after(app.db.reader(), project_id, seq, limit).await?;
    let reach = entries.last().map_or(seq, |entry| entry.seq);

    let mut last: HashMap<Subject, i64> = HashMap::new();
    for entry in &entries {
        last.insert(subject(entry), entry.seq);
        // A comment changes the count on its task.
        if let (Some(task_id), Some(_)) = (entry.task_id, entry.comment_id) {
            last.insert(Subject::Task(task_id.into()), entry.seq);
        }
    }
    let mut subjects: Vec<(i64, Subject)> = last.into_iter().map(|(subject, seq)| (seq, subject)).collect();
    // Two subjects of one entry share its place: the task first, so that a reader knows what a comment belongs to.
    subjects.sort_by_key(|(seq, subject)| (*seq, matches!(subject, Subject::Comment { .. })));
    let changes = tell(app, project_id, &subjects).await?;
    Ok((changes, reach))
}

fn subject(entry: &Model) -> Subject {
    match (entry.task_id, entry.comment_id) {
        (Some(task_id), Some(comment_id)) => Subject::Comment {
            comment_id: comment_id.into(),
            task_id: task_id.into(),
        },
        (Some(task_id), None) => Subject::Task(task_id.into()),
        _ => Subject::Project,
    }
}

async fn tell(app: &App, project_id: Uuid, subjects: &[(i64, Subject)]) -> Result<Vec<Change>, Failure> {
    let now = app.now();
    let reader = app.db.reader();
    let task_ids: Vec<Uuid> = subjects
        .iter()
        .filter_map(|(_, subject)| if let Subject::Task(id) = subject { Some(*id) } else { None })
        .collect();
    let comment_ids: Vec<Uuid> = subjects
        .iter()
        .filter_map(|(_, subject)| {
            if let Subject::Comment { comment_id, .. } = subject {
                Some(*comment_id)
            } else {
                None
            }
        })
        .collect();

    let mut live_tasks = HashMap::new();
    if !task_ids.is_empty() {
        for row in tasks::list_by_ids(reader, &task_ids)
            .await?
            .into_iter()
            .filter(|row| row.delete_time.is_none())
        {
            live_tasks.insert(row.id, task_service::convert::of_row(row, now, false)?);
        }
    }
    let mut live_comments = HashMap::new();
    if !comment_ids.is_empty() {
        for comment in comments::list_by_ids(reader, &comment_ids)
            .await?
            .into_iter()
            .filter(|comment| comment.delete_time.is_none())
        {
            live_comments.insert(comment.id.uuid(), comment_service::convert::of_comment(&comment));
        }
    }
    let about_project = subjects.iter().any(|(_, subject)| *subject == Subject::Project);
    let project = if about_project {
        projects::find(reader, project_id).await?
    } else {
        None
    };

    let event = |subject: &Subject| match *subject {
        Subject::Project => project
            .as_ref()
            .map(|project| Event::ProjectUpserted(project_service::convert::of_project(project))),
        Subject::Task(id) => Some(match live_tasks.get(&id) {
            Some(task) => Event::TaskUpserted(task.clone()),
            None => Event::TaskRemoved(TaskRemoved {
                task_id: id.to_string(),
                project_id: project_id.to_string(),
            }),
        }),
        Subject::Comment { comment_id, task_id } => Some(match live_comments.get(&comment_id) {
            Some(comment) => Event::CommentUpserted(comment.clone()),
            None => Event::CommentRemoved(CommentRemoved {
                comment_id: comment_id.to_string(),
                task_id: task_id.to_string(),
                project_id: project_id.to_string(),
            }),
        }),
    };
    Ok(subjects
        .iter()
        .filter_map(|(seq, subject)| {
            Some(Change {
                seq: *seq,
                event: event(subject)?,
            })
        })
        .collect())
}
