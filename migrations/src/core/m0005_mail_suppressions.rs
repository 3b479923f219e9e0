//! Addresses that get no mail, and what was told of mails. Addresses are keyed hashes: whoever reads the tables learns none.

use sea_orm_migration::prelude::*;
use tasktracker_database::schema;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let b = manager.get_database_backend();
        let suppressions = Table::create()
            .table("mail_suppressions")
            .col(schema::text(b, "address_key").primary_key())
            .col(schema::integer("reason"))
            .col(schema::time("create_time"))
            .to_owned();
        manager.create_table(suppressions).await?;

        let feedback = Table::create()
            .table("mail_feedback")
            // Of the notification: the same when it is sent again.
            .col(schema::text(b, "message_id"))
            .col(schema::text(b, "address_key"))
            .col(schema::integer("kind"))
            .col(schema::time("create_time"))
            .primary_key(Index::create().name("mail_feedback_pkey").col("message_id").col("address_key"))
            .to_owned();
        manager.create_table(feedback).await?;
        for columns in [&["address_key", "create_time"] as &[&str], &["create_time"]] {
            manager.create_index(schema::index("mail_feedback", columns)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["mail_feedback", "mail_suppressions"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
