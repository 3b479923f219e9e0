//! One row a person and cause they were told of.

use sea_orm::entity::prelude::*;
use tasktracker_database::{Id, Time};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notification_causes")]
#[expect(missing_docs, reason = "the migration says what each column is")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub cause: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Id,
    pub create_time: Time,
}

/// Tables are joined where they are read.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
