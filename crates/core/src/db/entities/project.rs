//! One row a project.

use sea_orm::entity::prelude::*;
use tasktracker_database::{Id, Time};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "projects")]
#[expect(missing_docs, reason = "the migration says what each column is")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    pub key: String,
    pub name: String,
    pub name_fold: String,
    pub description: String,
    pub time_zone: String,
    pub visibility: i64,
    pub creator_id: Id,
    pub create_time: Time,
    pub update_time: Time,
    pub archive_time: Option<Time>,
    pub delete_time: Option<Time>,
    pub version: i64,
    pub last_number: i64,
    pub last_rank: i64,
    pub front_rank: i64,
    pub activity_seq: i64,
}

/// Tables are joined where they are read.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
