//! A caller may go away at any moment: nothing is half done, and the next one finds a working writer.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::sea_query::{Expr, Query};
use tasktracker_database::CommitError;
use tokio::time::timeout;

use crate::store::{Store, both, callers, insert_task, next_number, sqlite};

/// Two tasks and a number, with a read between.
async fn interactive(store: &Store, base: i64) -> Result<(), CommitError> {
    let mut txn = store.db.begin();
    next_number(&mut txn, "p");
    insert_task(&mut txn, "p", base, "x");
    txn.query_one(&Query::select().expr(Expr::cust("count(*)")).from("tasks").take())
        .await?;
    insert_task(&mut txn, "p", base + 1, "x");
    txn.commit().await.map(drop)
}

async fn plain(store: &Store, base: i64) -> Result<(), CommitError> {
    let mut txn = store.db.begin();
    next_number(&mut txn, "p");
    insert_task(&mut txn, "p", base, "x");
    insert_task(&mut txn, "p", base + 1, "x");
    txn.commit().await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn futures_dropped_half_way_leave_all_or_nothing() {
    for store in both().await {
        let store = Arc::new(store);
        store.project("p").await;
        let acknowledged = callers(8, |caller| {
            let store = Arc::clone(&store);
            async move {
                let mut done = 0;
                for round in 0..60 {
                    let base = (caller * 1000 + round * 2 + 1) as i64;
                    let limit = Duration::from_micros(((caller * 7919 + round * 104_729) % 3000) as u64);
                    let outcome = if round % 2 == 0 {
                        timeout(limit, interactive(&store, base)).await
                    } else {
                        timeout(limit, plain(&store, base)).await
                    };
                    if let Ok(outcome) = outcome {
                        outcome.unwrap();
                        done += 1;
                    }
                }
                done
            }
        })
        .await
        .into_iter()
        .sum::<i64>();
        // The writer works, and is through with what was left to it.
        interactive(&store, 100_001).await.unwrap();
        let tasks = store.tasks().await;
        assert_eq!(tasks, store.last_number("p").await * 2, "all or nothing");
        assert!(tasks >= (acknowledged + 1) * 2, "{acknowledged} acknowledged, {tasks} tasks");
        assert!(acknowledged < 480, "some were dropped");
    }
}

#[tokio::test]
async fn a_dropped_transaction_is_undone() {
    for store in both().await {
        store.project("p").await;
        let mut collected = store.db.begin();
        insert_task(&mut collected, "p", 1, "x");
        drop(collected);
        let mut interactive = store.db.begin();
        insert_task(&mut interactive, "p", 1, "x");
        interactive
            .query_one(&Query::select().column("id").from("tasks").take())
            .await
            .unwrap();
        drop(interactive);
        plain(&store, 1).await.unwrap();
        assert_eq!(store.tasks().await, 2);
    }
}

#[tokio::test]
async fn a_turn_held_for_too_long_ends() {
    let store = sqlite().await;
    store.project("p").await;
    let mut slow = store.db.begin();
    insert_task(&mut slow, "p", 1, "x");
    slow.query_one(&Query::select().column("id").from("tasks").take()).await.unwrap();
    // It waits for the slow one, which does nothing.
    plain(&store, 1).await.unwrap();
    assert!(matches!(slow.commit().await, Err(CommitError::Expired)));
    assert_eq!(store.tasks().await, 2);
}
