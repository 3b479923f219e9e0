//! Tasks: found by id or key with what is needed of their project, listed in pages, saved under a guard.

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use serde_json::json;
use tasktracker_database::{Id, Reader, Time, Transaction, WriteRef, dialect};
use uuid::Uuid;

use super::entities::{project, task, task_assignee, task_follower};
use super::task_rows::{self, COLUMNS, TaskRow};
use crate::domain::choices::StatusCategory;
use crate::domain::due::Due;
use crate::domain::task::Task;
use crate::domain::task_key::TaskRef;
use crate::domain::text::fold;

/// Finds a task, deleted or not, in a project that is there. Whether the viewer may see it is the caller's question.
pub async fn find(reader: &Reader, task: &TaskRef, viewer: Option<Uuid>) -> Result<Option<TaskRow>, DbErr> {
    let mut select = task_rows::select(viewer);
    match task {
        TaskRef::Id(id) => select.and_where(task_rows::column(task::Column::Id).eq(id.to_string())),
        TaskRef::Key(key) => select
            .and_where(Expr::col(("projects", "key")).eq(key.project.as_str()))
            .and_where(task_rows::column(task::Column::Number).eq(key.number)),
    };
    select.and_where(Expr::col(("projects", "delete_time")).is_null());
    let rows: Vec<TaskRow> = read_rows(reader, select).await?;
    Ok(rows.into_iter().next())
}

/// Reads the rows of a query made of `task_rows::select`, in its order, in one statement.
pub async fn read_rows(reader: &Reader, select: SelectStatement) -> Result<Vec<TaskRow>, DbErr> {
    let page = dialect::page_as_json(reader.get_database_backend(), &COLUMNS, select);
    dialect::read_page(reader, &page).await
}

/// The tasks with these ids, in no order.
pub async fn list_by_ids(reader: &Reader, ids: &[Uuid]) -> Result<Vec<TaskRow>, DbErr> {
    let ids: Vec<Id> = ids.iter().copied().map(Id).collect();
    let mut select = task_rows::select(None);
    select.and_where(dialect::in_ids(
        reader.get_database_backend(),
        task_rows::column(task::Column::Id),
        &ids,
    ));
    read_rows(reader, select).await
}

/// Adds a task whose number and rank are counted by the database (`raised`: see `activity::count`).
pub fn insert(txn: &mut Transaction, backend: DbBackend, task: &Task, raised: &WriteRef) {
    let row = task::ActiveModel {
        number: NotSet,
        rank: NotSet,
        ..to_row(task)
    };
    let rank = rank_expr(backend, "h", raised.value(project::Column::LastRank));
    txn.insert_row_with(
        row,
        [
            (task::Column::Number, raised.value(project::Column::LastNumber)),
            (task::Column::Rank, rank),
        ],
    );
    save_assignees(txn, backend, task, true);
}

/// The rank that `domain::rank` gives to a counter, made by the database: a letter and ten digits.
pub fn rank_expr(backend: DbBackend, letter: &'static str, counter: Expr) -> Expr {
    let digits = match backend {
        DbBackend::Postgres => Expr::from(Func::cust("lpad").arg(counter.cast_as("text")).arg(10).arg("0")),
        _ => Expr::from(Func::cust("printf").arg("%010d").arg(counter)),
    };
    Expr::cust_with_exprs(
        if backend == DbBackend::Postgres { "($1 || $2)" } else { "(? || ?)" },
        [Expr::val(letter), digits],
    )
}

/// Saves a changed task, if its version is still the one loaded. `rank` stands for the task's own where the database counts it.
pub fn save(txn: &mut Transaction, task: &Task, loaded_version: i64, rank: Option<Expr>) {
    let row = to_row(task);
    let mut update = Query::update();
    update.table(task::Entity);
    for column in CHANGING {
        if let Some(value) = sea_orm::ActiveModelTrait::get(&row, column).into_value() {
            update.value(column, value);
        }
    }
    update.value(task::Column::Rank, rank.unwrap_or_else(|| Expr::val(task.rank.as_str())));
    update
        .and_where(Expr::col(task::Column::Id).eq(task.id.to_string()))
        .and_where(Expr::col(task::Column::Version).eq(loaded_version));
    txn.guarded_update(update);
}

