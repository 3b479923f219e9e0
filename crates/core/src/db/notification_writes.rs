//! Notifications as they are written: all of a batch in a handful of statements, whatever their number. Every change of an inbox raises its
//! counter under the row's lock, so who has seen a number has seen everything before it.

use std::collections::BTreeMap;

use sea_orm::DbBackend;
use sea_orm::sea_query::{DeleteStatement, Expr, ExprTrait, Func, InsertStatement, OnConflict, Query, SelectStatement};
use serde_json::{Value, json};
use tasktracker_database::dialect::Kind;
use tasktracker_database::{CommitError, Id, Row, Time, Transaction, WriteRef};
use uuid::Uuid;

use super::entities::{notification, notification_cause, notification_counter};
use crate::domain::ids::UserId;
use crate::domain::notification::{Kept, Notice, Planned};

/// The columns of a new notification, as a row of JSON; `behind` is how far its place is behind the inbox's counter.
const NEW: [(&str, Kind); 12] = [
    ("id", Kind::Text),
    ("user_id", Kind::Text),
    ("reason", Kind::Integer),
    ("project_id", Kind::Text),
    ("task_id", Kind::Text),
    ("comment_id", Kind::Text),
    ("actor_id", Kind::Text),
    ("count", Kind::Integer),
    ("create_time", Kind::Integer),
    ("update_time", Kind::Integer),
    ("status_id", Kind::Text),
    ("due_time", Kind::Integer),
];

/// Writes what was planned, and that these notices were told. The transaction must be `sequential`: rows take their places from counters
/// that it raises. A notification that was read or changed since it was loaded makes the whole transaction stale.
pub fn write(txn: &mut Transaction, backend: DbBackend, planned: &[Planned], notices: &[Notice], now: Time) {
    if notices.is_empty() {
        return;
    }
    txn.insert(causes(backend, notices, now));
    let mut changes: BTreeMap<UserId, i64> = BTreeMap::new();
    let mut numbered = Vec::with_capacity(planned.len());
    for planned in planned {
        let number = changes.entry(planned.notification.recipient).or_default();
        *number += 1;
        numbered.push((&planned.notification, *number));
    }
    txn.insert(raise_counters(backend, &changes));
    let placed = numbered.into_iter().map(|(kept, number)| (kept, changes[&kept.recipient] - number));
    let (changed, new): (Vec<_>, Vec<_>) = placed.partition(|(kept, _)| kept.loaded_seq.is_some());
    if !new.is_empty() {
        txn.insert(insert(backend, &new));
    }
    for (kept, behind) in changed {
        update(txn, kept, behind);
    }
}

/// Whether somebody else told one of the notices meanwhile: plan again.
#[must_use]
pub fn is_told(error: &CommitError) -> bool {
    error.primary_key("notification_causes", &["cause", "user_id"])
}

fn causes(backend: DbBackend, notices: &[Notice], now: Time) -> InsertStatement {
    let rows: Vec<Value> = notices
        .iter()
        .map(|notice| json!([notice.cause, notice.recipient.to_string()]))
        .collect();
    let mut told = each(backend, rows, &[("cause", Kind::Text), ("user_id", Kind::Text)]);
    told.expr(Expr::val(now));
    let mut insert = Query::insert();
    insert
        .into_table(notification_cause::Entity)
        .columns(["cause", "user_id", "create_time"]);
    insert.select_from(told).expect("as many columns as expressions").take()
}

fn raise_counters(backend: DbBackend, changes: &BTreeMap<UserId, i64>) -> InsertStatement {
    // In the order of ids, so that two writers lock inboxes in the same order.
    let rows: Vec<Value> = changes.iter().map(|(user_id, by)| json!([user_id.to_string(), by])).collect();
    let mut raised = each(backend, rows, &[("user_id", Kind::Text), ("seq", Kind::Integer)]);
    // Without a condition SQLite takes a following `on conflict` for a join.
    raised.and_where(Expr::cust("true"));
    let mut insert = Query::insert();
    insert.into_table(notification_counter::Entity).columns(["user_id", "seq"]);
    insert.select_from(raised).expect("as many columns as expressions");
    let sum = Expr::cust("\"notification_counters\".\"seq\" + \"excluded\".\"seq\"");
    insert.on_conflict(OnConflict::column("user_id").value("seq", sum).to_owned());
    insert.take()
}

