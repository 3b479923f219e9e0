//! The task that extends claims, takes back those that ran out, removes what is old, and counts.

use std::sync::Arc;
use std::time::Duration;

use tasktracker_database::{CommitError, Id, Time};

use super::claim::fate;
use crate::jobs::Inner;
use crate::store::{list, upkeep};

/// Old rows are looked for so often.
const CLEANING: Duration = Duration::from_secs(60 * 60);

/// Keeps until the process stops.
pub(super) async fn run(inner: Arc<Inner>) {
    let stopping = inner.lifecycle.stopping().clone();
    tokio::select! {
        () = stopping.cancelled() => {}
        () = go_on(&inner) => {}
    }
}

async fn go_on(inner: &Inner) {
    let mut cleaned: Option<Time> = None;
    loop {
        let now = inner.now();
        let clean = cleaned.is_none_or(|last| now < last || now >= last + CLEANING);
        match once(inner, clean).await {
            Ok(()) if clean => cleaned = Some(now),
            Ok(()) => {}
            Err(error) => tracing::warn!(service = inner.service, %error, "upkeep of jobs failed, trying again"),
        }
        tokio::time::sleep(inner.options.lease / 3).await;
    }
}

async fn once(inner: &Inner, clean: bool) -> Result<(), CommitError> {
    extend(inner).await?;
    take_back(inner).await?;
    if clean {
        while upkeep::clean(&inner.db, inner.now()).await? {}
    }
    count(inner).await
}

/// Extends what this process holds, and lets go of what it lost.
async fn extend(inner: &Inner) -> Result<(), CommitError> {
    let held: Vec<(Id, Id)> = inner.held().iter().map(|(id, held)| (*id, held.claim)).collect();
    if held.is_empty() {
        return Ok(());
    }
    let ids: Vec<Id> = held.iter().map(|(id, _)| *id).collect();
    let kept = upkeep::extend(&inner.db, inner.owner, &ids, inner.now() + inner.options.lease).await?;
    for (id, claim) in held.into_iter().filter(|pair| !kept.contains(pair)) {
        // Unless it has just ended.
        let lost = inner.held().get(&id).is_some_and(|held| held.claim == claim);
        if lost {
            tracing::warn!(job.id = %id, "the claim of a job is lost, its result does not count");
            inner.stop_job(id);
        }
    }
    Ok(())
}

/// Gives jobs of processes that give no sign of life to others.
async fn take_back(inner: &Inner) -> Result<(), CommitError> {
    let now = inner.now();
    let mut expired = upkeep::expired(&inner.db, now, inner.options.lease).await?;
    // What is at work here is alive, whatever the clock says.
    expired.retain(|job| !inner.held().contains_key(&job.id));
    if expired.is_empty() {
        return Ok(());
    }
    tracing::warn!(service = inner.service, jobs = expired.len(), "claims of jobs ran out");
    let jobs: Vec<_> = expired
        .into_iter()
        .map(|job| {
            let fate = fate(inner, &job, now);
            (job, fate)
        })
        .collect();
    upkeep::take_back(&inner.db, &jobs, now).await?;
    inner.wake();
    Ok(())
}

async fn count(inner: &Inner) -> Result<(), CommitError> {
    let now = inner.now();
    let counted = list::count(&inner.db, now).await?;
    let age = counted.oldest_due.map_or(0, |due| now.micros() - due.micros());
    let set = |name: &'static str, value: f64| metrics::gauge!(name, "service" => inner.service).set(value);
    set("jobs_ready", number(counted.due));
    set("jobs_running", number(counted.running));
    set("jobs_failed", number(counted.failed));
    set("jobs_oldest_ready_age_seconds", number(age) / 1e6);
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a count of rows or microseconds, for a graph")]
fn number(count: i64) -> f64 {
    count as f64
}
