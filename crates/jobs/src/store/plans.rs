//! SQLite answers what is asked again and again from an index, and sorts nothing.

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, SqliteQueryBuilder};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use tasktracker_database::Time;

use super::claim;
use crate::state::State;
use crate::tables::JOBS;

async fn empty() -> DatabaseConnection {
    let db = Database::connect("sqlite::memory:").await.unwrap();
    for table in crate::tables(DbBackend::Sqlite) {
        db.execute(&table).await.unwrap();
    }
    for index in crate::indexes() {
        db.execute(&index).await.unwrap();
    }
    db
}

async fn plan(db: &DatabaseConnection, query: &SelectStatement) -> String {
    let sql = format!("EXPLAIN QUERY PLAN {}", query.to_string(SqliteQueryBuilder));
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap();
    let lines: Vec<String> = rows.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
    lines.join("\n")
}

#[tokio::test]
async fn looks_for_due_jobs_are_searches() {
    let db = empty().await;
    let kinds = ["a".to_owned(), "b".to_owned()];
    for (query, index) in [
        (claim::next_due_query(), "jobs_state_run_time_idx (state=?)"),
        (
            claim::next_level_query(5),
            "jobs_state_priority_run_time_id_idx (state=? AND priority<?)",
        ),
        (
            claim::due(&kinds, 0, Time(1), 10),
            "jobs_state_priority_run_time_id_idx (state=? AND priority=? AND run_time<?)",
        ),
    ] {
        let plan = plan(&db, &query).await;
        assert!(plan.contains(index), "{plan}");
        assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
    let turn = plan(&db, &claim::due(&kinds, 0, Time(1), 10)).await;
    assert!(
        turn.contains("jobs_group_key_state_id_idx (group_key=? AND state=? AND id<?)"),
        "{turn}"
    );
}

#[tokio::test]
async fn upkeep_passes_over_what_waits_and_what_is_over() {
    let db = empty().await;
    let of_state = |state: State| {
        let mut query = Query::select();
        query.column("id").from(JOBS).and_where(Expr::col("state").eq(state.name()));
        query
    };
    let expired = of_state(State::Running).and_where(Expr::col("lease_time").lt(1)).take();
    let old = of_state(State::Succeeded)
        .and_where(Expr::col("create_time").lt(1))
        .and_where(Expr::col("finish_time").lt(1))
        .order_by("create_time", sea_orm::sea_query::Order::Asc)
        .take();
    for (query, part) in [
        (expired, "(state=?"),
        (old, "jobs_state_create_time_id_idx (state=? AND create_time<?)"),
    ] {
        let plan = plan(&db, &query).await;
        assert!(
            plan.contains("SEARCH") && plan.contains(part) && !plan.contains("TEMP B-TREE"),
            "{plan}"
        );
    }
}
