//! What the database made in the writes of a transaction.

use std::sync::Arc;

use sea_orm::sea_query::IntoIden;
use sea_orm::{DbErr, QueryResult, TryGetable};

use super::write::WriteRef;

/// The rows that writes with a [`WriteRef`] returned.
#[derive(Debug, Default)]
pub struct Rows(Vec<Returned>);

#[derive(Debug)]
struct Returned {
    number: usize,
    row: Arc<QueryResult>,
    prefix: String,
}

impl Rows {
    /// The column's value after that write.
    ///
    /// # Errors
    /// The column was not named at the write, or is of another type.
    pub fn get<T: TryGetable>(&self, write: &WriteRef, column: impl IntoIden) -> Result<T, DbErr> {
        let returned = self.0.iter().find(|returned| returned.number == write.number);
        let returned = returned.ok_or_else(|| DbErr::RecordNotFound("the write belongs to another transaction".to_owned()))?;
        returned.row.try_get(&returned.prefix, column.into_iden().inner().as_ref())
    }

    pub(super) fn extend(&mut self, later: Self) {
        self.0.extend(later.0);
    }

    pub(super) fn add(&mut self, number: usize, row: Arc<QueryResult>, prefix: String) {
        self.0.push(Returned { number, row, prefix });
    }
}
