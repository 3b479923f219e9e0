//! The task that fires schedules. Every process of a service runs it; who advances a schedule first fires its slot, the others see that.

use std::time::Duration;

use jiff::Timestamp;
use tasktracker_database::{CommitError, Id, Time};

use super::{Schedule, Timing};
use crate::job::NewJob;
use crate::jobs::Inner;
use crate::store::schedules::{self, ScheduleRow};

/// Pauses between two looks at the table where nothing is due: another process may have changed it.
const PAUSES: u32 = 60;
/// After a failure.
const FAILED_PAUSE: Duration = Duration::from_secs(1);

/// Fires until the process stops.
pub(crate) async fn run(inner: std::sync::Arc<Inner>, known: Vec<(Schedule, Timing)>) {
    let stopping = inner.lifecycle.stopping().clone();
    tokio::select! {
        () = stopping.cancelled() => {}
        () = go_on(&inner, &known) => {}
    }
}

async fn go_on(inner: &Inner, known: &[(Schedule, Timing)]) {
    while let Err(error) = agree(inner, known).await {
        tracing::warn!(service = inner.service, %error, "writing down the schedules failed, trying again");
        tokio::time::sleep(FAILED_PAUSE).await;
    }
    while !known.is_empty() {
        match round(inner, known).await {
            Ok(next) => wait(inner, next).await,
            Err(error) => {
                tracing::warn!(service = inner.service, %error, "firing schedules failed, trying again");
                tokio::time::sleep(FAILED_PAUSE).await;
            }
        }
    }
}

/// Until the next slot, a word of an operator, or for so many pauses.
async fn wait(inner: &Inner, next: Option<Time>) {
    for _ in 0..PAUSES {
        tokio::select! {
            () = inner.schedules_changed.notified() => return,
            () = tokio::time::sleep(inner.options.poll) => {}
        }
        if next.is_some_and(|next| next <= inner.now()) {
            return;
        }
    }
}

/// Makes the table say what the code says. A schedule that was changed is due next by its new cron; one that was paused stays so.
async fn agree(inner: &Inner, known: &[(Schedule, Timing)]) -> Result<(), CommitError> {
    let db = &inner.db;
    let now = inner.now();
    let names: Vec<String> = known.iter().map(|(schedule, _)| schedule.name.to_owned()).collect();
    schedules::keep_only(db, &names).await?;
    let there = schedules::list(db).await?;
    let mut new = Vec::new();
    for (schedule, timing) in known {
        let fresh = ScheduleRow {
            name: schedule.name.to_owned(),
            kind: schedule.kind.to_owned(),
            cron: schedule.cron.to_owned(),
            time_zone: schedule.time_zone.to_owned(),
            paused: false,
            next_fire_time: timing.next_after(now.timestamp()).map(Time::from),
            last_fire_time: None,
        };
        let Some(row) = there.iter().find(|row| row.name == schedule.name) else {
            new.push(fresh);
            continue;
        };
        let same_timing = (&row.cron, &row.time_zone) == (&fresh.cron, &fresh.time_zone);
        if same_timing && row.kind == fresh.kind {
            continue;
        }
        let next_fire_time = match (row.paused, same_timing) {
            (true, _) => None,
            (false, true) => row.next_fire_time,
            (false, false) => fresh.next_fire_time,
        };
        let changed = ScheduleRow {
            paused: row.paused,
            next_fire_time,
            ..fresh
        };
        schedules::replace(db, &changed).await?;
    }
    if new.is_empty() { Ok(()) } else { schedules::add(db, &new).await }
}

/// Fires what is due, and answers when to look again.
async fn round(inner: &Inner, known: &[(Schedule, Timing)]) -> Result<Option<Time>, CommitError> {
    let rows = schedules::list(&inner.db).await?;
    if known.iter().any(|(schedule, _)| rows.iter().all(|row| row.name != schedule.name)) {
        // A process of an older release, which does not know it, has removed it.
        agree(inner, known).await?;
    }
    let mut next = None;
    for row in &rows {
        // What is of another release is fired by that.
        let mine = known
            .iter()
            .find(|(schedule, _)| (schedule.name, schedule.cron, schedule.time_zone) == (&*row.name, &*row.cron, &*row.time_zone));
        let Some((schedule, timing)) = mine.filter(|_| !row.paused) else {
            continue;
        };
        match one(inner, schedule, timing, row).await {
            Ok(due) => next = [next, due].into_iter().flatten().min(),
            // Another was quicker: look at what it made of the row.
            Err(CommitError::GuardMissed) => next = Some(inner.now()),
            Err(error) => return Err(error),
        }
    }
    Ok(next)
}

/// One schedule: fires the slot that is due, or corrects the time where the clock went back.
async fn one(inner: &Inner, schedule: &Schedule, timing: &Timing, row: &ScheduleRow) -> Result<Option<Time>, CommitError> {
    let db = &inner.db;
    let now = inner.now();
    let upcoming = timing.next_after(now.timestamp()).map(Time::from);
    let Some(stored) = row.next_fire_time else {
        schedules::advance(db, row, upcoming, None, now).await?;
        return Ok(upcoming);
    };
    if stored > now {
        if Some(stored) <= upcoming {
            return Ok(Some(stored));
        }
        // The clock went back. Slots that were fired before stay fired; the first other one is next.
        let next = first_unfired(inner, timing, row, now).await?;
        if next != Some(stored) {
            schedules::advance(db, row, next, None, now).await?;
        }
        return Ok(next);
    }
    let earliest = stored.max(now - schedule.catch_up());
    let slot = timing.last_between(earliest.timestamp(), now.timestamp());
    let fire = match slot {
        None => None,
        Some(slot) => {
            // A slot whose predecessor waits for its turn, or for its next try, has nothing to add.
            let job = if schedules::is_waiting(db, schedule.name).await? {
                None
            } else {
                Some((Id(inner.ids.next()), job(schedule, slot)))
            };
            Some((Time::from(slot), job))
        }
    };
    let skipped = fire.is_none() || fire.as_ref().is_some_and(|(slot, _)| *slot > stored);
    if skipped {
        tracing::info!(schedule = schedule.name, since = %stored.timestamp(), "slots were missed");
    }
    match schedules::advance(db, row, upcoming, fire, now).await {
        // Before the clock went back, or the cron was changed: it does not fire again.
        Err(error) if schedules::was_fired(&error) => schedules::advance(db, row, upcoming, None, now).await?,
        outcome => outcome?,
    }
    inner.wake();
    Ok(upcoming)
}

fn job(schedule: &Schedule, slot: Timestamp) -> NewJob {
    NewJob::new(schedule.kind, &())
        .unique(format!("{}@{slot}", schedule.name))
        .group(schedule.name)
        .at(slot)
}

async fn first_unfired(inner: &Inner, timing: &Timing, row: &ScheduleRow, now: Time) -> Result<Option<Time>, CommitError> {
    let fired = schedules::fired_after(&inner.db, &row.name, now).await?;
    let mut next = timing.next_after(now.timestamp());
    while let Some(slot) = next.filter(|slot| fired.contains(&Time::from(*slot))) {
        next = timing.next_after(slot);
    }
    Ok(next.map(Time::from))
}
