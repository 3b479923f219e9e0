//! Documents in a table of SQLite or PostgreSQL. A batch of writes is one transaction of four statements, however many documents it has.

use futures_util::future::BoxFuture;
use sea_orm::sea_query::{Expr, ExprTrait, Func, InsertStatement, OnConflict, Order, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use tasktracker_database::dialect::{self, Kind};
use tasktracker_database::{CommitError, Database, Transaction};

use super::{Document, DocumentStore, Fields, HEAD, StoreError, Write};

/// The table.
const TABLE: &str = "documents";
/// Documents that are removed at once: others write too.
const REMOVED_AT_ONCE: u64 = 5_000;

/// Documents in a relational database.
#[derive(Debug, Clone)]
pub struct SqlStore {
    db: Database,
}

impl SqlStore {
    /// Documents in this database, which [`crate::migrate`] has brought up to date.
    #[must_use]
    pub fn new(db: Database) -> Self {
        Self { db }
    }

    async fn read(&self, mut query: SelectStatement) -> Result<Vec<Document>, StoreError> {
        query.columns(["id", "revision", "body"]).from(TABLE).order_by("id", Order::Asc);
        let columns = [("id", Kind::Text), ("revision", Kind::Integer), ("body", Kind::Json)];
        let page = dialect::page_as_json(self.db.backend(), &columns, query);
        let rows: Vec<(String, i64, Fields)> = dialect::read_page(self.db.reader(), &page).await.map_err(unread)?;
        let document = |(id, revision, fields)| Document { id, revision, fields };
        Ok(rows.into_iter().map(document).collect())
    }

    async fn write_all(&self, revision: i64, writes: &[Write]) -> Result<(), StoreError> {
        let mut txn = self.db.begin().sequential();
        let (lock, writes): (Vec<&Write>, Vec<&Write>) = writes.iter().partition(|write| write.id == HEAD);
        // First, so that whoever builds on the same revision of the lock waits here, and then finds another one. What follows only looks at
        // the revision that documents have afterwards, and theirs would be the same.
        for lock in lock {
            take(&mut txn, revision, lock)?;
        }
        if let Some(first) = writes.iter().map(|write| &write.id).min() {
            self.write_documents(&mut txn, revision, first, &writes)?;
        }
        match txn.commit().await {
            Ok(_) => Ok(()),
            Err(CommitError::GuardMissed | CommitError::Contention | CommitError::Constraint(_)) => Err(StoreError::Conflict),
            Err(error) => Err(StoreError::Unavailable(error.into())),
        }
    }

    fn write_documents(&self, txn: &mut Transaction, revision: i64, first: &str, writes: &[&Write]) -> Result<(), StoreError> {
        let backend = self.db.backend();
        let ids: Vec<String> = writes.iter().map(|write| write.id.clone()).collect();
        let removed = writes.iter().filter(|write| write.fields.is_none());
        let removed: Vec<String> = removed.map(|write| write.id.clone()).collect();
        txn.insert(upsert(backend, revision, writes)?);
        // A document that was not as expected was passed over: then this one finds no row, and nothing happens at all.
        txn.guarded_update(
            Query::update()
                .table(TABLE)
                .value("revision", revision)
                .and_where(Expr::col("id").eq(first))
                .and_where(Expr::expr(written(backend, revision, &ids)).eq(ids.len() as i64))
                .take(),
        );
        if !removed.is_empty() {
            txn.delete(
                Query::delete()
                    .from_table(TABLE)
                    .and_where(dialect::in_texts(backend, Expr::col("id"), &removed))
                    .take(),
            );
        }
        Ok(())
    }

    async fn remove(&self, from: &str, to: &str) -> Result<(), StoreError> {
        loop {
            let query = Query::select()
                .column("id")
                .from(TABLE)
                .and_where(Expr::col("id").gte(from))
                .and_where(Expr::col("id").lt(to))
                .order_by("id", Order::Asc)
                .limit(REMOVED_AT_ONCE)
                .take();
            let rows = self.db.reader().query_all(&query).await.map_err(unread)?;
            let ids: Result<Vec<String>, DbErr> = rows.iter().map(|row| row.try_get("", "id")).collect();
            let ids = ids.map_err(unread)?;
            let (Some(first), Some(last)) = (ids.first(), ids.last()) else {
                return Ok(());
            };
            let mut txn = self.db.begin();
            txn.delete(
                Query::delete()
                    .from_table(TABLE)
                    .and_where(Expr::col("id").gte(first))
                    .and_where(Expr::col("id").lte(last))
                    .take(),
            );
            txn.commit().await.map_err(|error| StoreError::Unavailable(error.into()))?;
        }
    }
}

impl DocumentStore for SqlStore {
    fn is_atomic(&self) -> bool {
        true
    }

    fn get<'a>(&'a self, ids: &'a [String]) -> BoxFuture<'a, Result<Vec<Document>, StoreError>> {
        let wanted = dialect::in_texts(self.db.backend(), Expr::col("id"), ids);
        Box::pin(self.read(Query::select().and_where(wanted).take()))
    }

    fn range<'a>(&'a self, from: &'a str, to: &'a str, limit: u64) -> BoxFuture<'a, Result<Vec<Document>, StoreError>> {
        let mut query = Query::select();
        query
            .and_where(Expr::col("id").gte(from))
            .and_where(Expr::col("id").lt(to))
            .limit(limit);
        Box::pin(self.read(query))
    }

    fn write<'a>(&'a self, revision: i64, writes: &'a [Write]) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.write_all(revision, writes))
    }

    fn remove_range<'a>(&'a self, from: &'a str, to: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.remove(from, to))
    }

    fn count<'a>(&'a self, from: &'a str, to: &'a str) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move {
            let query = Query::select()
                .expr_as(Func::count(Expr::col("id")), "n")
                .from(TABLE)
                .and_where(Expr::col("id").gte(from))
                .and_where(Expr::col("id").lt(to))
                .take();
            let row = self.db.reader().query_one(&query).await.map_err(unread)?;
            let count: i64 = row.map_or(Ok(0), |row| row.try_get("", "n")).map_err(unread)?;
            Ok(count.unsigned_abs())
        })
    }
}

