//! A task as statistics know it, folded from its events one after the other.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::category::Category;
use super::due::Due;

/// What an event says a task is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Status.
    pub status_id: Uuid,
    /// Its category.
    pub category: Category,
    /// Who is to do it.
    pub assignee_ids: BTreeSet<Uuid>,
    /// Who made it; none where nobody is named.
    pub creator_id: Option<Uuid>,
    /// Deadline.
    pub due: Option<Due>,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it first entered category STARTED.
    pub start_time: Option<Timestamp>,
    /// When it last entered category COMPLETED, while it stays there.
    pub complete_time: Option<Timestamp>,
    /// When it went to the trash, while it is there.
    pub delete_time: Option<Timestamp>,
}

/// What happened to a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is this now.
    Is(Box<Snapshot>),
    /// It is gone for good.
    Purged,
}

/// An event of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Id of the event: decides where two have the same version, which a right producer never sends.
    pub event_id: Uuid,
    /// Version of the task after it.
    pub version: i64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub change: Change,
}

impl Step {
    /// Its place among the events of its task: that of its version, and nothing comes after the end.
    #[must_use]
    pub fn order(&self) -> i64 {
        match self.change {
            Change::Is(_) => self.version,
            Change::Purged => i64::MAX,
        }
    }
}

/// Time in a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusTime {
    /// Category of the status when it was last left.
    pub category: Category,
    /// All ended visits together.
    pub micros: i64,
}

/// A task after some of its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskState {
    /// Its project.
    pub project_id: Uuid,
    /// Version of the newest event.
    pub version: i64,
    /// When the newest event happened, and not before the one before it: clocks may go back, history does not.
    pub at: Timestamp,
    /// What it is; none where all that is known is that it is gone.
    pub task: Option<Snapshot>,
    /// Whether it is gone for good.
    pub purged: bool,
    /// Since when it is in its present status, the time in the trash apart.
    pub since: Timestamp,
    /// Visits to statuses that have ended.
    pub status_times: BTreeMap<Uuid, StatusTime>,
    /// How often it left category COMPLETED.
    pub reopen_count: i64,
}

impl TaskState {
    /// The task after one more event.
    #[must_use]
    pub fn after(previous: Option<&Self>, project_id: Uuid, step: &Step) -> Self {
        let at = previous.map_or(step.at, |previous| previous.at.max(step.at));
        let mut state = previous.cloned().unwrap_or(Self {
            project_id,
            version: step.version,
            at,
            task: None,
            purged: false,
            since: at,
            status_times: BTreeMap::new(),
            reopen_count: 0,
        });
        let was = state.task.take();
        state.version = state.version.max(step.version);
        state.at = at;
        state.task = match &step.change {
            Change::Is(snapshot) => Some((**snapshot).clone()),
            Change::Purged => was.clone().map(|task| Snapshot {
                delete_time: task.delete_time.or(Some(at)),
                ..task
            }),
        };
        state.purged |= step.change == Change::Purged;
        state.note_visit(was.as_ref());
        state
    }

    /// Ends the visit to the status that the task was in, where it left it or went to the trash.
    fn note_visit(&mut self, was: Option<&Snapshot>) {
        let (Some(was), Some(is)) = (was, &self.task) else {
            self.since = self.at;
            return;
        };
        if was.category == Category::Completed && is.category != Category::Completed {
            self.reopen_count += 1;
        }
        let stays = was.status_id == is.status_id && was.delete_time.is_none() && is.delete_time.is_none();
        if stays {
            return;
        }
        if was.delete_time.is_none() {
            let visit = self.at.as_microsecond() - self.since.as_microsecond();
            let time = self.status_times.entry(was.status_id).or_insert(StatusTime {
                category: was.category,
                micros: 0,
            });
            time.category = was.category;
            time.micros += visit;
        }
        self.since = self.at;
    }

    /// The task, unless it is in the trash or gone.
    #[must_use]
    pub fn live(&self) -> Option<&Snapshot> {
        self.task.as_ref().filter(|task| task.delete_time.is_none())
    }

    /// The category in which it counts.
    #[must_use]
    pub fn live_category(&self) -> Option<Category> {
        self.live().map(|task| task.category)
    }

    /// Its place among the events of the task: later ones come after.
    #[must_use]
    pub fn order(&self) -> i64 {
        if self.purged { i64::MAX } else { self.version }
    }

    /// Time in each status it was ever in until `now`; the longest first.
    #[must_use]
    pub fn times_until(&self, now: Timestamp) -> Vec<(Uuid, StatusTime)> {
        let mut times = self.status_times.clone();
        if let Some(task) = self.live() {
            let present = times.entry(task.status_id).or_insert(StatusTime {
                category: task.category,
                micros: 0,
            });
            present.category = task.category;
            present.micros += (now.as_microsecond() - self.since.as_microsecond()).max(0);
        }
        let mut times: Vec<_> = times.into_iter().collect();
        times.sort_by_key(|(id, time)| (std::cmp::Reverse(time.micros), *id));
        times
    }
}

/// A change of the category in which a task counts: none is for not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// When.
    pub at: Timestamp,
    /// Before.
    pub from: Option<Category>,
    /// After.
    pub to: Option<Category>,
}

/// A task after some of its events, and how its category changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// The task now; none before its first event.
    pub state: Option<TaskState>,
    /// Changes of category, in order.
    pub transitions: Vec<Transition>,
}

impl History {
    /// Goes through events in their order; one that has the place of another is left out.
    #[must_use]
    pub fn of<'a>(project_id: Uuid, steps: impl IntoIterator<Item = &'a Step>) -> Self {
        let mut steps: Vec<&Step> = steps.into_iter().collect();
        steps.sort_by_key(|step| (step.order(), step.event_id));
        let mut history = Self::default();
        for step in steps {
            if history.state.as_ref().is_none_or(|state| state.order() < step.order()) {
                history.push(project_id, step);
            }
        }
        history
    }

    fn push(&mut self, project_id: Uuid, step: &Step) {
        let next = TaskState::after(self.state.as_ref(), project_id, step);
        self.transitions.extend(transition(self.state.as_ref(), &next));
        self.state = Some(next);
    }
}

/// How the category changed from one state to the next.
#[must_use]
pub fn transition(previous: Option<&TaskState>, next: &TaskState) -> Option<Transition> {
    let (from, to) = (previous.and_then(TaskState::live_category), next.live_category());
    (from != to).then_some(Transition { at: next.at, from, to })
}
