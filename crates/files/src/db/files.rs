//! Files: found and listed where their task and project are live, changed under a guard.

use jiff::Timestamp;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};
use tasktracker_database::dialect::{self, Kind};
use tasktracker_database::keyset::{self, Key};
use tasktracker_database::{Id, Reader, Time, Transaction};
use uuid::Uuid;

use super::entities::file::{ActiveModel, Column, Entity, Model};
use super::places::PlaceState;
use crate::domain::file::{File, FileState};

/// Finds a file that is ready, whose task and project are live. Whether the viewer may see it is the caller's question.
///
/// # Errors
/// The query failed.
pub async fn find_visible(reader: &Reader, id: Uuid) -> Result<Option<File>, DbErr> {
    let mut select = select();
    select
        .and_where(column(Column::Id).eq(id.to_string()))
        .and_where(column(Column::State).eq(FileState::Ready as i64));
    for (table, key) in [("tasks", Column::TaskId), ("projects", Column::ProjectId)] {
        select.inner_join(table, Expr::col((table, "id")).equals(("files", key)));
        select.and_where(Expr::col((table, "state")).eq(PlaceState::Live as i64));
    }
    Ok(read(reader, &select).await?.into_iter().next())
}

/// Finds a file whatever its state.
///
/// # Errors
/// The query failed.
pub async fn find(reader: &Reader, id: Uuid) -> Result<Option<File>, DbErr> {
    Entity::find_by_id(Id(id)).one(reader).await?.map(to_domain).transpose()
}

/// The order of a task's files: the oldest first.
#[must_use]
pub fn order() -> [Key; 2] {
    [
        Key::ascending(column(Column::CreateTime), Kind::Integer),
        Key::ascending(column(Column::Id), Kind::Text),
    ]
}

/// The files of a task that are ready, in `order`, at most `limit`; `after` says where a page begins.
///
/// # Errors
/// The query failed.
pub async fn list(reader: &Reader, task_id: Uuid, after: Option<Condition>, limit: u64) -> Result<Vec<File>, DbErr> {
    let mut select = select();
    select
        .and_where(column(Column::TaskId).eq(task_id.to_string()))
        .and_where(column(Column::State).eq(FileState::Ready as i64))
        .limit(limit);
    if let Some(after) = after {
        select.cond_where(after);
    }
    keyset::order(&mut select, &order());
    read(reader, &select).await
}

/// Files whose content is still to be removed.
///
/// # Errors
/// The query failed.
pub async fn list_leaving(reader: &Reader, after: Uuid, limit: u64) -> Result<Vec<File>, DbErr> {
    let query = Entity::find()
        .filter(Column::State.is_in([FileState::Deleted as i64, FileState::Purged as i64]))
        .filter(Column::Id.gt(Id(after)))
        .order_by_asc(Column::Id)
        .limit(limit);
    query.all(reader).await?.into_iter().map(to_domain).collect()
}

/// The file that is ready and was compared with its checksum longest ago, if that was before a moment.
///
/// # Errors
/// The query failed.
pub async fn find_unchecked(reader: &Reader, before: Timestamp) -> Result<Option<File>, DbErr> {
    let query = Entity::find()
        .filter(Column::State.eq(FileState::Ready as i64))
        .filter(Column::CheckTime.lt(Time::from(before)))
        .order_by_asc(Column::CheckTime);
    query.one(reader).await?.map(to_domain).transpose()
}

/// Those of the ids that files have, in whatever state.
///
/// # Errors
/// The query failed.
pub async fn known_of(reader: &Reader, ids: &[Id]) -> Result<Vec<Id>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(dialect::in_ids(reader.get_database_backend(), Expr::col(Column::Id), ids))
        .into_tuple()
        .all(reader)
        .await
}

/// Adds a new file.
pub fn insert(txn: &mut Transaction, file: &File) {
    txn.insert_row(ActiveModel {
        id: Set(Id(file.id)),
        task_id: Set(Id(file.task_id)),
        project_id: Set(Id(file.project_id)),
        uploader_id: Set(Id(file.uploader_id)),
        file_name: Set(file.file_name.clone()),
        size_bytes: Set(file.size_bytes),
        content_type: Set(file.content_type.clone()),
        sha256: Set(file.sha256.to_string()),
        create_time: Set(Time::from(file.create_time)),
        update_time: Set(Time::from(file.update_time)),
        state: Set(file.state as i64),
        version: Set(file.version),
        check_time: Set(Time::from(file.create_time)),
    });
}

/// Saves the state of a file, if its version is still the one loaded.
pub fn save(txn: &mut Transaction, file: &File, loaded_version: i64) {
    txn.guarded_update(
        Query::update()
            .table(Entity)
            .value(Column::State, file.state as i64)
            .value(Column::Version, file.version)
            .value(Column::UpdateTime, Time::from(file.update_time))
            .and_where(Expr::col(Column::Id).eq(file.id.to_string()))
            .and_where(Expr::col(Column::Version).eq(loaded_version))
            .to_owned(),
    );
}

/// Notes that a file's content was compared with its checksum.
pub fn save_checked(txn: &mut Transaction, id: Uuid, at: Timestamp) {
    txn.update(
        Query::update()
            .table(Entity)
            .value(Column::CheckTime, Time::from(at))
            .and_where(Expr::col(Column::Id).eq(id.to_string()))
            .to_owned(),
    );
}

/// Forgets a file whose content is removed.
pub fn forget(txn: &mut Transaction, file: &File) {
    txn.guarded_delete(
        Query::delete()
            .from_table(Entity)
            .and_where(Expr::col(Column::Id).eq(file.id.to_string()))
            .and_where(Expr::col(Column::Version).eq(file.version))
            .to_owned(),
    );
}

fn select() -> SelectStatement {
    use sea_orm::Iterable;
    Query::select()
        .columns(Column::iter().map(|column| ("files", column)))
        .from(Entity)
        .to_owned()
}

fn column(column: Column) -> Expr {
    Expr::col(("files", column))
}

async fn read(reader: &Reader, select: &SelectStatement) -> Result<Vec<File>, DbErr> {
    let rows = reader.query_all(select).await?;
    rows.iter().map(|row| to_domain(Model::from_query_result(row, "")?)).collect()
}

fn to_domain(row: Model) -> Result<File, DbErr> {
    Ok(File {
        id: row.id.0,
        task_id: row.task_id.0,
        project_id: row.project_id.0,
        uploader_id: row.uploader_id.0,
        file_name: row.file_name,
        size_bytes: row.size_bytes,
        content_type: row.content_type,
        sha256: row.sha256.parse().map_err(|bad| DbErr::Type(format!("{bad}")))?,
        create_time: row.create_time.timestamp(),
        update_time: row.update_time.timestamp(),
        state: FileState::of(row.state),
        version: row.version,
    })
}
