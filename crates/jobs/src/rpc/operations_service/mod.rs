//! OperationsService: what runs in the background, for operators. This is its table of contents.

mod cancel_job;
mod convert;
mod discard_dead_letter;
mod list_dead_letters;
mod list_jobs;
mod list_schedules;
mod load;
mod paging;
mod pause_schedule;
mod replay_dead_letter;
mod retry_job;

use tasktracker_identity::Call;
use tasktracker_proto::operations::v1::operations_service_server::OperationsService;
use tasktracker_proto::operations::v1::{
    CancelJobRequest, CancelJobResponse, DiscardDeadLetterRequest, DiscardDeadLetterResponse, ListDeadLettersRequest,
    ListDeadLettersResponse, ListJobsRequest, ListJobsResponse, ListSchedulesRequest, ListSchedulesResponse, PauseScheduleRequest,
    PauseScheduleResponse, ReplayDeadLetterRequest, ReplayDeadLetterResponse, RetryJobRequest, RetryJobResponse,
};
use tonic::{Request, Response, Status};

use crate::operations::Operations;

#[tonic::async_trait]
impl OperationsService for Operations {
    async fn list_jobs(&self, request: Request<ListJobsRequest>) -> Result<Response<ListJobsResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = list_jobs::list_jobs(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn retry_job(&self, request: Request<RetryJobRequest>) -> Result<Response<RetryJobResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = retry_job::retry_job(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn cancel_job(&self, request: Request<CancelJobRequest>) -> Result<Response<CancelJobResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = cancel_job::cancel_job(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn list_schedules(&self, request: Request<ListSchedulesRequest>) -> Result<Response<ListSchedulesResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = list_schedules::list_schedules(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn pause_schedule(&self, request: Request<PauseScheduleRequest>) -> Result<Response<PauseScheduleResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = pause_schedule::pause_schedule(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn list_dead_letters(&self, request: Request<ListDeadLettersRequest>) -> Result<Response<ListDeadLettersResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = list_dead_letters::list_dead_letters(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn replay_dead_letter(&self, request: Request<ReplayDeadLetterRequest>) -> Result<Response<ReplayDeadLetterResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = replay_dead_letter::replay_dead_letter(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn discard_dead_letter(&self, request: Request<DiscardDeadLetterRequest>) -> Result<Response<DiscardDeadLetterResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = discard_dead_letter::discard_dead_letter(self, &call, request).await?;
        Ok(call.reply(response))
    }
}
