//! Sending a transaction to PostgreSQL: one statement that commits by itself where that is possible, else begin, statements, commit.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sea_query::SelectStatement;
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, TransactionTrait};

use super::render;
use super::rows::Rows;
use super::write::{Write, WriteRef};
use crate::CommitError;
use crate::counts::Counters;
use crate::postgres::Pool;

/// Attempts before contention is reported.
const ATTEMPTS: u32 = 8;

/// What is sent at once.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) writes: Vec<Write>,
    /// One statement each, see `Transaction::sequential`.
    pub(super) sequential: bool,
    /// References to writes that were sent before, in the same open transaction.
    pub(super) sent: Vec<WriteRef>,
}

/// A transaction that was begun; dropping it rolls back.
#[derive(Debug)]
pub(super) struct Open {
    transaction: DatabaseTransaction,
    pool: Pool,
}

/// All writes and the commit, tried again after deadlocks and serialization failures: nothing was answered that could be stale.
pub(super) async fn commit_writes(pool: &Pool, batch: Batch) -> Result<Rows, CommitError> {
    let working = pool.clone();
    pool.to_the_end(async move {
        let mut attempt = 0;
        loop {
            let outcome = if batch.sequential {
                one_by_one(&working, &batch).await
            } else {
                by_itself(&working, &batch).await
            };
            attempt += 1;
            match outcome {
                Err(CommitError::Contention) if attempt < ATTEMPTS => tokio::time::sleep(pause(attempt)).await,
                outcome => return outcome,
            }
        }
    })
    .await
}

impl Open {
    pub(super) async fn begin(pool: &Pool) -> Result<Self, CommitError> {
        let working = pool.clone();
        pool.to_the_end(Self::begun(working)).await
    }

    /// Sends the writes, then the query. After an error the transaction is gone.
    pub(super) async fn read(
        self,
        batch: Batch,
        query: &SelectStatement,
        rows: &mut Rows,
    ) -> Result<(Self, Vec<QueryResult>), CommitError> {
        let (pool, query) = (self.pool.clone(), render::postgres_query(query).checked()?.statement());
        let work = async move {
            let made = self.send(&batch).await?;
            self.pool.counters.commands.one();
            let found = self.transaction.query_all_raw(query).await?;
            Ok((self, made, found))
        };
        let (open, made, found) = pool.to_the_end(work).await?;
        rows.extend(made);
        Ok((open, found))
    }

    pub(super) async fn commit(self, batch: Batch, rows: &mut Rows) -> Result<(), CommitError> {
        let pool = self.pool.clone();
        let work = async move {
            let made = self.send(&batch).await?;
            self.committed().await.map(|()| made)
        };
        rows.extend(pool.to_the_end(work).await?);
        Ok(())
    }

    async fn begun(pool: Pool) -> Result<Self, CommitError> {
        pool.counters.commands.one();
        Ok(Self {
            transaction: pool.connection.begin().await?,
            pool,
        })
    }

    async fn send(&self, batch: &Batch) -> Result<Rows, CommitError> {
        match batch.writes.as_slice() {
            [] => Ok(Rows::default()),
            _ if batch.sequential => in_order(&self.transaction, &self.pool.counters, batch).await,
            _ => together(&self.transaction, &self.pool.counters, batch).await,
        }
    }

    async fn committed(self) -> Result<(), CommitError> {
        self.pool.counters.commands.one();
        self.transaction.commit().await?;
        self.pool.counters.commits.one();
        Ok(())
    }
}

/// One statement, which commits by itself.
async fn by_itself(pool: &Pool, batch: &Batch) -> Result<Rows, CommitError> {
    let rows = together(&pool.connection, &pool.counters, batch).await?;
    pool.counters.commits.one();
    Ok(rows)
}

async fn one_by_one(pool: &Pool, batch: &Batch) -> Result<Rows, CommitError> {
    let open = Open::begun(pool.clone()).await?;
    let rows = open.send(batch).await?;
    open.committed().await.map(|()| rows)
}

/// All writes as one statement.
async fn together(connection: &impl ConnectionTrait, counters: &Counters, batch: &Batch) -> Result<Rows, CommitError> {
    counters.commands.one();
    let row = connection
        .query_one_raw(render::postgres(&batch.writes, &batch.sent).checked()?.statement())
        .await?;
    let mut rows = Rows::default();
    if let Some(row) = row.map(Arc::new) {
        for reference in batch.writes.iter().filter_map(|write| write.reference.as_ref()) {
            rows.add(reference.number, Arc::clone(&row), render::prefix(reference.number));
        }
    }
    Ok(rows)
}

/// Each write as a statement of its own, in order, so that each sees what the ones before it did.
async fn in_order(connection: &impl ConnectionTrait, counters: &Counters, batch: &Batch) -> Result<Rows, CommitError> {
    let (mut rows, mut earlier) = (Rows::default(), batch.sent.clone());
    for write in &batch.writes {
        counters.commands.one();
        let mut changed = connection
            .query_all_raw(render::postgres_alone(write, &earlier).checked()?.statement())
            .await?;
        if write.guarded && changed.len() != 1 {
            return Err(CommitError::GuardMissed);
        }
        if let (Some(reference), Some(row)) = (&write.reference, changed.pop()) {
            rows.add(reference.number, Arc::new(row), String::new());
            earlier.push(reference.clone());
        }
    }
    Ok(rows)
}

/// Longer with each attempt, and different for each caller, so that two that collided do not collide again.
fn pause(attempt: u32) -> Duration {
    let random = RandomState::new().hash_one(attempt);
    let most = 4_000_u64 << attempt.min(8);
    Duration::from_micros(random % most)
}
