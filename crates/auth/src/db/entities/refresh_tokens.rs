//! A refresh token; spent ones are kept as long as their session.

use sea_orm::entity::prelude::*;
use tasktracker_database::{Id, Time};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    pub session_id: Id,
    pub hash: String,
    /// `active`, `consumed` or `superseded`.
    pub state: String,
    /// The last token it bought.
    pub successor_id: Option<Id>,
    pub create_time: Time,
    pub consume_time: Option<Time>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
