//! TaskService: making, reading, changing and moving tasks. This is its table of contents.

pub mod convert;
mod create_task;
mod delete_task;
mod follow_task;
mod get_task;
mod list_my_tasks;
mod list_task_activity;
mod list_tasks;
pub mod load;
mod move_task;
mod undelete_task;
mod unfollow_task;
mod update_task;

use tasktracker_identity::Call;
use tasktracker_proto::core::v1::task_service_server::TaskService;
use tasktracker_proto::core::v1::*;
use tonic::{Request, Response, Status};

use crate::app::App;

#[tonic::async_trait]
impl TaskService for App {
    async fn create_task(&self, request: Request<CreateTaskRequest>) -> Result<Response<CreateTaskResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = create_task::create_task(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn get_task(&self, request: Request<GetTaskRequest>) -> Result<Response<GetTaskResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = get_task::get_task(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn list_tasks(&self, request: Request<ListTasksRequest>) -> Result<Response<ListTasksResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = list_tasks::list_tasks(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn list_my_tasks(&self, request: Request<ListMyTasksRequest>) -> Result<Response<ListMyTasksResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = list_my_tasks::list_my_tasks(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn update_task(&self, request: Request<UpdateTaskRequest>) -> Result<Response<UpdateTaskResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = update_task::update_task(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn delete_task(&self, request: Request<DeleteTaskRequest>) -> Result<Response<DeleteTaskResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = delete_task::delete_task(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn undelete_task(&self, request: Request<UndeleteTaskRequest>) -> Result<Response<UndeleteTaskResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = undelete_task::undelete_task(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn move_task(&self, request: Request<MoveTaskRequest>) -> Result<Response<MoveTaskResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = move_task::move_task(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn follow_task(&self, request: Request<FollowTaskRequest>) -> Result<Response<FollowTaskResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = follow_task::follow_task(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn unfollow_task(&self, request: Request<UnfollowTaskRequest>) -> Result<Response<UnfollowTaskResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = unfollow_task::unfollow_task(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn list_task_activity(&self, request: Request<ListTaskActivityRequest>) -> Result<Response<ListTaskActivityResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = list_task_activity::list_task_activity(self, &call, request).await?;
        Ok(call.reply(response))
    }
}
