//! The steps of workflows.

use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use tasktracker_database::{Id, Reader, Transaction};
use uuid::Uuid;

use super::entities::status::{ActiveModel, Column, Entity, Model};
use crate::domain::choices::StatusCategory;
use crate::domain::status::Status;

/// All statuses of a project, by position: a workflow is a handful.
pub async fn list(reader: &Reader, project_id: Uuid) -> Result<Vec<Status>, DbErr> {
    let rows = Entity::find()
        .filter(Column::ProjectId.eq(Id(project_id)))
        .order_by_asc(Column::Position)
        .order_by_asc(Column::Id)
        .all(reader)
        .await?;
    rows.into_iter().map(to_domain).collect()
}

/// Adds the statuses of a new project.
pub fn insert_all(txn: &mut Transaction, statuses: &[Status]) {
    txn.insert_rows(statuses.iter().map(|status| ActiveModel {
        id: Set(Id(status.id.uuid())),
        project_id: Set(Id(status.project_id.uuid())),
        name: Set(status.name.clone()),
        category: Set(status.category.number().into()),
        position: Set(status.position.into()),
        color: Set(status.color.clone()),
    }));
}

fn to_domain(row: Model) -> Result<Status, DbErr> {
    let number = |number: i64| i32::try_from(number).map_err(|_| damaged());
    Ok(Status {
        id: Uuid::from(row.id).into(),
        project_id: Uuid::from(row.project_id).into(),
        name: row.name,
        category: StatusCategory::from_number(number(row.category)?).ok_or_else(damaged)?,
        position: number(row.position)?,
        color: row.color,
    })
}

fn damaged() -> DbErr {
    DbErr::Type("a status row is damaged".to_owned())
}
