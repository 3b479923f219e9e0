//! Lists what concerns the caller across all projects that the caller sees, in one statement that begins with the caller's own rows.

use tasktracker_database::Failure;
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::{ListMyTasksRequest, ListMyTasksResponse, TaskRelation};
use tasktracker_server::RpcError;

use super::convert;
use crate::app::App;
use crate::db::task_lists::{self, Page, Relation};
use crate::db::{task_filter, task_order};
use crate::domain::filter::{self, Asker};
use crate::domain::order;
use crate::domain::task_list::{MY_TASKS_FILTER, MY_TASKS_ORDER};
use crate::domain::zone::Zone;
use crate::rpc::paging;

const RPC: &str = "tasktracker.core.v1.TaskService/ListMyTasks";

pub async fn list_my_tasks(app: &App, call: &Call, request: ListMyTasksRequest) -> Result<ListMyTasksResponse, RpcError> {
    let user_id = call.user_id()?;
    let accessible = app.access.accessible(call, Permission::TaskView).await?;

    let relations = relations(&request);
    // Projects have different zones: across them a day is one of UTC.
    let asker = Asker {
        user_id: user_id.into(),
        zone: &Zone::UTC,
    };
    let filter = filter::compile(&request.filter, &MY_TASKS_FILTER, asker).map_err(|bad| paging::bad_filter(&bad))?;
    let order = order::parse(&request.order_by, &MY_TASKS_ORDER).map_err(|bad| paging::bad_order(&bad))?;
    let parts = [
        ("filter", request.filter),
        ("order_by", request.order_by),
        ("relations", format!("{relations:?}")),
    ];
    let paging = paging::open(app, call, RPC, request.page_size, &request.page_token, &parts)?;

    let (now, keys) = (app.now(), task_order::keys(&order));
    let page = Page {
        filter: task_filter::condition(&filter, app.db.backend(), now),
        after: paging.after(&keys)?,
        keys,
        limit: paging.limit(),
    };
    let mut rows = task_lists::list_of_person(app.db.reader(), user_id, &relations, &accessible.project_ids, page)
        .await
        .map_err(Failure::from)?;
    let next_page_token = paging.finish(&mut rows, |row| row.description.len(), |row| task_order::values(&order, row));
    let tasks = rows
        .into_iter()
        .map(|row| convert::of_row(row, now, true))
        .collect::<Result<_, Failure>>()?;
    Ok(ListMyTasksResponse { tasks, next_page_token })
}

/// The ways asked for, each once and in one order; none asked for means any.
fn relations(request: &ListMyTasksRequest) -> Vec<Relation> {
    let ways = [
        (TaskRelation::Assigned, Relation::Assigned),
        (TaskRelation::Created, Relation::Created),
        (TaskRelation::Watched, Relation::Watched),
    ];
    let asked = |way: TaskRelation| request.relations.is_empty() || request.relations.contains(&(way as i32));
    ways.into_iter()
        .filter(|(way, _)| asked(*way))
        .map(|(_, relation)| relation)
        .collect()
}
