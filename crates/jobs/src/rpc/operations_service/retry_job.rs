//! Makes a failed or canceled job ready again, with all its attempts.

use tasktracker_database::CommitError;
use tasktracker_identity::Call;
use tasktracker_proto::operations::v1::{RetryJobRequest, RetryJobResponse};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use super::{convert, load};
use crate::operations::Operations;
use crate::store::operate;

pub async fn retry_job(operations: &Operations, call: &Call, request: RetryJobRequest) -> Result<RetryJobResponse, RpcError> {
    operations.allow(call).await?;
    let id = load::id(&request.job_id, "job_id")?;
    let (jobs, _) = load::job(operations, id).await?;
    operate::retry(&jobs.0.db, id, jobs.0.now()).await.map_err(|error| match error {
        CommitError::GuardMissed => refused("only a failed or canceled job can be retried"),
        error if operate::is_taken(&error) => refused("another job with the same unique key has taken its place"),
        error => error.into(),
    })?;
    tracing::info!(job.id = %id, caller = %call.caller(), "a job is retried");
    jobs.wake();
    let (jobs, row) = load::job(operations, id).await?;
    Ok(RetryJobResponse {
        job: Some(convert::of_job(jobs.service(), row)),
    })
}

fn refused(message: &str) -> RpcError {
    RpcError::new(Code::FailedPrecondition, ErrorReason::JobState, message)
}
