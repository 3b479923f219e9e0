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
    /// Callers whose transaction failed, possibly because of one that waits here too: they are told after the commit, so that what they
    /// load next shows why.
    refused: Vec<(Answer, CommitError)>,
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

    /// One more caller failed.
    pub(super) fn refuse(&mut self, answer: Answer, error: CommitError) {
        if self.is_empty() {
            tell(answer, Err(error));
        } else {
            self.refused.push((answer, error));
        }
    }

    pub(super) fn succeed(mut self) {
        for (answer, rows) in self.waiting.drain(..) {
            tell(answer, Ok(rows));
        }
        self.tell_refused();
    }

    /// Nothing of what the callers did has happened.
    pub(super) fn fail(&mut self, error: &CommitError) {
        for (answer, _) in self.waiting.drain(..) {
            tell(answer, Err(error.clone()));
        }
        self.tell_refused();
    }

    fn tell_refused(&mut self) {
        for (answer, error) in self.refused.drain(..) {
            tell(answer, Err(error));
        }
    }
}

pub(super) fn tell(answer: Answer, outcome: Result<Vec<QueryResult>, CommitError>) {
    // The caller may be gone.
    let _ = answer.send(outcome);
}
