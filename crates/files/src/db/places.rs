//! Tasks and projects as far as files need them: whether they are there, and how much room is taken. Room is taken and given back in the
//! transaction of what takes it, under a guard, so that nobody gets past a limit however many try at once.

use sea_orm::sea_query::{Expr, ExprTrait, InsertStatement, OnConflict, Query};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use tasktracker_database::{Id, Reader, Transaction};
use uuid::Uuid;

use super::entities::{project, task};

/// Whether a task or project is there. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceState {
    /// It is.
    Live = 1,
    /// It is in the trash, and may come back.
    Trashed = 2,
    /// It is gone for good.
    Purged = 3,
}

impl PlaceState {
    /// The state of a stored number.
    #[must_use]
    pub const fn of(number: i64) -> Self {
        match number {
            1 => Self::Live,
            2 => Self::Trashed,
            _ => Self::Purged,
        }
    }
}

/// Finds a task that was heard of.
///
/// # Errors
/// The query failed.
pub async fn find_task(reader: &Reader, id: Uuid) -> Result<Option<task::Model>, DbErr> {
    task::Entity::find_by_id(Id(id)).one(reader).await
}

/// Finds a project that was heard of.
///
/// # Errors
/// The query failed.
pub async fn find_project(reader: &Reader, id: Uuid) -> Result<Option<project::Model>, DbErr> {
    project::Entity::find_by_id(Id(id)).one(reader).await
}

/// All tasks of a project that were heard of.
///
/// # Errors
/// The query failed.
pub async fn tasks_of(reader: &Reader, project_id: Uuid) -> Result<Vec<Uuid>, DbErr> {
    let ids: Vec<Id> = task::Entity::find()
        .select_only()
        .column(task::Column::Id)
        .filter(task::Column::ProjectId.eq(Id(project_id)))
        .into_tuple()
        .all(reader)
        .await?;
    Ok(ids.into_iter().map(|id| id.0).collect())
}

/// Notes a task and its project, live and empty, where they were not heard of.
pub fn introduce(txn: &mut Transaction, task_id: Uuid, project_id: Uuid) {
    txn.insert(
        new_project(project_id, PlaceState::Live, 0)
            .on_conflict(OnConflict::column(project::Column::Id).do_nothing().to_owned())
            .to_owned(),
    );
    txn.insert(
        new_task(task_id, project_id, PlaceState::Live, 0)
            .on_conflict(OnConflict::column(task::Column::Id).do_nothing().to_owned())
            .to_owned(),
    );
}

/// Notes what an event said of a task, unless a newer one said something else. Nothing is newer than being purged.
pub fn hear_task(txn: &mut Transaction, id: Uuid, project_id: Uuid, state: PlaceState, version: i64) {
    let mut conflict = OnConflict::column(task::Column::Id);
    conflict
        .update_columns([task::Column::State, task::Column::Version])
        .action_and_where(is_news(("tasks", "version"), ("tasks", "state"), state, version));
    txn.insert(new_task(id, project_id, state, version).on_conflict(conflict).to_owned());
}

/// The same of a project.
pub fn hear_project(txn: &mut Transaction, id: Uuid, state: PlaceState, version: i64) {
    let mut conflict = OnConflict::column(project::Column::Id);
    conflict
        .update_columns([project::Column::State, project::Column::Version])
        .action_and_where(is_news(("projects", "version"), ("projects", "state"), state, version));
    txn.insert(new_project(id, state, version).on_conflict(conflict).to_owned());
}

/// All tasks of a project are gone for good.
pub fn purge_tasks_of(txn: &mut Transaction, project_id: Uuid) {
    txn.update(
        Query::update()
            .table(task::Entity)
            .value(task::Column::State, PlaceState::Purged as i64)
            .and_where(Expr::col(task::Column::ProjectId).eq(project_id.to_string()))
            .to_owned(),
    );
}

/// Forgets a task that is gone for good, once nothing of it is left.
pub fn forget_task(txn: &mut Transaction, id: Uuid) {
    txn.delete(
        Query::delete()
            .from_table(task::Entity)
            .and_where(Expr::col(task::Column::Id).eq(id.to_string()))
            .and_where(Expr::col(task::Column::State).eq(PlaceState::Purged as i64))
            .to_owned(),
    );
}

/// The same of a project.
pub fn forget_project(txn: &mut Transaction, id: Uuid) {
    txn.delete(
        Query::delete()
            .from_table(project::Entity)
            .and_where(Expr::col(project::Column::Id).eq(id.to_string()))
            .and_where(Expr::col(project::Column::State).eq(PlaceState::Purged as i64))
            .to_owned(),
    );
}

fn is_news(known: (&'static str, &'static str), known_state: (&'static str, &'static str), state: PlaceState, version: i64) -> Expr {
    let purged = PlaceState::Purged as i64;
    let newer = Expr::col(known).lt(version).or(Expr::val(state as i64).eq(purged));
    newer.and(Expr::col(known_state).ne(purged))
}

