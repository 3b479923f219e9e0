//! RetryJob.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::anyhow;
use tasktracker_jobs::JobError;
use tasktracker_proto::operations::v1::{CancelJobRequest, Job, JobState, RetryJobRequest};
use tonic::Status;
use uuid::Uuid;

use super::{ADA, INVALID, Office, UNKNOWN, WRONG_STATE, for_operators_only, refusal};
use crate::world::{does, done, job};

fn request(id: impl ToString) -> RetryJobRequest {
    RetryJobRequest { job_id: id.to_string() }
}

impl Office {
    async fn retry(&self, id: impl ToString) -> Result<Job, Status> {
        let answer = self.client().retry_job(self.of(ADA, request(id))).await?;
        Ok(answer.into_inner().job.unwrap())
    }
}

#[tokio::test]
async fn a_failed_job_has_all_its_attempts_again() {
    let office = Office::open().await;
    let fixed = Arc::new(AtomicBool::new(false));
    let is_fixed = fixed.clone();
    office.auth.on(
        "k",
        does(move |_| {
            let fixed = is_fixed.load(Ordering::SeqCst);
            async move { if fixed { done() } else { Err(JobError::retry(anyhow!("broken"))) } }
        }),
    );
    office.auth.jobs.start();
    let id = office.auth.enqueue(job("k").max_attempts(1).unique("u")).await;
    office.auth.until(id, "failed").await;
    fixed.store(true, Ordering::SeqCst);

    let retried = office.retry(id).await.unwrap();
    assert_eq!((retried.id.as_str(), retried.service.as_str()), (id.to_string().as_str(), "auth"));
    assert_eq!(retried.finish_time.is_some(), retried.state() == JobState::Succeeded);
    let row = office.auth.until(id, "succeeded").await;
    assert_eq!(row.attempt, 1);
    // Once more is once too often.
    assert_eq!(refusal(office.retry(id).await), WRONG_STATE);
}

#[tokio::test]
async fn a_canceled_job_too_unless_its_place_is_taken() {
    let office = Office::open().await;
    let first = office.core.enqueue(job("k").unique("u")).await;
    let cancel = CancelJobRequest { job_id: first.to_string() };
    office.client().cancel_job(office.of(ADA, cancel)).await.unwrap();
    let second = office.core.enqueue(job("k").unique("u")).await;
    assert_eq!(refusal(office.retry(first).await), WRONG_STATE);
    let cancel = CancelJobRequest {
        job_id: second.to_string(),
    };
    office.client().cancel_job(office.of(ADA, cancel)).await.unwrap();
    let retried = office.retry(first).await.unwrap();
    assert_eq!((retried.state(), retried.attempt), (JobState::Ready, 0));
    // Its key counts again.
    office.core.enqueue(job("k").unique("u")).await;
    assert_eq!(office.core.rows().await.len(), 2);
}

#[tokio::test]
async fn refusals() {
    let office = Office::open().await;
    let id = office.core.enqueue(job("k")).await;
    for_operators_only!(office, retry_job, request(id));
    assert_eq!(refusal(office.retry(id).await), WRONG_STATE);
    assert_eq!(refusal(office.retry(Uuid::from_u128(1)).await), UNKNOWN);
    for bad in ["", "7", "not-an-id"] {
        assert_eq!(refusal(office.retry(bad).await), INVALID);
    }
}
