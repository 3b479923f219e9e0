//! Lists the tasks of a project in one statement, which also tells whether the project is there.

use tasktracker_database::Failure;
use tasktracker_database::page::Paging;
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::{ListTasksRequest, ListTasksResponse};
use tasktracker_server::RpcError;
use uuid::Uuid;

use super::convert;
use crate::app::App;
use crate::db::task_lists::{self, Page, ProjectPage};
use crate::db::{task_filter, task_order};
use crate::domain::filter::{self, Asker, Filter};
use crate::domain::order::{self, Sort};
use crate::domain::task_list::{PROJECT_TASKS_FILTER, PROJECT_TASKS_ORDER, TaskColumn, TaskSort};
use crate::domain::zone::Zone;
use crate::rpc::paging;

const RPC: &str = "tasktracker.core.v1.TaskService/ListTasks";

pub async fn list_tasks(app: &App, call: &Call, request: ListTasksRequest) -> Result<ListTasksResponse, RpcError> {
    let project_id = Uuid::try_parse(&request.project_id).map_err(RpcError::internal)?;
    let granted = app.access.in_project(call, project_id).await?;
    granted.require(Permission::TaskView, "project")?;

    let order = order::parse(&request.order_by, &PROJECT_TASKS_ORDER).map_err(|bad| paging::bad_order(&bad))?;
    let parts = [
        ("parent", project_id.to_string()),
        ("filter", request.filter.clone()),
        ("order_by", request.order_by.clone()),
        ("show_deleted", request.show_deleted.to_string()),
    ];
    let paging = paging::open(app, call, RPC, request.page_size, &request.page_token, &parts)?;
    let with_deleted = request.show_deleted && granted.has(Permission::TaskDelete);

    let list = List {
        app,
        user_id: call.user_id()?,
        project_id,
        with_deleted,
        order: &order,
        paging: &paging,
    };
    let mut rows = list.read(&request.filter).await?.rows;
    let next_page_token = paging.finish(&mut rows, |row| row.description.len(), |row| task_order::values(&order, row));
    let now = app.now();
    let tasks = rows
        .into_iter()
        .map(|row| convert::of_row(row, now, true))
        .collect::<Result<_, Failure>>()?;
    Ok(ListTasksResponse { tasks, next_page_token })
}

struct List<'a> {
    app: &'a App,
    user_id: Uuid,
    project_id: Uuid,
    with_deleted: bool,
    order: &'a [Sort<TaskSort>],
    paging: &'a Paging,
}

impl List<'_> {
    /// Reads the page. Only a day that is compared with a moment depends on the project's zone, which the page itself brings: such a
    /// filter, in a project that is not in UTC, takes a second statement.
    async fn read(&self, filter: &str) -> Result<ProjectPage, Failure> {
        let mut zone = Zone::UTC;
        loop {
            let compiled = self.compile(filter, &zone)?;
            let page = self.fetch(&compiled).await?.ok_or_else(|| RpcError::not_found("project"))?;
            let actual: Zone = page
                .zone
                .parse()
                .map_err(|error| RpcError::internal(anyhow::anyhow!("{}: {error}", page.zone)))?;
            if self.compile(filter, &actual)? == compiled {
                return Ok(page);
            }
            zone = actual;
        }
    }

    fn compile(&self, filter: &str, zone: &Zone) -> Result<Filter<TaskColumn>, RpcError> {
        let asker = Asker {
            user_id: self.user_id.into(),
            zone,
        };
        filter::compile(filter, &PROJECT_TASKS_FILTER, asker).map_err(|bad| paging::bad_filter(&bad))
    }

    async fn fetch(&self, filter: &Filter<TaskColumn>) -> Result<Option<ProjectPage>, Failure> {
        let keys = task_order::keys(self.order);
        let page = Page {
            filter: task_filter::condition(filter, self.app.db.backend(), self.app.now()),
            after: self.paging.after(&keys)?,
            keys,
            limit: self.paging.limit(),
        };
        let reader = self.app.db.reader();
        Ok(task_lists::list_of_project(reader, self.project_id, self.user_id, self.with_deleted, page).await?)
    }
}
