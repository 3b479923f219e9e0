//! The schema of the database `core`, one file a step.

mod m0001_initial;
mod m0002_facts;
mod m0003_notifications;
mod m0004_letters;
mod m0005_mail_suppressions;

use sea_orm_migration::prelude::{MigrationTrait, MigratorTrait, async_trait};

/// All steps, oldest first. Steps that were released never change: add one.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_initial::Migration),
            Box::new(m0002_facts::Migration),
            Box::new(m0003_notifications::Migration),
            Box::new(m0004_letters::Migration),
            Box::new(m0005_mail_suppressions::Migration),
        ]
    }
}
