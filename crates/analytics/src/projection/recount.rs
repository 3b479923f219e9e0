//! Counting anew from the archive, for a task whose events came out of order, and for a project whose zone changed.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::read::{About, Fact, TaskFact};
use crate::domain::contributions;
use crate::domain::page::Tally;
use crate::domain::task::{History, Step, TaskState};
use crate::domain::zone::Zone;
use crate::records::archive;
use crate::store::{DocumentStore, StoreError, end_of, walk};

/// Steps of tasks.
pub type Steps = BTreeMap<Uuid, Vec<Step>>;

/// What counting anew changes.
#[derive(Debug, Default)]
pub struct Recount {
    /// How the numbers change.
    pub tally: Tally,
    /// Tasks that have new steps, as they are with them.
    pub states: BTreeMap<Uuid, TaskState>,
}

/// Counts the archived steps under `prefix` together with new ones in the zone `after`, and takes away what the archived ones were counted
/// as in the zone `before`.
///
/// # Errors
/// The store does not answer.
pub async fn recount(
    store: &dyn DocumentStore,
    project_id: Uuid,
    prefix: &str,
    new: &Steps,
    before: &Zone,
    after: &Zone,
) -> Result<Recount, StoreError> {
    let mut recount = Recount::default();
    let mut new = new.clone();
    let mut task = None::<(Uuid, Vec<Step>)>;
    let (mut from, to) = (prefix.to_owned(), end_of(prefix));
    // The archive is ordered by task, so one task at a time is enough.
    while let Some((documents, next)) = walk(store, &from, &to).await? {
        for document in documents {
            let Fact::Task(fact) = archive::read(&document)? else { continue };
            if task.as_ref().is_none_or(|(task_id, _)| *task_id != fact.task_id)
                && let Some((task_id, steps)) = task.replace((fact.task_id, Vec::new()))
            {
                recount.add(project_id, task_id, &steps, new.remove(&task_id), (before, after));
            }
            if let (
                Some((_, steps)),
                TaskFact {
                    about: About::Task(step), ..
                },
            ) = (&mut task, *fact)
            {
                steps.push(step);
            }
        }
        from = next;
    }
    if let Some((task_id, steps)) = task {
        recount.add(project_id, task_id, &steps, new.remove(&task_id), (before, after));
    }
    for (task_id, steps) in new {
        recount.add(project_id, task_id, &[], Some(steps), (before, after));
    }
    Ok(recount)
}

impl Recount {
    fn add(&mut self, project_id: Uuid, task_id: Uuid, old: &[Step], new: Option<Vec<Step>>, (before, after): (&Zone, &Zone)) {
        let counted = History::of(project_id, old);
        contributions::whole(&mut self.tally, &counted, before, -1);
        let Some(new) = new else {
            contributions::whole(&mut self.tally, &counted, after, 1);
            return;
        };
        let history = History::of(project_id, old.iter().chain(&new));
        contributions::whole(&mut self.tally, &history, after, 1);
        self.states.extend(history.state.map(|state| (task_id, state)));
    }
}
