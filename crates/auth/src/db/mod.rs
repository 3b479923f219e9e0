//! What Auth reads and writes: free functions over the tables. Reads take a connection, writes a transaction; each says what it found
//! and decides nothing.

pub mod changes;
pub mod entities;
pub mod facts;
pub mod instance;
pub mod members;
pub mod people;
pub mod refresh_tokens;
pub mod scopes;
pub mod sessions;
pub mod signing_keys;

use sea_orm::sea_query::SelectStatement;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use tasktracker_database::Id;
use uuid::Uuid;

/// The id of the scope that is the instance itself.
pub const INSTANCE_SCOPE: Id = Id(Uuid::nil());

/// The number of the only row of a table that has one.
const ONLY_ROW: i64 = 1;

async fn one<M: FromQueryResult>(connection: &impl ConnectionTrait, query: &SelectStatement) -> Result<Option<M>, DbErr> {
    let row = connection.query_one(query).await?;
    row.map(|row| M::from_query_result(&row, "")).transpose()
}

async fn all<M: FromQueryResult>(connection: &impl ConnectionTrait, query: &SelectStatement) -> Result<Vec<M>, DbErr> {
    let rows = connection.query_all(query).await?;
    rows.iter().map(|row| M::from_query_result(row, "")).collect()
}
