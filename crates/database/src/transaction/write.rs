//! One collected write, and references to values that the database makes in it.

use sea_orm::DbBackend;
use sea_orm::sea_query::{
    Condition, DeleteStatement, DynIden, Expr, ExprTrait, InsertStatement, IntoIden, Query, SelectStatement, SubQueryStatement,
    UpdateStatement, Value,
};

#[derive(Debug, Clone)]
pub(super) enum Change {
    Insert(InsertStatement),
    Update(UpdateStatement),
    Delete(DeleteStatement),
}

impl Change {
    /// Makes the write answer what is needed of it: the reference's columns, or on PostgreSQL at least one row for each changed one.
    pub(super) fn answer(&mut self, backend: DbBackend, reference: Option<&WriteRef>) {
        let returning = match reference {
            Some(reference) => Query::returning().columns(reference.columns.iter().cloned()),
            None if backend == DbBackend::Postgres => Query::returning().expr(Expr::cust("1")),
            None => return,
        };
        match self {
            Self::Insert(statement) => {
                statement.returning(returning);
            }
            Self::Update(statement) => {
                statement.returning(returning);
            }
            Self::Delete(statement) => {
                statement.returning(returning);
            }
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Write {
    /// Position in the transaction; PostgreSQL knows the write as `w<number>`.
    pub(super) number: usize,
    pub(super) change: Change,
    /// Exactly one row must change.
    pub(super) guarded: bool,
    pub(super) reference: Option<WriteRef>,
}

/// One row by its key.
#[derive(Debug, Clone)]
pub struct Row {
    pub(super) table: DynIden,
    key: Vec<(DynIden, Value)>,
}

impl Row {
    /// The row of `table` whose `column` has this value; tables and columns of entities fit.
    pub fn of(table: impl IntoIden, column: impl IntoIden, value: impl Into<Value>) -> Self {
        Self {
            table: table.into_iden(),
            key: vec![(column.into_iden(), value.into())],
        }
    }

    /// One more column of the key.
    #[must_use]
    pub fn and(mut self, column: impl IntoIden, value: impl Into<Value>) -> Self {
        self.key.push((column.into_iden(), value.into()));
        self
    }

    pub(super) fn condition(&self) -> Condition {
        self.key.iter().fold(Condition::all(), |all, (column, value)| {
            all.add(Expr::col(column.clone()).eq(value.clone()))
        })
    }
}

/// Values that the database makes in a write, for later writes of the same transaction and for the reply.
#[derive(Debug, Clone)]
pub struct WriteRef {
    pub(super) number: usize,
    pub(super) backend: DbBackend,
    pub(super) row: Row,
    pub(super) columns: Vec<DynIden>,
}

impl WriteRef {
    /// The column's value as an expression for later writes of the same transaction. The column must be among those named at the write.
    /// On SQLite it is read again where it is used, so a later write of that same column would show.
    pub fn value(&self, column: impl IntoIden) -> Expr {
        let mut select = Query::select();
        select.column(column.into_iden());
        match self.backend {
            DbBackend::Postgres => select.from(self.name()),
            _ => select.from(self.row.table.clone()).cond_where(self.row.condition()),
        };
        Expr::SubQuery(None, Box::new(SubQueryStatement::SelectStatement(select.take())))
    }

    pub(super) fn name(&self) -> String {
        name(self.number)
    }

    /// The row as it is after the write, for statements that cannot see the write's own `returning`.
    pub(super) fn select(&self) -> SelectStatement {
        Query::select()
            .columns(self.columns.iter().cloned())
            .from(self.row.table.clone())
            .cond_where(self.row.condition())
            .take()
    }
}

/// A write's name within a PostgreSQL statement.
pub(super) fn name(number: usize) -> String {
    format!("w{number}")
}