fn new_task(id: Uuid, project_id: Uuid, state: PlaceState, version: i64) -> InsertStatement {
    Query::insert()
        .into_table(task::Entity)
        .columns([
            task::Column::Id,
            task::Column::ProjectId,
            task::Column::FileCount,
            task::Column::State,
            task::Column::Version,
        ])
        .values_panic([
            Expr::val(Id(id)),
            Expr::val(Id(project_id)),
            Expr::val(0_i64),
            Expr::val(state as i64),
            Expr::val(version),
        ])
        .to_owned()
}

fn new_project(id: Uuid, state: PlaceState, version: i64) -> InsertStatement {
    Query::insert()
        .into_table(project::Entity)
        .columns([
            project::Column::Id,
            project::Column::UsedBytes,
            project::Column::ReservedBytes,
            project::Column::State,
            project::Column::Version,
        ])
        .values_panic([
            Expr::val(Id(id)),
            Expr::val(0_i64),
            Expr::val(0_i64),
            Expr::val(state as i64),
            Expr::val(version),
        ])
        .to_owned()
}

/// How much may be taken.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Files on one task.
    pub files_per_task: i64,
    /// Bytes of one project.
    pub project_bytes: i64,
}

/// Takes room for an upload. The transaction has no effect where there is none, or where task or project are not live.
pub fn reserve(txn: &mut Transaction, task_id: Uuid, project_id: Uuid, bytes: i64, limits: Limits) {
    txn.guarded_update(
        Query::update()
            .table(task::Entity)
            .value(task::Column::FileCount, Expr::col(task::Column::FileCount).add(1_i64))
            .and_where(Expr::col(task::Column::Id).eq(task_id.to_string()))
            .and_where(Expr::col(task::Column::State).eq(PlaceState::Live as i64))
            .and_where(Expr::col(task::Column::FileCount).lt(limits.files_per_task))
            .to_owned(),
    );
    let taken = Expr::col(project::Column::UsedBytes)
        .add(Expr::col(project::Column::ReservedBytes))
        .add(bytes);
    txn.guarded_update(
        Query::update()
            .table(project::Entity)
            .value(project::Column::ReservedBytes, Expr::col(project::Column::ReservedBytes).add(bytes))
            .and_where(Expr::col(project::Column::Id).eq(project_id.to_string()))
            .and_where(Expr::col(project::Column::State).eq(PlaceState::Live as i64))
            .and_where(taken.lte(limits.project_bytes))
            .to_owned(),
    );
}

/// What was reserved is used now. The transaction has no effect where task or project are not live.
pub fn use_reserved(txn: &mut Transaction, task_id: Uuid, project_id: Uuid, bytes: i64) {
    txn.guarded_update(
        Query::update()
            .table(task::Entity)
            .value(task::Column::FileCount, Expr::col(task::Column::FileCount))
            .and_where(Expr::col(task::Column::Id).eq(task_id.to_string()))
            .and_where(Expr::col(task::Column::State).eq(PlaceState::Live as i64))
            .to_owned(),
    );
    txn.guarded_update(
        Query::update()
            .table(project::Entity)
            .value(project::Column::ReservedBytes, Expr::col(project::Column::ReservedBytes).sub(bytes))
            .value(project::Column::UsedBytes, Expr::col(project::Column::UsedBytes).add(bytes))
            .and_where(Expr::col(project::Column::Id).eq(project_id.to_string()))
            .and_where(Expr::col(project::Column::State).eq(PlaceState::Live as i64))
            .to_owned(),
    );
}

/// Gives room back: that of so many files or uploads, of so many bytes, used or reserved.
pub fn give_back(txn: &mut Transaction, task_id: Uuid, project_id: Uuid, freed: Freed) {
    txn.update(
        Query::update()
            .table(task::Entity)
            .value(task::Column::FileCount, Expr::col(task::Column::FileCount).sub(freed.count))
            .and_where(Expr::col(task::Column::Id).eq(task_id.to_string()))
            .to_owned(),
    );
    txn.update(
        Query::update()
            .table(project::Entity)
            .value(project::Column::UsedBytes, Expr::col(project::Column::UsedBytes).sub(freed.used))
            .value(
                project::Column::ReservedBytes,
                Expr::col(project::Column::ReservedBytes).sub(freed.reserved),
            )
            .and_where(Expr::col(project::Column::Id).eq(project_id.to_string()))
            .to_owned(),
    );
}

/// Room that is free again.
#[derive(Debug, Clone, Copy, Default)]
pub struct Freed {
    /// Files and uploads.
    pub count: i64,
    /// Bytes of files.
    pub used: i64,
    /// Bytes of uploads.
    pub reserved: i64,
}
