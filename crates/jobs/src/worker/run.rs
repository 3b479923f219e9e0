//! Running claimed jobs, in the order in which they were claimed, so many at once. Whatever a job does, it ends in one result.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use tasktracker_database::Id;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::handler::{Handler, JobError, Outcome};
use crate::job::RunningJob;
use crate::jobs::Inner;
use crate::store::JobRow;
use crate::store::finish::{End, Finished};

/// Begins jobs until no more are claimed. Those that were not begun when the process stops are given back.
pub(super) async fn begin_all(inner: Arc<Inner>, mut claimed: UnboundedReceiver<JobRow>, results: UnboundedSender<Finished>) {
    let places = Arc::new(Semaphore::new(inner.options.concurrency.max(1)));
    let stopping = inner.lifecycle.stopping().clone();
    while let Some(job) = claimed.recv().await {
        let place = tokio::select! {
            biased;
            () = stopping.cancelled() => None,
            place = Arc::clone(&places).acquire_owned() => place.ok(),
        };
        // It may have been canceled while it waited for its place.
        let wanted = inner.held().get(&job.id).map(|held| (held.claim, held.unwanted.clone()));
        let Some((claim, unwanted)) = wanted else { continue };
        match (place, inner.handler(&job.kind)) {
            (Some(place), Some(handler)) => {
                let begun = Begun {
                    handler,
                    claim,
                    unwanted,
                    results: results.clone(),
                    _place: place,
                };
                inner.lifecycle.spawn("a job", run(Arc::clone(&inner), job, begun));
            }
            _ => send(&results, job.id, claim, End::Released),
        }
    }
}

/// A job that has its place.
struct Begun {
    handler: Arc<dyn Handler>,
    claim: Id,
    unwanted: CancellationToken,
    results: UnboundedSender<Finished>,
    /// Free again when this is dropped.
    _place: OwnedSemaphorePermit,
}

async fn run(inner: Arc<Inner>, row: JobRow, begun: Begun) {
    let job = RunningJob {
        id: Uuid::from(row.id),
        kind: row.kind.clone(),
        payload: row.payload.clone(),
        attempt: row.attempt(),
        max_attempts: row.max_attempts(),
        unique_key: row.unique_key.clone(),
        run_time: row.run_time.timestamp(),
        create_time: row.create_time.timestamp(),
        stopping: inner.lifecycle.stopping().clone(),
    };
    let timeout = begun.handler.timeout();
    // A handler may panic before it answers a future at all.
    let work = AssertUnwindSafe(async { begun.handler.run(&job).await }).catch_unwind();
    let end = tokio::select! {
        biased;
        // Nobody waits for a result.
        () = begun.unwanted.cancelled() => return,
        outcome = tokio::time::timeout(timeout, work) => end(&inner, &job, begun.handler.as_ref(), outcome),
        () = inner.break_off.cancelled() => End::Released,
    };
    send(&begun.results, row.id, begun.claim, end);
}

type Ran = Result<std::thread::Result<Result<Outcome, JobError>>, tokio::time::error::Elapsed>;

fn end(inner: &Inner, job: &RunningJob, handler: &dyn Handler, outcome: Ran) -> End {
    let now = inner.now();
    let error = match outcome {
        Ok(Ok(Ok(Outcome::Done))) => return End::Done,
        Ok(Ok(Ok(Outcome::Snooze(delay)))) => {
            return End::Again {
                run_time: now + delay,
                error: None,
                uncounted: true,
            };
        }
        Ok(Ok(Err(error))) => error,
        Ok(Err(panic)) => JobError::retry(anyhow::anyhow!("panic: {}", text_of(panic.as_ref()))),
        Err(_) => JobError::retry(anyhow::anyhow!("broken off after {:?}", handler.timeout())),
    };
    let text = error.to_string();
    let (kind, attempt) = (job.kind.as_str(), job.attempt);
    if matches!(error, JobError::Discard(_)) || job.is_last_attempt() {
        tracing::error!(job.id = %job.id, kind, attempt, error = text, "a job failed for good");
        return End::Failed { error: text };
    }
    let delay = match error {
        JobError::RetryAfter(delay, _) => delay,
        // Jobs that failed together do not come back together: the last byte of an id is chance.
        _ => handler.backoff().after(
            attempt,
            job.id.as_bytes()[15].wrapping_add(attempt.to_le_bytes()[0].wrapping_mul(73)),
        ),
    };
    tracing::warn!(job.id = %job.id, kind, attempt, error = text, ?delay, "a job failed, it will be tried again");
    End::Again {
        run_time: now + delay,
        error: Some(text),
        uncounted: false,
    }
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

fn send(results: &UnboundedSender<Finished>, id: Id, claim: Id, end: End) {
    // The other end is gone only when the process aborts.
    let _ = results.send(Finished { id, claim, end });
}
