//! Finding the service that something belongs to.

use tasktracker_database::{CommitError, Id};
use tasktracker_server::RpcError;
use uuid::Uuid;

use crate::jobs::Jobs;
use crate::operations::Operations;
use crate::store::schedules::{self, ScheduleRow};
use crate::store::{JobRow, list};

/// An id of a request; its form was checked before.
pub fn id(text: &str, field: &str) -> Result<Id, RpcError> {
    Uuid::try_parse(text)
        .map(Id)
        .map_err(|_| RpcError::invalid(field, "must be a UUID"))
}

/// A job, and whose it is.
pub async fn job(operations: &Operations, id: Id) -> Result<(&Jobs, JobRow), RpcError> {
    for jobs in &operations.jobs {
        if let Some(row) = list::find(&jobs.0.db, id).await.map_err(CommitError::from)? {
            return Ok((jobs, row));
        }
    }
    Err(RpcError::not_found("job"))
}

/// A schedule, and whose it is.
pub async fn schedule<'a>(operations: &'a Operations, name: &str) -> Result<(&'a Jobs, ScheduleRow), RpcError> {
    for jobs in &operations.jobs {
        let rows = schedules::list(&jobs.0.db).await.map_err(CommitError::from)?;
        if let Some(row) = rows.into_iter().find(|row| row.name == name) {
            return Ok((jobs, row));
        }
    }
    Err(RpcError::not_found("schedule"))
}
