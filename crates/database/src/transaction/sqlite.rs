//! A transaction's side of the conversation with the SQLite writer.

use std::sync::Arc;

use sea_orm::QueryResult;
use sea_orm::sea_query::SelectStatement;
use tokio::sync::{mpsc, oneshot};

use super::render;
use super::rows::Rows;
use super::write::Write;
use crate::CommitError;
use crate::sqlite::{Job, Step, WriterHandle};

/// Sends all writes as one job: they are committed together with those of other callers.
pub(super) async fn commit_writes(writer: &WriterHandle, writes: &[Write], rows: &mut Rows) -> Result<(), CommitError> {
    let (answer, answered) = oneshot::channel();
    writer
        .send(Job::Writes {
            command: render::sqlite(writes, None).checked()?,
            answer,
        })
        .await?;
    let returned = answered.await.map_err(|_| CommitError::Closed)??;
    collect(writes, returned, rows);
    Ok(())
}

/// The writer is this transaction's until it commits, fails or is dropped.
#[derive(Debug)]
pub(super) struct HeldTurn(mpsc::Sender<Step>);

impl HeldTurn {
    pub(super) async fn take(writer: &WriterHandle) -> Result<Self, CommitError> {
        let (steps, taken) = mpsc::channel(1);
        writer.send(Job::Turn { steps: taken }).await?;
        Ok(Self(steps))
    }

    pub(super) async fn read(&self, writes: &[Write], query: &SelectStatement, rows: &mut Rows) -> Result<Vec<QueryResult>, CommitError> {
        let (answer, answered) = oneshot::channel();
        self.step(Step::Read {
            command: render::sqlite(writes, Some(query)).checked()?,
            answer,
        })
        .await?;
        Ok(collect(writes, answered.await.map_err(|_| CommitError::Expired)??, rows))
    }

    pub(super) async fn commit(&self, writes: &[Write], rows: &mut Rows) -> Result<(), CommitError> {
        let (answer, answered) = oneshot::channel();
        self.step(Step::Commit {
            command: render::sqlite(writes, None).checked()?,
            answer,
        })
        .await?;
        collect(writes, answered.await.map_err(|_| CommitError::Expired)??, rows);
        Ok(())
    }

    async fn step(&self, step: Step) -> Result<(), CommitError> {
        self.0.send(step).await.map_err(|_| CommitError::Expired)
    }
}

/// Takes the rows that belong to writes (each returning write is guarded: one row) and leaves those of the query.
fn collect(writes: &[Write], returned: Vec<QueryResult>, rows: &mut Rows) -> Vec<QueryResult> {
    let mut returned = returned.into_iter();
    for reference in writes.iter().filter_map(|write| write.reference.as_ref()) {
        if let Some(row) = returned.next() {
            rows.add(reference.number, Arc::new(row), String::new());
        }
    }
    returned.collect()
}
