//! Answers where a task's time went. A task that the caller may not view is not found, exactly as one that does not exist.

use jiff::Timestamp;
use tasktracker_identity::Call;
use tasktracker_proto::analytics::v1::{GetTaskStatisticsRequest, GetTaskStatisticsResponse, StatusTime, TaskStatistics};
use tasktracker_proto::auth::v1::Permission;
use tasktracker_server::RpcError;
use tasktracker_server::time::to_proto;

use super::convert;
use crate::app::App;
use crate::consistency::{self, Token};
use crate::domain::category::Category;

pub async fn get_task_statistics(app: &App, call: &Call, request: GetTaskStatisticsRequest) -> Result<GetTaskStatisticsResponse, RpcError> {
    let task_id = convert::id("task_id", &request.task_id)?;
    let token = Token::read(&request.consistency_token)?;
    call.user_id()?;
    consistency::reach(app, call, token).await?;
    let missing = || RpcError::not_found("task");
    let state = app.numbers().of_task(task_id).await?.ok_or_else(missing)?;
    let granted = app.access.in_project(call, state.project_id).await?;
    granted.require_visible("task")?;
    if !granted.has(Permission::TaskView) {
        return Err(missing());
    }
    let task = state.live().ok_or_else(missing)?;
    granted.require(Permission::AnalyticsView, "task")?;

    let now = app.now();
    let status_times = state.times_until(now);
    let status_times = status_times.into_iter().map(|(status_id, time)| StatusTime {
        status_id: status_id.to_string(),
        status_category: time.category.proto(),
        duration: Some(duration(time.micros)),
    });
    let completed = task.complete_time.filter(|_| task.category == Category::Completed);
    let until_completed = |from: Timestamp| completed.map(|at| duration(at.as_microsecond() - from.as_microsecond()));
    Ok(GetTaskStatisticsResponse {
        statistics: Some(TaskStatistics {
            task_id: task_id.to_string(),
            project_id: state.project_id.to_string(),
            status_times: status_times.collect(),
            lead_duration: until_completed(task.create_time),
            cycle_duration: task.start_time.and_then(until_completed),
            reopen_count: i32::try_from(state.reopen_count).unwrap_or(i32::MAX),
            as_of_time: Some(to_proto(now)),
        }),
    })
}

/// A span; one that a clock which went back made negative is none.
fn duration(micros: i64) -> prost_types::Duration {
    const SECOND: i64 = 1_000_000;
    let micros = micros.max(0);
    prost_types::Duration {
        seconds: micros / SECOND,
        // Less than a second in nanoseconds always fits.
        nanos: i32::try_from(micros % SECOND * 1_000).unwrap_or_default(),
    }
}
