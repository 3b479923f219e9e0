//! Batches of changes that happen once and as a whole, on any store, and one after the other, whoever writes. A document called `head` is the
//! lock: each batch raises its revision. Where the store cannot write all at once, the batch is written to a journal first; whoever finds a
//! journal that is not done finishes it before anything else. So a crash at any write, a writer that was replaced without knowing it, and
//! a write of which nobody knows whether it happened leave the same documents as if nothing had gone wrong.

use std::time::Duration;

use tasktracker_server::ids::Ids;

use super::journal::{self, Journal};
use super::{Document, DocumentStore, Fields, SharedStore, StoreError, Write};

/// Id of the lock.
pub const HEAD: &str = "head";
/// How often what a journal asks for is looked after before somebody else must be at it.
const ATTEMPTS: usize = 5;
/// How often a batch that somebody else has under way is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// Journals that are over are removed after so many batches: each removal is a command of its own.
const KEPT: i64 = 16;

/// The lock as it was read: a batch made on top of it happens only if nothing happened since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its revision: the number of the newest batch; 0 before the first.
    pub revision: i64,
    /// The generation of numbers that is answered.
    pub generation: i64,
}

/// The batches of a store.
#[derive(Debug, Clone)]
pub struct Ledger {
    store: SharedStore,
    ids: Ids,
}

