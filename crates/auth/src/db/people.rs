//! People with their role in the instance.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, JoinType, LikeExpr, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, Iterable, QueryFilter, QueryTrait};
use serde_json::{Value, json};
use tasktracker_database::dialect::{self, Kind};
use tasktracker_database::{Id, Time, Transaction, keyset};

use super::entities::users::{ActiveModel, Column, Entity, Model};
use super::entities::{bindings, passwords};
use super::members::PageError;
use super::{INSTANCE_SCOPE, all, one};
use crate::domain::display_name::{DisplayName, folded};
use crate::domain::effective::Standing;
use crate::domain::email::Email;
use crate::domain::role::SystemRole;
use crate::domain::user_filter::Term;
use crate::domain::user_order::{UserOrder, UserOrderKey};

/// State of who can sign in.
pub const ACTIVE: &str = "active";
/// State of who cannot.
pub const DEACTIVATED: &str = "deactivated";

/// A person.
#[derive(Debug, Clone)]
pub struct Person {
    /// The row.
    pub user: Model,
    /// The role in the instance.
    pub system_role: Option<SystemRole>,
}

impl Person {
    /// The person as permissions see them.
    pub fn standing(&self) -> Standing {
        Standing {
            active: self.user.state == ACTIVE,
            system_role: self.system_role,
        }
    }
}

#[derive(FromQueryResult)]
struct PersonRow {
    #[sea_orm(nested)]
    user: Model,
    system_role: Option<String>,
}

impl From<PersonRow> for Person {
    fn from(row: PersonRow) -> Self {
        Self {
            user: row.user,
            system_role: row.system_role.as_deref().and_then(SystemRole::parse),
        }
    }
}

fn select() -> SelectStatement {
    let of_person = Expr::col(("role", bindings::Column::UserId)).equals((Entity, Column::Id));
    let of_instance = Expr::col(("role", bindings::Column::ScopeId)).eq(INSTANCE_SCOPE);
    Query::select()
        .columns(Column::iter().map(|column| (Entity, column)))
        .expr_as(Expr::col(("role", bindings::Column::RoleId)), "system_role")
        .from(Entity)
        .join_as(JoinType::LeftJoin, bindings::Entity, "role", of_person.and(of_instance))
        .to_owned()
}

/// A person.
pub async fn find(connection: &impl ConnectionTrait, id: Id) -> Result<Option<Person>, DbErr> {
    let query = select().and_where(Expr::col((Entity, Column::Id)).eq(id)).to_owned();
    Ok(one::<PersonRow>(connection, &query).await?.map(Person::from))
}

#[derive(FromQueryResult)]
struct CredentialRow {
    #[sea_orm(nested)]
    person: PersonRow,
    password_hash: Option<String>,
}

/// The person with this canonical address, and the hash of their password.
pub async fn find_credential(connection: &impl ConnectionTrait, canonical_email: &str) -> Result<Option<(Person, Option<String>)>, DbErr> {
    let same_person = Expr::col((passwords::Entity, passwords::Column::UserId)).equals((Entity, Column::Id));
    let query = select()
        .expr_as(Expr::col((passwords::Entity, passwords::Column::Hash)), "password_hash")
        .left_join(passwords::Entity, same_person)
        .and_where(Expr::col((Entity, Column::CanonicalEmail)).eq(canonical_email))
        .to_owned();
    let row: Option<CredentialRow> = one(connection, &query).await?;
    Ok(row.map(|row| (row.person.into(), row.password_hash)))
}

/// Whether an account has this canonical address.
pub async fn is_email_taken(connection: &impl ConnectionTrait, canonical_email: &str) -> Result<bool, DbErr> {
    Ok(Entity::find()
        .filter(Column::CanonicalEmail.eq(canonical_email))
        .one(connection)
        .await?
        .is_some())
}

/// The active ones of these people, at most so many as asked for.
pub async fn list_active(connection: &impl ConnectionTrait, ids: &[Id]) -> Result<Vec<Model>, DbErr> {
    let among = dialect::in_ids(connection.get_database_backend(), Expr::col((Entity, Column::Id)), ids);
    Entity::find().filter(among).filter(Column::State.eq(ACTIVE)).all(connection).await
}

/// Whether two people have roles in the same project.
pub async fn share_a_project(connection: &impl ConnectionTrait, one: Id, other: Id) -> Result<bool, DbErr> {
    let query = projects_of(one)
        .and_where(Expr::col(("theirs", bindings::Column::UserId)).eq(other))
        .limit(1)
        .to_owned();
    Ok(connection.query_one(&query).await?.is_some())
}

/// Everybody's roles in the projects of one person.
fn projects_of(user_id: Id) -> SelectStatement {
    let same_scope = Expr::col(("theirs", bindings::Column::ScopeId)).equals(("mine", bindings::Column::ScopeId));
    Query::select()
        .expr(Expr::val(1))
        .from_as(bindings::Entity, "mine")
        .join_as(JoinType::InnerJoin, bindings::Entity, "theirs", same_scope)
        .and_where(Expr::col(("mine", bindings::Column::UserId)).eq(user_id))
        .and_where(Expr::col(("mine", bindings::Column::ScopeId)).ne(INSTANCE_SCOPE))
        .to_owned()
}

