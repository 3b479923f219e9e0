//! Lists the statuses of a project by position. A workflow is a handful, so it is read whole and cut into pages here.

use serde_json::{Value, json};
use tasktracker_database::cursor::Context;
use tasktracker_database::{Failure, page};
use tasktracker_identity::Call;
use tasktracker_proto::core::v1::{ListStatusesRequest, ListStatusesResponse};
use tasktracker_server::RpcError;

use super::convert;
use crate::app::App;
use crate::db::statuses;
use crate::domain::status::Status;
use crate::rpc::project_service::load;

const RPC: &str = "tasktracker.core.v1.StatusService/ListStatuses";

pub async fn list_statuses(app: &App, call: &Call, request: ListStatusesRequest) -> Result<ListStatusesResponse, RpcError> {
    let (project, _) = load::live(app, call, load::id("project_id", &request.project_id)?).await?;
    let context = Context::new(RPC, &call.caller().to_string()).with("parent", &project.id.to_string());
    let after = app.sealer.open(&context, &request.page_token).map_err(page::refused)?;

    let workflow = statuses::list(app.db.reader(), project.id.uuid()).await.map_err(Failure::from)?;
    let (page, next) = cut(
        &workflow,
        after,
        usize::try_from(page::size(request.page_size)).unwrap_or(usize::MAX),
    );
    Ok(ListStatusesResponse {
        statuses: page.iter().map(convert::of_status).collect(),
        next_page_token: next.map(|last| app.sealer.seal(&context, &keys(last))).unwrap_or_default(),
    })
}

fn keys(status: &Status) -> [Value; 2] {
    [json!(status.position), json!(status.id.to_string())]
}

/// The page after the status with these keys, and its last status where more follow.
fn cut(workflow: &[Status], after: Option<Vec<Value>>, size: usize) -> (&[Status], Option<&Status>) {
    let place = |status: &Status| (i64::from(status.position), status.id.to_string());
    let start = match after.as_deref() {
        Some([position, id]) => {
            let last = (position.as_i64().unwrap_or_default(), id.as_str().unwrap_or_default().to_owned());
            workflow.partition_point(|status| place(status) <= last)
        }
        _ => 0,
    };
    let rest = &workflow[start..];
    let page = &rest[..size.min(rest.len())];
    (page, page.last().filter(|_| rest.len() > page.len()))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::choices::StatusCategory;

    fn workflow(positions: &[i32]) -> Vec<Status> {
        let status = |(number, position): (u128, &i32)| Status {
            id: Uuid::from_u128(number).into(),
            project_id: Uuid::nil().into(),
            name: String::new(),
            category: StatusCategory::Started,
            position: *position,
            color: String::new(),
        };
        (1..).zip(positions).map(status).collect()
    }

    #[test]
    fn pages_meet_without_gap_or_overlap() {
        let workflow = workflow(&[0, 1, 1, 2, 5]);
        for size in 1..=6 {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let (page, next) = cut(&workflow, after, size);
                assert!(page.len() <= size);
                seen.extend_from_slice(page);
                match next {
                    Some(last) => after = Some(keys(last).to_vec()),
                    None => break,
                }
            }
            assert_eq!(seen, workflow, "pages of {size}");
        }
        assert_eq!(cut(&[], None, 5), (&[] as &[Status], None));
    }
}
