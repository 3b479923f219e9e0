//! Turns collected writes into one command: several statements for SQLite, one statement of data-modifying parts for PostgreSQL.

use std::fmt::Write as _;

use sea_orm::sea_query::{PostgresQueryBuilder, QueryBuilder, SelectStatement, SqlWriterValues, SqliteQueryBuilder, Value, Values};
use sea_orm::{DbBackend, DbErr, Statement};

use super::write::{Change, Write, WriteRef, name};
use crate::commit_error::GUARD_MISSED;

/// SQL with its parameters in order.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) sql: String,
    pub(crate) values: Values,
}

impl Command {
    /// Drivers panic over a number that no column can hold.
    pub(super) fn checked(self) -> Result<Self, DbErr> {
        let too_large = |value: &Value| matches!(value, Value::BigUnsigned(Some(number)) if i64::try_from(*number).is_err());
        if self.values.iter().any(too_large) {
            return Err(DbErr::Type("a number is too large for a column".to_owned()));
        }
        Ok(self)
    }

    pub(super) fn statement(self) -> Statement {
        Statement {
            sql: self.sql,
            values: Some(self.values),
            db_backend: DbBackend::Postgres,
        }
    }
}

impl From<SqlWriterValues> for Command {
    fn from(writer: SqlWriterValues) -> Self {
        let (sql, values) = writer.into_parts();
        Self { sql, values }
    }
}

/// The writes in order, each guarded one followed by a statement that fails unless exactly one row changed, then the query.
pub(super) fn sqlite(writes: &[Write], query: Option<&SelectStatement>) -> Command {
    let mut sql = SqlWriterValues::new("?", false);
    for (position, write) in writes.iter().enumerate() {
        if position > 0 {
            text(&mut sql, "; ");
        }
        change(SqliteQueryBuilder, &write.change, &mut sql);
        if write.guarded {
            // A path that is none is an error with its text; the valid one finds nothing, so no row comes back.
            text(
                &mut sql,
                "; SELECT 1 WHERE json_extract('1', CASE changes() WHEN 1 THEN '$.a' ELSE '",
            );
            text(&mut sql, GUARD_MISSED);
            text(&mut sql, "' END)");
        }
    }
    if let Some(query) = query {
        if !writes.is_empty() {
            text(&mut sql, "; ");
        }
        query.build_collect_into(SqliteQueryBuilder, &mut sql);
    }
    sql.into()
}

/// All writes as parts of one statement. Its select list names every part, in order, which makes PostgreSQL run the parts in order
/// (left to themselves they run last to first: rows of the outbox would come before the lock of their aggregate).
pub(super) fn postgres(writes: &[Write], earlier: &[WriteRef]) -> Command {
    let mut sql = SqlWriterValues::new("$", true);
    text(&mut sql, "WITH ");
    references(earlier, &mut sql);
    for (position, write) in writes.iter().enumerate() {
        let separator = if position + earlier.len() > 0 { ", " } else { "" };
        text(&mut sql, &format!("{separator}\"{}\" AS (", name(write.number)));
        change(PostgresQueryBuilder, &write.change, &mut sql);
        text(&mut sql, ")");
    }
    text(&mut sql, " SELECT ");
    for (position, write) in writes.iter().enumerate() {
        let name = name(write.number);
        let separator = if position > 0 { ", " } else { "" };
        if write.guarded {
            // A text that is no number is an error with the text in it.
            let count = format!("CASE WHEN (SELECT count(*) FROM \"{name}\") = 1 THEN '1' ELSE '{GUARD_MISSED}' END");
            text(&mut sql, &format!("{separator}CAST({count} AS integer)"));
        } else {
            text(&mut sql, &format!("{separator}(SELECT count(*) FROM \"{name}\")"));
        }
        for column in write.reference.iter().flat_map(|reference| &reference.columns) {
            let column = column.inner();
            text(
                &mut sql,
                &format!(", (SELECT \"{column}\" FROM \"{name}\") AS \"{}{column}\"", prefix(write.number)),
            );
        }
    }
    sql.into()
}

/// One write as a statement of its own, which still can use values of earlier ones. It answers a row for each row it changed.
pub(super) fn postgres_alone(write: &Write, earlier: &[WriteRef]) -> Command {
    let mut sql = SqlWriterValues::new("$", true);
    if !earlier.is_empty() {
        text(&mut sql, "WITH ");
        references(earlier, &mut sql);
        text(&mut sql, " ");
    }
    change(PostgresQueryBuilder, &write.change, &mut sql);
    sql.into()
}

/// A query within an open transaction.
pub(super) fn postgres_query(query: &SelectStatement) -> Command {
    let mut sql = SqlWriterValues::new("$", true);
    query.build_collect_into(PostgresQueryBuilder, &mut sql);
    sql.into()
}

/// The prefix of a write's columns in the row that a PostgreSQL statement answers.
pub(super) fn prefix(number: usize) -> String {
    format!("{}_", name(number))
}

/// Values of writes that were sent before: what their rows hold now.
fn references(earlier: &[WriteRef], sql: &mut SqlWriterValues) {
    for (position, reference) in earlier.iter().enumerate() {
        let separator = if position > 0 { ", " } else { "" };
        text(sql, &format!("{separator}\"{}\" AS (", reference.name()));
        reference.select().build_collect_into(PostgresQueryBuilder, sql);
        text(sql, ")");
    }
}

fn change<B: QueryBuilder>(builder: B, change: &Change, sql: &mut SqlWriterValues) {
    match change {
        Change::Insert(statement) => statement.build_collect_into(builder, sql),
        Change::Update(statement) => statement.build_collect_into(builder, sql),
        Change::Delete(statement) => statement.build_collect_into(builder, sql),
    }
}

fn text(sql: &mut SqlWriterValues, text: &str) {
    sql.write_str(text).expect("writing to memory does not fail");
}
