//! Roles of people in a scope.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use serde_json::{Value, json};
use tasktracker_database::cursor::BadToken;
use tasktracker_database::dialect::Kind;
use tasktracker_database::{Id, Transaction, keyset};

use super::entities::bindings::{ActiveModel, Column, Entity, Model};
use super::entities::users;
use super::people::ACTIVE;

/// A role in a scope by its id.
pub async fn find(connection: &impl ConnectionTrait, scope_id: Id, id: Id) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).filter(Column::ScopeId.eq(scope_id)).one(connection).await
}

/// Somebody's role in a scope.
pub async fn find_of_user(connection: &impl ConnectionTrait, scope_id: Id, user_id: Id) -> Result<Option<Model>, DbErr> {
    Entity::find()
        .filter(Column::UserId.eq(user_id))
        .filter(Column::ScopeId.eq(scope_id))
        .one(connection)
        .await
}

/// How many active people other than this one have a role in a scope.
pub async fn count_other_active(connection: &impl ConnectionTrait, scope_id: Id, role_id: &str, user_id: Id) -> Result<u64, DbErr> {
    let query = Query::select()
        .expr_as(Func::count(Expr::col((Entity, Column::Id))), Alias::new("others"))
        .from(Entity)
        .inner_join(
            users::Entity,
            Expr::col((users::Entity, users::Column::Id)).equals((Entity, Column::UserId)),
        )
        .and_where(Expr::col((Entity, Column::ScopeId)).eq(scope_id))
        .and_where(Expr::col((Entity, Column::RoleId)).eq(role_id))
        .and_where(Expr::col((Entity, Column::UserId)).ne(user_id))
        .and_where(Expr::col((users::Entity, users::Column::State)).eq(ACTIVE))
        .to_owned();
    let row = connection.query_one(&query).await?;
    let count: i64 = row.map_or(Ok(0), |row| row.try_get("", "others"))?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// Why a page cannot be listed.
#[derive(Debug)]
pub enum PageError {
    /// The token is of another list.
    Token(BadToken),
    /// The query failed.
    Storage(DbErr),
}

impl From<BadToken> for PageError {
    fn from(error: BadToken) -> Self {
        Self::Token(error)
    }
}

impl From<DbErr> for PageError {
    fn from(error: DbErr) -> Self {
        Self::Storage(error)
    }
}

/// The members of a scope by the time they were added, after the one with these keys.
pub async fn list(connection: &impl ConnectionTrait, scope_id: Id, after: Option<&[Value]>, limit: u64) -> Result<Vec<Model>, PageError> {
    let keys = [
        keyset::Key::ascending(Expr::col((Entity, Column::CreateTime)), Kind::Integer),
        keyset::Key::ascending(Expr::col((Entity, Column::Id)), Kind::Text),
    ];
    let mut query = Entity::find().filter(Column::ScopeId.eq(scope_id)).limit(limit);
    if let Some(after) = after {
        query = query.filter(keyset::after(&keys, after)?);
    }
    keyset::order(QuerySelect::query(&mut query), &keys);
    Ok(query.all(connection).await?)
}

/// The keys of a member in `list`.
pub fn keys_of(member: &Model) -> [Value; 2] {
    [json!(member.create_time.micros()), json!(member.id)]
}

/// Gives somebody a role; unique by person and scope.
pub fn insert(txn: &mut Transaction, member: &Model) {
    let Model {
        id,
        scope_id,
        user_id,
        role_id,
        create_time,
        update_time,
        version,
    } = member.clone();
    txn.insert_row(ActiveModel {
        id: Set(id),
        scope_id: Set(scope_id),
        user_id: Set(user_id),
        role_id: Set(role_id),
        create_time: Set(create_time),
        update_time: Set(update_time),
        version: Set(version),
    });
}

/// Saves another role, guarded by the version before.
pub fn save(txn: &mut Transaction, member: &Model) {
    let update = Entity::update_many()
        .col_expr(Column::RoleId, Expr::val(member.role_id.as_str()))
        .col_expr(Column::UpdateTime, Expr::val(member.update_time))
        .col_expr(Column::Version, Expr::val(member.version))
        .filter(Column::Id.eq(member.id))
        .filter(Column::Version.eq(member.version - 1));
    txn.guarded_update(update.into_query());
}

/// Takes a role away, guarded by its version.
pub fn delete(txn: &mut Transaction, member: &Model) {
    let delete = Entity::delete_many()
        .filter(Column::Id.eq(member.id))
        .filter(Column::Version.eq(member.version));
    txn.guarded_delete(delete.into_query());
}
