//! Schedules and their slots. A slot is fired by whoever advances the schedule past it, in one transaction with the job.

use sea_orm::sea_query::{DeleteStatement, Expr, ExprTrait, OnConflict, Order, Query};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use tasktracker_database::{CommitError, Database, Id, Time, dialect};

use crate::job::NewJob;
use crate::state::State;
use crate::store::enqueue;
use crate::tables::{FIRES, JOBS, SCHEDULES};

const COLUMNS: [&str; 7] = ["name", "kind", "cron", "time_zone", "paused", "next_fire_time", "last_fire_time"];

/// A schedule as the table has it.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub(crate) struct ScheduleRow {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) cron: String,
    pub(crate) time_zone: String,
    pub(crate) paused: bool,
    pub(crate) next_fire_time: Option<Time>,
    pub(crate) last_fire_time: Option<Time>,
}

/// All of them, by name.
pub(crate) async fn list(db: &Database) -> Result<Vec<ScheduleRow>, DbErr> {
    let query = Query::select().columns(COLUMNS).from(SCHEDULES).order_by("name", Order::Asc).take();
    let rows = db.reader().query_all(&query).await?;
    rows.iter().map(|row| ScheduleRow::from_query_result(row, "")).collect()
}

/// Adds schedules that are not there yet.
pub(crate) async fn add(db: &Database, rows: &[ScheduleRow]) -> Result<(), CommitError> {
    let mut txn = db.begin();
    for row in rows {
        let insert = Query::insert()
            .into_table(SCHEDULES)
            .columns(["name", "kind", "cron", "time_zone", "paused", "next_fire_time"])
            .values_panic([
                Expr::val(row.name.as_str()),
                Expr::val(row.kind.as_str()),
                Expr::val(row.cron.as_str()),
                Expr::val(row.time_zone.as_str()),
                Expr::val(row.paused),
                Expr::val(row.next_fire_time),
            ])
            .on_conflict(OnConflict::column("name").do_nothing().to_owned())
            .take();
        txn.insert(insert);
    }
    txn.commit().await.map(drop)
}

/// Writes what the code says now, and when it is due next; whether it is paused stays.
pub(crate) async fn replace(db: &Database, row: &ScheduleRow) -> Result<(), CommitError> {
    let mut txn = db.begin();
    let update = Query::update()
        .table(SCHEDULES)
        .value("kind", row.kind.as_str())
        .value("cron", row.cron.as_str())
        .value("time_zone", row.time_zone.as_str())
        .value("next_fire_time", row.next_fire_time)
        .and_where(Expr::col("name").eq(row.name.as_str()))
        .and_where(Expr::col("paused").eq(row.paused))
        .take();
    txn.update(update);
    txn.commit().await.map(drop)
}

/// Forgets schedules that the code does not have.
pub(crate) async fn keep_only(db: &Database, names: &[String]) -> Result<(), CommitError> {
    let gone: DeleteStatement = Query::delete()
        .from_table(SCHEDULES)
        .and_where(dialect::in_texts(db.backend(), Expr::col("name"), names).not())
        .take();
    let mut txn = db.begin();
    txn.delete(gone);
    txn.commit().await.map(drop)
}

/// Moves a schedule on, from what was loaded, and fires the slot that it passes. A missed guard: another was quicker. See [`was_fired`].
pub(crate) async fn advance(
    db: &Database,
    row: &ScheduleRow,
    next: Option<Time>,
    fire: Option<(Time, Option<(Id, NewJob)>)>,
    now: Time,
) -> Result<(), CommitError> {
    let mut txn = db.begin();
    let mut update = Query::update();
    update
        .table(SCHEDULES)
        .value("next_fire_time", next)
        .and_where(Expr::col("name").eq(row.name.as_str()))
        .and_where(Expr::col("paused").eq(false));
    match row.next_fire_time {
        Some(time) => update.and_where(Expr::col("next_fire_time").eq(time)),
        None => update.and_where(Expr::col("next_fire_time").is_null()),
    };
    if let Some((slot, job)) = fire {
        update.value("last_fire_time", slot);
        txn.guarded_update(update);
        txn.insert(
            Query::insert()
                .into_table(FIRES)
                .columns(["name", "slot_time", "job_id"])
                .values_panic([
                    Expr::val(row.name.as_str()),
                    Expr::val(slot),
                    Expr::val(job.as_ref().map(|(id, _)| *id)),
                ])
                .take(),
        );
        if let Some((id, job)) = job {
            txn.insert(enqueue::insert(id, &job, now));
        }
    } else {
        txn.guarded_update(update);
    }
    txn.commit().await.map(drop)
}

/// Whether the slot was fired before.
pub(crate) fn was_fired(error: &CommitError) -> bool {
    error.primary_key(FIRES, &["name", "slot_time"])
}

/// Slots after this moment that were fired: the clock went back since.
pub(crate) async fn fired_after(db: &Database, name: &str, after: Time) -> Result<Vec<Time>, DbErr> {
    let query = Query::select()
        .column("slot_time")
        .from(FIRES)
        .and_where(Expr::col("name").eq(name))
        .and_where(Expr::col("slot_time").gt(after))
        .order_by("slot_time", Order::Asc)
        .take();
    let rows = db.reader().query_all(&query).await?;
    rows.iter().map(|row| row.try_get("", "slot_time")).collect()
}

/// Whether a job of the schedule still waits for its turn.
pub(crate) async fn is_waiting(db: &Database, name: &str) -> Result<bool, DbErr> {
    let query = Query::select()
        .expr(Expr::cust("1"))
        .from(JOBS)
        .and_where(Expr::col("group_key").eq(name))
        .and_where(Expr::col("state").eq(State::Ready.name()))
        .limit(1)
        .take();
    Ok(db.reader().query_one(&query).await?.is_some())
}

/// Pauses a schedule, or lets it go on at that time. A missed guard: there is no such schedule.
pub(crate) async fn pause(db: &Database, name: &str, paused: bool, next: Option<Time>) -> Result<(), CommitError> {
    let mut txn = db.begin();
    let update = Query::update()
        .table(SCHEDULES)
        .value("paused", paused)
        .value("next_fire_time", next)
        .and_where(Expr::col("name").eq(name))
        .take();
    txn.guarded_update(update);
    txn.commit().await.map(drop)
}
