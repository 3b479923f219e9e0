//! Where statistics are kept: flat documents found by their ids. A store needs little: to find ids and ranges of ids, and to write a document
//! only if it is as expected. Everything else is built on that, so that SQLite, PostgreSQL and MongoDB run the same code.

mod fields;
mod journal;
mod ledger;
#[cfg(feature = "mongodb")]
mod mongo;
mod settings;
mod sql;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tasktracker_database::Database;
use tasktracker_server::RpcError;

pub use fields::{Fields, Value};
pub use ledger::{HEAD, Head, Ledger, generation_of};
#[cfg(feature = "mongodb")]
pub use mongo::MongoStore;
pub use settings::MongoSettings;
pub use sql::SqlStore;

/// A stored document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its id: parts separated by `|`, compared byte by byte, printable and without spaces.
    pub id: String,
    /// The revision of the write that made it what it is.
    pub revision: i64,
    /// Its fields.
    pub fields: Fields,
}

/// A change of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Its id.
    pub id: String,
    /// The revision it must have: none where it must not exist.
    pub was: Option<i64>,
    /// What it becomes: none where it is removed.
    pub fields: Option<Fields>,
}

/// Why a store did not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A document is not as expected: somebody else writes too. Look again.
    #[error("a document was changed by somebody else")]
    Conflict,
    /// It does not answer, or it is not known whether it did what it was asked to.
    #[error("{0:#}")]
    Unavailable(anyhow::Error),
    /// A document cannot be read: a defect.
    #[error("the document {id} is damaged: {problem}")]
    Damaged {
        /// Which.
        id: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl StoreError {
    /// A document that cannot be read.
    #[must_use]
    pub fn damaged(id: &str, problem: impl ToString) -> Self {
        Self::Damaged {
            id: id.to_owned(),
            problem: problem.to_string(),
        }
    }
}

impl From<StoreError> for RpcError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged { .. } => Self::internal(error),
            StoreError::Conflict | StoreError::Unavailable(_) => Self::unavailable("the store of statistics", error),
        }
    }
}

/// A store that services share.
pub type SharedStore = Arc<dyn DocumentStore>;

/// The store that the settings name: a server of the MongoDB wire protocol, or else Analytics' own database.
///
/// # Errors
/// The server cannot be used; the message names the setting.
pub async fn open(settings: &MongoSettings, db: &Database) -> anyhow::Result<SharedStore> {
    if !settings.is_set() {
        return Ok(Arc::new(SqlStore::new(db.clone())));
    }
    #[cfg(feature = "mongodb")]
    return Ok(Arc::new(MongoStore::open(settings).await?));
    #[cfg(not(feature = "mongodb"))]
    anyhow::bail!(
        "analytics.mongodb.url is set, but this program was built without MongoDB: take one with the feature `mongodb`, or leave it empty"
    )
}

/// A store of documents. Where it is not atomic, the document [`HEAD`] is written alone, and of many writers on top of one revision of it
/// one wins, always: everything else rests on that. `tests/it/store/conformance.rs` says what each implementation must do.
pub trait DocumentStore: Debug + Send + Sync + 'static {
    /// Whether all writes of one call happen together or not at all. Where not, they happen one by one, in any order, and some may have
    /// happened when the call fails.
    fn is_atomic(&self) -> bool;

    /// How long a batch that another writer has under way is left to that writer before it is finished in its place. Where two writes of one
    /// document at the same moment can both believe that it was as they expected, this must be longer than a write can be on its way.
    fn patience(&self) -> Duration {
        Duration::ZERO
    }

    /// The documents with these ids, as far as they exist, in any order: one look at the store.
    fn get<'a>(&'a self, ids: &'a [String]) -> BoxFuture<'a, Result<Vec<Document>, StoreError>>;

    /// The documents whose id is not before `from` and before `to`, in the order of ids, at most so many.
    fn range<'a>(&'a self, from: &'a str, to: &'a str, limit: u64) -> BoxFuture<'a, Result<Vec<Document>, StoreError>>;

    /// Makes changes of different documents. Each document that is written has this revision afterwards; no write before may have had it.
    /// A document that is not as expected is left alone, and the call fails with [`StoreError::Conflict`]. To remove a document that is not
    /// there is no conflict.
    fn write<'a>(&'a self, revision: i64, writes: &'a [Write]) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Removes the documents whose id is not before `from` and before `to`, whatever they are. It may happen in several steps.
    fn remove_range<'a>(&'a self, from: &'a str, to: &'a str) -> BoxFuture<'a, Result<(), StoreError>>;

    /// How many documents have an id that is not before `from` and before `to`.
    fn count<'a>(&'a self, from: &'a str, to: &'a str) -> BoxFuture<'a, Result<u64, StoreError>>;
}

/// Documents that a walk through a range takes at once.
const PAGE: u64 = 2_000;

/// The next documents of a walk through a range that has come to `from`, and where it goes on; nothing where it is over.
///
/// # Errors
/// The store does not answer.
pub async fn walk(store: &dyn DocumentStore, from: &str, to: &str) -> Result<Option<(Vec<Document>, String)>, StoreError> {
    let documents = store.range(from, to, PAGE).await?;
    Ok(documents.last().map(|last| after(&last.id)).map(|next| (documents, next)))
}

/// All documents of a range.
///
/// # Errors
/// The store does not answer.
pub async fn all_in(store: &dyn DocumentStore, (from, to): &(String, String)) -> Result<Vec<Document>, StoreError> {
    let mut all = store.range(from, to, PAGE).await?;
    let mut taken = all.len() as u64;
    while taken == PAGE {
        let next = all.last().map(|last| after(&last.id)).unwrap_or_default();
        let more = store.range(&next, to, PAGE).await?;
        taken = more.len() as u64;
        all.extend(more);
    }
    Ok(all)
}

/// The first id that can come after this one: ids hold nothing before the space.
fn after(id: &str) -> String {
    format!("{id} ")
}

/// The end of the range of ids that begin with `prefix`, which ends with a separator.
#[must_use]
pub fn end_of(prefix: &str) -> String {
    // The separator's successor: ids are ASCII.
    format!("{}}}", prefix.strip_suffix('|').unwrap_or(prefix))
}
