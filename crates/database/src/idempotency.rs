//! Requests that were answered already. The row is written in the transaction of the request itself, so that a repeated request
//! either finds it or fails to write its row: it never acts twice.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use sea_orm::sea_query::{DeleteStatement, Expr, ExprTrait, Index, OnConflict, Query, Table, TableCreateStatement};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};
use uuid::Uuid;

use crate::{CommitError, Failure, Time, Transaction, schema};

/// The table that each owner's first migration makes.
pub const TABLE: &str = "idempotency";
/// How long a request is remembered.
pub const LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// The primary key.
const KEY: [&str; 3] = ["caller", "rpc", "request_id"];

/// The table, for the owner's first migration.
#[must_use]
pub fn table(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table(TABLE)
        .col(schema::text(backend, "caller"))
        .col(schema::text(backend, "rpc"))
        .col(schema::text(backend, "request_id"))
        .col(schema::bytes("fingerprint"))
        .col(schema::text(backend, "resource_id"))
        .col(schema::time("create_time"))
        .primary_key(Index::create().name("idempotency_pkey").col(KEY[0]).col(KEY[1]).col(KEY[2]))
        .take()
}

/// One request of one caller.
#[derive(Debug, Clone)]
pub struct Key {
    caller: String,
    rpc: String,
    request_id: String,
    fingerprint: Vec<u8>,
}

impl Key {
    /// None without a request id. `payload` is the request without its id, encoded.
    #[must_use]
    pub fn new(caller: &str, rpc: &str, request_id: &str, payload: &[u8]) -> Option<Self> {
        (!request_id.is_empty()).then(|| Self {
            caller: caller.to_owned(),
            rpc: rpc.to_owned(),
            request_id: request_id.to_owned(),
            fingerprint: digest(&SHA256, payload).as_ref().to_vec(),
        })
    }
}

/// The first answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// What the request made or changed.
    pub resource_id: String,
    /// Whether this request asks for the same; if not, it must be refused.
    pub same_payload: bool,
}

/// Looks for an earlier answer that is still remembered.
///
/// # Errors
/// The query failed.
pub async fn find(reader: &impl ConnectionTrait, key: &Key, now: Time) -> Result<Option<Remembered>, DbErr> {
    let query = Query::select()
        .columns(["resource_id", "fingerprint"])
        .from(TABLE)
        .and_where(Expr::col("caller").eq(key.caller.as_str()))
        .and_where(Expr::col("rpc").eq(key.rpc.as_str()))
        .and_where(Expr::col("request_id").eq(key.request_id.as_str()))
        .and_where(Expr::col("create_time").gt(now - LIFE))
        .take();
    let Some(row) = reader.query_one(&query).await? else {
        return Ok(None);
    };
    let fingerprint: Vec<u8> = row.try_get("", "fingerprint")?;
    Ok(Some(Remembered {
        resource_id: row.try_get("", "resource_id")?,
        same_payload: fingerprint == key.fingerprint,
    }))
}

/// What a request with this key made before, as its id.
///
/// # Errors
/// INVALID_ARGUMENT where the key was used with another payload; the query failed.
pub async fn first_result(reader: &impl ConnectionTrait, key: Option<&Key>, now: Time) -> Result<Option<Uuid>, Failure> {
    let Some(key) = key else { return Ok(None) };
    let Some(found) = find(reader, key, now).await? else {
        return Ok(None);
    };
    if !found.same_payload {
        let message = "the request_id was used before with another payload";
        return Err(RpcError::new(Code::InvalidArgument, ErrorReason::IdempotencyKeyReused, message)
            .violation("request_id", "must be new")
            .into());
    }
    Uuid::try_parse(&found.resource_id)
        .map(Some)
        .map_err(|error| RpcError::internal(error).into())
}

/// A commit that lost a race against the same request is stale: the next attempt finds the first result.
#[must_use]
pub fn or_stale(error: CommitError) -> CommitError {
    if is_replay(&error) { CommitError::GuardMissed } else { error }
}

/// Remembers the request with the transaction that does it, in place of one that is too old to count.
pub fn remember(transaction: &mut Transaction, key: &Key, resource_id: &str, now: Time) {
    let mut insert = Query::insert();
    insert
        .into_table(TABLE)
        .columns(["caller", "rpc", "request_id", "fingerprint", "resource_id", "create_time"])
        .values_panic([
            Expr::val(key.caller.as_str()),
            Expr::val(key.rpc.as_str()),
            Expr::val(key.request_id.as_str()),
            Expr::val(key.fingerprint.clone()),
            Expr::val(resource_id),
            Expr::val(now),
        ]);
    // One statement for both cases: a row that still counts would lose its request id, which the schema refuses.
    let too_old = Expr::col((TABLE, "create_time")).lte(now - LIFE);
    let replaced = Expr::case(too_old, Expr::col((TABLE, "request_id"))).finally(Expr::null());
    let mut conflict = OnConflict::columns(KEY);
    conflict
        .update_columns(["fingerprint", "resource_id", "create_time"])
        .value("request_id", replaced);
    transaction.insert(insert.on_conflict(conflict).take());
}

/// Whether the transaction failed because the request was done already: find it again and give the first answer.
#[must_use]
pub fn is_replay(error: &CommitError) -> bool {
    matches!(error, CommitError::Constraint(violation) if violation.is_missing(TABLE, "request_id"))
}

/// Forgets requests that were made before.
#[must_use]
pub fn sweep(older_than: Time) -> DeleteStatement {
    Query::delete()
        .from_table(TABLE)
        .and_where(Expr::col("create_time").lt(older_than))
        .take()
}
