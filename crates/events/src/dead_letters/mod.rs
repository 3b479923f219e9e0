//! Events that a group could not handle, with their bytes as they came, in the consumer's own database: to look at, to handle again once the
//! cause is gone, or to throw away.

mod headers;
mod letter;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Order, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DbErr};
use tasktracker_database::{CommitError, Database, Id, Time};

use crate::consumers::attempt;
use crate::reaction::{ReactError, Reaction};
pub(crate) use letter::{Buried, bury};
pub use letter::{DeadLetter, TABLE, later_columns, table};

/// The dead letters of one service, and the reactions that may try them again. Cheap to clone.
#[derive(Clone)]
pub struct DeadLetters {
    /// The service whose database they are in, such as `core`.
    pub service: String,
    database: Database,
    limit: Duration,
    reactions: Arc<RwLock<HashMap<&'static str, Arc<dyn Reaction>>>>,
}

impl std::fmt::Debug for DeadLetters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeadLetters")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// Why a dead letter was not handled.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// There is none with this id (any more).
    #[error("there is no such dead letter")]
    NotFound,
    /// It failed again, and stays; this is what went wrong.
    #[error("{0}")]
    Failed(String),
    /// The store does not answer.
    #[error(transparent)]
    Storage(#[from] CommitError),
}

impl From<DbErr> for ReplayError {
    fn from(error: DbErr) -> Self {
        Self::Storage(error.into())
    }
}

impl DeadLetters {
    pub(crate) fn new(service: &str, database: Database, limit: Duration) -> Self {
        Self {
            service: service.to_owned(),
            database,
            limit,
            reactions: Arc::default(),
        }
    }

    /// Lets a group's dead letters be handled again.
    pub(crate) fn register(&self, reaction: Arc<dyn Reaction>) {
        let mut reactions = self.reactions.write().unwrap_or_else(PoisonError::into_inner);
        reactions.insert(reaction.group(), reaction);
    }

    /// The groups whose dead letters can be handled again.
    pub(crate) fn reactions(&self) -> Vec<Arc<dyn Reaction>> {
        let reactions = self.reactions.read().unwrap_or_else(PoisonError::into_inner);
        reactions.values().cloned().collect()
    }

    /// Dead letters, the newest first, of one group or of all; `after` is time and id of the last one of the page before.
    ///
    /// # Errors
    /// The query failed.
    pub async fn list(&self, group: Option<&str>, after: Option<(Time, Id)>, limit: u64) -> Result<Vec<DeadLetter>, DbErr> {
        let mut query = letter::select();
        if let Some(group) = group {
            query.and_where(Expr::col("consumer").eq(group));
        }
        if let Some((time, id)) = after {
            let same_time = Condition::all().add(Expr::col("create_time").eq(time)).add(Expr::col("id").lt(id));
            query.cond_where(Condition::any().add(Expr::col("create_time").lt(time)).add(same_time));
        }
        query.order_by("create_time", Order::Desc).order_by("id", Order::Desc).limit(limit);
        self.read(&query).await
    }

    /// One dead letter.
    ///
    /// # Errors
    /// The query failed.
    pub async fn find(&self, id: Id) -> Result<Option<DeadLetter>, DbErr> {
        let found = self.read(&letter::select().and_where(Expr::col("id").eq(id)).take()).await?;
        Ok(found.into_iter().next())
    }

    /// How many there are.
    ///
    /// # Errors
    /// The query failed.
    pub async fn count(&self) -> Result<u64, DbErr> {
        let query = Query::select().expr(Expr::cust("count(*)")).from(TABLE).take();
        let row = self.database.reader().query_one(&query).await?;
        let count: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Handles one again, now, beside the events that come meanwhile, and removes it when that succeeds. Its group must be one of this
    /// process; reactions guard themselves against old events, so order does not matter any more.
    ///
    /// # Errors
    /// It failed again (its row then tells the new error), there is none, or the store does not answer.
    pub async fn replay(&self, id: Id) -> Result<(), ReplayError> {
        let letter = self.find(id).await?.ok_or(ReplayError::NotFound)?;
        match self.try_again(&letter).await {
            Ok(()) => {
                self.discard(id).await?;
                tracing::info!(group = letter.group, %id, "a dead letter was handled");
                Ok(())
            }
            Err(error) => {
                let error = format!("{error:#}");
                let mut txn = self.database.begin();
                txn.update(letter::failed_again(id, &error));
                txn.commit().await?;
                Err(ReplayError::Failed(error))
            }
        }
    }

    async fn try_again(&self, letter: &DeadLetter) -> Result<(), ReactError> {
        let reaction = {
            let reactions = self.reactions.read().unwrap_or_else(PoisonError::into_inner);
            reactions.get(letter.group.as_str()).cloned()
        };
        let reaction = reaction.ok_or_else(|| ReactError::poison(anyhow::anyhow!("nobody handles this group in this process")))?;
        let event = letter.event().map_err(ReactError::poison)?;
        attempt(&*reaction, std::slice::from_ref(&event), self.limit).await
    }

    /// Throws one away for good; whether there was one.
    ///
    /// # Errors
    /// The store does not take it.
    pub async fn discard(&self, id: Id) -> Result<bool, CommitError> {
        let mut txn = self.database.begin();
        txn.guarded_delete(Query::delete().from_table(TABLE).and_where(Expr::col("id").eq(id)).take());
        match txn.commit().await {
            Ok(_) => Ok(true),
            Err(CommitError::GuardMissed) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn read(&self, query: &SelectStatement) -> Result<Vec<DeadLetter>, DbErr> {
        let rows = self.database.reader().query_all(query).await?;
        rows.iter().map(|row| DeadLetter::of(&self.service, row)).collect()
    }
}
