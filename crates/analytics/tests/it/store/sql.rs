//! Documents in SQLite, and in PostgreSQL where the tests are given a server.

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

#[tokio::test]
async fn postgres_is_a_store() {
    // Nothing to check without a server.
    #[expect(clippy::disallowed_methods, reason = "the tests' own switch")]
    let Ok(url) = std::env::var("TASKTRACKER_TEST_POSTGRES") else { return };
    let db = Database::open(&Settings::postgres(url), "analytics", &Lifecycle::new()).await.unwrap();
    tasktracker_analytics::migrate(&db).await.unwrap();
    let store = SqlStore::new(db);
    store.remove_range("", "~").await.unwrap();
    conformance::all(&store).await;
}
