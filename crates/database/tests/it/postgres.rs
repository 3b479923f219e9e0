//! What only PostgreSQL can do: deadlocks, row locks, and several processes at one database.

use std::sync::Arc;

use sea_orm::sea_query::{Expr, ExprTrait, LockType, Query};
use tasktracker_database::{CommitError, Database};
use tasktracker_server::Lifecycle;

use crate::store::{Store, callers, insert_task, next_number, postgres, set_version};

#[tokio::test(flavor = "multi_thread")]
async fn deadlocks_are_tried_again() {
    let Some(store) = postgres().await else { return };
    let store = Arc::new(store);
    store.project("p").await;
    store.project("q").await;
    callers(2, |caller| {
        let store = Arc::clone(&store);
        async move {
            for _ in 0..6 {
                let mut txn = store.db.begin().sequential();
                // Opposite orders: without trying again one of two would fail.
                let (first, second) = if caller == 0 { ("p", "q") } else { ("q", "p") };
                next_number(&mut txn, first);
                next_number(&mut txn, second);
                txn.commit().await.unwrap();
            }
        }
    })
    .await;
    assert_eq!((store.last_number("p").await, store.last_number("q").await), (12, 12));
}

#[tokio::test(flavor = "multi_thread")]
async fn locked_rows_stay_as_they_were_read() {
    let Some(store) = postgres().await else { return };
    let store = Arc::new(store);
    store.project("p").await;
    callers(8, |_| {
        let store = Arc::clone(&store);
        async move {
            for _ in 0..10 {
                let mut txn = store.db.begin();
                let mut load = Query::select();
                load.column("version")
                    .from("projects")
                    .and_where(Expr::col("id").eq("p"))
                    .lock(LockType::Update);
                let version: i64 = txn.query_one(&load).await.unwrap().unwrap().try_get("", "version").unwrap();
                txn.guarded_update(set_version("p", version, version + 1));
                txn.commit().await.unwrap();
            }
        }
    })
    .await;
    assert_eq!(store.number(&Query::select().column("version").from("projects").take()).await, 81);
}

#[tokio::test]
async fn processes_that_start_at_once_migrate_once() {
    let Some(store) = postgres().await else { return };
    let starts = (0..4).map(|_| async {
        let db = Database::open(&store.settings, "core", &Lifecycle::new()).await.unwrap();
        db.migrate::<crate::store::Migrator>().await.map(|()| db)
    });
    for db in futures_util::future::join_all(starts).await {
        db.unwrap().close().await;
    }
}

#[tokio::test]
async fn a_statement_that_postgresql_refuses_leaves_nothing() {
    let Some(Store { db, .. }) = postgres().await else { return };
    let mut txn = db.begin();
    insert_task(&mut txn, "p", Expr::cust("1/0"), "x");
    assert!(matches!(txn.commit().await, Err(CommitError::Storage(_))));
}
