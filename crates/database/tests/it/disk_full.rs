//! A full disk: callers learn it, nothing is half done, and writing goes on when there is space again.

use std::process::Command;

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use tasktracker_database::{CommitError, Database, Settings};
use tasktracker_server::Lifecycle;

use crate::store::{Store, insert_task, next_number, sqlite};

async fn big(store: &Store, bytes: usize) -> Result<(), CommitError> {
    let mut txn = store.db.begin();
    let project = next_number(&mut txn, "p");
    insert_task(&mut txn, "p", project.value("last_number"), "x".repeat(bytes));
    txn.commit().await.map(drop)
}

async fn until_full(store: &Store, bytes: usize) -> i64 {
    for done in 0..10_000 {
        // Eight callers: some share a commit with the one that fails.
        let outcomes = futures_util::future::join_all((0..8).map(|_| big(store, bytes))).await;
        let good = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        if good < 8 {
            assert!(
                outcomes
                    .iter()
                    .all(|outcome| matches!(outcome, Ok(()) | Err(CommitError::Storage(_)))),
                "{outcomes:?}"
            );
            return done * 8 + good as i64;
        }
    }
    panic!("never full")
}

#[tokio::test]
async fn a_full_file_fails_cleanly_and_recovers() {
    let store = sqlite().await;
    store.project("p").await;
    let settings = Settings {
        most_bytes: Some(2 << 20),
        ..store.settings.clone()
    };
    store.db.close().await;
    let store = Store {
        db: Database::open(&settings, "core", &Lifecycle::new()).await.unwrap(),
        ..store
    };
    let acknowledged = until_full(&store, 20_000).await;
    assert!(acknowledged > 50);
    assert_eq!(store.tasks().await, acknowledged, "exactly what was acknowledged");
    assert_eq!(store.last_number("p").await, acknowledged);

    let mut txn = store.db.begin();
    txn.delete(Query::delete().from_table("tasks").and_where(Expr::col("number").lte(20)).take());
    txn.commit().await.unwrap();
    big(&store, 20_000).await.unwrap();
    assert_eq!(store.tasks().await, acknowledged - 19);
}

/// The operating system refuses to let the file grow in the middle of a commit. It runs in a process of its own, whose limit is lowered.
#[test]
#[expect(clippy::disallowed_methods, reason = "the child learns its part by the environment")]
fn a_failing_disk_fails_cleanly_and_recovers() {
    const CHILD: &str = "TASKTRACKER_TEST_SMALL_DISK";
    if std::env::var_os(CHILD).is_some() {
        return tokio::runtime::Runtime::new().unwrap().block_on(on_a_failing_disk());
    }
    let name = "disk_full::a_failing_disk_fails_cleanly_and_recovers";
    let child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    assert!(
        child.status.success(),
        "{}{}",
        String::from_utf8_lossy(&child.stdout),
        String::from_utf8_lossy(&child.stderr)
    );
}

async fn on_a_failing_disk() {
    let store = sqlite().await;
    store.project("p").await;
    largest_file(&(2 << 20).to_string());
    let acknowledged = until_full(&store, 20_000).await;
    assert!(acknowledged > 20);
    assert_eq!(store.tasks().await, acknowledged, "exactly what was acknowledged");
    assert_eq!(store.last_number("p").await, acknowledged);
    largest_file("unlimited");
    big(&store, 20_000).await.unwrap();
    assert_eq!(store.tasks().await, acknowledged + 1);
    assert_eq!(store.last_number("p").await, acknowledged + 1);
}

/// The soft limit of this process.
fn largest_file(bytes: &str) {
    let changed = Command::new("prlimit")
        .args(["--pid", &std::process::id().to_string(), &format!("--fsize={bytes}:")])
        .status();
    assert!(changed.unwrap().success());
}
