//! Places where roles hold. A scope's version rises with every change of it and of the bindings in it; whoever changes either guards the
//! version they loaded, so two changes that would each be right never happen together.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryTrait};
use tasktracker_database::{Id, Time, Transaction};

use super::entities::bindings;
use super::entities::scopes::{ActiveModel, Column, Entity, Model};
use crate::domain::effective::Visibility;

/// A scope.
pub async fn find(connection: &impl ConnectionTrait, id: Id) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(connection).await
}

/// Makes a scope.
pub fn insert(txn: &mut Transaction, id: Id, visibility: Visibility, first_owner_id: Id, now: Time) {
    let row = ActiveModel {
        id: Set(id),
        visibility: Set(visibility.id().to_owned()),
        first_owner_id: Set(first_owner_id),
        create_time: Set(now),
        update_time: Set(now),
        version: Set(1),
    };
    txn.insert_row(row);
}

/// Takes the next version of a scope, guarded by the one that was loaded: the lock of its bindings.
pub fn guard(txn: &mut Transaction, id: Id, loaded_version: i64, now: Time) {
    let update = Entity::update_many()
        .col_expr(Column::Version, Expr::val(loaded_version + 1))
        .col_expr(Column::UpdateTime, Expr::val(now))
        .filter(Column::Id.eq(id))
        .filter(Column::Version.eq(loaded_version));
    txn.guarded_update(update.into_query());
}

/// Changes who sees a scope, guarded by the version that was loaded.
pub fn set_visibility(txn: &mut Transaction, scope: &Model, visibility: Visibility, now: Time) {
    let update = Entity::update_many()
        .col_expr(Column::Visibility, Expr::val(visibility.id()))
        .col_expr(Column::Version, Expr::val(scope.version + 1))
        .col_expr(Column::UpdateTime, Expr::val(now))
        .filter(Column::Id.eq(scope.id))
        .filter(Column::Version.eq(scope.version));
    txn.guarded_update(update.into_query());
}

/// Drops a scope and every role in it, guarded by the version that was loaded.
pub fn delete(txn: &mut Transaction, scope: &Model) {
    let delete = Entity::delete_many()
        .filter(Column::Id.eq(scope.id))
        .filter(Column::Version.eq(scope.version));
    txn.guarded_delete(delete.into_query());
    txn.delete(
        bindings::Entity::delete_many()
            .filter(bindings::Column::ScopeId.eq(scope.id))
            .into_query(),
    );
}