/// The columns that a change may touch. The counts are raised where comments and files come and go.
const CHANGING: [task::Column; 22] = [
    task::Column::Title,
    task::Column::TitleFold,
    task::Column::Description,
    task::Column::StatusId,
    task::Column::StatusCategory,
    task::Column::Priority,
    task::Column::TaskType,
    task::Column::AssigneeIds,
    task::Column::ParentId,
    task::Column::DueDate,
    task::Column::DueLocal,
    task::Column::DueZone,
    task::Column::DueInstant,
    task::Column::DueDay,
    task::Column::StartDate,
    task::Column::EstimatePoints,
    task::Column::StartTime,
    task::Column::CompleteTime,
    task::Column::UpdateTime,
    task::Column::DeleteTime,
    task::Column::DeletedWith,
    task::Column::Version,
];

/// Brings the look-up by person in line with the task. A new task has no rows yet.
pub fn save_assignees(txn: &mut Transaction, backend: DbBackend, task: &Task, is_new: bool) {
    let assignees: Vec<String> = task.fields.assignee_ids.iter().map(ToString::to_string).collect();
    if !is_new {
        let gone = Query::delete()
            .from_table(task_assignee::Entity)
            .and_where(Expr::col(task_assignee::Column::TaskId).eq(task.id.to_string()))
            .and_where(dialect::in_texts(backend, Expr::col(task_assignee::Column::UserId), &assignees).not())
            .to_owned();
        txn.delete(gone);
    }
    if !assignees.is_empty() {
        txn.insert(add_people(backend, task_assignee::Entity, &assignees, task.id.uuid()));
    }
}

/// Makes people followers of a task; those who are stay so.
pub fn add_followers(txn: &mut Transaction, backend: DbBackend, task_id: Uuid, user_ids: &[Uuid]) {
    if !user_ids.is_empty() {
        let people: Vec<String> = user_ids.iter().map(ToString::to_string).collect();
        txn.insert(add_people(backend, task_follower::Entity, &people, task_id));
    }
}

/// Ends a person's following.
pub fn remove_follower(txn: &mut Transaction, task_id: Uuid, user_id: Uuid) {
    let gone = Query::delete()
        .from_table(task_follower::Entity)
        .and_where(Expr::col(task_follower::Column::UserId).eq(user_id.to_string()))
        .and_where(Expr::col(task_follower::Column::TaskId).eq(task_id.to_string()))
        .to_owned();
    txn.delete(gone);
}

/// Raises or lowers the count of files that a task keeps; its version stays, because a count is no edit.
pub fn count_attachments(txn: &mut Transaction, task_id: Uuid, by: i64) {
    let update = Query::update()
        .table(task::Entity)
        .value(task::Column::AttachmentCount, Expr::col(task::Column::AttachmentCount).add(by))
        .and_where(Expr::col(task::Column::Id).eq(task_id.to_string()))
        .to_owned();
    txn.update(update);
}

/// The open, live tasks of a project that somebody is to do, at most `limit`.
pub async fn list_open_of_assignee(reader: &Reader, project_id: Uuid, user_id: Uuid, limit: u64) -> Result<Vec<TaskRow>, DbErr> {
    let closed = [StatusCategory::Completed, StatusCategory::Canceled].map(|category| i64::from(category.number()));
    let mut select = task_rows::select(None);
    select
        .and_where(task_rows::column(task::Column::ProjectId).eq(project_id.to_string()))
        .and_where(task_rows::column(task::Column::DeleteTime).is_null())
        .and_where(task_rows::column(task::Column::StatusCategory).is_not_in(closed))
        .cond_where(concerns("task_assignees", user_id))
        .limit(limit);
    read_rows(reader, select).await
}

/// Ends a person's following of everything in a project.
pub fn remove_follower_from_project(txn: &mut Transaction, project_id: Uuid, user_id: Uuid) {
    let inside = Query::select()
        .column(task::Column::Id)
        .from(task::Entity)
        .and_where(Expr::col(task::Column::ProjectId).eq(project_id.to_string()))
        .to_owned();
    let gone = Query::delete()
        .from_table(task_follower::Entity)
        .and_where(Expr::col(task_follower::Column::UserId).eq(user_id.to_string()))
        .and_where(Expr::col(task_follower::Column::TaskId).in_subquery(inside))
        .to_owned();
    txn.delete(gone);
}