impl Ledger {
    /// The batches of this store; `ids` name journals.
    #[must_use]
    pub fn new(store: SharedStore, ids: Ids) -> Self {
        Self { store, ids }
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &dyn DocumentStore {
        &*self.store
    }

    /// Finishes what was begun, and answers the lock.
    ///
    /// # Errors
    /// The store does not answer, or somebody else writes.
    pub async fn open(&self) -> Result<Head, StoreError> {
        let Some(head) = self.find_head().await? else {
            return Ok(Head {
                revision: 0,
                generation: 1,
            });
        };
        match Journal::of(&head)? {
            Some(journal) => self.finish(&head, &journal).await,
            None => Ok(read_head(&head)),
        }
    }

    /// Makes all changes, or none, and answers the lock for the next batch. Changes that readers wait for come last: a store that writes one by
    /// one does it in this order.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where something happened since `head` was read. After any error `open` must be called before the next batch: it
    /// tells by the documents whether this one happened.
    pub async fn commit(&self, head: &Head, generation: i64, mut writes: Vec<Write>) -> Result<Head, StoreError> {
        let revision = head.revision + 1;
        let done = Head { revision, generation };
        if self.store.is_atomic() {
            writes.push(write_head(head.revision, generation, None));
            self.store.write(revision, &writes).await?;
            return Ok(done);
        }
        let journal = Journal::new(head.revision, &self.ids.next().to_string(), &writes)?;
        if let Some((journal, entries)) = &journal {
            debug_assert_eq!(journal.chunks, entries.len());
            self.store.write(revision, entries).await?;
        }
        let journal = journal.map(|(journal, _)| journal);
        // From here on it happens, whoever does it.
        self.store
            .write(revision, &[write_head(head.revision, generation, journal.as_ref())])
            .await?;
        self.apply(revision, writes).await?;
        self.forget_journals(revision).await;
        Ok(done)
    }

    async fn find_head(&self) -> Result<Option<Document>, StoreError> {
        Ok(self.store.get(&[HEAD.to_owned()]).await?.pop())
    }

    /// Sees to it that the newest batch happened as a whole. A batch stays in its journal until the next one: nobody has to say that it is done,
    /// because whoever needs to know looks at its documents.
    async fn finish(&self, head: &Document, journal: &Journal) -> Result<Head, StoreError> {
        let entries = self.store.get(&journal.ids()).await?;
        if entries.len() < journal.chunks {
            // It is removed only once there is a newer batch.
            self.check_still(head).await?;
            return Err(StoreError::damaged(HEAD, "its journal is missing"));
        }
        let left = self.undone(journal.batch, journal::writes_of(entries)?).await?;
        if self.store.patience().is_zero() {
            self.apply(journal.batch, left).await?;
            Ok(read_head(head))
        } else {
            self.take_over(head, journal, left).await
        }
    }

    /// Finishes a batch on a store where a write that is on its way may still undo a later one. So its writer gets the time to end it; after that
    /// the lock says that the batch was taken over, and nobody begins another one before every older write has ended or failed.
    async fn take_over(&self, head: &Document, journal: &Journal, mut left: Vec<Write>) -> Result<Head, StoreError> {
        let patience = self.store.patience();
        let is_taken = head.revision != journal.batch;
        let mut waited = Duration::ZERO;
        while (is_taken || !left.is_empty()) && waited < patience {
            tokio::time::sleep(LOOK).await;
            waited += LOOK;
            self.check_still(head).await?;
            left = self.undone(journal.batch, left).await?;
        }
        if left.is_empty() && !is_taken {
            return Ok(read_head(head));
        }
        let taken = Head {
            revision: head.revision + 1,
            ..read_head(head)
        };
        let lock = write_head(head.revision, taken.generation, Some(journal));
        self.store.write(taken.revision, &[lock]).await?;
        tracing::warn!(
            batch = journal.batch,
            left = left.len(),
            "a batch of statistics was left unfinished: finishing it"
        );
        self.apply(journal.batch, left).await?;
        tokio::time::sleep(patience).await;
        Ok(taken)
    }

    async fn check_still(&self, head: &Document) -> Result<(), StoreError> {
        match self.find_head().await? {
            Some(present) if present.revision == head.revision => Ok(()),
            _ => Err(StoreError::Conflict),
        }
    }

    /// Makes those changes that were not made yet.
    async fn apply(&self, revision: i64, mut left: Vec<Write>) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS {
            if left.is_empty() {
                return Ok(());
            }
            match self.store.write(revision, &left).await {
                Ok(()) => return Ok(()),
                Err(StoreError::Conflict) => left = self.undone(revision, left).await?,
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }

    /// Those that were not made yet.
    async fn undone(&self, revision: i64, mut writes: Vec<Write>) -> Result<Vec<Write>, StoreError> {
        let ids: Vec<String> = writes.iter().map(|write| write.id.clone()).collect();
        let present = self.store.get(&ids).await?;
        let find = |write: &Write| present.iter().find(|document| document.id == write.id);
        // A newer batch has been here, so this one was done before it.
        if present.iter().any(|document| document.revision > revision) {
            return Err(StoreError::Conflict);
        }
        writes.retain(|write| match find(write) {
            None => write.fields.is_some(),
            Some(document) => document.revision != revision,
        });
        Ok(writes)
    }

    /// Removes journals of batches before the newest one, now and then. Those that were written for a batch that came too late go as well. The
    /// journals that others write now are for later batches.
    async fn forget_journals(&self, revision: i64) {
        if revision % KEPT != 0 {
            return;
        }
        let (from, to) = journal::before(revision - 1);
        if let Err(error) = self.store.remove_range(&from, &to).await {
            tracing::debug!(%error, "old journals stay until the next time");
        }
    }
}

fn read_head(document: &Document) -> Head {
    Head {
        revision: document.revision,
        generation: generation_of(document),
    }
}

/// The generation of numbers that the lock names.
#[must_use]
pub fn generation_of(head: &Document) -> i64 {
    head.fields.get_number("generation").unwrap_or(1)
}

fn write_head(was: i64, generation: i64, journal: Option<&Journal>) -> Write {
    let mut fields = Fields::default().number("generation", generation);
    if let Some(journal) = journal {
        fields = journal.told(fields);
    }
    Write {
        id: HEAD.to_owned(),
        was: (was > 0).then_some(was),
        fields: Some(fields),
    }
}
