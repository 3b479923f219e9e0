//! Projects, their statuses, tasks, comments, and the log of what happened.

use sea_orm_migration::prelude::*;
use tasktracker_database::{idempotency, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 8] = [
    "idempotency",
    "activity",
    "comments",
    "task_followers",
    "task_assignees",
    "tasks",
    "statuses",
    "projects",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        projects(manager).await?;
        tasks(manager).await?;
        people_of_tasks(manager).await?;
        comments(manager).await?;
        activity(manager).await?;
        manager.create_table(idempotency::table(manager.get_database_backend())).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

async fn projects(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let b = manager.get_database_backend();
    let projects = Table::create()
        .table("projects")
        .col(schema::id(b, "id").primary_key())
        .col(schema::text(b, "key"))
        .col(schema::text(b, "name"))
        // The name as `domain::text::fold` makes it: what lists search in and sort by, the same on every store.
        .col(schema::text(b, "name_fold"))
        .col(schema::text(b, "description"))
        .col(schema::text(b, "time_zone"))
        .col(schema::integer("visibility"))
        .col(schema::id(b, "creator_id"))
        .col(schema::time("create_time"))
        .col(schema::time("update_time"))
        .col(schema::time_null("archive_time"))
        .col(schema::time_null("delete_time"))
        .col(schema::integer("version"))
        // Counters, raised under the row's lock: task numbers, ranks at the end and at the front, and the order of the log.
        .col(schema::integer("last_number"))
        .col(schema::integer("last_rank"))
        .col(schema::integer("front_rank"))
        .col(schema::integer("activity_seq"))
        .to_owned();
    manager.create_table(projects).await?;
    manager.create_index(schema::unique("projects", &["key"])).await?;

    let statuses = Table::create()
        .table("statuses")
        .col(schema::id(b, "id").primary_key())
        .col(schema::id(b, "project_id"))
        .col(schema::text(b, "name"))
        .col(schema::integer("category"))
        .col(schema::integer("position"))
        .col(schema::text(b, "color"))
        .to_owned();
    manager.create_table(statuses).await?;
    manager.create_index(schema::unique("statuses", &["project_id", "name"])).await
}

async fn tasks(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let b = manager.get_database_backend();
    let tasks = Table::create()
        .table("tasks")
        .col(schema::id(b, "id").primary_key())
        .col(schema::id(b, "project_id"))
        .col(schema::integer("number"))
        .col(schema::text(b, "title"))
        // The title as `domain::text::fold` makes it: what lists search in and sort by, the same on every store.
        .col(schema::text(b, "title_fold"))
        .col(schema::text(b, "description"))
        .col(schema::id(b, "status_id"))
        // A status never changes its category, so it is kept here too and a list needs no join.
        .col(schema::integer("status_category"))
        .col(schema::integer("priority"))
        .col(schema::integer("task_type"))
        // A JSON array of ids, for reading; task_assignees holds the same for looking up by person.
        .col(schema::text(b, "assignee_ids"))
        .col(schema::id(b, "creator_id"))
        .col(schema::id_null(b, "parent_id"))
        // A deadline as given: a day, or a local time with its zone.
        .col(schema::text_null(b, "due_date"))
        .col(schema::text_null(b, "due_local"))
        .col(schema::text_null(b, "due_zone"))
        // What follows from it in the project's zone: the moment from which it is overdue, and its day.
        .col(schema::time_null("due_instant"))
        .col(schema::text_null(b, "due_day"))
        .col(schema::text_null(b, "start_date"))
        .col(ColumnDef::new("estimate_points").double())
        .col(schema::time_null("start_time"))
        .col(schema::time_null("complete_time"))
        .col(schema::integer("comment_count"))
        .col(schema::integer("attachment_count"))
        .col(schema::text(b, "rank"))
        .col(schema::time("create_time"))
        .col(schema::time("update_time"))
        .col(schema::time_null("delete_time"))
        .col(schema::id_null(b, "deleted_with"))
        .col(schema::integer("version"))
        .to_owned();
    manager.create_table(tasks).await?;
    // Deleted tasks keep number and rank, so that restoring one is never a conflict.
    manager.create_index(schema::unique("tasks", &["project_id", "number"])).await?;
    manager.create_index(schema::unique("tasks", &["project_id", "rank"])).await?;
    for columns in [
        &["project_id", "create_time", "id"] as &[&str],
        &["project_id", "update_time", "id"],
        &["project_id", "due_instant", "id"],
        &["creator_id", "id"],
        &["parent_id"],
        &["deleted_with"],
    ] {
        manager.create_index(schema::index("tasks", columns)).await?;
    }
    Ok(())
}

async fn people_of_tasks(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let b = manager.get_database_backend();
    for table in ["task_assignees", "task_followers"] {
        let people = Table::create()
            .table(table)
            .col(schema::id(b, "user_id"))
            .col(schema::id(b, "task_id"))
            .primary_key(Index::create().name(format!("{table}_pkey")).col("user_id").col("task_id"))
            .to_owned();
        manager.create_table(people).await?;
        manager.create_index(schema::index(table, &["task_id"])).await?;
    }
    Ok(())
}

async fn comments(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let b = manager.get_database_backend();
    let comments = Table::create()
        .table("comments")
        .col(schema::id(b, "id").primary_key())
        .col(schema::id(b, "task_id"))
        .col(schema::id(b, "project_id"))
        .col(schema::id(b, "author_id"))
        .col(schema::text(b, "body"))
        // A JSON array of ids.
        .col(schema::text(b, "mentioned_user_ids"))
        .col(schema::time("create_time"))
        .col(schema::time_null("edit_time"))
        .col(schema::time("update_time"))
        .col(schema::time_null("delete_time"))
        .col(schema::integer("version"))
        .to_owned();
    manager.create_table(comments).await?;
    manager
        .create_index(schema::index("comments", &["task_id", "create_time", "id"]))
        .await
}

async fn activity(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let b = manager.get_database_backend();
    let activity = Table::create()
        .table("activity")
        .col(schema::id(b, "project_id"))
        // Dense in the project and in commit order: counted under the project row's lock.
        .col(schema::integer("seq"))
        .col(schema::id(b, "id"))
        .col(schema::id_null(b, "task_id"))
        .col(schema::id_null(b, "comment_id"))
        .col(schema::text(b, "actor"))
        .col(schema::time("create_time"))
        .col(schema::integer("kind"))
        // A JSON array of {field, before, after}.
        .col(schema::text(b, "changes"))
        // Version of the aggregate after the change.
        .col(schema::integer("version"))
        .primary_key(Index::create().name("activity_pkey").col("project_id").col("seq"))
        .to_owned();
    manager.create_table(activity).await?;
    manager.create_index(schema::index("activity", &["task_id", "seq"])).await
}
