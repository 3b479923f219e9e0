//! Pages of tasks, each in one statement: of a project, and of all that concerns a person.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement, UnionType};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use tasktracker_database::keyset::{self, Key};
use tasktracker_database::{Id, Reader, dialect};
use uuid::Uuid;

use super::entities::task::Column;
use super::task_rows::{self, COLUMNS, TaskRow, column};
use super::{entities, tasks};

/// Which tasks of a list, and in which order.
#[derive(Debug, Clone)]
pub struct Page {
    /// The filter.
    pub filter: Condition,
    /// The order.
    pub keys: Vec<Key>,
    /// Where the page before ended.
    pub after: Option<Condition>,
    /// At most this many.
    pub limit: u64,
}

/// A page of a project's tasks, with what the filter's meaning depends on.
#[derive(Debug)]
pub struct ProjectPage {
    /// Zone of the project, in which days begin.
    pub zone: String,
    /// The tasks.
    pub rows: Vec<TaskRow>,
}

/// How a task concerns a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// It is assigned to them.
    Assigned,
    /// They made it.
    Created,
    /// They follow it.
    Watched,
}

/// A page of a project's tasks; none where the project does not exist or is deleted.
pub async fn list_of_project(
    reader: &Reader,
    project_id: Uuid,
    viewer: Uuid,
    with_deleted: bool,
    page: Page,
) -> Result<Option<ProjectPage>, DbErr> {
    let query = of_project(reader.get_database_backend(), project_id, viewer, with_deleted, page);
    let Some(row) = reader.query_one(&query).await? else {
        return Ok(None);
    };
    let json: String = row.try_get("", "page")?;
    let rows = serde_json::from_str(&json).map_err(|error| DbErr::Json(error.to_string()))?;
    Ok(Some(ProjectPage {
        zone: row.try_get("", "zone")?,
        rows,
    }))
}

/// The row of the project, with the page of its tasks in it.
pub(super) fn of_project(backend: DbBackend, project_id: Uuid, viewer: Uuid, with_deleted: bool, page: Page) -> SelectStatement {
    let mut select = paged(viewer, page);
    select.and_where(column(Column::ProjectId).eq(project_id.to_string()));
    if !with_deleted {
        select.and_where(column(Column::DeleteTime).is_null());
    }
    Query::select()
        .expr_as(Expr::col(("projects", "time_zone")), "zone")
        .expr_as(Expr::from(dialect::page_as_json(backend, &COLUMNS, select)), "page")
        .from(entities::project::Entity)
        .and_where(Expr::col(("projects", "id")).eq(project_id.to_string()))
        .and_where(Expr::col(("projects", "delete_time")).is_null())
        .to_owned()
}

/// A page of the live tasks of these projects that concern a person in one of these ways.
pub async fn list_of_person(
    reader: &Reader,
    person: Uuid,
    relations: &[Relation],
    project_ids: &[Uuid],
    page: Page,
) -> Result<Vec<TaskRow>, DbErr> {
    tasks::read_rows(
        reader,
        of_person(reader.get_database_backend(), person, relations, project_ids, page),
    )
    .await
}

pub(super) fn of_person(backend: DbBackend, person: Uuid, relations: &[Relation], project_ids: &[Uuid], page: Page) -> SelectStatement {
    let project_ids: Vec<Id> = project_ids.iter().copied().map(Id).collect();
    let mut select = paged(person, page);
    let mut mine = relations.iter().map(|relation| related(*relation, person));
    if let Some(mut first) = mine.next() {
        first.unions(mine.map(|next| (UnionType::Distinct, next)));
        select.and_where(column(Column::Id).in_subquery(first));
    }
    select
        .and_where(column(Column::DeleteTime).is_null())
        .and_where(Expr::col(("projects", "delete_time")).is_null())
        .and_where(dialect::in_ids(backend, Expr::col(("projects", "id")), &project_ids))
        .to_owned()
}

/// The ids of the tasks that concern a person in this way.
fn related(relation: Relation, person: Uuid) -> SelectStatement {
    let (table, person_column, task_column) = match relation {
        Relation::Assigned => ("task_assignees", "user_id", "task_id"),
        Relation::Created => ("tasks", "creator_id", "id"),
        Relation::Watched => ("task_followers", "user_id", "task_id"),
    };
    Query::select()
        .column(task_column)
        .from(table)
        .and_where(Expr::col(person_column).eq(person.to_string()))
        .to_owned()
}

fn paged(viewer: Uuid, page: Page) -> SelectStatement {
    let mut select = task_rows::select(Some(viewer));
    select.cond_where(page.filter);
    if let Some(after) = page.after {
        select.cond_where(after);
    }
    keyset::order(&mut select, &page.keys);
    select.limit(page.limit);
    select
}