/// Writes the lock, on top of the revision that it must have.
fn take(txn: &mut Transaction, revision: i64, lock: &Write) -> Result<(), StoreError> {
    let body = serde_json::to_string(&lock.fields).map_err(|error| StoreError::damaged(HEAD, error))?;
    match lock.was {
        Some(was) => txn.guarded_update(
            Query::update()
                .table(TABLE)
                .values([("revision", revision.into()), ("was", was.into()), ("body", body.into())])
                .and_where(Expr::col("id").eq(HEAD))
                .and_where(Expr::col("revision").eq(was))
                .take(),
        ),
        None => {
            let mut insert = Query::insert();
            insert
                .into_table(TABLE)
                .columns(["id", "revision", "body"])
                .values([HEAD.into(), revision.into(), body.into()])
                .map_err(|error| StoreError::Unavailable(error.into()))?;
            txn.insert(insert);
        }
    }
    Ok(())
}

fn unread(error: DbErr) -> StoreError {
    match error {
        DbErr::Json(problem) => StoreError::damaged("", problem),
        error => StoreError::Unavailable(error.into()),
    }
}

/// One statement of the same text for any number of documents: new ones, and those that have the expected revision. A document that shall
/// vanish is emptied first, so that it is guarded like the others.
fn upsert(backend: DbBackend, revision: i64, writes: &[&Write]) -> Result<InsertStatement, StoreError> {
    let nothing = Fields::default();
    let rows: Vec<(&str, Option<i64>, &Fields)> = writes
        .iter()
        .map(|write| (write.id.as_str(), write.was, write.fields.as_ref().unwrap_or(&nothing)))
        .collect();
    let rows = serde_json::to_string(&rows).map_err(|error| StoreError::damaged("", error))?;
    let each = || Expr::col(("each", "value"));
    let cell = |postgres: &'static str, sqlite: &'static str| match backend {
        DbBackend::Postgres => Expr::cust_with_exprs(postgres, [each()]),
        _ => Expr::cust_with_exprs(sqlite, [each()]),
    };
    let list = match backend {
        DbBackend::Postgres => Func::cust("json_array_elements").arg(Expr::cust_with_exprs("$1::json", [Expr::val(rows)])),
        _ => Func::cust("json_each").arg(Expr::val(rows)),
    };
    let mut select = Query::select();
    select
        .expr(cell("$1 ->> 0", "json_extract(?, '$[0]')"))
        .expr(Expr::val(revision))
        .expr(cell("($1 ->> 1)::bigint", "json_extract(?, '$[1]')"))
        .expr(cell("($1 -> 2)::text", "json_extract(?, '$[2]')"))
        .from_function(list, "each")
        // Without a condition SQLite takes `on conflict` for a join.
        .and_where(Expr::cust("true"));
    let mut insert = Query::insert();
    insert
        .into_table(TABLE)
        .columns(["id", "revision", "was", "body"])
        .select_from(select)
        .map_err(|error| StoreError::Unavailable(error.into()))?
        .on_conflict(
            OnConflict::column("id")
                .update_columns(["revision", "was", "body"])
                .action_and_where(Expr::col((TABLE, "revision")).eq(Expr::col(("excluded", "was"))))
                .to_owned(),
        );
    Ok(insert)
}

/// How many of these documents have the revision.
fn written(backend: DbBackend, revision: i64, ids: &[String]) -> Expr {
    let ids = dialect::in_texts(backend, Expr::col("id"), ids);
    let rest = Expr::val(revision).eq(Expr::col("revision")).and(ids);
    match backend {
        DbBackend::Postgres => Expr::cust_with_exprs("(SELECT count(*) FROM documents WHERE $1)", [rest]),
        _ => Expr::cust_with_exprs("(SELECT count(*) FROM documents WHERE ?)", [rest]),
    }
}
