//! A database that cannot be opened says why.

use std::os::unix::fs::PermissionsExt;

use sea_orm::ConnectionTrait;
use sea_orm_migration::prelude::{MigrationTrait, MigratorTrait, async_trait};
use tasktracker_database::{Database, OpenError, Settings};
use tasktracker_server::Lifecycle;

use crate::store::{both, sqlite};

async fn open(settings: &Settings) -> Result<Database, OpenError> {
    Database::open(settings, "core", &Lifecycle::new()).await
}

#[tokio::test]
async fn a_file_in_the_way_of_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("data"), "").unwrap();
    let error = open(&Settings::sqlite(directory.path().join("data"))).await.unwrap_err();
    assert!(matches!(error, OpenError::Unwritable { .. }), "{error}");
}

#[tokio::test]
async fn a_read_only_file() {
    let store = sqlite().await;
    store.db.close().await;
    let file = store.settings.data_dir.join("core.db");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o444)).unwrap();
    // Nothing is read-only for the superuser.
    let superuser = std::fs::OpenOptions::new().append(true).open(&file).is_ok();
    match open(&store.settings).await {
        Err(OpenError::Unwritable { path, .. }) => assert_eq!(path, file),
        Ok(_) => assert!(superuser),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn something_else_in_the_place_of_the_file() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("core.db"), "this is a diary, not a database. ".repeat(200)).unwrap();
    let error = open(&Settings::sqlite(directory.path())).await.unwrap_err();
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error}");
}

#[tokio::test]
async fn an_unreachable_server_and_a_wrong_url() {
    let error = open(&Settings::postgres("postgres://user:secret@127.0.0.1:1/x")).await.unwrap_err();
    assert!(
        matches!(error, OpenError::Unreachable { .. }) && !error.to_string().contains("secret"),
        "{error}"
    );
    let error = open(&Settings::postgres("mysql://user:secret@127.0.0.1/x")).await.unwrap_err();
    assert!(
        matches!(error, OpenError::BadUrl { .. }) && !error.to_string().contains("secret"),
        "{error}"
    );
}

/// A program that knows no migrations yet.
struct Older;

#[async_trait::async_trait]
impl MigratorTrait for Older {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![]
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_a_known_one_is_left_alone() {
    for store in both().await {
        store.project("p").await;
        let error = store.db.migrate::<Older>().await.unwrap_err();
        assert!(
            matches!(&error, OpenError::NewerSchema { migration, .. } if migration == "store"),
            "{error}"
        );
        store.db.migrate::<crate::store::Migrator>().await.unwrap();
        assert_eq!(store.last_number("p").await, 0);
        store.db.ping().await.unwrap();
    }
}

#[tokio::test]
async fn readers_cannot_write_and_commits_are_durable() {
    let store = sqlite().await;
    assert!(store.db.reader().execute_unprepared("DELETE FROM tasks").await.is_err());
    let file = std::fs::read(store.settings.data_dir.join("core.db")).unwrap();
    assert_eq!((file[18], file[19]), (2, 2), "write-ahead log");
}
