//! Why a transaction had no effect.

use std::sync::Arc;

use sea_orm::{DbErr, RuntimeErr, sqlx};

use crate::constraint::ConstraintViolation;

/// What the guards of both dialects say when a guarded write did not change exactly one row.
pub(crate) const GUARD_MISSED: &str = "guard missed";

/// The transaction had no effect (after `Storage` from a lost connection or disk: it was not acknowledged).
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// A guarded write did not change exactly one row: what was loaded is stale.
    #[error("a guarded row changed meanwhile")]
    GuardMissed,
    /// A rule of the schema.
    #[error(transparent)]
    Constraint(#[from] ConstraintViolation),
    /// Deadlock or serialization failure that retrying did not cure, or could not, because reads were answered.
    #[error("too much contention")]
    Contention,
    /// The caller held its turn on the writer for too long.
    #[error("the transaction took too long between its steps")]
    Expired,
    /// The database was closed.
    #[error("the database is closed")]
    Closed,
    /// Disk, network, a broken statement.
    #[error("storage: {0}")]
    Storage(DbErr),
}

impl CommitError {
    /// Whether rows would have had the same values in these columns; see [`ConstraintViolation::is_unique`].
    #[must_use]
    pub fn unique(&self, table: &str, columns: &[&str]) -> bool {
        matches!(self, Self::Constraint(violation) if violation.is_unique(table, columns))
    }

    /// Whether a row with this primary key existed already.
    #[must_use]
    pub fn primary_key(&self, table: &str, columns: &[&str]) -> bool {
        matches!(self, Self::Constraint(violation) if violation.is_primary_key(table, columns))
    }

    fn of(error: &sqlx::Error) -> Option<Self> {
        let error = error.as_database_error()?;
        if error.message().contains(GUARD_MISSED) {
            return Some(Self::GuardMissed);
        }
        if matches!(error.code().as_deref(), Some("40P01" | "40001")) {
            return Some(Self::Contention);
        }
        ConstraintViolation::of(error).map(Self::Constraint)
    }
}

impl From<sqlx::Error> for CommitError {
    fn from(error: sqlx::Error) -> Self {
        Self::of(&error).unwrap_or_else(|| Self::Storage(DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))))
    }
}

impl From<DbErr> for CommitError {
    fn from(error: DbErr) -> Self {
        let known = match &error {
            DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) => Self::of(inner),
            _ => None,
        };
        known.unwrap_or(Self::Storage(error))
    }
}
