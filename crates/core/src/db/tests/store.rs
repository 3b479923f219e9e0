//! A database of Core with projects and tasks that are written as rows, past all rules.

use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::{ActiveModelTrait, ConnectionTrait, IntoActiveModel};
use tasktracker_database::{Database, Id, Settings, Time};
use tasktracker_server::Lifecycle;
use tempfile::TempDir;
use uuid::Uuid;

use crate::db::entities::{project, task, task_assignee};
use crate::domain::text::fold;

/// A database that vanishes.
pub struct Store {
    /// The database.
    pub db: Database,
    _folder: TempDir,
}

impl Store {
    /// A SQLite file.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::sqlite(folder.path());
        Self::open(&settings, folder).await
    }

    /// A new database on the PostgreSQL server named in the environment.
    #[expect(clippy::disallowed_methods, reason = "tests learn of the server by the environment")]
    pub async fn postgres() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);

        let server = std::env::var("TASKTRACKER_TEST_POSTGRES").ok()?;
        let name = format!("core_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let admin = sea_orm::Database::connect(format!("{server}/postgres")).await.unwrap();
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        admin.close().await.unwrap();
        let settings = Settings {
            pool: 4,
            ..Settings::postgres(format!("{server}/{name}"))
        };
        Some(Self::open(&settings, tempfile::tempdir().unwrap()).await)
    }

    /// Both, as far as there.
    pub async fn both() -> Vec<Self> {
        let mut stores = vec![Self::sqlite().await];
        stores.extend(Self::postgres().await);
        stores
    }

    async fn open(settings: &Settings, folder: TempDir) -> Self {
        let db = Database::open(settings, "core", &Lifecycle::new()).await.unwrap();
        db.migrate::<tasktracker_migrations::core::Migrator>().await.unwrap();
        Self { db, _folder: folder }
    }

    /// Adds a project in UTC.
    pub async fn project(&self, id: Uuid, key: &str) {
        let row = project::Model {
            id: Id(id),
            key: key.to_owned(),
            name: key.to_owned(),
            name_fold: fold(key),
            description: String::new(),
            time_zone: "UTC".to_owned(),
            visibility: 1,
            creator_id: Id(Uuid::nil()),
            create_time: Time(0),
            update_time: Time(0),
            archive_time: None,
            delete_time: None,
            version: 1,
            last_number: 0,
            last_rank: 0,
            front_rank: 0,
            activity_seq: 0,
        };
        let mut txn = self.db.begin();
        txn.insert_row(row.into_active_model().reset_all());
        txn.commit().await.unwrap();
    }

    /// Adds tasks, and the rows by which assignees find them.
    pub async fn tasks(&self, tasks: &[task::Model]) {
        for tasks in tasks.chunks(50) {
            let mut txn = self.db.begin();
            txn.insert_rows(tasks.iter().map(|task| task.clone().into_active_model().reset_all()));
            txn.insert_rows(tasks.iter().flat_map(|task| {
                let people: Vec<Uuid> = serde_json::from_str(&task.assignee_ids).unwrap();
                let row = |user_id| {
                    task_assignee::Model {
                        user_id: Id(user_id),
                        task_id: task.id,
                    }
                    .into_active_model()
                    .reset_all()
                };
                people.into_iter().map(row).collect::<Vec<_>>()
            }));
            txn.commit().await.unwrap();
        }
    }
}

/// A task without anything that it may be without.
pub fn task(project_id: Uuid, number: i64) -> task::Model {
    task::Model {
        id: Id(Uuid::from_u128((project_id.as_u128() << 64) + u128::from(number.unsigned_abs()))),
        project_id: Id(project_id),
        number,
        title: format!("Task {number}"),
        title_fold: format!("task {number}"),
        description: String::new(),
        status_id: Id(Uuid::from_u128(1)),
        status_category: 3,
        priority: 1,
        task_type: 1,
        assignee_ids: "[]".to_owned(),
        creator_id: Id(Uuid::nil()),
        parent_id: None,
        due_date: None,
        due_local: None,
        due_zone: None,
        due_instant: None,
        due_day: None,
        start_date: None,
        estimate_points: None,
        start_time: None,
        complete_time: None,
        comment_count: 0,
        attachment_count: 0,
        rank: format!("h{number:010}"),
        create_time: Time(number),
        update_time: Time(number),
        delete_time: None,
        deleted_with: None,
        version: 1,
    }
}
