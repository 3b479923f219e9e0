//! Documents in SQLite, and in PostgreSQL where the tests are given a server.

use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::ConnectionTrait;
use tasktracker_analytics::store::{DocumentStore, Fields, SqlStore, Write};
use tasktracker_database::{Database, Settings};
use tasktracker_server::Lifecycle;

use super::conformance;

#[tokio::test]
async fn sqlite_is_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open(&Settings::sqlite(folder.path()), "analytics", &Lifecycle::new())
        .await
        .unwrap();
    tasktracker_analytics::migrate(&db).await.unwrap();
    conformance::all(&SqlStore::new(db)).await;
}

#[tokio::test]
async fn a_batch_is_one_command_whatever_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open(&Settings::sqlite(folder.path()), "analytics", &Lifecycle::new())
        .await
        .unwrap();
    tasktracker_analytics::migrate(&db).await.unwrap();
    let store = SqlStore::new(db.clone());
    let write = |n: i64| Write {
        id: format!("a|{n}"),
        was: None,
        fields: Some(Fields::default().number("n", n)),
    };
    let mut spent = Vec::new();
    for (revision, count) in [(1, 1), (2, 1_000)] {
        let writes: Vec<Write> = (revision * 10_000..revision * 10_000 + count).map(write).collect();
        let before = db.counts();
        store.write(revision, &writes).await.unwrap();
        let ids: Vec<String> = writes.iter().map(|write| write.id.clone()).collect();
        assert_eq!(store.get(&ids).await.unwrap().len(), ids.len());
        spent.push((db.counts() - before).commands + (db.counts() - before).reads);
    }
    assert_eq!(spent[0], spent[1]);
}

/// An empty database of the server that the tests were given; none without one.
pub async fn postgres() -> Option<Database> {
    #[expect(clippy::disallowed_methods, reason = "the tests' own switch")]
    let server = std::env::var("TASKTRACKER_TEST_POSTGRES").ok()?;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("analytics_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let admin = sea_orm::Database::connect(format!("{server}/postgres")).await.unwrap();
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    admin.close().await.unwrap();
    let settings = Settings::postgres(format!("{server}/{name}"));
    let db = Database::open(&settings, "analytics", &Lifecycle::new()).await.unwrap();
    tasktracker_analytics::migrate(&db).await.unwrap();
    Some(db)
}

#[tokio::test]
async fn postgres_is_a_store() {
    if let Some(db) = postgres().await {
        conformance::all(&SqlStore::new(db)).await;
    }
}
