//! Turns within the process, and starting over after stale guards.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use tasktracker_database::{CommitError, stale};
use uuid::Uuid;

use crate::store::{Store, both, callers, set_version, sqlite};

async fn bump(store: &Store) -> Result<(), CommitError> {
    let load = Query::select()
        .column("version")
        .from("projects")
        .and_where(Expr::col("id").eq("p"))
        .take();
    let version: i64 = store.db.reader().query_one(&load).await?.unwrap().try_get("", "version")?;
    tokio::task::yield_now().await;
    let mut txn = store.db.begin();
    txn.guarded_update(set_version("p", version, version + 1));
    txn.commit().await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn with_turns_nobody_starts_over() {
    for store in both().await {
        let store = Arc::new(store);
        store.project("p").await;
        callers(8, |_| {
            let store = Arc::clone(&store);
            async move {
                for _ in 0..20 {
                    let _turn = store.db.turn(Uuid::from_u128(7)).await;
                    bump(&store).await.unwrap();
                }
            }
        })
        .await;
        let version = Query::select().column("version").from("projects").take();
        assert_eq!(store.number(&version).await, 161);
    }
}

#[tokio::test]
async fn a_stale_attempt_is_made_again_but_not_forever() {
    let store = sqlite().await;
    store.project("p").await;
    let attempts = AtomicUsize::new(0);
    let attempt = async |good: usize| {
        if attempts.fetch_add(1, Ordering::SeqCst) + 1 == good {
            bump(&store).await
        } else {
            Err(CommitError::GuardMissed)
        }
    };
    assert!(stale::retry(|| attempt(3)).await.is_ok());
    assert_eq!(attempts.swap(0, Ordering::SeqCst), 3);
    assert!(matches!(stale::retry(|| attempt(4)).await, Err(CommitError::GuardMissed)));
    assert_eq!(attempts.swap(0, Ordering::SeqCst), 3);
    let closed = stale::retry(|| async {
        attempts.fetch_add(1, Ordering::SeqCst);
        Err::<(), _>(CommitError::Closed)
    });
    assert!(matches!(closed.await, Err(CommitError::Closed)));
    assert_eq!(attempts.load(Ordering::SeqCst), 1);
}