fn insert(backend: DbBackend, new: &[(&Kept, i64)]) -> InsertStatement {
    let time = |at: jiff::Timestamp| Time::from(at);
    let row = |(kept, behind): &(&Kept, i64)| {
        json!([
            kept.id,
            kept.recipient.to_string(),
            kept.reason.number(),
            kept.project_id.to_string(),
            kept.task_id.map(|id| id.to_string()),
            kept.comment_id.map(|id| id.to_string()),
            kept.actor_id.map(|id| id.to_string()),
            kept.count,
            time(kept.create_time),
            time(kept.update_time),
            kept.status_id.map(|id| id.to_string()),
            kept.due_time.map(time),
            behind,
        ])
    };
    let columns: Vec<(&str, Kind)> = NEW.into_iter().chain([("behind", Kind::Integer)]).collect();
    let rows = each(backend, new.iter().map(row).collect(), &columns);
    let mut select = Query::select();
    for (name, _) in NEW {
        select.column(("new", name));
    }
    select
        .expr(Expr::col(("counters", "seq")).sub(Expr::col(("new", "behind"))))
        .from_subquery(rows, "new")
        .join_as(
            sea_orm::sea_query::JoinType::InnerJoin,
            notification_counter::Entity,
            "counters",
            Expr::col(("counters", "user_id")).equals(("new", "user_id")),
        );
    let mut insert = Query::insert();
    insert
        .into_table(notification::Entity)
        .columns(NEW.map(|(name, _)| name).into_iter().chain(["seq"]));
    insert.select_from(select).expect("as many columns as expressions").take()
}

fn update(txn: &mut Transaction, kept: &Kept, behind: i64) {
    use notification::Column;
    let counter = Query::select()
        .column(notification_counter::Column::Seq)
        .from(notification_counter::Entity)
        .and_where(Expr::col(notification_counter::Column::UserId).eq(kept.recipient.to_string()))
        .to_owned();
    let update = Query::update()
        .table(notification::Entity)
        .value(Column::Count, kept.count)
        .value(Column::UpdateTime, Time::from(kept.update_time))
        .value(Column::ActorId, kept.actor_id.map(|id| Id(id.uuid())))
        .value(Column::CommentId, kept.comment_id.map(|id| Id(id.uuid())))
        .value(Column::StatusId, kept.status_id.map(|id| Id(id.uuid())))
        .value(Column::DueTime, kept.due_time.map(Time::from))
        .value(Column::Seq, Expr::from(counter).sub(behind))
        .and_where(Expr::col(Column::Id).eq(kept.id.to_string()))
        .and_where(Expr::col(Column::Seq).eq(kept.loaded_seq.unwrap_or_default()))
        .and_where(Expr::col(Column::ReadTime).is_null())
        .to_owned();
    txn.guarded_update(update);
}

/// Notes that a notification was read; one that was read meanwhile makes the transaction stale.
pub fn mark_read(txn: &mut Transaction, user_id: Uuid, id: Uuid, now: Time) {
    use notification::Column;
    let raised = raise(txn, user_id);
    let update = Query::update()
        .table(notification::Entity)
        .value(Column::ReadTime, now)
        .value(Column::Seq, raised.value(notification_counter::Column::Seq))
        .and_where(Expr::col(Column::Id).eq(id.to_string()))
        .and_where(Expr::col(Column::UserId).eq(user_id.to_string()))
        .and_where(Expr::col(Column::ReadTime).is_null())
        .to_owned();
    txn.guarded_update(update);
}

/// Notes that everything was read whose last change is not after a moment. The inbox must have a counter: it has notifications.
pub fn mark_all_read(txn: &mut Transaction, user_id: Uuid, until: Time, now: Time) {
    use notification::Column;
    let raised = raise(txn, user_id);
    let update = Query::update()
        .table(notification::Entity)
        .value(Column::ReadTime, now)
        .value(Column::Seq, raised.value(notification_counter::Column::Seq))
        .and_where(Expr::col(Column::UserId).eq(user_id.to_string()))
        .and_where(Expr::col(Column::ReadTime).is_null())
        .and_where(Expr::col(Column::UpdateTime).lte(until))
        .to_owned();
    txn.update(update);
}

fn raise(txn: &mut Transaction, user_id: Uuid) -> WriteRef {
    use notification_counter::Column;
    let row = Row::of(notification_counter::Entity, Column::UserId, Id(user_id));
    let update = Query::update().value(Column::Seq, Expr::col(Column::Seq).add(1)).to_owned();
    txn.guarded_update_returning(row, update, [Column::Seq])
}

/// Forgets which causes were told before a moment: later than any event comes again.
pub fn sweep_causes(older_than: Time) -> DeleteStatement {
    Query::delete()
        .from_table(notification_cause::Entity)
        .and_where(Expr::col(notification_cause::Column::CreateTime).lt(older_than))
        .to_owned()
}

/// The rows of a JSON parameter, so that a statement's text is the same whatever their number.
fn each(backend: DbBackend, rows: Vec<Value>, columns: &[(&'static str, Kind)]) -> SelectStatement {
    let list = Expr::val(Value::from(rows).to_string());
    let function = match backend {
        DbBackend::Postgres => Func::cust("jsonb_array_elements").arg(list.cast_as("jsonb")),
        _ => Func::cust("json_each").arg(list),
    };
    let mut select = Query::select();
    for (index, (name, kind)) in columns.iter().enumerate() {
        let cell = match (backend, kind) {
            (DbBackend::Postgres, Kind::Integer) => format!("CAST(\"each\".\"value\" ->> {index} AS bigint)"),
            (DbBackend::Postgres, _) => format!("\"each\".\"value\" ->> {index}"),
            _ => format!("json_extract(\"each\".\"value\", '$[{index}]')"),
        };
        select.expr_as(Expr::cust(cell), *name);
    }
    select.from_function(function, "each");
    select
}
