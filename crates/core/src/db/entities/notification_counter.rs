//! One row an inbox: how often it has changed.

use sea_orm::entity::prelude::*;
use tasktracker_database::Id;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notification_counters")]
#[expect(missing_docs, reason = "the migration says what each column is")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Id,
    pub seq: i64,
}

/// Tables are joined where they are read.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
