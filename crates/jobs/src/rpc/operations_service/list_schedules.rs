//! Lists the schedules of all services of the process, by name.

use serde_json::{Value, json};
use tasktracker_database::cursor::BadToken;
use tasktracker_database::{CommitError, page};
use tasktracker_identity::Call;
use tasktracker_proto::operations::v1::{ListSchedulesRequest, ListSchedulesResponse, Schedule};
use tasktracker_server::RpcError;

use super::convert;
use super::paging;
use crate::operations::Operations;
use crate::store::schedules;

pub async fn list_schedules(
    operations: &Operations,
    call: &Call,
    request: ListSchedulesRequest,
) -> Result<ListSchedulesResponse, RpcError> {
    operations.allow(call).await?;
    let asked = (request.page_size, request.page_token.as_str());
    let paging = paging::open(operations, call, "ListSchedules", asked, &[])?;
    let after = paging.begins_after().map(last_of).transpose().map_err(page::refused)?;

    // A service has some ten of them: all are read.
    let mut found = Vec::new();
    for jobs in &operations.jobs {
        let rows = schedules::list(&jobs.0.db).await.map_err(CommitError::from)?;
        found.extend(rows.into_iter().map(|row| convert::of_schedule(jobs.service(), row)));
    }
    found.sort_by(|one, other| key(one).cmp(&key(other)));
    if let Some((name, service)) = &after {
        found.retain(|schedule| key(schedule) > (name.as_str(), service.as_str()));
    }
    let next_page_token = paging.finish(&mut found, |_| 0, |last| vec![json!(last.name), json!(last.service)]);
    Ok(ListSchedulesResponse {
        schedules: found,
        next_page_token,
    })
}

fn key(schedule: &Schedule) -> (&str, &str) {
    (&schedule.name, &schedule.service)
}

fn last_of(values: &[Value]) -> Result<(String, String), BadToken> {
    match values {
        [Value::String(name), Value::String(service)] => Ok((name.clone(), service.clone())),
        _ => Err(BadToken),
    }
}
