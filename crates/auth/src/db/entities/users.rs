//! A person with an account.

use sea_orm::entity::prelude::*;
use tasktracker_database::{Id, Time};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    /// As given.
    pub email: String,
    /// The form that is unique.
    pub canonical_email: String,
    pub display_name: String,
    /// The name in lower case.
    pub sort_name: String,
    pub avatar_url: String,
    /// BCP 47.
    pub locale: String,
    /// `active` or `deactivated`.
    pub state: String,
    pub create_time: Time,
    pub update_time: Time,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
