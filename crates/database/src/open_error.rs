//! Why a database could not be opened, in words an operator can act on.

use std::path::PathBuf;

use sea_orm::{DbErr, RuntimeErr, sqlx};

/// The database could not be opened or brought to its schema.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data directory cannot be made or written.
    #[error("cannot write to the data directory {}: {source}", path.display())]
    Unwritable {
        /// The directory, or the file in it.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// No space left.
    #[error("the disk is full: {}", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The file is something else, or damaged.
    #[error("{} is not a database, or it is damaged", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file is in use by a process that does not let go.
    #[error("{} is locked by another process", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// A newer program has been here.
    #[error("the database {owner} was written by a newer version of this program: it holds the unknown migration {migration}")]
    NewerSchema {
        /// Whose database.
        owner: String,
        /// The first migration that this program does not know.
        migration: String,
    },
    /// A migration failed; what it had done so far may have to be repaired by hand on SQLite.
    #[error("migrating the database {owner} failed: {source}")]
    Migration {
        /// Whose database.
        owner: String,
        /// The cause.
        source: DbErr,
    },
    /// The server does not answer, or refuses.
    #[error("cannot open the PostgreSQL database of {owner}: {source}")]
    Unreachable {
        /// Whose database.
        owner: String,
        /// The cause.
        source: DbErr,
    },
    /// There is no such database on the server, and it cannot be made.
    #[error(
        "the PostgreSQL database {name} of {owner} does not exist, and database.url may not make it ({source}); make it yourself: createdb {name}"
    )]
    Absent {
        /// Whose database.
        owner: String,
        /// What it is called.
        name: String,
        /// Why it was not made.
        source: DbErr,
    },
    /// The URL makes no sense; it is not shown, because it may hold a password.
    #[error("the database url of {owner} is not a postgres:// url: {reason}")]
    BadUrl {
        /// Whose database.
        owner: String,
        /// What is wrong.
        reason: String,
    },
    /// Anything else.
    #[error("cannot open the database {owner}: {source}")]
    Other {
        /// Whose database.
        owner: String,
        /// The cause.
        source: DbErr,
    },
}

impl OpenError {
    /// What SQLite's answer means for the operator.
    pub(crate) fn sqlite(owner: &str, path: PathBuf, error: sqlx::Error) -> Self {
        let code = error
            .as_database_error()
            .and_then(|error| error.code()?.parse::<u32>().ok())
            .map(|code| code & 0xff);
        match code {
            Some(5 | 6) => Self::Locked { path },
            Some(8 | 14) => Self::Unwritable {
                path,
                source: std::io::Error::other(error.to_string()),
            },
            Some(13) => Self::Full { path },
            Some(11 | 26) => Self::NotADatabase { path },
            _ => Self::Other {
                owner: owner.to_owned(),
                source: DbErr::Conn(RuntimeErr::SqlxError(error.into())),
            },
        }
    }
}
