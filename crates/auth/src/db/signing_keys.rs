//! Keys that sign access tokens, the private part encrypted.

use sea_orm::ActiveValue::Set;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, Order, QueryOrder};
use tasktracker_database::{Time, Transaction};

use super::entities::signing_keys::{ActiveModel, Column, Entity, Model};

/// State of the key that signs.
pub const ACTIVE: &str = "active";

/// All keys, the newest first.
pub async fn list(connection: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .order_by(Column::CreateTime, Order::Desc)
        .order_by(Column::Kid, Order::Asc)
        .all(connection)
        .await
}

/// Adds the key that signs from now on.
pub fn insert(txn: &mut Transaction, kid: &str, public_key: &str, sealed_private_key: Vec<u8>, now: Time) {
    let row = ActiveModel {
        kid: Set(kid.to_owned()),
        state: Set(ACTIVE.to_owned()),
        public_key: Set(public_key.to_owned()),
        sealed_private_key: Set(sealed_private_key),
        create_time: Set(now),
    };
    txn.insert_row(row);
}