/// Which people a list is about.
#[derive(Debug)]
pub struct Listing<'a> {
    /// Conditions, all of which hold.
    pub terms: &'a [Term],
    /// The order.
    pub order: UserOrder,
    /// Only this person and those they share a project with.
    pub around: Option<Id>,
    /// After the person with these keys.
    pub after: Option<&'a [Value]>,
    /// At most so many.
    pub limit: u64,
}

/// A page of people.
pub async fn list(connection: &impl ConnectionTrait, listing: &Listing<'_>) -> Result<Vec<Person>, PageError> {
    let mut query = select();
    for term in listing.terms {
        query.and_where(condition(term));
    }
    if let Some(user_id) = listing.around {
        let same_person = Expr::col(("theirs", bindings::Column::UserId)).equals((Entity, Column::Id));
        let shared = Expr::exists(projects_of(user_id).and_where(same_person).to_owned());
        query.cond_where(Condition::any().add(Expr::col((Entity, Column::Id)).eq(user_id)).add(shared));
    }
    let keys = keys(listing.order);
    if let Some(after) = listing.after {
        query.cond_where(keyset::after(&keys, after)?);
    }
    keyset::order(&mut query, &keys);
    query.limit(listing.limit);
    let rows: Vec<PersonRow> = all(connection, &query).await?;
    Ok(rows.into_iter().map(Person::from).collect())
}

fn condition(term: &Term) -> Expr {
    match term {
        Term::NameContains(text) => {
            let literal = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
            Expr::col((Entity, Column::SortName)).like(LikeExpr::new(format!("%{literal}%")).escape('!'))
        }
        Term::Active(active) => Expr::col((Entity, Column::State)).eq(if *active { ACTIVE } else { DEACTIVATED }),
        Term::Email(canonical) => Expr::col((Entity, Column::CanonicalEmail)).eq(canonical.as_str()),
    }
}

fn keys(order: UserOrder) -> [keyset::Key; 2] {
    let key = |column, kind| {
        let column = Expr::col((Entity, column));
        if order.descending {
            keyset::Key::descending(column, kind)
        } else {
            keyset::Key::ascending(column, kind)
        }
    };
    let first = match order.by {
        UserOrderKey::DisplayName => key(Column::SortName, Kind::Text),
        UserOrderKey::CreateTime => key(Column::CreateTime, Kind::Integer),
    };
    [first, key(Column::Id, Kind::Text)]
}

/// The keys of a person in `list`.
pub fn keys_of(person: &Person, order: UserOrder) -> [Value; 2] {
    let first = match order.by {
        UserOrderKey::DisplayName => json!(person.user.sort_name),
        UserOrderKey::CreateTime => json!(person.user.create_time.micros()),
    };
    [first, json!(person.user.id)]
}

/// Adds a person with a password; unique by canonical address.
pub fn insert(txn: &mut Transaction, user: &Model, password_hash: &str) {
    let Model {
        id,
        email,
        canonical_email,
        display_name,
        sort_name,
        avatar_url,
        locale,
        state,
        create_time,
        update_time,
        version,
    } = user.clone();
    txn.insert_row(ActiveModel {
        id: Set(id),
        email: Set(email),
        canonical_email: Set(canonical_email),
        display_name: Set(display_name),
        sort_name: Set(sort_name),
        avatar_url: Set(avatar_url),
        locale: Set(locale),
        state: Set(state),
        create_time: Set(create_time),
        update_time: Set(update_time),
        version: Set(version),
    });
    txn.insert_row(passwords::ActiveModel {
        user_id: Set(id),
        hash: Set(password_hash.to_owned()),
        change_time: Set(create_time),
    });
}

/// Replaces the hash of an unchanged password, guarded by the hash before.
pub fn replace_password_hash(txn: &mut Transaction, user_id: Id, before: &str, after: &str) {
    let update = passwords::Entity::update_many()
        .col_expr(passwords::Column::Hash, Expr::val(after))
        .filter(passwords::Column::UserId.eq(user_id))
        .filter(passwords::Column::Hash.eq(before));
    txn.guarded_update(update.into_query());
}

/// A new active person.
pub fn make(id: Id, email: &Email, display_name: &DisplayName, now: Time) -> Model {
    Model {
        id,
        email: email.raw().to_owned(),
        canonical_email: email.canonical().to_owned(),
        display_name: display_name.as_str().to_owned(),
        sort_name: folded(display_name.as_str()),
        avatar_url: String::new(),
        locale: "en".to_owned(),
        state: ACTIVE.to_owned(),
        create_time: now,
        update_time: now,
        version: 1,
    }
}
