//! A place where roles hold: a project, or the instance, whose id is nil.

use sea_orm::entity::prelude::*;
use tasktracker_database::{Id, Time};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "scopes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    /// `private` or `internal`.
    pub visibility: String,
    pub first_owner_id: Id,
    pub create_time: Time,
    pub update_time: Time,
    /// Rises with every change of the scope and of the bindings in it.
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
