//! The append-only log of changes. Its order is the project's counter, raised in the same transaction under the project row's lock, so a
//! reader who has seen a number has seen everything before it.

use jiff::Timestamp;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use tasktracker_database::{Id, Reader, Row, Time, Transaction, WriteRef};
use tasktracker_proto::core::v1::ActivityKind;
use uuid::Uuid;

use super::entities::activity::{ActiveModel, Column, Entity, Model};
use super::entities::project;
use crate::domain::change::FieldChange;

/// Something that happened, before it has its place in the log.
#[derive(Debug)]
pub struct Entry<'a> {
    /// Id of the entry.
    pub id: Uuid,
    /// The task, where it is about one.
    pub task_id: Option<Uuid>,
    /// The comment, where it is about one.
    pub comment_id: Option<Uuid>,
    /// Who did it.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: ActivityKind,
    /// What changed.
    pub changes: &'a [FieldChange],
    /// Version of the aggregate after the change.
    pub version: i64,
}

/// What a write takes from its project's counters, besides places in the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted<'a> {
    /// A task's number.
    pub number: bool,
    /// A rank after all others.
    pub last_rank: bool,
    /// A rank before all others.
    pub front_rank: bool,
    /// The time zone by which deadlines that are written were computed: it must still be the project's.
    pub zone: Option<&'a str>,
    /// Whether the project may be archived or deleted: what follows from elsewhere does not wait for people.
    pub any_state: bool,
}

/// Raises a project's counters and appends entries to its log. The project must be in use, or the whole transaction has no effect. Call
/// it last: the project's row is what all writers of a project share. The reference knows `last_number`, `last_rank`, `front_rank`, `activity_seq`.
pub fn append(txn: &mut Transaction, project_id: Uuid, counted: Counted<'_>, entries: &[Entry<'_>]) -> WriteRef {
    let raised = count(txn, project_id, counted, entries.len());
    append_counted(txn, project_id, &raised, entries);
    raised
}

/// Raises a project's counters: the first half of `append`, for writes that need the counts before the log does.
pub fn count(txn: &mut Transaction, project_id: Uuid, counted: Counted<'_>, entries: usize) -> WriteRef {
    use project::Column as Project;
    let mut update = Query::update();
    let mut raise = |column: Project, by: i64| {
        update.value(column, Expr::col(column).add(by));
    };
    raise(Project::ActivitySeq, i64::try_from(entries).unwrap_or(i64::MAX));
    raise(Project::LastNumber, counted.number.into());
    raise(Project::LastRank, counted.last_rank.into());
    raise(Project::FrontRank, counted.front_rank.into());
    if let Some(zone) = counted.zone {
        update.and_where(Expr::col(Project::TimeZone).eq(zone));
    }
    if !counted.any_state {
        update
            .and_where(Expr::col(Project::ArchiveTime).is_null())
            .and_where(Expr::col(Project::DeleteTime).is_null());
    }
    let row = Row::of(project::Entity, Project::Id, Id(project_id));
    txn.guarded_update_returning(
        row,
        update,
        [Project::ActivitySeq, Project::LastNumber, Project::LastRank, Project::FrontRank],
    )
}

/// Appends entries at the places that `count` took for them.
pub fn append_counted(txn: &mut Transaction, project_id: Uuid, raised: &WriteRef, entries: &[Entry<'_>]) {
    for (index, entry) in entries.iter().enumerate() {
        let behind = i64::try_from(entries.len() - 1 - index).unwrap_or_default();
        insert(txn, project_id, entry, raised.value(project::Column::ActivitySeq).sub(behind));
    }
}

/// Appends one entry at a place that the caller took from the project's counter.
pub fn insert(txn: &mut Transaction, project_id: Uuid, entry: &Entry<'_>, seq: Expr) {
    let changes: Vec<Value> = entry
        .changes
        .iter()
        .map(|change| json!({"field": change.field, "before": change.before, "after": change.after}))
        .collect();
    let row = ActiveModel {
        project_id: Set(Id(project_id)),
        seq: NotSet,
        id: Set(Id(entry.id)),
        task_id: Set(entry.task_id.map(Id)),
        comment_id: Set(entry.comment_id.map(Id)),
        actor: Set(entry.actor.clone()),
        create_time: Set(Time::from(entry.at)),
        kind: Set(i64::from(entry.kind as i32)),
        changes: Set(Value::from(changes).to_string()),
        version: Set(entry.version),
    };
    txn.insert_row_with(row, [(Column::Seq, seq)]);
}

/// What happened to a task after one of its versions, the oldest first.
pub async fn list_since(reader: &Reader, task_id: Uuid, version: i64) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::TaskId.eq(Id(task_id)))
        .filter(Column::Version.gt(version))
        .filter(Column::CommentId.is_null())
        .order_by_asc(Column::Seq)
        .all(reader)
        .await
}

/// The changes of a log entry: field, value before, value after.
pub fn changes_of(entry: &Model) -> Vec<(String, Value, Value)> {
    let parsed: Vec<Value> = serde_json::from_str(&entry.changes).unwrap_or_default();
    let change = |change: Value| {
        Some((
            change.get("field")?.as_str()?.to_owned(),
            change.get("before")?.clone(),
            change.get("after")?.clone(),
        ))
    };
    parsed.into_iter().filter_map(change).collect()
}

/// The log of a project after a place, at most `limit` entries.
pub async fn list_after(reader: &Reader, project_id: Uuid, seq: i64, limit: u64) -> Result<Vec<Model>, DbErr> {
    use sea_orm::QuerySelect;
    Entity::find()
        .filter(Column::ProjectId.eq(Id(project_id)))
        .filter(Column::Seq.gt(seq))
        .order_by_asc(Column::Seq)
        .limit(limit)
        .all(reader)
        .await
}

/// How far the logs of these projects reach, deleted ones left out.
pub async fn reach_of_live(reader: &Reader, project_ids: &[Uuid]) -> Result<Vec<(Uuid, i64)>, DbErr> {
    read_reach(reader, project_ids, true).await
}

/// How far the logs of these projects reach.
pub async fn reach_of(reader: &Reader, project_ids: &[Uuid]) -> Result<Vec<(Uuid, i64)>, DbErr> {
    read_reach(reader, project_ids, false).await
}

async fn read_reach(reader: &Reader, project_ids: &[Uuid], only_live: bool) -> Result<Vec<(Uuid, i64)>, DbErr> {
    let ids: Vec<Id> = project_ids.iter().copied().map(Id).collect();
    let mut select = Query::select();
    select
        .columns([project::Column::Id, project::Column::ActivitySeq])
        .from(project::Entity)
        .and_where(tasktracker_database::dialect::in_ids(
            reader.get_database_backend(),
            Expr::col(project::Column::Id),
            &ids,
        ));
    if only_live {
        select.and_where(Expr::col(project::Column::DeleteTime).is_null());
    }
    let rows = reader.query_all(&select).await?;
    rows.iter()
        .map(|row| Ok((row.try_get::<Id>("", "id")?.into(), row.try_get("", "activity_seq")?)))
        .collect()
}
