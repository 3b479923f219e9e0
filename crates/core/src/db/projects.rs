//! Projects: found whole, listed in pages, saved under a guard together with their place in the log.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use tasktracker_database::{Id, Reader, Row, Time, Transaction, WriteRef};
use uuid::Uuid;

use super::entities::activity;
use super::entities::project::{ActiveModel, Column, Entity, Model};
use crate::domain::choices::Visibility;
use crate::domain::project::{Project, ProjectFields};
use crate::domain::task_key::ProjectKey;
use crate::domain::text::fold;

/// Finds a project, archived or deleted or not.
pub async fn find(reader: &Reader, id: Uuid) -> Result<Option<Project>, DbErr> {
    Entity::find_by_id(Id(id)).one(reader).await?.map(to_domain).transpose()
}

/// Whether a project has this key, deleted ones too.
pub async fn key_is_taken(reader: &Reader, key: &ProjectKey) -> Result<bool, DbErr> {
    let taken = Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(Expr::col(Column::Key).eq(key.as_str()))
        .to_owned();
    Ok(reader.query_one(&taken).await?.is_some())
}

/// What happened to the project itself after one of its versions, the oldest first.
pub async fn history_since(reader: &Reader, id: Uuid, version: i64) -> Result<Vec<activity::Model>, DbErr> {
    activity::Entity::find()
        .filter(activity::Column::ProjectId.eq(Id(id)))
        .filter(activity::Column::TaskId.is_null())
        .filter(activity::Column::Version.gt(version))
        .order_by_asc(activity::Column::Seq)
        .all(reader)
        .await
}

/// Adds a new project; its creation is the first entry of its log.
pub fn insert(txn: &mut Transaction, project: &Project) {
    txn.insert_row(ActiveModel {
        id: Set(Id(project.id.uuid())),
        key: Set(project.key.to_string()),
        name: Set(project.fields.name.clone()),
        name_fold: Set(fold(&project.fields.name)),
        description: Set(project.fields.description.clone()),
        time_zone: Set(project.fields.time_zone.to_string()),
        visibility: Set(project.fields.visibility.number().into()),
        creator_id: Set(Id(project.creator_id.uuid())),
        create_time: Set(Time::from(project.create_time)),
        update_time: Set(Time::from(project.update_time)),
        archive_time: Set(project.archive_time.map(Time::from)),
        delete_time: Set(project.delete_time.map(Time::from)),
        version: Set(project.version),
        last_number: Set(0),
        last_rank: Set(0),
        front_rank: Set(0),
        activity_seq: Set(1),
    });
}

/// What a save rests on: if any of it is different by then, nothing is saved.
#[derive(Debug, Clone, Copy)]
pub struct Loaded {
    /// Version of the project.
    pub version: i64,
    /// End of its log, for a change that depends on its tasks too: every write in the project moves it.
    pub activity_seq: Option<i64>,
}

/// Saves a changed project, if it is still as it was loaded, and takes one place in its log (`activity_seq` of the reference).
pub fn save(txn: &mut Transaction, project: &Project, loaded: Loaded) -> WriteRef {
    let mut update = Query::update();
    update
        .value(Column::Name, project.fields.name.as_str())
        .value(Column::NameFold, fold(&project.fields.name))
        .value(Column::Description, project.fields.description.as_str())
        .value(Column::TimeZone, project.fields.time_zone.to_string())
        .value(Column::Visibility, i64::from(project.fields.visibility.number()))
        .value(Column::UpdateTime, Time::from(project.update_time))
        .value(Column::ArchiveTime, project.archive_time.map(Time::from))
        .value(Column::DeleteTime, project.delete_time.map(Time::from))
        .value(Column::Version, project.version)
        .value(Column::ActivitySeq, Expr::col(Column::ActivitySeq).add(1))
        .and_where(Expr::col(Column::Version).eq(loaded.version));
    if let Some(seq) = loaded.activity_seq {
        update.and_where(Expr::col(Column::ActivitySeq).eq(seq));
    }
    let row = Row::of(Entity, Column::Id, Id(project.id.uuid()));
    txn.guarded_update_returning(row, update, [Column::ActivitySeq])
}

/// The project of a row.
///
/// # Errors
/// The row breaks a rule that the database was to keep: a defect.
pub fn to_domain(row: Model) -> Result<Project, DbErr> {
    let visibility = i32::try_from(row.visibility)
        .ok()
        .and_then(Visibility::from_number)
        .ok_or_else(|| damaged("visibility"))?;
    Ok(Project {
        id: Uuid::from(row.id).into(),
        key: row.key.parse().map_err(damaged)?,
        fields: ProjectFields {
            name: row.name,
            description: row.description,
            time_zone: row.time_zone.parse().map_err(damaged)?,
            visibility,
        },
        creator_id: Uuid::from(row.creator_id).into(),
        create_time: row.create_time.into(),
        update_time: row.update_time.into(),
        archive_time: row.archive_time.map(Into::into),
        delete_time: row.delete_time.map(Into::into),
        version: row.version,
    })
}

fn damaged(what: impl std::fmt::Display) -> DbErr {
    DbErr::Type(format!("a project row is damaged: {what}"))
}
