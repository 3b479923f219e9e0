//! The callers whose transactions wait for the same commit.

use sea_orm::QueryResult;

use super::writer::Answer;
use crate::CommitError;
use crate::transaction::Command;

#[derive(Debug, Default)]
pub(super) struct Group {
    /// Whether the shared transaction was begun.
    pub(super) open: bool,
    waiting: Vec<(Answer, Vec<QueryResult>)>,
}

impl Group {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The command in a savepoint of its own, preceded by the begin of the shared transaction if that is still to be done.
    pub(super) fn framed(&self, command: Command, end: &str) -> Command {
        let begin = if self.open { "" } else { "BEGIN IMMEDIATE; " };
        Command {
            sql: format!("{begin}SAVEPOINT one; {}{end}", command.sql),
            values: command.values,
        }
    }

    /// The command in the savepoint that is open.
    pub(super) fn inside(command: Command, end: &str) -> Command {
        Command {
            sql: format!("{}{end}", command.sql),
            values: command.values,
        }
    }

    /// One more caller waits for the commit.
    pub(super) fn joined(&mut self, answer: Answer, rows: Vec<QueryResult>) {
        self.open = true;
        self.waiting.push((answer, rows));
    }

    pub(super) fn succeed(self) {
        for (answer, rows) in self.waiting {
            tell(answer, Ok(rows));
        }
    }

    /// Nothing of what the callers did has happened.
    pub(super) fn fail(&mut self, error: &CommitError) {
        for (answer, _) in self.waiting.drain(..) {
            tell(answer, Err(error.clone()));
        }
    }
}

pub(super) fn tell(answer: Answer, outcome: Result<Vec<QueryResult>, CommitError>) {
    // The caller may be gone.
    let _ = answer.send(outcome);
}
