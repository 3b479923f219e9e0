//! Lists the projects that the caller sees; deleted ones only to those who may restore them.

use tasktracker_database::Failure;
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::{ListProjectsRequest, ListProjectsResponse};
use tasktracker_server::RpcError;
use uuid::Uuid;

use super::convert;
use crate::app::App;
use crate::db::project_filter;
use crate::db::project_pages::{self, Page};
use crate::db::projects;
use crate::domain::filter::{self, Asker};
use crate::domain::order;
use crate::domain::project_list::{PROJECTS_FILTER, PROJECTS_ORDER};
use crate::domain::zone::Zone;
use crate::rpc::paging;

const RPC: &str = "tasktracker.core.v1.ProjectService/ListProjects";

pub async fn list_projects(app: &App, call: &Call, request: ListProjectsRequest) -> Result<ListProjectsResponse, RpcError> {
    let visible = app.access.accessible(call, Permission::ProjectView).await?;
    let restorable: Vec<Uuid> = match request.show_deleted {
        true => app.access.accessible(call, Permission::ProjectDelete).await?.project_ids.clone(),
        false => Vec::new(),
    };

    // Projects have different zones: across them a day is one of UTC.
    let asker = Asker {
        user_id: call.user_id()?.into(),
        zone: &Zone::UTC,
    };
    let filter = filter::compile(&request.filter, &PROJECTS_FILTER, asker).map_err(|bad| paging::bad_filter(&bad))?;
    let order = order::parse(&request.order_by, &PROJECTS_ORDER).map_err(|bad| paging::bad_order(&bad))?;
    let parts = [
        ("filter", request.filter),
        ("order_by", request.order_by),
        ("show_archived", request.show_archived.to_string()),
        ("show_deleted", request.show_deleted.to_string()),
    ];
    let paging = paging::open(app, call, RPC, request.page_size, &request.page_token, &parts)?;

    let keys = project_filter::keys(&order);
    let page = Page {
        filter: project_filter::condition(&filter, app.db.backend()),
        after: paging.after(&keys)?,
        keys,
        limit: paging.limit(),
        with_archived: request.show_archived,
    };
    let mut rows = project_pages::list(app.db.reader(), &visible.project_ids, &restorable, page)
        .await
        .map_err(Failure::from)?;
    let next_page_token = paging.finish(&mut rows, |row| row.description.len(), |row| project_filter::values(&order, row));
    let projects = rows
        .into_iter()
        .map(|row| Ok(convert::of_project(&projects::to_domain(row)?)))
        .collect::<Result<_, Failure>>()?;
    Ok(ListProjectsResponse { projects, next_page_token })
}
