//! The files of tasks as far as they are counted: which version of each was seen, and whether it counts.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DbErr};
use tasktracker_database::{Id, Reader, Transaction, dialect};
use uuid::Uuid;

const TABLE: &str = "task_files";

/// A file as it was seen last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The file.
    pub file_id: Uuid,
    /// Its version.
    pub version: i64,
    /// Whether it counts.
    pub ready: bool,
}

/// Those of the files that were seen before.
pub async fn list(reader: &Reader, file_ids: &[Uuid]) -> Result<Vec<Known>, DbErr> {
    let ids: Vec<Id> = file_ids.iter().copied().map(Id).collect();
    let query = Query::select()
        .columns(["file_id", "version", "ready"])
        .from(TABLE)
        .and_where(dialect::in_ids(reader.get_database_backend(), Expr::col("file_id"), &ids))
        .take();
    let rows = reader.query_all(&query).await?;
    rows.iter()
        .map(|row| {
            let file_id: Id = row.try_get("", "file_id")?;
            Ok(Known {
                file_id: file_id.into(),
                version: row.try_get("", "version")?,
                ready: row.try_get("", "ready")?,
            })
        })
        .collect()
}

/// Notes the newest version of a file, if the one before is still the one loaded.
pub fn save(txn: &mut Transaction, file_id: Uuid, task_id: Uuid, version: i64, ready: bool, loaded: Option<i64>) {
    match loaded {
        None => txn.insert(
            Query::insert()
                .into_table(TABLE)
                .columns(["file_id", "task_id", "version", "ready"])
                .values_panic([
                    Expr::val(file_id.to_string()),
                    Expr::val(task_id.to_string()),
                    Expr::val(version),
                    Expr::val(ready),
                ])
                .take(),
        ),
        Some(loaded) => txn.guarded_update(
            Query::update()
                .table(TABLE)
                .value("version", version)
                .value("ready", ready)
                .and_where(Expr::col("file_id").eq(file_id.to_string()))
                .and_where(Expr::col("version").eq(loaded))
                .take(),
        ),
    }
}

/// Forgets the files of tasks that are gone.
pub fn forget(txn: &mut Transaction, backend: sea_orm::DbBackend, task_ids: &[String]) {
    let gone = Query::delete()
        .from_table(TABLE)
        .and_where(dialect::in_texts(backend, Expr::col("task_id"), task_ids))
        .take();
    txn.delete(gone);
}
