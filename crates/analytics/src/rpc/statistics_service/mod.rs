//! StatisticsService: numbers about projects, people and tasks. This is its table of contents.

mod convert;
mod get_project_statistics;
mod get_task_statistics;
mod get_user_statistics;

use tasktracker_identity::Call;
use tasktracker_proto::analytics::v1::statistics_service_server::StatisticsService;
use tasktracker_proto::analytics::v1::*;
use tonic::{Request, Response, Status};

use crate::app::App;

#[tonic::async_trait]
impl StatisticsService for App {
    async fn get_project_statistics(
        &self,
        request: Request<GetProjectStatisticsRequest>,
    ) -> Result<Response<GetProjectStatisticsResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = get_project_statistics::get_project_statistics(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn get_user_statistics(&self, request: Request<GetUserStatisticsRequest>) -> Result<Response<GetUserStatisticsResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = get_user_statistics::get_user_statistics(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn get_task_statistics(&self, request: Request<GetTaskStatisticsRequest>) -> Result<Response<GetTaskStatisticsResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = get_task_statistics::get_task_statistics(self, &call, request).await?;
        Ok(call.reply(response))
    }
}
