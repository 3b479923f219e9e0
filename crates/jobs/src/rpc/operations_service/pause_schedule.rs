//! Pauses a schedule, or lets it go on with the next slot from now.

use tasktracker_database::{CommitError, Time};
use tasktracker_identity::Call;
use tasktracker_proto::operations::v1::{PauseScheduleRequest, PauseScheduleResponse};
use tasktracker_server::RpcError;

use super::{convert, load};
use crate::operations::Operations;
use crate::schedule::Timing;
use crate::store::schedules;

pub async fn pause_schedule(
    operations: &Operations,
    call: &Call,
    request: PauseScheduleRequest,
) -> Result<PauseScheduleResponse, RpcError> {
    operations.allow(call).await?;
    let (jobs, row) = load::schedule(operations, &request.name).await?;
    if row.paused != request.paused {
        let next = if request.paused {
            None
        } else {
            let timing = Timing::parse(&row.cron, &row.time_zone).map_err(|problem| RpcError::internal(anyhow::anyhow!(problem)))?;
            timing.next_after(jobs.0.clock.now()).map(Time::from)
        };
        let changed = schedules::pause(&jobs.0.db, &row.name, request.paused, next).await;
        changed.map_err(|error| match error {
            CommitError::GuardMissed => RpcError::not_found("schedule"),
            error => error.into(),
        })?;
        tracing::info!(schedule = row.name, paused = request.paused, caller = %call.caller(), "a schedule is paused, or goes on");
        jobs.0.schedules_changed.notify_one();
    }
    let (jobs, row) = load::schedule(operations, &request.name).await?;
    Ok(PauseScheduleResponse {
        schedule: Some(convert::of_schedule(jobs.service(), row)),
    })
}
