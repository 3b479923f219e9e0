//! The task that claims due jobs while there is room for them, and otherwise sleeps: until it is woken, until the next job is due, or for one
//! poll. A look that finds nothing costs one search in an index.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tasktracker_database::{CommitError, Id, Time};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use crate::handler::Backoff;
use crate::jobs::{Held, Inner, alive};
use crate::store::claim::{self, Claim};
use crate::store::upkeep::{self, Fate};
use crate::store::{JobRow, operate};

/// After a failure.
const FAILED_PAUSE: Duration = Duration::from_secs(1);
/// A clock that shows this much less than before was set back.
const SET_BACK: Duration = Duration::from_secs(1);

/// Claims until the process stops.
pub(super) async fn run(inner: Arc<Inner>, claimed: UnboundedSender<JobRow>) {
    let stopping = inner.lifecycle.stopping().clone();
    tokio::select! {
        () = stopping.cancelled() => {}
        () = prepare(&inner) => {}
    }
    let mut before = inner.now();
    while !stopping.is_cancelled() {
        let now = inner.now();
        if now < before - SET_BACK {
            set_back(&inner, now).await;
        }
        before = now;
        // Never broken off half-way: what is claimed gets to its worker.
        let pause = match look(&inner, &claimed).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(service = inner.service, %error, "claiming jobs failed, trying again");
                FAILED_PAUSE
            }
        };
        if pause.is_zero() {
            continue;
        }
        tokio::select! {
            () = stopping.cancelled() => {}
            () = inner.due.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// What a process does before it works: takes over what its predecessor left, and corrects what a clock left behind.
async fn prepare(inner: &Inner) {
    loop {
        match take_over(inner).await {
            Ok(()) => return,
            Err(error) => tracing::warn!(service = inner.service, %error, "taking over jobs failed, trying again"),
        }
        tokio::time::sleep(FAILED_PAUSE).await;
    }
}

async fn take_over(inner: &Inner) -> Result<(), CommitError> {
    let (db, now) = (&inner.db, inner.now());
    upkeep::rebase(db, now).await?;
    // Another process may be alive on PostgreSQL: there the claims of a dead one run out.
    while db.backend() == tasktracker_database::Backend::Sqlite {
        let orphans = upkeep::orphans(db, &alive()).await?;
        if orphans.is_empty() {
            break;
        }
        tracing::info!(
            service = inner.service,
            jobs = orphans.len(),
            "taking over jobs of a process that is gone"
        );
        let fate = |job: JobRow| {
            let fate = fate(inner, &job, now);
            // The first time its process was perhaps just stopped: no reason to wait.
            let fate = match fate {
                Fate::Again(_) if job.attempt == 1 => Fate::Again(now),
                fate => fate,
            };
            (job, fate)
        };
        let jobs: Vec<_> = orphans.into_iter().map(fate).collect();
        upkeep::take_back(db, &jobs, now).await?;
    }
    Ok(())
}

/// What becomes of a job whose worker is gone: it may have been its doing, so its attempts count.
pub(super) fn fate(inner: &Inner, job: &JobRow, now: Time) -> Fate {
    if job.attempt >= job.max_attempts {
        return Fate::Failed;
    }
    let backoff = inner.handler(&job.kind).map_or_else(Backoff::default, |handler| handler.backoff());
    Fate::Again(now + backoff.after(job.attempt(), job.id.0.as_bytes()[15]))
}

/// The clock was set back: what waits since a later moment goes on from now, and slots are looked at anew.
async fn set_back(inner: &Inner, now: Time) {
    tracing::warn!(service = inner.service, now = %now.timestamp(), "the clock was set back");
    if let Err(error) = upkeep::rebase(&inner.db, now).await {
        tracing::warn!(service = inner.service, %error, "jobs wait for the clock to catch up");
    }
    inner.schedules_changed.notify_one();
}

/// Claims what is due as far as there is room, and answers how long to pause.
async fn look(inner: &Inner, claimed: &UnboundedSender<JobRow>) -> Result<Duration, CommitError> {
    let poll = inner.options.poll;
    let room = (inner.options.concurrency + inner.ahead.load(Ordering::Relaxed)).saturating_sub(inner.held().len());
    let kinds = inner.kinds();
    if room == 0 || kinds.is_empty() {
        return Ok(poll);
    }
    let now = inner.now();
    match claim::next_due(&inner.db).await? {
        None => return Ok(poll),
        Some(due) if due > now => return Ok(poll.min(Duration::from_micros(due.micros().abs_diff(now.micros())))),
        Some(_) => {}
    }
    let ids = claim::candidates(&inner.db, &kinds, now, room).await?;
    if ids.is_empty() {
        // Those that are due wait for their turn, or for another process.
        return Ok(poll);
    }
    let claim = Claim {
        owner: inner.owner,
        claim: Id(inner.ids.next()),
        lease_time: now + inner.options.lease,
    };
    let mut txn = inner.db.begin();
    txn.update(claim::take(inner.db.backend(), &ids, claim));
    match txn.commit().await {
        Ok(_) => {}
        // Another claimed one of the same group: look again.
        Err(error) if operate::is_turn_taken(&error) => return Ok(Duration::from_millis(1)),
        Err(error) => return Err(error),
    }
    for job in claim::taken(&inner.db, &ids, claim).await? {
        let held = Held {
            claim: claim.claim,
            unwanted: CancellationToken::new(),
        };
        inner.held().insert(job.id, held);
        // The other end outlives this one.
        let _ = claimed.send(job);
    }
    Ok(Duration::ZERO)
}
