//! What Core tells others and hears from them: outbox, inbox, dead letters, jobs; reminders that wait, and the files that tasks count.

use sea_orm_migration::prelude::*;
use tasktracker_database::schema;
use tasktracker_events::{dead_letters, inbox, outbox};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let b = manager.get_database_backend();
        let reminders = Table::create()
            .table("reminders")
            .col(schema::id(b, "task_id"))
            .col(schema::integer("kind"))
            .col(schema::id(b, "project_id"))
            .col(schema::time("fire_time"))
            .col(schema::time("due_time"))
            .primary_key(Index::create().name("reminders_pkey").col("task_id").col("kind"))
            .to_owned();
        let task_files = Table::create()
            .table("task_files")
            .col(schema::id(b, "file_id").primary_key())
            .col(schema::id(b, "task_id"))
            .col(schema::integer("version"))
            .col(schema::boolean("ready"))
            .to_owned();
        let mut tables = outbox::tables(b);
        tables.extend([inbox::table(b), dead_letters::table(b), reminders, task_files]);
        tables.extend(tasktracker_jobs::tables(b));
        for table in tables {
            manager.create_table(table).await?;
        }
        let mut indexes = outbox::indexes();
        indexes.extend([
            schema::index("inbox", &["create_time"]),
            schema::index("reminders", &["fire_time"]),
            schema::index("task_files", &["task_id"]),
        ]);
        // What the purge looks for. Only what is in the trash: a list of what lives must never begin with it.
        for table in ["tasks", "comments"] {
            let trash = Expr::col("delete_time").is_not_null();
            indexes.push(schema::index(table, &["delete_time"]).cond_where(trash).take());
        }
        indexes.extend(tasktracker_jobs::indexes());
        for index in indexes {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in ["tasks_delete_time_idx", "comments_delete_time_idx"] {
            manager.drop_index(Index::drop().name(index).to_owned()).await?;
        }
        for table in [
            "reminders",
            "task_files",
            inbox::TABLE,
            dead_letters::TABLE,
            outbox::TABLE,
            outbox::LEASE_TABLE,
        ] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        for table in ["schedule_fires", "schedules", "jobs"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
