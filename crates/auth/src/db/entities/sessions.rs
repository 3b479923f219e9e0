//! A signed-in device.

use sea_orm::entity::prelude::*;
use tasktracker_database::{Id, Time};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    pub user_id: Id,
    /// `browser` or `native`.
    pub kind: String,
    /// SHA-256 of a browser's cookie.
    pub secret_hash: Option<String>,
    pub user_agent: String,
    pub create_time: Time,
    pub expire_time: Time,
    pub idle_expire_time: Time,
    pub end_time: Option<Time>,
    /// `signed_out` or `token_reused`.
    pub end_reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
