//! The task that owns the writing connection. It takes jobs in order, works each off in a savepoint of a shared transaction, commits
//! when nobody waits or after 64, and answers only then: one flush to the disk serves all who came meanwhile.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::QueryResult;
use sea_orm::sea_query::Values;
use sea_orm::sqlx::sqlite::SqliteConnection;
use sea_orm::sqlx::{self, AssertSqlSafe, Connection as _};
use sea_query_sqlx::SqlxValues;
use tasktracker_server::Lifecycle;
use tokio::sync::{mpsc, oneshot, watch};

use super::File;
use super::group::{Group, tell};
use crate::CommitError;
use crate::counts::Counters;
use crate::transaction::Command;

/// Transactions that share a commit at most.
const GROUP: usize = 64;
/// Jobs that may wait; further callers wait before they are in the queue.
const QUEUE: usize = 1024;
/// How long a caller may hold its turn without a next step: everybody else waits for it.
const STEP: Duration = Duration::from_secs(5);

pub(crate) type Answer = oneshot::Sender<Result<Vec<QueryResult>, CommitError>>;

/// What a caller wants of the writer.
#[derive(Debug)]
pub(crate) enum Job {
    /// All writes of a transaction.
    Writes { command: Command, answer: Answer },
    /// The writer waits for the steps of this transaction; closing the channel undoes them.
    Turn { steps: mpsc::Receiver<Step> },
    /// Finish what was accepted, accept nothing more.
    Close,
}

/// A step of an interactive transaction.
#[derive(Debug)]
pub(crate) enum Step {
    /// Writes and a query.
    Read { command: Command, answer: Answer },
    /// The last writes.
    Commit { command: Command, answer: Answer },
}

/// The way to the writer; it ends when all handles are dropped or it was asked to close.
#[derive(Debug)]
pub(crate) struct WriterHandle {
    jobs: mpsc::Sender<Job>,
    /// Nothing is ever sent: its other end is dropped when the writer has ended.
    ended: watch::Receiver<()>,
}

impl WriterHandle {
    pub(crate) async fn send(&self, job: Job) -> Result<(), CommitError> {
        self.jobs.send(job).await.map_err(|_| CommitError::Closed)
    }

    /// Waits until everything that was accepted is done.
    pub(crate) async fn close(&self) {
        // An error means that it is closed already.
        let _ = self.jobs.send(Job::Close).await;
        let mut ended = self.ended.clone();
        while ended.changed().await.is_ok() {}
    }
}

pub(super) fn start(connection: SqliteConnection, file: File, counters: Arc<Counters>, lifecycle: &Lifecycle) -> WriterHandle {
    let (sender, jobs) = mpsc::channel(QUEUE);
    let (ending, ended) = watch::channel(());
    let writer = Writer {
        connection,
        file,
        counters,
    };
    let (closing, waiting) = (lifecycle.closing().clone(), sender.downgrade());
    lifecycle.spawn_keeper("database closer", async move {
        closing.cancelled().await;
        if let Some(jobs) = waiting.upgrade() {
            // An error means that the writer has ended already.
            let _ = jobs.send(Job::Close).await;
        }
    });
    lifecycle.spawn_keeper("database writer", async move {
        let _ending = ending;
        writer.run(jobs).await;
    });
    WriterHandle { jobs: sender, ended }
}

pub(super) struct Writer {
    connection: SqliteConnection,
    file: File,
    counters: Arc<Counters>,
}

