//! Which rule of the schema a write broke, named the same way for both dialects.

use sea_orm::sqlx;
use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::postgres::PgDatabaseError;

/// The longest name PostgreSQL keeps.
const LONGEST_NAME: usize = 63;

/// What sort of rule was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A unique index or a primary key.
    Unique,
    /// A reference to a row that is missing, or a row that others refer to.
    ForeignKey,
    /// A check.
    Check,
    /// A column that must have a value.
    NotNull,
}

/// A broken rule. SQLite names the columns (`projects.key`), PostgreSQL the constraint (`projects_key_key`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind:?} constraint broken: {name_or_columns}")]
pub struct ConstraintViolation {
    /// The sort of rule.
    pub kind: Kind,
    /// `table.column, table.column` from SQLite, a constraint's name from PostgreSQL; `table.column` of a missing value from both; empty
    /// where SQLite says nothing (foreign keys).
    pub name_or_columns: String,
}

impl ConstraintViolation {
    pub(crate) fn of(error: &dyn DatabaseError) -> Option<Self> {
        let kind = match error.kind() {
            ErrorKind::UniqueViolation => Kind::Unique,
            ErrorKind::ForeignKeyViolation => Kind::ForeignKey,
            ErrorKind::CheckViolation => Kind::Check,
            ErrorKind::NotNullViolation => Kind::NotNull,
            _ => return None,
        };
        let name_or_columns = match error.constraint() {
            Some(name) => name.to_owned(),
            None if let Some(error) = error.try_downcast_ref::<PgDatabaseError>() => {
                format!("{}.{}", error.table().unwrap_or_default(), error.column().unwrap_or_default())
            }
            None => {
                let what = error.message().split_once("constraint failed: ").map_or("", |(_, what)| what);
                what.strip_prefix("index '")
                    .and_then(|name| name.strip_suffix('\''))
                    .unwrap_or(what)
                    .to_owned()
            }
        };
        Some(Self { kind, name_or_columns })
    }

    /// Whether two rows of the table would have had the same values in these columns (in the order of the index, which is named
    /// `<table>_<column>_<column>_key`, as `schema::unique` does).
    #[must_use]
    pub fn is_unique(&self, table: &str, columns: &[&str]) -> bool {
        self.kind == Kind::Unique && (self.names(&unique_name(table, columns)) || self.lists(table, columns))
    }

    /// Whether a row of the table with this primary key exists already.
    #[must_use]
    pub fn is_primary_key(&self, table: &str, columns: &[&str]) -> bool {
        self.kind == Kind::Unique && (self.names(&format!("{table}_pkey")) || self.lists(table, columns))
    }

    /// Whether the column would have had no value.
    #[must_use]
    pub fn is_missing(&self, table: &str, column: &str) -> bool {
        self.kind == Kind::NotNull && self.lists(table, &[column])
    }

    fn names(&self, name: &str) -> bool {
        self.name_or_columns == name || (name.len() > LONGEST_NAME && name.get(..LONGEST_NAME) == Some(self.name_or_columns.as_str()))
    }

    fn lists(&self, table: &str, columns: &[&str]) -> bool {
        let mut listed = self.name_or_columns.split(", ");
        columns
            .iter()
            .all(|column| listed.next().and_then(|name| name.split_once('.')) == Some((table, *column)))
            && listed.next().is_none()
    }
}

/// The name of a unique index by convention.
pub(crate) fn unique_name(table: &str, columns: &[&str]) -> String {
    format!("{table}_{}_key", columns.join("_"))
}

#[cfg(test)]
mod tests {
    use super::{ConstraintViolation, Kind};

    fn unique(what: &str) -> ConstraintViolation {
        ConstraintViolation {
            kind: Kind::Unique,
            name_or_columns: what.to_owned(),
        }
    }

    #[test]
    fn both_dialects_mean_the_same() {
        for what in ["tasks.project_id, tasks.number", "tasks_project_id_number_key"] {
            assert!(unique(what).is_unique("tasks", &["project_id", "number"]));
            assert!(!unique(what).is_unique("tasks", &["project_id"]));
            assert!(!unique(what).is_unique("task", &["project_id", "number"]));
        }
        for what in ["tasks.id", "tasks_pkey"] {
            assert!(unique(what).is_primary_key("tasks", &["id"]));
            assert!(!unique(what).is_primary_key("projects", &["id"]));
        }
    }

    #[test]
    fn long_names_are_cut_as_postgresql_cuts_them() {
        let column = "a_very_long_name_of_a_column_that_nobody_would_choose_but_somebody_will";
        let cut = super::unique_name("tasks", &[column])[..63].to_owned();
        assert!(unique(&cut).is_unique("tasks", &[column]));
    }
}
