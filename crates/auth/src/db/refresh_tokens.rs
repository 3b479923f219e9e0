//! Refresh tokens of sessions: at most one of a session is active, and spent ones remember what they bought.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryTrait};
use tasktracker_database::{Id, Time, Transaction};

use super::entities::refresh_tokens::{ActiveModel, Column, Entity, Model};

/// The latest of its session, not presented yet.
pub const ACTIVE: &str = "active";
/// Spent.
pub const CONSUMED: &str = "consumed";
/// Replaced before it was used.
pub const SUPERSEDED: &str = "superseded";

/// A presented token, and whether the last token it bought is still active.
pub async fn find(connection: &impl ConnectionTrait, hash: &str) -> Result<Option<(Model, bool)>, DbErr> {
    let Some(token) = Entity::find().filter(Column::Hash.eq(hash)).one(connection).await? else {
        return Ok(None);
    };
    let successor = match token.successor_id {
        Some(id) => Entity::find_by_id(id).one(connection).await?,
        None => None,
    };
    let successor_unused = successor.is_some_and(|successor| successor.state == ACTIVE);
    Ok(Some((token, successor_unused)))
}

/// Adds an active token.
pub fn insert(txn: &mut Transaction, id: Id, session_id: Id, hash: &str, now: Time) {
    txn.insert_row(ActiveModel {
        id: Set(id),
        session_id: Set(session_id),
        hash: Set(hash.to_owned()),
        state: Set(ACTIVE.to_owned()),
        successor_id: Set(None),
        create_time: Set(now),
        consume_time: Set(None),
    });
}

/// Spends an active token; guarded, so of two who present it one gets it.
pub fn consume(txn: &mut Transaction, id: Id, successor_id: Id, now: Time) {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::val(CONSUMED))
        .col_expr(Column::SuccessorId, Expr::val(successor_id))
        .col_expr(Column::ConsumeTime, Expr::val(now))
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq(ACTIVE));
    txn.guarded_update(update.into_query());
}

/// Replaces the unused successor of a spent token by another; guarded on both rows.
pub fn supersede(txn: &mut Transaction, id: Id, unused: Id, successor_id: Id) {
    let replaced = Entity::update_many()
        .col_expr(Column::State, Expr::val(SUPERSEDED))
        .filter(Column::Id.eq(unused))
        .filter(Column::State.eq(ACTIVE));
    txn.guarded_update(replaced.into_query());
    let spent = Entity::update_many()
        .col_expr(Column::SuccessorId, Expr::val(successor_id))
        .filter(Column::Id.eq(id))
        .filter(Column::SuccessorId.eq(unused));
    txn.guarded_update(spent.into_query());
}
