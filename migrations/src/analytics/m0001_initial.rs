//! The documents of statistics, and the events that could not be counted.

use sea_orm_migration::prelude::*;
use tasktracker_database::schema;
use tasktracker_events::dead_letters;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let b = manager.get_database_backend();
        let documents = Table::create()
            .table("documents")
            .col(schema::text(b, "id").primary_key())
            // Of the write that made it what it is, and of the one before: a write names the revision that it expects.
            .col(schema::integer("revision"))
            .col(schema::integer_null("was"))
            // A flat JSON object, its fields in the order of their names.
            .col(schema::text(b, "body"))
            .to_owned();
        manager.create_table(documents).await?;
        manager.create_table(dead_letters::table(b)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [dead_letters::TABLE, "documents"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
