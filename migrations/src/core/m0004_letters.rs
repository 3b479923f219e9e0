//! Dead letters say in which part of its topic an event stood, and what stood beside it.

use sea_orm_migration::prelude::*;
use tasktracker_events::dead_letters;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in dead_letters::later_columns(manager.get_database_backend()) {
            manager.alter_table(column).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["headers", "partition"] {
            let drop = Table::alter().table(dead_letters::TABLE).drop_column(column).take();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}
