//! A transaction collects writes and sends them together with the commit. It does no I/O before; a read inside flushes what was
//! collected and goes on as a real interactive transaction. Dropping it undoes everything.

mod postgres;
mod render;
mod rows;
mod sqlite;
mod write;

use sea_orm::sea_query::{DeleteStatement, Expr, InsertStatement, IntoIden, SelectStatement, UpdateStatement};
use sea_orm::{ActiveModelTrait, EntityName, EntityTrait, FromQueryResult, Iterable, QueryResult, QueryTrait};

use crate::CommitError;
use crate::database::{Database, Store};

pub(crate) use render::Command;
pub use rows::Rows;
use write::{Change, Write};
pub use write::{Row, WriteRef};

/// Writes that happen together or not at all.
#[derive(Debug)]
#[must_use = "nothing happens without commit"]
pub struct Transaction {
    database: Database,
    collected: Vec<Write>,
    made: usize,
    sequential: bool,
    progress: Progress,
    /// Values of writes that were sent already.
    sent: Vec<WriteRef>,
    rows: Rows,
}

#[derive(Debug)]
enum Progress {
    /// Nothing was sent yet.
    Collecting,
    Sqlite(sqlite::HeldTurn),
    Postgres(Box<postgres::Open>),
    /// An error ended it.
    Over,
}

impl Transaction {
    pub(crate) fn new(database: Database) -> Self {
        Self {
            database,
            collected: Vec::new(),
            made: 0,
            sequential: false,
            progress: Progress::Collecting,
            sent: Vec::new(),
            rows: Rows::default(),
        }
    }

    /// Sends the writes one after the other, so that each sees the effect of those before it. PostgreSQL needs it when one transaction
    /// writes the same row twice, or selects from rows that it wrote: otherwise its writes are parts of one statement, which all see
    /// the state before the statement. It costs a round trip for each write there; SQLite always works in order.
    pub fn sequential(mut self) -> Self {
        self.sequential = true;
        self
    }

    /// Adds an insert.
    pub fn insert(&mut self, statement: InsertStatement) {
        self.add(Change::Insert(statement), false, None);
    }

    /// Inserts the set columns of a row.
    pub fn insert_row<A: ActiveModelTrait>(&mut self, row: A) {
        self.insert(A::Entity::insert(row).into_query());
    }

    /// Inserts a row, some of whose columns are made by the database: see [`WriteRef::value`].
    pub fn insert_row_with<A, C>(&mut self, row: A, made: impl IntoIterator<Item = (C, Expr)>)
    where
        A: ActiveModelTrait,
        C: IntoIden,
    {
        let (mut columns, mut values) = (Vec::new(), Vec::new());
        for column in <A::Entity as EntityTrait>::Column::iter() {
            if let Some(value) = row.get(column).into_value() {
                columns.push(column.into_iden());
                values.push(Expr::val(value));
            }
        }
        for (column, value) in made {
            columns.push(column.into_iden());
            values.push(value);
        }
        let mut statement = InsertStatement::new();
        statement
            .into_table(A::Entity::default().table_ref())
            .columns(columns)
            .values_panic(values);
        self.insert(statement);
    }

    /// Inserts rows with one statement; no rows, no statement. All rows must set the same columns.
    pub fn insert_rows<A: ActiveModelTrait>(&mut self, rows: impl IntoIterator<Item = A>) {
        let mut rows = rows.into_iter().peekable();
        if rows.peek().is_some() {
            self.insert(A::Entity::insert_many(rows).into_query());
        }
    }

    /// Adds an update, of any number of rows.
    pub fn update(&mut self, statement: UpdateStatement) {
        self.add(Change::Update(statement), false, None);
    }

    /// Adds a deletion, of any number of rows.
    pub fn delete(&mut self, statement: DeleteStatement) {
        self.add(Change::Delete(statement), false, None);
    }

    /// Adds an update that must change exactly one row.
    pub fn guarded_update(&mut self, statement: UpdateStatement) {
        self.add(Change::Update(statement), true, None);
    }

    /// Adds a deletion that must remove exactly one row.
    pub fn guarded_delete(&mut self, statement: DeleteStatement) {
        self.add(Change::Delete(statement), true, None);
    }

    /// Adds an update of one row (its table and key are filled in here) and makes its columns available to later writes and in [`Rows`].
    pub fn guarded_update_returning<C: IntoIden>(
        &mut self,
        row: Row,
        mut statement: UpdateStatement,
        columns: impl IntoIterator<Item = C>,
    ) -> WriteRef {
        statement.table(row.table.clone()).cond_where(row.condition());
        let reference = WriteRef {
            number: self.made,
            backend: self.database.backend(),
            row,
            columns: columns.into_iter().map(IntoIden::into_iden).collect(),
        };
        self.add(Change::Update(statement), true, Some(reference.clone()));
        reference
    }