impl Writer {
    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(job) = jobs.recv().await {
            self.group(job, &mut jobs).await;
        }
        if let Err(error) = self.connection.close().await {
            tracing::warn!(%error, "closing the database failed");
        }
    }

    async fn group(&mut self, first: Job, jobs: &mut mpsc::Receiver<Job>) {
        let mut group = Group::default();
        let mut next = Some(first);
        let mut taken = 0;
        while let Some(job) = next {
            // Jobs that fail count too: those who wait for the commit must not wait for an endless row of failures.
            taken += 1;
            match job {
                Job::Writes { command, answer } => self.writes(&mut group, command, answer).await,
                Job::Turn { steps } => self.turn(&mut group, steps).await,
                // What is queued is still handed out after this.
                Job::Close => jobs.close(),
            }
            next = if taken < GROUP { jobs.try_recv().ok() } else { None };
        }
        self.commit(group).await;
    }

    async fn writes(&mut self, group: &mut Group, command: Command, answer: Answer) {
        if answer.is_closed() {
            return;
        }
        let command = group.framed(command, "; RELEASE one");
        match self.send(command).await {
            Ok(rows) => group.joined(answer, rows),
            Err(error) => {
                self.undo_one(group, &error).await;
                group.refuse(answer, error);
            }
        }
    }

    async fn turn(&mut self, group: &mut Group, mut steps: mpsc::Receiver<Step>) {
        let mut begun = false;
        loop {
            let step = tokio::time::timeout(STEP, steps.recv()).await;
            let (command, answer, last) = match step {
                Ok(Some(Step::Read { command, answer })) => (command, answer, false),
                Ok(Some(Step::Commit { command, answer })) => (command, answer, true),
                Ok(None) | Err(_) => {
                    if step.is_err() {
                        tracing::warn!("a transaction held its turn for too long and was undone");
                    }
                    if begun {
                        self.undo_one(group, &CommitError::Expired).await;
                    }
                    return;
                }
            };
            let end = if last { "; RELEASE one" } else { "" };
            let command = if begun {
                Group::inside(command, end)
            } else {
                group.framed(command, end)
            };
            match self.send(command).await {
                Ok(rows) if last => {
                    group.joined(answer, rows);
                    return;
                }
                Ok(rows) => {
                    (begun, group.open) = (true, true);
                    tell(answer, Ok(rows));
                }
                Err(error) => {
                    self.undo_one(group, &error).await;
                    group.refuse(answer, error);
                    return;
                }
            }
        }
    }

    /// Undoes what one caller did, and nothing of what others did, if SQLite still allows that.
    async fn undo_one(&mut self, group: &mut Group, error: &CommitError) {
        if group.is_empty() {
            self.undo_all(group).await;
        } else if self.execute("ROLLBACK TO one; RELEASE one").await.is_err() {
            // A full disk or an I/O error ended the shared transaction.
            self.undo_all(group).await;
            group.fail(error);
        }
    }

    async fn undo_all(&mut self, group: &mut Group) {
        group.open = false;
        let Err(error) = self.execute("ROLLBACK").await else { return };
        if error.to_string().contains("no transaction is active") {
            return;
        }
        tracing::error!(%error, "rolling back failed, opening the database again");
        match self.file.writer().await {
            Ok(connection) => self.connection = connection,
            Err(error) => tracing::error!(%error, "opening the database again failed"),
        }
    }

    async fn commit(&mut self, mut group: Group) {
        if !group.open {
            return;
        }
        match self.execute("COMMIT").await {
            Ok(()) => {
                self.counters.commits.one();
                group.succeed();
            }
            Err(error) => {
                self.undo_all(&mut group).await;
                group.fail(&CommitError::from(error));
            }
        }
    }

    async fn execute(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        self.run_all(sql.to_owned(), Values(Vec::new())).await.map(drop)
    }

    async fn send(&mut self, command: Command) -> Result<Vec<QueryResult>, CommitError> {
        Ok(self.run_all(command.sql, command.values).await?)
    }

    async fn run_all(&mut self, sql: String, values: Values) -> Result<Vec<QueryResult>, sqlx::Error> {
        self.counters.commands.one();
        let rows = sqlx::query_with(AssertSqlSafe(sql), SqlxValues(values))
            .fetch_all(&mut self.connection)
            .await?;
        Ok(rows.into_iter().map(QueryResult::from).collect())
    }
}