fn add_people(
    backend: DbBackend,
    table: impl sea_orm::sea_query::IntoIden,
    people: &[String],
    task_id: Uuid,
) -> sea_orm::sea_query::InsertStatement {
    let mut insert = dialect::insert_each(backend, table, "user_id", people, [("task_id", Expr::val(task_id.to_string()))]);
    insert.on_conflict(
        sea_orm::sea_query::OnConflict::columns(["user_id", "task_id"])
            .do_nothing()
            .to_owned(),
    );
    insert
}

/// The condition that a task concerns a person in a table of people.
pub fn concerns(table: &'static str, user_id: Uuid) -> Condition {
    let mine = Query::select()
        .expr(Expr::val(1))
        .from(table)
        .and_where(Expr::col((table, "user_id")).eq(user_id.to_string()))
        .and_where(Expr::col((table, "task_id")).equals(("tasks", "id")))
        .to_owned();
    Condition::all().add(Expr::exists(mine))
}

fn to_row(task: &Task) -> task::ActiveModel {
    let fields = &task.fields;
    let (due_date, due_local, due_zone) = match &fields.due {
        None => (None, None, None),
        Some(Due::Date(date)) => (Some(date.to_string()), None, None),
        Some(Due::At { local, zone }) => (None, Some(local.strftime("%Y-%m-%dT%H:%M").to_string()), Some(zone.to_string())),
    };
    let assignees: Vec<String> = fields.assignee_ids.iter().map(ToString::to_string).collect();
    task::ActiveModel {
        id: Set(Id(task.id.uuid())),
        project_id: Set(Id(task.project_id.uuid())),
        number: Set(task.number.into()),
        title: Set(fields.title.clone()),
        title_fold: Set(fold(&fields.title)),
        description: Set(fields.description.clone()),
        status_id: Set(Id(fields.step.status_id.uuid())),
        status_category: Set(fields.step.category.number().into()),
        priority: Set(fields.priority.number().into()),
        task_type: Set(fields.task_type.number().into()),
        assignee_ids: Set(json!(assignees).to_string()),
        creator_id: Set(Id(task.creator_id.uuid())),
        parent_id: Set(fields.parent_id.map(|id| Id(id.uuid()))),
        due_date: Set(due_date),
        due_local: Set(due_local),
        due_zone: Set(due_zone),
        due_instant: Set(task.deadline.map(|deadline| Time::from(deadline.instant))),
        due_day: Set(task.deadline.map(|deadline| deadline.day.to_string())),
        start_date: Set(fields.start_date.map(|date| date.to_string())),
        estimate_points: Set(fields.estimate_points),
        start_time: Set(task.start_time.map(Time::from)),
        complete_time: Set(task.complete_time.map(Time::from)),
        comment_count: Set(task.comment_count.into()),
        attachment_count: Set(task.attachment_count.into()),
        rank: Set(task.rank.to_string()),
        create_time: Set(Time::from(task.create_time)),
        update_time: Set(Time::from(task.update_time)),
        delete_time: Set(task.delete_time.map(Time::from)),
        deleted_with: Set(task.deleted_with.map(|id| Id(id.uuid()))),
        version: Set(task.version),
    }
}

/// A task above another.
#[derive(Debug, Clone, Copy)]
pub struct Ancestor {
    /// The task.
    pub id: Uuid,
    /// Its project.
    pub project_id: Uuid,
    /// Whether it is deleted.
    pub deleted: bool,
}

