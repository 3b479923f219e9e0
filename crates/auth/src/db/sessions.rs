//! Signed-in devices.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryTrait};
use tasktracker_database::{Id, Time, Transaction};

use super::entities::sessions::{ActiveModel, Column, Entity, Model};
use super::entities::{refresh_tokens, users};
use super::people;

/// Why a session ended before its time.
#[derive(Debug, Clone, Copy)]
pub enum EndReason {
    /// The person signed out.
    SignedOut,
    /// A spent refresh token came again.
    TokenReused,
    /// An operator gave the person a new password.
    PasswordReset,
}

impl EndReason {
    const fn id(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::TokenReused => "token_reused",
            Self::PasswordReset => "password_reset",
        }
    }
}

/// A session and its person.
pub async fn find(connection: &impl ConnectionTrait, id: Id) -> Result<Option<(Model, people::Person)>, DbErr> {
    let Some(session) = Entity::find_by_id(id).one(connection).await? else {
        return Ok(None);
    };
    let person = people::find(connection, session.user_id).await?;
    Ok(person.map(|person| (session, person)))
}

/// The browser session of a cookie, and whether its person is active.
pub async fn find_by_secret(connection: &impl ConnectionTrait, secret_hash: &str) -> Result<Option<(Model, bool)>, DbErr> {
    let Some(session) = Entity::find().filter(Column::SecretHash.eq(secret_hash)).one(connection).await? else {
        return Ok(None);
    };
    let user = users::Entity::find_by_id(session.user_id).one(connection).await?;
    Ok(user.map(|user| (session, user.state == people::ACTIVE)))
}

/// Adds a session.
pub fn insert(txn: &mut Transaction, session: &Model) {
    let Model {
        id,
        user_id,
        kind,
        secret_hash,
        user_agent,
        create_time,
        expire_time,
        idle_expire_time,
        end_time,
        end_reason,
    } = session.clone();
    txn.insert_row(ActiveModel {
        id: Set(id),
        user_id: Set(user_id),
        kind: Set(kind),
        secret_hash: Set(secret_hash),
        user_agent: Set(user_agent),
        create_time: Set(create_time),
        expire_time: Set(expire_time),
        idle_expire_time: Set(idle_expire_time),
        end_time: Set(end_time),
        end_reason: Set(end_reason),
    });
}

/// Notes that a session was used, guarded by its being open.
pub fn keep_alive(txn: &mut Transaction, id: Id, idle_expire_time: Time) {
    let update = Entity::update_many()
        .col_expr(Column::IdleExpireTime, Expr::val(idle_expire_time))
        .filter(Column::Id.eq(id))
        .filter(Column::EndTime.is_null());
    txn.guarded_update(update.into_query());
}

/// Ends a session, guarded by its being open.
pub fn end(txn: &mut Transaction, id: Id, reason: EndReason, now: Time) {
    let update = Entity::update_many()
        .col_expr(Column::EndTime, Expr::val(now))
        .col_expr(Column::EndReason, Expr::val(reason.id()))
        .filter(Column::Id.eq(id))
        .filter(Column::EndTime.is_null());
    txn.guarded_update(update.into_query());
}

/// Forgets sessions that were over before, with their refresh tokens: a token of theirs is unknown from then on.
pub fn sweep(txn: &mut Transaction, over_before: Time) {
    let over = Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(Column::ExpireTime.lt(over_before))
        .to_owned();
    let tokens = refresh_tokens::Entity::delete_many().filter(refresh_tokens::Column::SessionId.in_subquery(over));
    txn.delete(tokens.into_query());
    txn.delete(Entity::delete_many().filter(Column::ExpireTime.lt(over_before)).into_query());
}