    fn add(&mut self, mut change: Change, guarded: bool, reference: Option<WriteRef>) {
        change.answer(self.database.backend(), reference.as_ref());
        self.collected.push(Write {
            number: self.made,
            change,
            guarded,
            reference,
        });
        self.made += 1;
    }

    /// Sends what was collected and reads within the transaction. Add `lock_exclusive` to a query whose rows will be written:
    /// PostgreSQL locks them, SQLite has no need to.
    ///
    /// # Errors
    /// A write failed, or the query. The transaction is over then and has no effect.
    pub async fn query_all(&mut self, query: &SelectStatement) -> Result<Vec<QueryResult>, CommitError> {
        self.read(query).await
    }

    /// The first row of [`Self::query_all`].
    ///
    /// # Errors
    /// As there.
    pub async fn query_one(&mut self, query: &SelectStatement) -> Result<Option<QueryResult>, CommitError> {
        Ok(self.query_all(query).await?.into_iter().next())
    }

    /// The rows of [`Self::query_all`] as models.
    ///
    /// # Errors
    /// As there, and a row that is no such model.
    pub async fn find_all<M: FromQueryResult>(&mut self, query: &SelectStatement) -> Result<Vec<M>, CommitError> {
        let rows = self.query_all(query).await?;
        rows.iter()
            .map(|row| M::from_query_result(row, "").map_err(CommitError::from))
            .collect()
    }

    /// The first row of [`Self::query_all`] as a model.
    ///
    /// # Errors
    /// As there, and a row that is no such model.
    pub async fn find_one<M: FromQueryResult>(&mut self, query: &SelectStatement) -> Result<Option<M>, CommitError> {
        let row = self.query_one(query).await?;
        row.map(|row| M::from_query_result(&row, "").map_err(CommitError::from)).transpose()
    }

    /// Sends what is left and commits. If the caller goes away meanwhile, the transaction has either happened or not.
    ///
    /// # Errors
    /// Nothing of the transaction happened; after a lost connection it was at least not acknowledged.
    pub async fn commit(mut self) -> Result<Rows, CommitError> {
        let progress = std::mem::replace(&mut self.progress, Progress::Over);
        let writes = std::mem::take(&mut self.collected);
        match (progress, self.database.store()) {
            (Progress::Over, _) => return Err(CommitError::Expired),
            (Progress::Collecting, _) if writes.is_empty() => return Ok(self.rows),
            (Progress::Collecting, Store::Sqlite(writer)) => sqlite::commit_writes(writer, &writes, &mut self.rows).await?,
            (Progress::Collecting, Store::Postgres(pool)) => self.rows = postgres::commit_writes(pool, self.batch(writes)).await?,
            (Progress::Sqlite(turn), _) => turn.commit(&writes, &mut self.rows).await?,
            (Progress::Postgres(open), _) => {
                let batch = self.batch(writes);
                open.commit(batch, &mut self.rows).await?;
            }
        }
        self.database.counters().transactions.one();
        Ok(self.rows)
    }

    async fn read(&mut self, query: &SelectStatement) -> Result<Vec<QueryResult>, CommitError> {
        // Taken out meanwhile: a read whose caller goes away half-way leaves a transaction that is over.
        let progress = std::mem::replace(&mut self.progress, Progress::Over);
        let writes = std::mem::take(&mut self.collected);
        let references: Vec<_> = writes.iter().filter_map(|write| write.reference.clone()).collect();
        let progress = match (progress, self.database.store()) {
            (Progress::Collecting, Store::Sqlite(writer)) => Progress::Sqlite(sqlite::HeldTurn::take(writer).await?),
            (Progress::Collecting, Store::Postgres(pool)) => Progress::Postgres(Box::new(postgres::Open::begin(pool).await?)),
            (progress, _) => progress,
        };
        let (progress, found) = match progress {
            Progress::Sqlite(turn) => {
                let found = turn.read(&writes, query, &mut self.rows).await?;
                (Progress::Sqlite(turn), found)
            }
            Progress::Postgres(open) => {
                let batch = self.batch(writes);
                let (open, found) = open.read(batch, query, &mut self.rows).await?;
                (Progress::Postgres(Box::new(open)), found)
            }
            Progress::Collecting | Progress::Over => return Err(CommitError::Expired),
        };
        self.sent.extend(references);
        self.progress = progress;
        Ok(found)
    }

    fn batch(&self, writes: Vec<Write>) -> postgres::Batch {
        postgres::Batch {
            writes,
            sequential: self.sequential,
            sent: self.sent.clone(),
        }
    }
}
