//! StatisticsService, and the steps that its tests begin with.

mod get_project_statistics;
mod get_task_statistics;
mod get_user_statistics;
mod journeys;

use tasktracker_proto::analytics::v1::*;
use tasktracker_proto::core::v1::{
    CreateTaskRequest, DeleteTaskRequest, MoveTaskRequest, Project, Task, UndeleteTaskRequest, UpdateTaskRequest,
};
use tasktracker_testing::User;
use tonic::{Response, Status};

/// An id that nothing has.
const NOTHING: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// The token of a write, for a question that must know of it.
fn token<T>(response: &Response<T>) -> String {
    let token = response.metadata().get("x-consistency-token").expect("a write answers a token");
    token.to_str().expect("a text").to_owned()
}

/// Makes a task; answers it with the token.
async fn make(user: &User, project: &Project, task: Task) -> (Task, String) {
    let request = CreateTaskRequest {
        project_id: project.id.clone(),
        task: Some(Task {
            title: "t".to_owned(),
            ..task
        }),
        request_id: String::new(),
    };
    let response = user.tasks().create_task(request).await.expect("makes a task");
    let token = token(&response);
    (response.into_inner().task.expect("a task"), token)
}

/// Moves a task to a status; answers the token.
async fn move_to(user: &User, project: &Project, task: &Task, status: &str) -> String {
    let request = MoveTaskRequest {
        task_id: task.id.clone(),
        status_id: user.status(project, status).await.id,
        ..MoveTaskRequest::default()
    };
    token(&user.tasks().move_task(request).await.expect("moves"))
}

/// Changes the fields that are set; answers the token.
async fn update(user: &User, task: Task, mask: &[&str]) -> String {
    let request = UpdateTaskRequest {
        task: Some(task),
        update_mask: Some(prost_types::FieldMask {
            paths: mask.iter().map(|path| (*path).to_owned()).collect(),
        }),
        ..UpdateTaskRequest::default()
    };
    token(&user.tasks().update_task(request).await.expect("updates"))
}

/// Puts a task into the trash; answers the token.
async fn delete(user: &User, task: &Task) -> String {
    let request = DeleteTaskRequest {
        task_id: task.id.clone(),
        ..DeleteTaskRequest::default()
    };
    token(&user.tasks().delete_task(request).await.expect("deletes"))
}

/// Takes a task out of the trash; answers the token.
async fn undelete(user: &User, task: &Task) -> String {
    let request = UndeleteTaskRequest {
        task_id: task.id.clone(),
        ..UndeleteTaskRequest::default()
    };
    token(&user.tasks().undelete_task(request).await.expect("restores"))
}

async fn of_project(user: &User, request: GetProjectStatisticsRequest) -> Result<Response<GetProjectStatisticsResponse>, Status> {
    user.statistics().get_project_statistics(request).await
}

async fn of_user(user: &User, request: GetUserStatisticsRequest) -> Result<Response<GetUserStatisticsResponse>, Status> {
    user.statistics().get_user_statistics(request).await
}

async fn of_task(user: &User, request: GetTaskStatisticsRequest) -> Result<Response<GetTaskStatisticsResponse>, Status> {
    user.statistics().get_task_statistics(request).await
}

/// A project's numbers over the last 30 days once a write is counted.
async fn project_numbers(user: &User, project: &Project, token: &str) -> ProjectStatistics {
    let request = GetProjectStatisticsRequest {
        project_id: project.id.clone(),
        consistency_token: token.to_owned(),
        ..GetProjectStatisticsRequest::default()
    };
    of_project(user, request)
        .await
        .expect("answers")
        .into_inner()
        .statistics
        .expect("statistics")
}

/// A person's numbers over the last 30 days once a write is counted.
async fn user_numbers(user: &User, whose: &User, token: &str) -> UserStatistics {
    let request = GetUserStatisticsRequest {
        user_id: whose.id.clone(),
        consistency_token: token.to_owned(),
        ..GetUserStatisticsRequest::default()
    };
    of_user(user, request)
        .await
        .expect("answers")
        .into_inner()
        .statistics
        .expect("statistics")
}

/// A task's numbers once a write is counted.
async fn task_numbers(user: &User, task: &Task, token: &str) -> TaskStatistics {
    let request = GetTaskStatisticsRequest {
        task_id: task.id.clone(),
        consistency_token: token.to_owned(),
    };
    of_task(user, request)
        .await
        .expect("answers")
        .into_inner()
        .statistics
        .expect("statistics")
}

/// Waits until the news that somebody may see more has come to Analytics.
async fn until_allowed<T>(ask: impl AsyncFn() -> Result<Response<T>, Status>) -> T {
    for _ in 0..100 {
        match ask().await {
            Ok(answer) => return answer.into_inner(),
            Err(refused) => assert_eq!(refused.code(), tonic::Code::NotFound),
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the news never came");
}

/// Counts of the categories in order: triage, backlog, unstarted, started, completed, canceled.
fn categories(counts: &[CategoryCount]) -> Vec<i32> {
    let categories: Vec<i32> = counts.iter().map(|count| count.status_category).collect();
    assert_eq!(categories, [1, 2, 3, 4, 5, 6], "all six, in order");
    counts.iter().map(|count| count.task_count).collect()
}

/// Days on which something happened: date, made, done.
fn busy(days: &[DayCounts]) -> Vec<(&str, i32, i32)> {
    let day = |day: &DayCounts| day.created_count != 0 || day.completed_count != 0;
    let days = days.iter().filter(|counts| day(counts));
    days.map(|day| (day.date.as_str(), day.created_count, day.completed_count))
        .collect()
}
