//! A key that signs access tokens.

use sea_orm::entity::prelude::*;
use tasktracker_database::Time;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_keys")]
pub struct Model {
    /// RFC 7638 thumbprint.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kid: String,
    /// `active`.
    pub state: String,
    /// Base64url, as a JWK's `x`.
    pub public_key: String,
    /// Encrypted under a key derived from the instance secret.
    pub sealed_private_key: Vec<u8>,
    pub create_time: Time,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
