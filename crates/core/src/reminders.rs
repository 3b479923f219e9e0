//! Tells people of deadlines: looks for reminders whose time has come, and tells in the transaction that removes them. What became due while
//! nothing ran is told late; what does not hold any more, because the task was done, deleted or given another deadline, is dropped.

use std::collections::HashMap;
use std::time::Duration;

use tasktracker_database::{Failure, stale};
use tasktracker_server::RpcError;
use uuid::Uuid;

use crate::app::App;
use crate::db::reminders::{self, Waiting};
use crate::db::tasks;
use crate::domain::notification::{Happening, What};
use crate::domain::reminder::{Kind, still_holds};
use crate::domain::task::Task;
use crate::notify::{self, Telling};

/// How often the next reminder is looked for: one probe of an index.
const POLL: Duration = Duration::from_millis(500);
/// The pause after a failure.
const PAUSE: Duration = Duration::from_secs(2);
/// Reminders told of in one transaction.
const BATCH: u64 = 100;

/// Reminds until the process stops.
pub async fn run(app: App) {
    let mut failing = false;
    loop {
        let pause = match stale::retry(|| fire(&app)).await {
            Ok(fired) => {
                failing = false;
                if fired > 0 { Duration::ZERO } else { POLL }
            }
            Err(failure) => {
                if !failing {
                    tracing::warn!(error = %RpcError::from(failure), "reminders cannot be sent for now, they wait");
                }
                failing = true;
                PAUSE
            }
        };
        tokio::select! {
            () = app.lifecycle.stopping().cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Tells of those whose time has come, at most a batch, and answers how many there were.
///
/// # Errors
/// The database or Auth does not answer: they wait.
pub async fn fire(app: &App) -> Result<usize, Failure> {
    let now = app.now();
    let waiting = reminders::list_due(app.db.reader(), now, BATCH).await?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let task_ids: Vec<Uuid> = waiting.iter().map(|waiting| waiting.task_id).collect();
    let mut tasks_by_id: HashMap<Uuid, Task> = HashMap::new();
    for row in tasks::list_by_ids(app.db.reader(), &task_ids).await? {
        // Nobody is reminded of work in a project that rests.
        if !row.project_archived && !row.project_deleted {
            tasks_by_id.insert(row.id, row.into_task()?);
        }
    }
    let happenings: Vec<Happening> = waiting
        .iter()
        .filter_map(|waiting| Some((waiting, tasks_by_id.get(&waiting.task_id)?)))
        .filter(|(waiting, task)| still_holds(waiting.kind, waiting.due_time, task, now))
        .map(|(waiting, task)| happening(waiting, task, now))
        .collect();
    let telling = notify::plan(app, &happenings).await?;
    let mut txn = app.db.begin().sequential();
    for waiting in &waiting {
        reminders::take(&mut txn, waiting);
    }
    telling.write(app, &mut txn);
    txn.commit().await.map_err(Telling::failed)?;
    telling.wake(app);
    Ok(waiting.len())
}

fn happening(waiting: &Waiting, task: &Task, now: jiff::Timestamp) -> Happening {
    let is_over = waiting.kind == Kind::Overdue;
    Happening {
        cause: Happening::due_cause(task.id, is_over, waiting.due_time),
        at: now,
        actor: None,
        project_id: task.project_id,
        what: What::Due {
            task_id: task.id,
            is_over,
            due_time: waiting.due_time,
            assignees: task.fields.assignee_ids.clone(),
        },
    }
}

/// Whether no reminder that has come due waits.
///
/// # Errors
/// The database does not answer.
pub async fn are_told(app: &App) -> Result<bool, Failure> {
    let next = reminders::next_fire_time(app.db.reader()).await?;
    Ok(next.is_none_or(|next| next > app.now()))
}
