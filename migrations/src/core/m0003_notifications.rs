//! What people are told: their inboxes, what was told already, and whose mails have ended.

use sea_orm_migration::prelude::*;
use tasktracker_database::schema;

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 4] = ["mail_optouts", "notification_causes", "notification_counters", "notifications"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let b = manager.get_database_backend();
        let notifications = Table::create()
            .table("notifications")
            .col(schema::id(b, "id").primary_key())
            .col(schema::id(b, "user_id"))
            .col(schema::integer("reason"))
            .col(schema::id(b, "project_id"))
            .col(schema::id_null(b, "task_id"))
            .col(schema::id_null(b, "comment_id"))
            .col(schema::id_null(b, "actor_id"))
            // How many changes it stands for.
            .col(schema::integer("count"))
            .col(schema::time("create_time"))
            .col(schema::time("update_time"))
            .col(schema::time_null("read_time"))
            .col(schema::id_null(b, "status_id"))
            .col(schema::time_null("due_time"))
            // Place of its last change in the inbox. What was read at once shares one.
            .col(schema::integer("seq"))
            .to_owned();
        manager.create_table(notifications).await?;
        for columns in [
            &["user_id", "update_time", "id"] as &[&str],
            &["user_id", "read_time", "update_time"],
            &["user_id", "seq", "id"],
            &["task_id"],
        ] {
            manager.create_index(schema::index("notifications", columns)).await?;
        }

        let counters = Table::create()
            .table("notification_counters")
            .col(schema::id(b, "user_id").primary_key())
            // Raised by every change of the inbox, under the row's lock: streams resume by it.
            .col(schema::integer("seq"))
            .to_owned();
        manager.create_table(counters).await?;

        let causes = Table::create()
            .table("notification_causes")
            // Id of an event, or name of a deadline.
            .col(schema::text(b, "cause"))
            .col(schema::id(b, "user_id"))
            .col(schema::time("create_time"))
            .primary_key(Index::create().name("notification_causes_pkey").col("cause").col("user_id"))
            .to_owned();
        manager.create_table(causes).await?;
        manager.create_index(schema::index("notification_causes", &["create_time"])).await?;

        let optouts = Table::create()
            .table("mail_optouts")
            .col(schema::id(b, "user_id"))
            // A task or a project.
            .col(schema::id(b, "scope_id"))
            .col(schema::time("create_time"))
            .primary_key(Index::create().name("mail_optouts_pkey").col("user_id").col("scope_id"))
            .to_owned();
        manager.create_table(optouts).await?;
        manager.create_index(schema::index("mail_optouts", &["scope_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