/// A task and those above it, the nearest first, as far as the levels that may be.
pub async fn ancestors(reader: &Reader, task_id: Uuid) -> Result<Vec<Ancestor>, DbErr> {
    const SQL: &str = "WITH RECURSIVE family(id, project_id, parent_id, deleted, level) AS (\
        SELECT id, project_id, parent_id, delete_time IS NOT NULL, 1 FROM tasks WHERE id = $1 \
        UNION ALL SELECT t.id, t.project_id, t.parent_id, t.delete_time IS NOT NULL, f.level + 1 \
        FROM tasks t JOIN family f ON t.id = f.parent_id WHERE f.level < 10) \
        SELECT id, project_id, deleted FROM family ORDER BY level";
    let rows = reader
        .query_all_raw(Statement::from_sql_and_values(
            reader.get_database_backend(),
            SQL,
            [task_id.to_string().into()],
        ))
        .await?;
    let ancestor = |row: &sea_orm::QueryResult| {
        let (id, project_id): (Id, Id) = (row.try_get("", "id")?, row.try_get("", "project_id")?);
        Ok(Ancestor {
            id: id.into(),
            project_id: project_id.into(),
            deleted: row.try_get("", "deleted")?,
        })
    };
    rows.iter().map(ancestor).collect()
}

/// How many levels a task has with its live sub-tasks: 1 for one without any.
pub async fn levels(reader: &Reader, task_id: Uuid) -> Result<usize, DbErr> {
    const SQL: &str = "WITH RECURSIVE family(id, level) AS (\
        SELECT id, 1 FROM tasks WHERE id = $1 \
        UNION ALL SELECT t.id, f.level + 1 FROM tasks t JOIN family f ON t.parent_id = f.id WHERE t.delete_time IS NULL AND f.level < 10) \
        SELECT CAST(MAX(level) AS BIGINT) AS levels FROM family";
    let row = reader
        .query_one_raw(Statement::from_sql_and_values(
            reader.get_database_backend(),
            SQL,
            [task_id.to_string().into()],
        ))
        .await?;
    let levels: Option<i64> = row.map(|row| row.try_get("", "levels")).transpose()?.flatten();
    Ok(usize::try_from(levels.unwrap_or(1)).unwrap_or(1))
}

/// A live task with all live tasks below it, in no order, in one statement.
pub async fn list_family(reader: &Reader, task_id: Uuid) -> Result<Vec<TaskRow>, DbErr> {
    let placeholder = if reader.get_database_backend() == DbBackend::Postgres {
        "$1"
    } else {
        "?"
    };
    let inside = format!(
        "\"tasks\".\"id\" IN (WITH RECURSIVE family(id, level) AS (SELECT id, 1 FROM tasks WHERE id = {placeholder} \
        UNION ALL SELECT t.id, f.level + 1 FROM tasks t JOIN family f ON t.parent_id = f.id WHERE t.delete_time IS NULL AND f.level < 10) \
        SELECT id FROM family)"
    );
    let mut select = task_rows::select(None);
    select.and_where(Expr::cust_with_values(inside, [task_id.to_string()]));
    read_rows(reader, select).await
}

/// The tasks that were deleted together with this one, itself included.
pub async fn list_deleted_with(reader: &Reader, task_id: Uuid) -> Result<Vec<TaskRow>, DbErr> {
    let mut select = task_rows::select(None);
    select.and_where(task_rows::column(task::Column::DeletedWith).eq(task_id.to_string()));
    read_rows(reader, select).await
}

/// The tasks just beside a place: the last rank before it and the first rank after it, `moved` itself left out.
pub async fn neighbours(reader: &Reader, project_id: Uuid, rank: &str, moved: Uuid) -> Result<(Option<String>, Option<String>), DbErr> {
    let beside = |before: bool| {
        let column = Expr::col(task::Column::Rank);
        let edge = if before { column.clone().max() } else { column.clone().min() };
        let side = if before { column.lt(rank) } else { column.gt(rank) };
        Query::select()
            .expr(edge)
            .from(task::Entity)
            .and_where(Expr::col(task::Column::ProjectId).eq(project_id.to_string()))
            .and_where(Expr::col(task::Column::Id).ne(moved.to_string()))
            .and_where(side)
            .to_owned()
    };
    let both = Query::select()
        .expr_as(Expr::from(beside(true)), "before")
        .expr_as(Expr::from(beside(false)), "after")
        .to_owned();
    let row = reader
        .query_one(&both)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("a row of two aggregates".to_owned()))?;
    Ok((row.try_get("", "before")?, row.try_get("", "after")?))
}
