//! Uploads, files, and what they need to know of tasks and projects.

use sea_orm_migration::prelude::*;
use tasktracker_database::{idempotency, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 5] = ["idempotency", "files", "uploads", "tasks", "projects"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        places(manager).await?;
        uploads(manager).await?;
        files(manager).await?;
        manager.create_table(idempotency::table(manager.get_database_backend())).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

async fn places(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let b = manager.get_database_backend();
    let projects = Table::create()
        .table("projects")
        .col(schema::id(b, "id").primary_key())
        // Bytes of its files, and bytes promised to uploads: together never more than the quota.
        .col(schema::integer("used_bytes"))
        .col(schema::integer("reserved_bytes"))
        // 1 live, 2 in the trash, 3 gone for good; and the version of the event that said so, 0 before any did.
        .col(schema::integer("state"))
        .col(schema::integer("version"))
        .to_owned();
    manager.create_table(projects).await?;
    let tasks = Table::create()
        .table("tasks")
        .col(schema::id(b, "id").primary_key())
        .col(schema::id(b, "project_id"))
        // Its files and the uploads on their way to it.
        .col(schema::integer("file_count"))
        // As in projects.
        .col(schema::integer("state"))
        .col(schema::integer("version"))
        .to_owned();
    manager.create_table(tasks).await?;
    manager.create_index(schema::index("tasks", &["project_id"])).await
}

async fn uploads(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let b = manager.get_database_backend();
    let uploads = Table::create()
        .table("uploads")
        .col(schema::id(b, "id").primary_key())
        .col(schema::id(b, "task_id"))
        .col(schema::id(b, "project_id"))
        .col(schema::id(b, "creator_id"))
        .col(schema::text(b, "file_name"))
        .col(schema::integer("size_bytes"))
        // SHA-256 in hexadecimal: as announced, and as received once everything was.
        .col(schema::text_null(b, "announced_sha256"))
        .col(schema::text_null(b, "received_sha256"))
        // Bytes that are on the disk for certain.
        .col(schema::integer("received_bytes"))
        // 1 pending, 2 completed, 3 rejected.
        .col(schema::integer("state"))
        .col(schema::time("create_time"))
        .col(schema::time("expire_time"))
        .to_owned();
    manager.create_table(uploads).await?;
    manager.create_index(schema::index("uploads", &["state", "expire_time"])).await?;
    manager.create_index(schema::index("uploads", &["task_id"])).await
}

async fn files(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let b = manager.get_database_backend();
    let files = Table::create()
        .table("files")
        .col(schema::id(b, "id").primary_key())
        .col(schema::id(b, "task_id"))
        .col(schema::id(b, "project_id"))
        .col(schema::id(b, "uploader_id"))
        .col(schema::text(b, "file_name"))
        .col(schema::integer("size_bytes"))
        .col(schema::text(b, "content_type"))
        .col(schema::text(b, "sha256"))
        .col(schema::time("create_time"))
        .col(schema::time("update_time"))
        // 1 ready, 2 deleted, 3 gone with its task; of the latter two the content is removed, then the row.
        .col(schema::integer("state"))
        .col(schema::integer("version"))
        // When its content was last read and compared with its checksum.
        .col(schema::time("check_time"))
        .to_owned();
    manager.create_table(files).await?;
    for columns in [
        &["task_id", "create_time", "id"] as &[&str],
        &["project_id"],
        &["state", "check_time"],
    ] {
        manager.create_index(schema::index("files", columns)).await?;
    }
    Ok(())
}
