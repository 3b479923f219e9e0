//! What Auth tells others and hears from them: outbox, inbox, dead letters.

use sea_orm_migration::prelude::*;
use tasktracker_database::schema;
use tasktracker_events::{dead_letters, inbox, outbox};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let b = manager.get_database_backend();
        let mut tables = outbox::tables(b);
        tables.extend([inbox::table(b), dead_letters::table(b)]);
        for table in tables {
            manager.create_table(table).await?;
        }
        let mut indexes = outbox::indexes();
        indexes.push(schema::index("inbox", &["create_time"]));
        for index in indexes {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [inbox::TABLE, dead_letters::TABLE, outbox::TABLE, outbox::LEASE_TABLE] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
