//! A database with two tables, one for each test, and what tests do with it.

use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, Table, TableCreateStatement, UpdateStatement};
use sea_orm::{ConnectionTrait, Database as SeaOrm};
use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, MigratorTrait, SchemaManager, async_trait};
use tasktracker_database::{Backend, Database, Row, Settings, Transaction, WriteRef, idempotency, schema};
use tasktracker_server::Lifecycle;
use tempfile::TempDir;

pub struct Migrator;

#[derive(DeriveMigrationName)]
struct First;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(First)]
    }
}

#[async_trait::async_trait]
impl MigrationTrait for First {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        manager.create_table(projects(backend)).await?;
        manager.create_index(schema::unique("projects", &["key"])).await?;
        manager.create_table(tasks(backend)).await?;
        manager.create_index(schema::unique("tasks", &["project_id", "number"])).await?;
        manager.create_table(idempotency::table(backend)).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn projects(backend: Backend) -> TableCreateStatement {
    Table::create()
        .table("projects")
        .col(schema::id(backend, "id").primary_key())
        .col(schema::text(backend, "key"))
        .col(schema::integer("version"))
        .col(schema::integer("last_number"))
        .col(schema::integer("activity_seq"))
        .take()
}

fn tasks(backend: Backend) -> TableCreateStatement {
    let mut number = schema::integer("number");
    number.check(Expr::col("number").gt(0));
    Table::create()
        .table("tasks")
        .col(schema::sequence("id"))
        .col(schema::id(backend, "project_id"))
        .col(number)
        .col(schema::text_null(backend, "title"))
        .take()
}

pub struct Store {
    pub db: Database,
    pub settings: Settings,
    /// Vanishes with the store.
    #[expect(dead_code, reason = "held, not read")]
    pub directory: Option<TempDir>,
}

/// A SQLite file in a directory that vanishes.
pub async fn sqlite() -> Store {
    let directory = tempfile::tempdir().unwrap();
    let settings = Settings::sqlite(directory.path());
    opened(settings, Some(directory)).await
}

/// A new database on the server named in the environment.
#[expect(clippy::disallowed_methods, reason = "tests learn of the server by the environment")]
pub async fn postgres() -> Option<Store> {
    let Ok(server) = std::env::var("TASKTRACKER_TEST_POSTGRES") else {
        eprintln!("skipped on PostgreSQL: TASKTRACKER_TEST_POSTGRES is not set");
        return None;
    };
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("database_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let admin = SeaOrm::connect(format!("{server}/postgres")).await.unwrap();
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    admin.close().await.unwrap();
    Some(
        opened(
            Settings {
                pool: 8,
                ..Settings::postgres(format!("{server}/{name}"))
            },
            None,
        )
        .await,
    )
}

/// Both, as far as there.
pub async fn both() -> Vec<Store> {
    let mut stores = vec![sqlite().await];
    stores.extend(postgres().await);
    stores
}

async fn opened(settings: Settings, directory: Option<TempDir>) -> Store {
    let db = Database::open(&settings, "core", &Lifecycle::new()).await.unwrap();
    db.migrate::<Migrator>().await.unwrap();
    Store { db, settings, directory }
}

impl Store {
    pub async fn project(&self, id: &str) {
        let mut txn = self.db.begin();
        insert_project(&mut txn, id, id);
        txn.commit().await.unwrap();
    }

    pub async fn number(&self, query: &SelectStatement) -> i64 {
        self.db
            .reader()
            .query_one(query)
            .await
            .unwrap()
            .unwrap()
            .try_get_by_index(0)
            .unwrap()
    }

    pub async fn tasks(&self) -> i64 {
        self.number(&Query::select().expr(Expr::cust("count(*)")).from("tasks").take())
            .await
    }

    pub async fn last_number(&self, project: &str) -> i64 {
        self.number(
            &Query::select()
                .column("last_number")
                .from("projects")
                .and_where(Expr::col("id").eq(project))
                .take(),
        )
        .await
    }
}

pub fn insert_project(txn: &mut Transaction, id: &str, key: &str) {
    let mut insert = Query::insert();
    insert
        .into_table("projects")
        .columns(["id", "key", "version", "last_number", "activity_seq"]);
    txn.insert(insert.values_panic([id.into(), key.into(), 1.into(), 0.into(), 0.into()]).take());
}

pub fn insert_task(txn: &mut Transaction, project: &str, number: impl Into<Expr>, title: impl Into<Expr>) {
    let mut insert = Query::insert();
    insert.into_table("tasks").columns(["project_id", "number", "title"]);
    txn.insert(insert.values_panic([project.into(), number.into(), title.into()]).take());
}

/// The next number of a task, as CreateTask takes it.
pub fn next_number(txn: &mut Transaction, project: &str) -> WriteRef {
    let update = Query::update()
        .value("last_number", Expr::col("last_number").add(1))
        .value("activity_seq", Expr::col("activity_seq").add(2))
        .take();
    txn.guarded_update_returning(Row::of("projects", "id", project), update, ["last_number", "activity_seq"])
}

/// A change guarded by the version that was loaded.
pub fn set_version(project: &str, from: i64, to: i64) -> UpdateStatement {
    let mut update = Query::update();
    update
        .table("projects")
        .value("version", to)
        .and_where(Expr::col("id").eq(project))
        .and_where(Expr::col("version").eq(from));
    update
}

/// Runs so many callers at once and gives what each answers.
pub async fn callers<T: Send + 'static, F: Future<Output = T> + Send + 'static>(count: usize, work: impl Fn(usize) -> F) -> Vec<T> {
    (0..count).map(work).collect::<tokio::task::JoinSet<T>>().join_all().await
}
