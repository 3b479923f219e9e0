//! What permissions are decided on: one statement for one person in one place, with the revision it was read at.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, JoinType, Query, UnionType};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use tasktracker_database::{Id, dialect};
use tasktracker_identity::PermissionSet;

use super::entities::{access_state, bindings, scopes, users};
use super::people::ACTIVE;
use super::{INSTANCE_SCOPE, ONLY_ROW, all, one};
use crate::domain::effective::{self, Standing, Visibility};
use crate::domain::role::{ProjectRole, SystemRole};

/// What one person's permissions in one place follow from.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// The revision of access they were read at.
    pub revision: i64,
    /// The person; none for an unknown one.
    pub standing: Option<Standing>,
    /// The project's visibility and version; none for an unknown one.
    pub scope: Option<(Visibility, i64)>,
    /// The person's role in the project.
    pub role: Option<ProjectRole>,
}

impl Facts {
    /// What the person may do in the project.
    pub fn in_project(&self) -> PermissionSet {
        match (self.standing, self.scope) {
            (Some(standing), Some((visibility, _))) => effective::in_project(standing, visibility, self.role),
            _ => PermissionSet::EMPTY,
        }
    }

    /// What the person may do in the instance.
    pub fn in_instance(&self) -> PermissionSet {
        self.standing.map_or(PermissionSet::EMPTY, effective::in_instance)
    }
}

#[derive(FromQueryResult)]
struct FactsRow {
    revision: i64,
    state: Option<String>,
    system_role: Option<String>,
    visibility: Option<String>,
    scope_version: Option<i64>,
    project_role: Option<String>,
}

/// Reads the facts about a person in a project; without a project only those about the instance.
pub async fn read(connection: &impl ConnectionTrait, user_id: Id, project_id: Option<Id>) -> Result<Facts, DbErr> {
    use bindings::Column::{RoleId, ScopeId, UserId};
    // The instance is no project: its own scope never counts as one.
    let project_id = project_id.filter(|id| *id != INSTANCE_SCOPE);
    let role_in = |alias: &'static str, scope_id: Id| Expr::col((alias, UserId)).eq(user_id).and(Expr::col((alias, ScopeId)).eq(scope_id));
    let mut query = Query::select();
    query
        .expr_as(Expr::col(("access", access_state::Column::Revision)), "revision")
        .expr_as(Expr::col(("person", users::Column::State)), "state")
        .expr_as(Expr::col(("system", RoleId)), "system_role")
        .from_as(access_state::Entity, "access")
        .join_as(
            JoinType::LeftJoin,
            users::Entity,
            "person",
            Expr::col(("person", users::Column::Id)).eq(user_id),
        )
        .join_as(JoinType::LeftJoin, bindings::Entity, "system", role_in("system", INSTANCE_SCOPE))
        .and_where(Expr::col(("access", access_state::Column::Id)).eq(ONLY_ROW));
    if let Some(project_id) = project_id {
        query
            .expr_as(Expr::col(("scope", scopes::Column::Visibility)), "visibility")
            .expr_as(Expr::col(("scope", scopes::Column::Version)), "scope_version")
            .expr_as(Expr::col(("own", RoleId)), "project_role")
            .join_as(
                JoinType::LeftJoin,
                scopes::Entity,
                "scope",
                Expr::col(("scope", scopes::Column::Id)).eq(project_id),
            )
            .join_as(JoinType::LeftJoin, bindings::Entity, "own", role_in("own", project_id));
    } else {
        query
            .expr_as(Expr::val(Option::<String>::None), "visibility")
            .expr_as(Expr::val(Option::<i64>::None), "scope_version")
            .expr_as(Expr::val(Option::<String>::None), "project_role");
    }
    let row: Option<FactsRow> = one(connection, &query).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("access_state has no row".to_owned()))?;
    let system_role = row.system_role.as_deref().and_then(SystemRole::parse);
    Ok(Facts {
        revision: row.revision,
        standing: row.state.map(|state| Standing {
            active: state == ACTIVE,
            system_role,
        }),
        scope: row.visibility.as_deref().map(Visibility::parse).zip(row.scope_version),
        role: row.project_role.as_deref().and_then(ProjectRole::parse),
    })
}

#[derive(FromQueryResult)]
struct IdRow {
    id: Id,
}

/// The projects in which somebody has one of these roles, and, if they see those, the internal ones: sorted, at most so many.
pub async fn projects(
    connection: &impl ConnectionTrait,
    user_id: Id,
    roles: &[String],
    internal_too: bool,
    limit: u64,
) -> Result<Vec<Id>, DbErr> {
    use bindings::Column::{RoleId, ScopeId, UserId};
    let backend = connection.get_database_backend();
    let mut query = Query::select()
        .expr_as(Expr::col(ScopeId), "id")
        .from(bindings::Entity)
        .and_where(Expr::col(UserId).eq(user_id))
        .and_where(Expr::col(ScopeId).ne(INSTANCE_SCOPE))
        .and_where(dialect::in_texts(backend, Expr::col(RoleId), roles))
        .to_owned();
    if internal_too {
        let internal = Query::select()
            .expr_as(Expr::col(scopes::Column::Id), "id")
            .from(scopes::Entity)
            .and_where(Expr::col(scopes::Column::Visibility).eq(Visibility::Internal.id()))
            .and_where(Expr::col(scopes::Column::Id).ne(INSTANCE_SCOPE))
            .to_owned();
        query.union(UnionType::Distinct, internal);
    }
    query.order_by("id", sea_orm::Order::Asc).limit(limit);
    let rows: Vec<IdRow> = all(connection, &query).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The active people who have one of these roles in a project, and, where it is internal, one of these roles in the instance: sorted, at
/// most so many.
pub async fn people(
    connection: &impl ConnectionTrait,
    project_id: Id,
    roles: &[String],
    system_roles_if_internal: &[String],
    limit: u64,
) -> Result<Vec<Id>, DbErr> {
    use bindings::Column::{RoleId, ScopeId, UserId};
    let backend = connection.get_database_backend();
    let by_role = Expr::col(("b", ScopeId))
        .eq(project_id)
        .and(dialect::in_texts(backend, Expr::col(("b", RoleId)), roles));
    let by_visibility = Expr::col(("b", ScopeId))
        .eq(INSTANCE_SCOPE)
        .and(dialect::in_texts(backend, Expr::col(("b", RoleId)), system_roles_if_internal))
        .and(Expr::exists(
            Query::select()
                .expr(Expr::val(1))
                .from(scopes::Entity)
                .and_where(Expr::col((scopes::Entity, scopes::Column::Id)).eq(project_id))
                .and_where(Expr::col((scopes::Entity, scopes::Column::Visibility)).eq(Visibility::Internal.id()))
                .to_owned(),
        ));
    let query = Query::select()
        .distinct()
        .expr_as(Expr::col(("b", UserId)), "id")
        .from_as(bindings::Entity, "b")
        .join_as(
            JoinType::InnerJoin,
            users::Entity,
            "u",
            Expr::col(("u", users::Column::Id)).equals(("b", UserId)),
        )
        .cond_where(Condition::any().add(by_role).add(by_visibility))
        .and_where(Expr::col(("u", users::Column::State)).eq(ACTIVE))
        .order_by("id", sea_orm::Order::Asc)
        .limit(limit)
        .to_owned();
    let rows: Vec<IdRow> = all(connection, &query).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
