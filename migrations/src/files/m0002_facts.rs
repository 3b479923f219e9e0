//! What Files tells others and hears from them: outbox, dead letters, jobs. It needs no inbox: what it hears is guarded by versions.

use sea_orm_migration::prelude::*;
use tasktracker_events::{dead_letters, outbox};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let b = manager.get_database_backend();
        let mut tables = outbox::tables(b);
        tables.push(dead_letters::table(b));
        tables.extend(tasktracker_jobs::tables(b));
        for table in tables {
            manager.create_table(table).await?;
        }
        let mut indexes = outbox::indexes();
        indexes.extend(tasktracker_jobs::indexes());
        for index in indexes {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let jobs = ["schedule_fires", "schedules", "jobs"];
        for table in [dead_letters::TABLE, outbox::TABLE, outbox::LEASE_TABLE].into_iter().chain(jobs) {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
