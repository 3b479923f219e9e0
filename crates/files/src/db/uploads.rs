//! Uploads: found by who announced them, moved on under a guard.

use jiff::Timestamp;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{DeleteStatement, Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tasktracker_database::{Id, Reader, Time, Transaction, dialect};
use uuid::Uuid;

use super::entities::upload::{ActiveModel, Column, Entity, Model};
use crate::domain::checksum::Checksum;
use crate::domain::upload::{Upload, UploadState};

/// Finds an upload.
///
/// # Errors
/// The query failed.
pub async fn find(reader: &Reader, id: Uuid) -> Result<Option<Upload>, DbErr> {
    Entity::find_by_id(Id(id)).one(reader).await?.map(to_domain).transpose()
}

/// Uploads that can no longer be completed, the oldest first.
///
/// # Errors
/// The query failed.
pub async fn list_expired(reader: &Reader, now: Timestamp, limit: u64) -> Result<Vec<Upload>, DbErr> {
    let query = Entity::find()
        .filter(Column::State.eq(UploadState::Pending as i64))
        .filter(Column::ExpireTime.lte(Time::from(now)))
        .order_by_asc(Column::ExpireTime)
        .limit(limit);
    query.all(reader).await?.into_iter().map(to_domain).collect()
}

/// Uploads on their way to a task.
///
/// # Errors
/// The query failed.
pub async fn list_pending(reader: &Reader, task_id: Uuid) -> Result<Vec<Upload>, DbErr> {
    let query = Entity::find()
        .filter(Column::TaskId.eq(Id(task_id)))
        .filter(Column::State.eq(UploadState::Pending as i64));
    query.all(reader).await?.into_iter().map(to_domain).collect()
}

/// Those of the ids that uploads on their way have.
///
/// # Errors
/// The query failed.
pub async fn pending_of(reader: &Reader, ids: &[Id]) -> Result<Vec<Id>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(dialect::in_ids(reader.get_database_backend(), Expr::col(Column::Id), ids))
        .filter(Column::State.eq(UploadState::Pending as i64))
        .into_tuple()
        .all(reader)
        .await
}

/// Adds a new upload.
pub fn insert(txn: &mut Transaction, upload: &Upload) {
    txn.insert_row(ActiveModel {
        id: Set(Id(upload.id)),
        task_id: Set(Id(upload.task_id)),
        project_id: Set(Id(upload.project_id)),
        creator_id: Set(Id(upload.creator_id)),
        file_name: Set(upload.file_name.clone()),
        size_bytes: Set(upload.size_bytes),
        announced_sha256: Set(upload.announced.map(|checksum| checksum.to_string())),
        received_sha256: Set(upload.received.map(|checksum| checksum.to_string())),
        received_bytes: Set(upload.received_bytes),
        state: Set(upload.state as i64),
        create_time: Set(Time::from(upload.create_time)),
        expire_time: Set(Time::from(upload.expire_time)),
    });
}

/// Notes how much is on the disk, if the upload is still pending and has as much as it had.
pub fn save_received(txn: &mut Transaction, id: Uuid, loaded_bytes: i64, bytes: i64, received: Option<Checksum>) {
    txn.guarded_update(
        Query::update()
            .table(Entity)
            .value(Column::ReceivedBytes, bytes)
            .value(Column::ReceivedSha256, received.map(|checksum| checksum.to_string()))
            .and_where(Expr::col(Column::Id).eq(id.to_string()))
            .and_where(Expr::col(Column::State).eq(UploadState::Pending as i64))
            .and_where(Expr::col(Column::ReceivedBytes).eq(loaded_bytes))
            .to_owned(),
    );
}

/// Ends an upload, if it is still pending.
pub fn end(txn: &mut Transaction, id: Uuid, state: UploadState) {
    txn.guarded_update(
        Query::update()
            .table(Entity)
            .value(Column::State, state as i64)
            .and_where(Expr::col(Column::Id).eq(id.to_string()))
            .and_where(Expr::col(Column::State).eq(UploadState::Pending as i64))
            .to_owned(),
    );
}

/// Forgets uploads that ended, and could have been completed until this moment.
#[must_use]
pub fn forget(expired_before: Time) -> DeleteStatement {
    Query::delete()
        .from_table(Entity)
        .and_where(Expr::col(Column::State).ne(UploadState::Pending as i64))
        .and_where(Expr::col(Column::ExpireTime).lt(expired_before))
        .to_owned()
}

fn to_domain(row: Model) -> Result<Upload, DbErr> {
    Ok(Upload {
        id: row.id.0,
        task_id: row.task_id.0,
        project_id: row.project_id.0,
        creator_id: row.creator_id.0,
        file_name: row.file_name,
        size_bytes: row.size_bytes,
        announced: checksum(row.announced_sha256)?,
        received: checksum(row.received_sha256)?,
        received_bytes: row.received_bytes,
        state: UploadState::of(row.state),
        create_time: row.create_time.timestamp(),
        expire_time: row.expire_time.timestamp(),
    })
}

fn checksum(text: Option<String>) -> Result<Option<Checksum>, DbErr> {
    Checksum::optional(&text.unwrap_or_default()).map_err(|bad| DbErr::Type(bad.to_string()))
}
