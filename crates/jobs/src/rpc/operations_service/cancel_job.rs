//! Cancels a job that has not finished. If it runs in this process it is broken off now, elsewhere at the next sign of life.

use tasktracker_database::CommitError;
use tasktracker_identity::Call;
use tasktracker_proto::operations::v1::{CancelJobRequest, CancelJobResponse};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use super::{convert, load};
use crate::operations::Operations;
use crate::store::operate;

pub async fn cancel_job(operations: &Operations, call: &Call, request: CancelJobRequest) -> Result<CancelJobResponse, RpcError> {
    operations.allow(call).await?;
    let id = load::id(&request.job_id, "job_id")?;
    let (jobs, _) = load::job(operations, id).await?;
    operate::cancel(&jobs.0.db, id, jobs.0.now()).await.map_err(|error| match error {
        CommitError::GuardMissed => RpcError::new(Code::FailedPrecondition, ErrorReason::JobState, "the job has finished already"),
        error => error.into(),
    })?;
    tracing::info!(job.id = %id, caller = %call.caller(), "a job is canceled");
    jobs.0.stop_job(id);
    let (jobs, row) = load::job(operations, id).await?;
    Ok(CancelJobResponse {
        job: Some(convert::of_job(jobs.service(), row)),
    })
}
