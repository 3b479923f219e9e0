//! Lists jobs of all services of the process, the newest first.

use serde_json::json;
use tasktracker_database::CommitError;
use tasktracker_identity::Call;
use tasktracker_proto::operations::v1::{ListJobsRequest, ListJobsResponse};
use tasktracker_server::RpcError;

use super::convert;
use super::paging;
use crate::operations::Operations;
use crate::state::State;
use crate::store::list::{self, Wanted};

pub async fn list_jobs(operations: &Operations, call: &Call, request: ListJobsRequest) -> Result<ListJobsResponse, RpcError> {
    operations.allow(call).await?;
    let state = request.state();
    let parts = [("state", state.as_str_name()), ("kind", request.kind.as_str())];
    let asked = (request.page_size, request.page_token.as_str());
    let paging = paging::open(operations, call, "ListJobs", asked, &parts)?;
    let after = paging.after(&list::keys())?;
    let wanted = Wanted {
        state: State::of_proto(state),
        kind: request.kind.clone(),
        after,
        limit: paging.limit(),
    };
    let mut rows = Vec::new();
    for jobs in &operations.jobs {
        let found = list::list(&jobs.0.db, &wanted).await.map_err(CommitError::from)?;
        rows.extend(found.into_iter().map(|row| (jobs.service(), row)));
    }
    rows.sort_by_key(|(_, row)| std::cmp::Reverse((row.create_time, row.id)));
    let next_page_token = paging.finish(
        &mut rows,
        |(_, row)| row.last_error.as_ref().map_or(0, String::len),
        |(_, row)| vec![json!(row.create_time), json!(row.id)],
    );
    let jobs = rows.into_iter().map(|(service, row)| convert::of_job(service, row)).collect();
    Ok(ListJobsResponse { jobs, next_page_token })
}
