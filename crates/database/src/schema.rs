//! Columns and indexes for migrations that are right on both dialects: texts compare by bytes, times are 64-bit integers.

use sea_orm::DbBackend;
use sea_orm::sea_query::{ColumnDef, DynIden, Index, IndexCreateStatement, IntoIden};

use crate::constraint::unique_name;

/// A column for an [`Id`](crate::Id).
pub fn id(backend: DbBackend, name: impl IntoIden) -> ColumnDef {
    text(backend, name)
}

/// A column for an optional [`Id`](crate::Id).
pub fn id_null(backend: DbBackend, name: impl IntoIden) -> ColumnDef {
    text_null(backend, name)
}

/// A column for text that sorts and compares by its bytes.
pub fn text(backend: DbBackend, name: impl IntoIden) -> ColumnDef {
    text_null(backend, name).not_null().take()
}

/// A column for optional text.
pub fn text_null(backend: DbBackend, name: impl IntoIden) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.text();
    if backend == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

/// A column for a [`Time`](crate::Time).
pub fn time(name: impl IntoIden) -> ColumnDef {
    integer(name)
}

/// A column for an optional [`Time`](crate::Time).
pub fn time_null(name: impl IntoIden) -> ColumnDef {
    integer_null(name)
}

/// A column for an `i64`.
pub fn integer(name: impl IntoIden) -> ColumnDef {
    integer_null(name).not_null().take()
}

/// A column for an optional `i64`.
pub fn integer_null(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).big_integer().take()
}

/// A column for a `bool`.
pub fn boolean(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).boolean().not_null().take()
}

/// A column for bytes.
pub fn bytes(name: impl IntoIden) -> ColumnDef {
    bytes_null(name).not_null().take()
}

/// A column for optional bytes.
pub fn bytes_null(name: impl IntoIden) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.blob();
    column
}

/// The key that counts rows of a log in the order of insertion: never reused on SQLite, an identity on PostgreSQL.
pub fn sequence(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().auto_increment().primary_key().take()
}

/// A unique index, named so that [`ConstraintViolation::is_unique`](crate::ConstraintViolation::is_unique) knows it.
pub fn unique(table: &str, columns: &[&str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index
        .unique()
        .name(unique_name(table, columns))
        .table(DynIden::from(table.to_owned()));
    for column in columns {
        index.col(DynIden::from((*column).to_owned()));
    }
    index
}

/// An index named `<table>_<column>_<column>_idx`.
pub fn index(table: &str, columns: &[&str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index
        .name(format!("{table}_{}_idx", columns.join("_")))
        .table(DynIden::from(table.to_owned()));
    for column in columns {
        index.col(DynIden::from((*column).to_owned()));
    }
    index
}
