//! The row about this instance: whether it has been set up, and what its set-up token is known by.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryTrait};
use tasktracker_database::{Id, Time, Transaction};

use super::ONLY_ROW;
use super::entities::instance::{ActiveModel, Column, Entity, Model};

/// The instance; none before the very first start.
pub async fn find(connection: &impl ConnectionTrait) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(ONLY_ROW).one(connection).await
}

/// Makes the row.
pub fn insert(txn: &mut Transaction, instance_id: Id, now: Time) {
    let row = ActiveModel {
        id: Set(ONLY_ROW),
        instance_id: Set(instance_id),
        setup_token_hash: Set(None),
        setup_time: Set(None),
        create_time: Set(now),
    };
    txn.insert_row(row);
}

/// Replaces the set-up token of an instance that was not set up; guarded.
pub fn set_setup_token(txn: &mut Transaction, hash: &str) {
    let update = Entity::update_many()
        .col_expr(Column::SetupTokenHash, Expr::val(hash))
        .filter(Column::Id.eq(ONLY_ROW))
        .filter(Column::SetupTime.is_null());
    txn.guarded_update(update.into_query());
}

/// Spends the set-up token with this hash; guarded, so of two first owners one gets it.
pub fn spend_setup_token(txn: &mut Transaction, hash: &str, now: Time) {
    let update = Entity::update_many()
        .col_expr(Column::SetupTokenHash, Expr::val(Option::<String>::None))
        .col_expr(Column::SetupTime, Expr::val(now))
        .filter(Column::Id.eq(ONLY_ROW))
        .filter(Column::SetupTokenHash.eq(hash))
        .filter(Column::SetupTime.is_null());
    txn.guarded_update(update.into_query());
}

/// Ends the time without an owner; the set-up token is of no use from then on.
pub fn end_setup(txn: &mut Transaction, now: Time) {
    let update = Entity::update_many()
        .col_expr(Column::SetupTokenHash, Expr::val(Option::<String>::None))
        .col_expr(Column::SetupTime, Expr::val(now))
        .filter(Column::Id.eq(ONLY_ROW))
        .filter(Column::SetupTime.is_null());
    txn.update(update.into_query());
}
