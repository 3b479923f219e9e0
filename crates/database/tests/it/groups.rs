//! Many callers share commits on SQLite; what one of them does wrong harms no other.

use std::sync::Arc;

use tasktracker_database::CommitError;

use crate::store::{Store, both, insert_project, insert_task, next_number, set_version, sqlite};

const CALLERS: usize = 16;
const EACH: usize = 40;

async fn all(store: &Arc<Store>, work: impl AsyncFn(Arc<Store>, usize, usize) + Clone + 'static) {
    let local = tokio::task::LocalSet::new();
    for caller in 0..CALLERS {
        let (store, work) = (Arc::clone(store), work.clone());
        local.spawn_local(async move {
            for round in 0..EACH {
                work(Arc::clone(&store), caller, round).await;
            }
        });
    }
    local.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_and_commits_are_shared() {
    let store = Arc::new(sqlite().await);
    store.project("p").await;
    let before = store.db.counts();
    all(&store, async |store, _, _| {
        let mut txn = store.db.begin();
        let project = next_number(&mut txn, "p");
        insert_task(&mut txn, "p", project.value("last_number"), "x");
        let rows = txn.commit().await.unwrap();
        assert!(rows.get::<i64>(&project, "last_number").unwrap() > 0);
        assert!(store.tasks().await > 0);
    })
    .await;
    let sent = store.db.counts() - before;
    assert_eq!(store.tasks().await, (CALLERS * EACH) as i64);
    assert_eq!(store.last_number("p").await, (CALLERS * EACH) as i64);
    assert_eq!(sent.transactions, (CALLERS * EACH) as u64);
    assert!(sent.commits * 2 < sent.transactions, "{sent:?}");
    assert_eq!(sent.commands, sent.transactions + sent.commits);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_some_do_not_hurt_others() {
    for store in both().await {
        let store = Arc::new(store);
        store.project("p").await;
        all(&store, async |store, caller, round| {
            let mut txn = store.db.begin();
            insert_task(&mut txn, "p", (caller * EACH + round + 1) as i64, "x");
            if (caller + round) % 4 == 3 {
                txn.query_one(&sea_orm::sea_query::Query::select().column("id").from("projects").take())
                    .await
                    .unwrap();
            }
            match (caller + round) % 3 {
                0 => assert!(txn.commit().await.is_ok()),
                1 => {
                    txn.guarded_update(set_version("p", 9, 10));
                    assert!(matches!(txn.commit().await, Err(CommitError::GuardMissed)));
                }
                _ => {
                    insert_project(&mut txn, "other", "p");
                    assert!(txn.commit().await.unwrap_err().unique("projects", &["key"]));
                }
            }
        })
        .await;
        let good = (0..CALLERS)
            .flat_map(|caller| (0..EACH).map(move |round| caller + round))
            .filter(|sum| sum % 3 == 0)
            .count();
        assert_eq!(store.tasks().await, good as i64);
    }
}

#[tokio::test]
async fn closing_finishes_what_was_accepted_and_refuses_the_rest() {
    let store = sqlite().await;
    let commits = (1..=100).map(|number| {
        let mut txn = store.db.begin();
        insert_task(&mut txn, "p", number, "x");
        txn.commit()
    });
    // Polled in order: all commits are queued before the request to close.
    let (outcomes, ()) = tokio::join!(futures_util::future::join_all(commits), store.db.close());
    assert!(outcomes.iter().all(Result::is_ok));
    store.db.close().await;
    let mut late = store.db.begin();
    insert_task(&mut late, "p", 101, "x");
    assert!(matches!(late.commit().await, Err(CommitError::Closed)));
    assert!(matches!(
        store
            .db
            .begin()
            .query_one(&sea_orm::sea_query::Query::select().expr(1).take())
            .await,
        Err(CommitError::Closed)
    ));

    let again = tasktracker_database::Database::open(&store.settings, "core", &tasktracker_server::Lifecycle::new())
        .await
        .unwrap();
    let store = Store { db: again, ..store };
    assert_eq!(store.tasks().await, 100);
}

#[tokio::test]
async fn the_writer_ends_when_the_last_handle_is_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let lifecycle = tasktracker_server::Lifecycle::new();
    let settings = tasktracker_database::Settings::sqlite(directory.path());
    let db = tasktracker_database::Database::open(&settings, "core", &lifecycle).await.unwrap();
    lifecycle.stop();
    drop(db);
    let finished = tokio::time::timeout(std::time::Duration::from_secs(5), lifecycle.finished()).await;
    assert!(finished.is_ok_and(|outcome| outcome.is_ok()));
}
