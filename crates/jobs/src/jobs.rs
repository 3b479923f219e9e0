//! The jobs of one service in one process: the handle that everything else goes through.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sea_orm::DbErr;
use tasktracker_database::{Database, Id, Time, Transaction};
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::SharedClock;
use tasktracker_server::ids::Ids;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::handler::Handler;
use crate::job::NewJob;
use crate::options::Options;
use crate::schedule::{self, Schedule, Timing};
use crate::store::{enqueue, waiting};
use crate::worker;

/// Who works on jobs in this process. On SQLite nobody else can: a running job of anyone else is an orphan.
static ALIVE: Mutex<Option<HashSet<Id>>> = Mutex::new(None);

/// The jobs of one service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Jobs(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) service: &'static str,
    pub(crate) db: Database,
    pub(crate) clock: SharedClock,
    pub(crate) ids: Ids,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) options: Options,
    /// This worker, unlike any other.
    pub(crate) owner: Id,
    pub(crate) handlers: Mutex<HashMap<String, Arc<dyn Handler>>>,
    schedules: Mutex<Vec<(Schedule, Timing)>>,
    started: AtomicBool,
    /// What this process has claimed.
    pub(crate) held: Mutex<HashMap<Id, Held>>,
    /// Jobs to claim beyond those that can run at once: more than none only while they are done in no time.
    pub(crate) ahead: AtomicUsize,
    /// There may be something to claim.
    pub(crate) due: Notify,
    /// A schedule was paused or goes on, or the clock went back.
    pub(crate) schedules_changed: Notify,
    /// Cancelled when the grace of a stopping process is over.
    pub(crate) break_off: CancellationToken,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Jobs of {}", self.service)
    }
}

/// A job that this process has claimed.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) claim: Id,
    /// Cancelled when its result is not wanted any more.
    pub(crate) unwanted: CancellationToken,
}

impl Jobs {
    /// The jobs in a service's database. Nothing runs before [`Jobs::start`].
    #[must_use]
    pub fn new(service: &'static str, db: Database, clock: SharedClock, ids: Ids, lifecycle: Lifecycle) -> Self {
        Self::with_options(service, db, clock, ids, lifecycle, Options::default())
    }

    /// The same, with other options.
    #[must_use]
    pub fn with_options(service: &'static str, db: Database, clock: SharedClock, ids: Ids, lifecycle: Lifecycle, options: Options) -> Self {
        let owner = Id(ids.next());
        Self(Arc::new(Inner {
            service,
            db,
            clock,
            ids,
            lifecycle,
            options,
            owner,
            handlers: Mutex::default(),
            schedules: Mutex::default(),
            started: AtomicBool::new(false),
            held: Mutex::default(),
            ahead: AtomicUsize::new(0),
            due: Notify::new(),
            schedules_changed: Notify::new(),
            break_off: CancellationToken::new(),
        }))
    }

    /// Adds a job to a transaction, and answers its id: it exists when the transaction is committed, unless an unfinished job has its unique key.
    /// Call [`Jobs::wake`] after the commit.
    pub fn enqueue(&self, txn: &mut Transaction, job: NewJob) -> Uuid {
        let id = self.0.ids.next();
        txn.insert(enqueue::insert(Id(id), &job, self.0.now()));
        id
    }

    /// Says who does jobs of a kind. Jobs of kinds that nobody here does wait for a process that does them.
    pub fn handle(&self, kind: impl Into<String>, handler: Arc<dyn Handler>) {
        locked(&self.0.handlers).insert(kind.into(), handler);
    }

    /// Adds a schedule. Call it before [`Jobs::start`].
    ///
    /// # Panics
    /// The schedule cannot be, see [`Schedule::check`]: a defect of the caller, which any test finds.
    pub fn schedule(&self, schedule: Schedule) {
        let timing = schedule.timing().expect("a schedule that can be");
        let mut schedules = locked(&self.0.schedules);
        schedules.retain(|(other, _)| other.name != schedule.name);
        schedules.push((schedule, timing));
    }

    /// Begins to work, until the process stops. Only the first call counts.
    pub fn start(&self) {
        if self.0.started.swap(true, Ordering::SeqCst) {
            return;
        }
        locked(&ALIVE).get_or_insert_default().insert(self.0.owner);
        worker::start(&self.0);
        let schedules = std::mem::take(&mut *locked(&self.0.schedules));
        self.0.lifecycle.spawn("schedules", schedule::run(Arc::clone(&self.0), schedules));
    }

    /// Says that there may be something to do: after a commit that enqueued a job. Without it the job is found at the next look.
    pub fn wake(&self) {
        self.0.wake();
    }

    /// How many jobs are due or running.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn due_count(&self) -> Result<u64, DbErr> {
        waiting::count(&self.0.db, self.0.now()).await
    }

    /// The service they belong to.
    #[must_use]
    pub fn service(&self) -> &'static str {
        self.0.service
    }
}

impl Inner {
    pub(crate) fn now(&self) -> Time {
        Time::from(self.clock.now())
    }

    pub(crate) fn wake(&self) {
        self.due.notify_one();
    }

    pub(crate) fn held(&self) -> MutexGuard<'_, HashMap<Id, Held>> {
        locked(&self.held)
    }

    pub(crate) fn handler(&self, kind: &str) -> Option<Arc<dyn Handler>> {
        locked(&self.handlers).get(kind).cloned()
    }

    pub(crate) fn kinds(&self) -> Vec<String> {
        let mut kinds: Vec<String> = locked(&self.handlers).keys().cloned().collect();
        kinds.sort_unstable();
        kinds
    }

    /// Tells the worker of a job, if it is one of this process, that its result is not wanted.
    pub(crate) fn stop_job(&self, id: Id) {
        if let Some(held) = self.held().remove(&id) {
            held.unwanted.cancel();
        }
        // Its place is free, and so may be the turn of its group.
        self.wake();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(alive) = locked(&ALIVE).as_mut() {
            alive.remove(&self.owner);
        }
    }
}

/// Those who work on jobs in this process.
pub(crate) fn alive() -> Vec<Id> {
    locked(&ALIVE).iter().flatten().copied().collect()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
