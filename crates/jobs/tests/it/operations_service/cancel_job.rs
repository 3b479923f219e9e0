//! CancelJob.

use std::sync::atomic::Ordering;

use tasktracker_proto::operations::v1::{CancelJobRequest, Job, JobState};
use tonic::Status;
use uuid::Uuid;

use super::{ADA, INVALID, Office, UNKNOWN, WRONG_STATE, for_operators_only, refusal};
use crate::world::{Gate, a_while, done, job};

fn request(id: impl ToString) -> CancelJobRequest {
    CancelJobRequest { job_id: id.to_string() }
}

impl Office {
    async fn cancel(&self, id: impl ToString) -> Result<Job, Status> {
        let answer = self.client().cancel_job(self.of(ADA, request(id))).await?;
        Ok(answer.into_inner().job.unwrap())
    }
}

#[tokio::test]
async fn a_waiting_job_never_runs() {
    let office = Office::open().await;
    let gate = Gate::closed();
    office.auth.on("k", gate.handler(done));
    let id = office.auth.enqueue(job("k").unique("u")).await;
    let canceled = office.cancel(id).await.unwrap();
    assert_eq!((canceled.state(), canceled.service.as_str()), (JobState::Canceled, "auth"));
    assert!(canceled.finish_time.is_some());
    assert_eq!(refusal(office.cancel(id).await), WRONG_STATE);
    office.auth.jobs.start();
    // Its key is free.
    office.auth.enqueue(job("k").unique("u")).await;
    gate.until_begun(1).await;
    a_while().await;
    assert_eq!(office.auth.row(id).await.state, "canceled");
}

#[tokio::test]
async fn a_running_job_is_broken_off_and_its_group_goes_on() {
    let office = Office::open().await;
    let gate = Gate::closed();
    office.core.on("k", gate.handler(done));
    office.core.jobs.start();
    let first = office.core.enqueue(job("k").group("g")).await;
    let second = office.core.enqueue(job("k").group("g")).await;
    gate.until_begun(1).await;
    office.cancel(first).await.unwrap();
    gate.until_begun(2).await;
    gate.open(2);
    office.core.until(second, "succeeded").await;
    a_while().await;
    assert_eq!(office.core.row(first).await.state, "canceled");
    assert_eq!(gate.ended.load(Ordering::SeqCst), 1, "the first did not go on");
}

#[tokio::test]
async fn refusals() {
    let office = Office::open().await;
    let gate = Gate::closed();
    gate.open(1);
    office.core.on("k", gate.handler(done));
    office.core.jobs.start();
    let id = office.core.enqueue(job("k")).await;
    office.core.until(id, "succeeded").await;
    for_operators_only!(office, cancel_job, request(id));
    assert_eq!(refusal(office.cancel(id).await), WRONG_STATE);
    assert_eq!(refusal(office.cancel(Uuid::from_u128(1)).await), UNKNOWN);
    for bad in ["", "7", "not-an-id"] {
        assert_eq!(refusal(office.cancel(bad).await), INVALID);
    }
}
