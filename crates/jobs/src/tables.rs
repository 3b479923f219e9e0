//! The tables of jobs and schedules, for the migrations of the services that own them.

use sea_orm::DbBackend;
use sea_orm::sea_query::{Index, IndexCreateStatement, Table, TableCreateStatement};
use tasktracker_database::schema;

/// Jobs, those that wait and those that are over.
pub const JOBS: &str = "jobs";
/// Schedules that the code knows, and when each is due.
pub const SCHEDULES: &str = "schedules";
/// Slots of schedules that were fired.
pub const FIRES: &str = "schedule_fires";

/// The tables, for the owner's migration.
#[must_use]
pub fn tables(backend: DbBackend) -> Vec<TableCreateStatement> {
    let jobs = Table::create()
        .table(JOBS)
        .col(schema::id(backend, "id").primary_key())
        .col(schema::text(backend, "kind"))
        .col(schema::text(backend, "payload"))
        .col(schema::text(backend, "state"))
        .col(schema::integer("priority"))
        .col(schema::time("run_time"))
        // From when the wait was counted; NULL where the time itself was asked for. See `store::rebase`.
        .col(schema::time_null("wait_start_time"))
        .col(schema::integer("attempt"))
        .col(schema::integer("max_attempts"))
        .col(schema::text_null(backend, "unique_key"))
        .col(schema::text_null(backend, "group_key"))
        // The unique key while the job is unfinished, the group key while it runs: the unique indexes on them keep the promises of both.
        .col(schema::text_null(backend, "live_key"))
        .col(schema::text_null(backend, "turn_key"))
        .col(schema::id_null(backend, "owner"))
        // Fences: a result counts only from whoever holds the claim.
        .col(schema::id_null(backend, "claim"))
        .col(schema::time_null("lease_time"))
        .col(schema::text_null(backend, "last_error"))
        .col(schema::time("create_time"))
        .col(schema::time_null("finish_time"))
        .take();
    let schedules = Table::create()
        .table(SCHEDULES)
        .col(schema::text(backend, "name").primary_key())
        .col(schema::text(backend, "kind"))
        .col(schema::text(backend, "cron"))
        .col(schema::text(backend, "time_zone"))
        .col(schema::boolean("paused"))
        .col(schema::time_null("next_fire_time"))
        .col(schema::time_null("last_fire_time"))
        .take();
    let fires = Table::create()
        .table(FIRES)
        .col(schema::text(backend, "name"))
        .col(schema::time("slot_time"))
        .col(schema::id_null(backend, "job_id"))
        .primary_key(Index::create().name("schedule_fires_pkey").col("name").col("slot_time"))
        .take();
    vec![jobs, schedules, fires]
}

/// Indexes of the tables, for the owner's migration.
#[must_use]
pub fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        schema::unique(JOBS, &["live_key"]),
        schema::unique(JOBS, &["turn_key"]),
        // When is the next one due?
        schema::index(JOBS, &["state", "run_time"]),
        // Which are due, by priority?
        schema::index(JOBS, &["state", "priority", "run_time", "id"]),
        // Which of a group comes first?
        schema::index(JOBS, &["group_key", "state", "id"]),
        // Lists, and what is old.
        schema::index(JOBS, &["state", "create_time", "id"]),
        schema::index(JOBS, &["create_time", "id"]),
        schema::index(FIRES, &["slot_time"]),
    ]
}
